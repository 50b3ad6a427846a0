import { init } from "@dl/nn";
import { type DType, Generator, manualSeed, rand, type Tensor, zeros } from "@dl/tensor";
import { expect, vi } from "vitest";
import { expectNear, type FixtureTensor, fixture } from "./fixture.ts";
import { section } from "./replay.ts";

interface Fill {
  readonly fn: string;
  readonly shape: number[];
  readonly dtype: DType;
  readonly seed: number;
  /** Seed of a generator that is given. */
  readonly own: number | null;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly result: FixtureTensor;
  /** What `rand(1)` gives afterwards: as much of the stream has to be used. */
  readonly next: FixtureTensor;
}
interface Gain {
  readonly nonlinearity: init.Nonlinearity;
  readonly param?: number;
  readonly gain: number;
}
export const { fills, gains } = fixture<{ fills: Fill[]; gains: Gain[] }>("init");
const functions = init as unknown as Record<string, (t: Tensor, ...args: unknown[]) => Tensor>;

function run(c: Fill): void {
  // Of means far outside; PyTorch warns too.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  manualSeed(c.seed);
  const t = zeros(c.shape, { dtype: c.dtype }).requiresGrad_();
  const own = c.own === null ? {} : { generator: new Generator(c.own) };
  expect(functions[c.fn](t, ...c.args, { ...c.options, ...own })).toBe(t);
  expect(t.isLeaf && t.requiresGrad).toBe(true);
  expectNear(t.detach(), c.result, 1e-6, c.fn);
  expectNear(rand(1), c.next, 1e-7, "what is drawn next");
}

export const initialization = section("init against PyTorch", fills, {
  name: (c) => c.fn,
  title: (c, i) => {
    const given = [...c.args, c.options].map((x) => JSON.stringify(x)).join(", ");
    return `${i}: ${c.fn} ${c.dtype} [${c.shape}] ${given}`;
  },
  run,
});
