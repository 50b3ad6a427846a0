/** Fresh modules have PyTorch's keys, shapes and numbers, to the bit where they are drawn by uniform numbers. */
import { createHash } from "node:crypto";
import * as nn from "@dl/nn";
import { manualSeed, rand } from "@dl/tensor";
import { expect } from "vitest";
import { expectNear, type FixtureTensor, fixture, inspect } from "./fixture.ts";
import { section } from "./replay.ts";

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
function run(c: Case): void {
  manualSeed(0);
  const module = make(c);
  const next = rand(1);
  expect(String(module)).toBe(c.printed);
  const state = module.stateDict();
  expect(Object.keys(state)).toEqual(Object.keys(c.state));
  for (const [key, wanted] of Object.entries(c.state)) {
    expect([key, ...state[key].shape]).toEqual([key, ...wanted.shape]);
    const first = state[key].reshape(-1).narrow(0, 0, wanted.first.shape[0]);
    expectNear(first, wanted.first, 1e-6, key);
    // Normal numbers go through sines and logarithms, which differ in the last bit.
    if (key.startsWith("bias_")) continue;
    inspect(state[key], (values) =>
      expect([key, createHash("sha256").update(values).digest("hex")]).toEqual([
        key,
        wanted.sha256,
      ]),
    );
  }
  expectNear(next, c.next, 1e-7, "the next random number");
}

export const initial = section("fresh modules against PyTorch", fixture<Case[]>("initial"), {
  name: (c) => c.module,
  title: (c, i) => `${i}: ${c.module}(${c.args}, ${JSON.stringify(c.options)})`,
  run,
  isOnce: true,
});
