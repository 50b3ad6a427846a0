import { empty, manualSeed, type Tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import reference from "./fixtures/layers.json" with { type: "json" };
import { init } from "./index.ts";
import { close, parameter } from "./testing.ts";

type Case = [name: keyof typeof reference, shape: number[], fill: (t: Tensor) => Tensor];

describe("init draws what PyTorch draws", () => {
  const cases: Case[] = [
    ["u", [3], (t) => init.uniform_(t, { a: -1, b: 3 })],
    ["n", [3], (t) => init.normal_(t, { mean: 1, std: 2 })],
    ["xu", [2, 3], (t) => init.xavierUniform_(t, { gain: 2 })],
    ["xn", [4, 5], (t) => init.xavierNormal_(t)],
    ["ku", [2, 3], (t) => init.kaimingUniform_(t, { mode: "fan_out", nonlinearity: "relu" })],
    ["kn", [4, 5], (t) => init.kaimingNormal_(t)],
    ["tn", [4, 5], (t) => init.truncNormal_(t, { std: 1.5 })],
    ["tn2", [4, 5], (t) => init.truncNormal_(t, { a: 2, b: 3 })],
    ["orth", [3, 2, 2], (t) => init.orthogonal_(t, { gain: 2 })],
    ["orth2", [5, 3], (t) => init.orthogonal_(t)],
    ["dirac", [4, 2, 3, 3], (t) => init.dirac_(t, { groups: 2 })],
  ];
  test.each(cases)("%s", (name, shape, fill) => {
    manualSeed(2);
    close(fill(empty(shape)), reference[name] as number[], 5e-7);
  });
});

describe("init", () => {
  test("fills with constants", () => {
    close(init.constant_(empty(2), 3), [3, 3]);
    close(init.ones_(empty(2)), [1, 1]);
    close(init.zeros_(empty(2)), [0, 0]);
    close(init.eye_(empty(2, 3)), [
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });
  test("writes to parameters while gradients are recorded, and returns them", () => {
    const p = parameter([
      [1, 2],
      [3, 4],
    ]);
    expect(init.uniform_(p)).toBe(p);
    expect(p.isLeaf && p.requiresGrad).toBe(true);
  });
  test("fills in logical order whatever the layout", () => {
    manualSeed(0);
    const plain = init.normal_(empty(4, 5)).tolistSync();
    manualSeed(0);
    expect(init.normal_(zeros(5, 4).t()).tolistSync()).toEqual(plain);
  });
  test("knows the gains", () => {
    const gains = (["linear", "tanh", "relu", "leaky_relu", "selu"] as const).map((n) =>
      init.calculateGain(n),
    );
    expect(gains).toEqual([1, 5 / 3, Math.sqrt(2), Math.sqrt(2 / 1.0001), 0.75]);
    expect(init.calculateGain("leaky_relu", { param: 1 })).toBe(1);
  });
  test("counts fans over the window", () =>
    expect(init.calculateFanInAndFanOut(zeros(8, 4, 3, 3))).toEqual([36, 72]));
  test("says what is wrong", () => {
    expect(() => init.xavierUniform_(empty(3))).toThrow("at least 2 dimensions");
    expect(() => init.normal_(zeros([2], { dtype: "int32" }))).toThrow("floating point");
    // @ts-expect-error not a mode
    expect(() => init.kaimingNormal_(empty(2, 2), { mode: "fanIn" })).toThrow("fan_in");
  });
});
