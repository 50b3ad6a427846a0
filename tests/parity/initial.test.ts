/** Fresh modules have PyTorch's keys, shapes and numbers, to the bit where they are drawn by uniform numbers. */
import { createHash } from "node:crypto";
import { cpu } from "@dl/backend-cpu";
import * as nn from "@dl/nn";
import { manualSeed, rand, setBackend, type Tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { expectNear, type FixtureTensor, fixture } from "./fixture.ts";

interface Case {
  readonly module: string;
  readonly args: number[];
  readonly options: Record<string, unknown>;
  readonly printed: string;
  readonly state: Record<string, { shape: number[]; sha256: string; first: FixtureTensor }>;
  /** The random number drawn after the module was made. */
  readonly next: FixtureTensor;
}

type Class = new (...args: unknown[]) => nn.Module;
const classes = nn as unknown as Record<string, Class>;

function make({ module, args, options }: Case): nn.Module {
  if (module !== "TransformerEncoder" && module !== "TransformerDecoder")
    return new classes[module](...args, options);
  const [dModel, heads, count] = args;
  const layer = new classes[`${module}Layer`](dModel, heads, { dimFeedforward: 6 });
  return new classes[module](layer, count, { norm: new nn.LayerNorm(dModel) });
}
const hash = (t: Tensor) =>
  createHash("sha256")
    .update(t.dataSync() as Float32Array)
    .digest("hex");

describe("fresh modules against PyTorch", () => {
  fixture<Case[]>("initial").forEach((c, i) => {
    test(`${i}: ${c.module}(${c.args}, ${JSON.stringify(c.options)})`, () => {
      setBackend(cpu());
      manualSeed(0);
      const module = make(c);
      const next = rand(1);
      expect(String(module)).toBe(c.printed);
      const state = module.stateDict();
      expect(Object.keys(state)).toEqual(Object.keys(c.state));
      for (const [key, wanted] of Object.entries(c.state)) {
        expect([key, ...state[key].shape]).toEqual([key, ...wanted.shape]);
        expectNear(
          state[key].reshape(-1).narrow(0, 0, wanted.first.shape[0]),
          wanted.first,
          1e-6,
          key,
        );
        // Normal numbers go through sines and logarithms, which differ in the last bit.
        if (!key.startsWith("bias_")) expect([key, hash(state[key])]).toEqual([key, wanted.sha256]);
      }
      expectNear(next, c.next, 1e-7, "the next random number");
    });
  });
});
