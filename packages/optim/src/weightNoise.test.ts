import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { Generator, manualSeed, setBackend, tensor } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import { withWeightNoise } from "./index.ts";

beforeEach(() => {
  setBackend(cpu());
  manualSeed(0);
});

describe("withWeightNoise(params, fn)", () => {
  test("gradients are those at noisy weights, and the weights come back to the last bit", () => {
    const w = tensor([0.1, 0.2, 0.3], { requiresGrad: true });
    const before = w.dataSync().slice();
    let noisy = new Float32Array();
    withWeightNoise(
      [w],
      () => {
        noisy = w.dataSync().slice() as Float32Array<ArrayBuffer>;
        w.square().sum().backward();
      },
      { std: 0.5 },
    );
    expect(noisy).not.toEqual(before);
    expect(w.grad!.dataSync()).toEqual(noisy.map((x) => 2 * x));
    expect(w.dataSync()).toEqual(before);
  });
  test("the noise has the standard deviation asked for, alone or times the weight", () => {
    for (const relative of [false, true]) {
      const w = tensor(new Float32Array(4000).fill(2), { requiresGrad: true });
      const std = withWeightNoise([w], () => w.detach().std().itemSync(), { std: 0.1, relative });
      expect(std / (relative ? 0.2 : 0.1)).toBeCloseTo(1, 1);
    }
  });
  test("a generator of its own gives the same noise", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const look = () => withWeightNoise([w], () => w.tolistSync(), { generator: new Generator(4) });
    expect(look()).toEqual(look());
  });
  test("weights come back after an error, and after a promise", async () => {
    const w = tensor([1, 2], { requiresGrad: true });
    expect(() =>
      withWeightNoise([w], () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(w.tolistSync()).toEqual([1, 2]);
    const later = withWeightNoise([w], async () => w.tolistSync());
    expect(w.tolistSync()).not.toEqual([1, 2]);
    await later;
    expect(w.tolistSync()).toEqual([1, 2]);
  });
  test("says when there is nothing to put noise on", () => {
    expect(() => withWeightNoise([tensor([1])], () => 0)).toThrow(/model\.parameters\(\)/);
    const w = tensor([1], { requiresGrad: true });
    expect(() => withWeightNoise([w], () => 0, { std: -1 })).toThrow(/std/);
  });
});
