/** Making tensors against PyTorch. */

import type { DType, Tensor } from "@dl/tensor";
import * as T from "@dl/tensor";
import { expect } from "vitest";
import { expectNear, type FixtureTensor, fixture, revive, toTensor } from "./fixture.ts";
import { section } from "./replay.ts";

interface Made {
  readonly fn: "logspace" | "eye" | "scalarTensor" | "fill";
  readonly args: unknown[];
  readonly options: Record<string, unknown> | null;
  readonly result: FixtureTensor;
}
interface Draw {
  readonly seed: number;
  readonly count: FixtureTensor;
  readonly prob: FixtureTensor;
  readonly result: FixtureTensor;
  readonly next: FixtureTensor;
}
export const cases = fixture<{
  made: Made[];
  infos: Record<string, string | number>[];
  casts: [DType, DType, boolean][];
  binomial: Draw[];
}>("creation");

export const creation = [
  section("creation against PyTorch", cases.made, {
    name: (c) => c.fn,
    title: (c, i) => `${i}: ${c.fn}`,
    run: ({ fn, args, options, result }) => {
      const call = T[fn] as (...x: unknown[]) => Tensor;
      const t = call(...args.map(revive), ...(options ? [options] : []));
      expect(t.dtype).toBe(result.dtype);
      expectNear(t, result, 1e-6, fn);
    },
  }),
  section("creation against PyTorch", cases.binomial, {
    name: () => "binomial",
    title: (_, i) => `binomial, ${i}`,
    run: (c) => {
      T.manualSeed(c.seed);
      const drawn = T.binomial(toTensor(c.count), toTensor(c.prob));
      expect(drawn.dtype).toBe(c.result.dtype);
      expectNear(drawn, c.result, 0, "binomial");
      // As many numbers were used up.
      expectNear(T.rand(1), c.next, 1e-7, "the next number");
    },
  }),
];
