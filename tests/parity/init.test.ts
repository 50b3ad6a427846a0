import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { init } from "@dl/nn";
import { manualSeed, setBackend, type Tensor, zeros } from "@dl/tensor";
import { describe, expect, test, vi } from "vitest";
import { gains, initialization } from "./init.ts";
import { replay } from "./replay.ts";

replay(initialization);

describe("init", () => {
  setBackend(cpu());
  test.each(gains)(
    "calculateGain($nonlinearity, $param) is $gain",
    ({ nonlinearity, param, gain }) =>
      expect(init.calculateGain(nonlinearity, { param })).toBeCloseTo(gain, 8),
  );
  test("writes in row-major order whatever the layout", () => {
    for (const fill of [
      (t: Tensor) => init.xavierUniform_(t),
      (t: Tensor) => init.orthogonal_(t),
      (t: Tensor) => init.eye_(t),
      (t: Tensor) => init.sparse_(t, 0.5),
    ]) {
      manualSeed(1);
      const plain = fill(zeros(4, 5)).tolistSync();
      manualSeed(1);
      expect(fill(zeros(5, 4).t()).tolistSync()).toEqual(plain);
    }
  });
  test("has nothing to do for empty tensors", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    expect(init.kaimingUniform_(zeros(0, 3)).shape).toEqual([0, 3]);
    expect(init.kaimingNormal_(zeros(3, 0)).shape).toEqual([3, 0]);
    expect(init.orthogonal_(zeros(0, 3)).shape).toEqual([0, 3]);
    expect(init.uniform_(zeros(0)).shape).toEqual([0]);
    warn.mockRestore();
  });
  test("says what is wrong", () => {
    expect(() => init.kaimingUniform_(zeros(3))).toThrow(/at least 2 dimensions/);
    expect(() => init.xavierNormal_(zeros(3))).toThrow(/at least 2 dimensions/);
    expect(() => init.orthogonal_(zeros(3))).toThrow(/at least 2 dimensions/);
    expect(() => init.eye_(zeros(3))).toThrow(/matrix/);
    expect(() => init.sparse_(zeros(3), 0.5)).toThrow(/matrix/);
    expect(() => init.sparse_(zeros(3, 2), 1.5)).toThrow(/sparsity is 1.5/);
    expect(() => init.dirac_(zeros(3, 2))).toThrow(/\[3, 2\]/);
    expect(() => init.dirac_(zeros(3, 2, 3), { groups: 2 })).toThrow(/multiple of 2/);
    expect(() => init.truncNormal_(zeros(3), { a: 1, b: 1 })).toThrow(/between a = 1 and b = 1/);
    expect(() => init.normal_(zeros(3), { std: -1 })).toThrow(/std is -1/);
    expect(() => init.uniform_(zeros([3], { dtype: "int32" }))).toThrow(/int32/);
    // @ts-expect-error not one
    expect(() => init.calculateGain("swish")).toThrow(/"swish"/);
  });
});
