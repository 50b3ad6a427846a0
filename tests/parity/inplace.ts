/** Methods that write into their tensor, on a copy of the first input, so that gradients reach that. */
import "@dl/autograd";
import type { Tensor } from "@dl/tensor";
import * as T from "@dl/tensor";
import { expect } from "vitest";
import { expectNear, fixture, toTensor, weightedSum } from "./fixture.ts";
import { argumentsOf, type OpCase } from "./op.ts";
import { section } from "./replay.ts";

interface Case extends OpCase {
  /** Instead of `op`: PyTorch throws. */
  readonly refused?: string;
}
export type Method = (...args: unknown[]) => Tensor;

function run(c: Case): void {
  const inputs = c.inputs.map((x) => toTensor(x));
  inputs.forEach((x, i) => {
    if (c.grads[i]) x.requiresGrad = true;
  });
  const copy = inputs[0].clone();
  const [first, ...args] = argumentsOf(c, [copy, ...inputs.slice(1)]);
  const call = () => (copy as unknown as Record<string, Method>)[c.op ?? c.refused](...args);
  expect(first).toBe(copy);
  if (c.refused) {
    expect(call).toThrow(T.DlError);
    return;
  }
  const { version } = copy.memory.storage;
  expect(call()).toBe(copy);
  expect(copy.dtype).toBe(c.inputs[0].dtype);
  expectNear(copy, c.outputs[0] as never, c.tolerance ?? 3e-6, c.op);
  const isWritten = c.outputs[0] !== null && copy.memory.storage.version > version;
  if (!/^(t|transpose|swap|(un)?squeeze|floor|ceil|round|trunc)/.test(c.op) && copy.numel > 0)
    expect(isWritten).toBe(true);
  weightedSum([copy])?.backward();
  c.grads.forEach((expected, i) => {
    if (expected) expectNear(inputs[i].grad ?? T.zerosLike(inputs[i]), expected, 1e-5, c.op);
  });
}

export const inplace = section("in place against PyTorch", fixture<Case[]>("inplace"), {
  name: (c) => c.op ?? c.refused,
  title: (c, i) => {
    const shapes = c.inputs.map((x) => `${x.dtype}[${x.shape}]`).join(", ");
    return `${i}: ${c.op ?? `no ${c.refused}`}(${shapes}) ${JSON.stringify(c.args)}`;
  },
  run,
});
