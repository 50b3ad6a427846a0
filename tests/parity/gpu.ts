/** All fixtures on a GPU. */
import { type Backend, DlError, setBackend } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { testedGpu } from "../../packages/backend-webgpu/src/testing.ts";
import { attention } from "./attention.ts";
import { calls } from "./call.ts";
import { checkpoints } from "./checkpoints.ts";
import { creation } from "./creation.ts";
import { checked } from "./fixture.ts";
import { fresh } from "./fresh.ts";
import { functional } from "./functional.ts";
import { initialization } from "./init.ts";
import { initial } from "./initial.ts";
import { inplace } from "./inplace.ts";
import { leftovers } from "./leftovers.ts";
import { linearCrossEntropy } from "./linearCrossEntropy.ts";
import { losses } from "./losses.ts";
import { lowrank } from "./lowrank.ts";
import { machinery } from "./machinery.ts";
import { modules } from "./module.ts";
import { nnutils } from "./nnutils.ts";
import { npy } from "./npy.ts";
import { ops } from "./op.ts";
import { optimization } from "./optim.ts";
import { packed } from "./packed.ts";
import { random } from "./random.ts";
import type { Case, Section } from "./replay.ts";
import { resample } from "./resample.ts";
import { safetensors } from "./safetensors.ts";
import { schedulers } from "./schedulers.ts";
import { spatial } from "./spatial.ts";
import { transformer } from "./transformer.ts";
import { transforms } from "./transforms.ts";

/** In two parts, for two processes: each compiles its kernels once. */
export const FUNCTIONS: Section[] = [
  ...["ops", "pointwise", "reductions"].map(ops),
  ...["basics", "factorizations", "indexing", "linalg", "shapes", "special"].map(calls),
  ...creation,
  inplace,
  leftovers,
  lowrank,
  random,
  initialization,
];
export const MODULES: Section[] = [
  ...["activations", "embeddings", "modules", "norms", "recurrent"].map((name) => modules(name)),
  ...attention,
  checkpoints,
  fresh,
  functional,
  initial,
  linearCrossEntropy,
  ...losses,
  machinery,
  nnutils,
  npy,
  ...optimization,
  ...packed,
  resample,
  ...safetensors,
  schedulers,
  ...spatial,
  transformer,
  ...transforms,
];
/** What `mnist.test.ts` replays. */
export const ELSEWHERE = ["curves", "mnist"];

/**
 * What needs numbers in the middle, and why. On data that the host has too it works; else it is refused by an error of
 * code "no-sync", which says what to do instead.
 */
export const REFUSED: Record<string, readonly string[]> = {
  "the shape of the result depends on data": [
    "argwhere",
    "index",
    "indexPut",
    "maskedSelect",
    "nonzero",
    "repeatInterleave",
    "where",
  ],
  "the result is no tensor": ["allclose", "equal"],
  "matrices are factorised on the host": [
    "cholesky",
    "choleskySolve",
    "det",
    "geqrf",
    "inverse",
    "linalg.cholesky",
    "linalg.det",
    "linalg.eigvalsh",
    "linalg.inv",
    "linalg.luFactor",
    "linalg.matrixPower",
    "linalg.matrixRank",
    "linalg.pinv",
    "linalg.qr",
    "linalg.slogdet",
    "linalg.solve",
    "linalg.svdvals",
    "logdet",
    "matrixExp",
    "matrixPower",
    "parametrizations.orthogonal",
    "slogdet",
  ],
  "what is pruned is chosen on the host": [
    "L1Unstructured",
    "LnStructured",
    "RandomStructured",
    "RandomUnstructured",
    "container",
    "prune.l1Unstructured",
    "prune.lnStructured",
    "prune.randomStructured",
    "prune.randomUnstructured",
  ],
  "every iteration depends on numbers": ["LBFGS"],
};
const waiting = new Set(Object.values(REFUSED).flat());

/** Numbers below 2⁻¹²⁶, for which a GPU may take 0, matter to these. */
const SUBNORMAL = ["digamma", "erfc", "frexp", "logit", "special.ndtri"];
const hasSubnormals = (x: unknown): boolean =>
  typeof x === "number"
    ? x !== 0 && Math.abs(x) < 2 ** -126
    : x !== null && typeof x === "object" && Object.values(x).some(hasSubnormals);

/** Why a GPU need not do this, or nothing. */
function excuse(c: Case, error: Error): string | undefined {
  const code = error instanceof DlError ? error.code : undefined;
  if (code === "no-sync" && waiting.has(c.name)) return "waits";
  if (code === "dtype" && error.message.includes("webgpu has no float64")) return "float64";
  const isSubnormal = SUBNORMAL.includes(c.name) && hasSubnormals(c.given);
  return isSubnormal && error.message.includes("PyTorch has") ? "subnormal" : undefined;
}

/** A test per case, and one that says what was excused: every name of `names` has to be among that. */
export async function replayOnGpu(sections: readonly Section[]): Promise<void> {
  const gpu = await testedGpu();
  describe.skipIf(typeof gpu === "string")("WebGPU", () => {
    beforeAll(() => setBackend(gpu as Backend));
    const excused: Record<string, string[]> = { waits: [], float64: [], subnormal: [] };
    let count = 0;
    for (const { title, cases } of sections)
      describe(title, () => {
        for (const c of cases)
          test(c.title, async () => {
            count++;
            await checked(c.run).catch((error: Error) => {
              const why = excuse(c, error);
              if (!why) throw error;
              excused[why].push(c.name);
            });
          });
      });

    const all = sections.flatMap((s) => s.cases);
    test("excuses no more than it has to", ({ skip }) => {
      if (count < all.length) skip("not all cases have run");
      const { waits, float64, subnormal } = excused;
      console.log(
        `WebGPU: ${count} cases; ${float64.length} want float64, ${waits.length} a number in the middle, ${subnormal.length} numbers below 2⁻¹²⁶`,
      );
      const names = new Set(all.map((c) => c.name));
      expect(new Set(waits)).toEqual(new Set([...waiting].filter((name) => names.has(name))));
    });
  });
  if (typeof gpu === "string") console.warn(`The fixtures are not replayed on a GPU: ${gpu}`);
}
