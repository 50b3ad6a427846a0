import { noGrad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { ones, scope, setBackend, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { inplace, type Method } from "./inplace.ts";
import { replay } from "./replay.ts";

replay(inplace);

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
