/** Methods that write into their tensor, on a copy of the first input, so that gradients reach that. */
import "@dl/autograd";
import { noGrad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { ones, scope, setBackend, type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { expectNear, fixture, toTensor, weightedSum } from "./fixture.ts";
import { argumentsOf, type OpCase } from "./op.ts";

interface Case extends OpCase {
  /** Instead of `op`: PyTorch throws. */
  readonly refused?: string;
}
type Method = (...args: unknown[]) => Tensor;

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

for (const wasm of [true, false]) {
  describe(`in place against PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    for (const [i, c] of fixture<Case[]>("inplace").entries()) {
      const shapes = c.inputs.map((x) => `${x.dtype}[${x.shape}]`).join(", ");
      test(`${i}: ${c.op ?? `no ${c.refused}`}(${shapes}) ${JSON.stringify(c.args)}`, () => {
        setBackend(cpu({ wasm }));
        scope(() => run(c));
      });
    }
  });
}

describe("in-place methods", () => {
  test("a leaf that requires a gradient is refused, unless nothing is recorded", () => {
    setBackend(cpu());
    const w = tensor([1, 4]).requiresGrad_();
    for (const name of ["sqrt_", "pow_", "cumsum_", "t_", "fillDiagonal_"] as const) {
      const leaf = name === "fillDiagonal_" ? ones(2, 2).requiresGrad_() : w;
      expect(() => (leaf as unknown as Record<string, Method>)[name](0)).toThrow(/noGrad/);
    }
    noGrad(() => w.sqrt_());
    expect(w.tolistSync()).toEqual([1, 2]);
  });
  test("what another op needs, and was changed, is noticed", () => {
    setBackend(cpu());
    const x = tensor([1, 2]).requiresGrad_();
    const y = x.mul(2);
    const z = y.square();
    y.sin_();
    expect(() => z.sum().backward()).toThrow(/changed in place/);
  });
  test("writes reach every view", () => {
    setBackend(cpu());
    const x = tensor([
      [1, 4],
      [9, 16],
    ]);
    x.select(1, 1).sqrt_();
    expect(x.tolistSync()).toEqual([
      [1, 2],
      [9, 4],
    ]);
    x.t().copy_(x.clone()).t_();
    expect(x.tolistSync()).toEqual([
      [1, 9],
      [2, 4],
    ]);
  });
  test("igamma_ and igammac_, which have no gradient of what is written to", () => {
    setBackend(cpu());
    const [a, x] = [tensor([0.5, 2, 4]), tensor([1, 2, 3])];
    expect(a.clone().igamma_(x).tolistSync()).toEqual(T.igamma(a, x).tolistSync());
    expect(a.clone().igammac_(x).tolistSync()).toEqual(T.igammac(a, x).tolistSync());
    const y = x.clone().requiresGrad_();
    a.clone().igamma_(y).sum().backward();
    expect(y.grad!.shape).toEqual([3]);
    expect(() => y.mul(1).igamma_(a)).toThrow(/detach/);
  });
  test("detach_ forgets the history", () => {
    setBackend(cpu());
    const x = tensor([1, 2]).requiresGrad_();
    const y = x.mul(2);
    expect(y.detach_()).toBe(y);
    expect(y.requiresGrad).toBe(false);
    expect(x.detach_().requiresGrad).toBe(false);
  });
  test("nothing is left on the tape", () => {
    setBackend(cpu());
    const before = T.getBackend().memory().buffers;
    scope(() => {
      const x = tensor([1, 2, 3]).requiresGrad_();
      const y = x.mul(2);
      y.sin_().mul_(x).exp_();
      y.sum().backward();
    });
    expect(T.getBackend().memory().buffers).toBe(before);
  });
  test("types follow the op", () => {
    setBackend(cpu());
    const x = tensor([1, 2]);
    // @ts-expect-error a number or a tensor is wanted
    expect(() => x.clampMin_("a")).toThrow();
    // @ts-expect-error no argument
    x.exp_(3);
    x.subtract_(1, { alpha: 2 }).lerp_(x.clone(), 0.5).round_({ decimals: 1 });
  });
});
