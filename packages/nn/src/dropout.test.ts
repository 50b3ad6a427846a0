import { manualSeed, ones, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import * as nn from "./index.ts";
import { close, messageOf } from "./testing.ts";

beforeEach(() => {
  manualSeed(0);
});
const values = (t: Tensor): number[] => [...t.dataSync()];
const average = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
/** All numbers of a channel. */
const channels = (t: Tensor): number[][] =>
  (t.reshape([t.shape[0] * t.shape[1], -1]).tolistSync() as number[][]).map((row) => [
    ...new Set(row),
  ]);

describe("dropout", () => {
  test("drops about p of all elements and keeps the mean", () => {
    const y = values(new nn.Dropout(0.3)(ones(100, 100)));
    expect(new Set(y.map((v) => v.toFixed(5)))).toEqual(new Set(["0.00000", "1.42857"]));
    expect(Math.abs(average(y) - 1)).toBeLessThan(0.03);
  });
  test.each([
    ["Dropout1d", new nn.Dropout1d(), [20, 30, 4]],
    ["Dropout2d", new nn.Dropout2d(), [20, 30, 2, 3]],
    ["Dropout2d of [N, C, L]", new nn.Dropout2d(), [20, 30, 4]],
    ["Dropout3d", new nn.Dropout3d(), [20, 30, 2, 1, 2]],
  ] as const)("%s drops whole channels", (_, layer, shape) => {
    const each = channels((layer as unknown as nn.Dropout)(ones([...shape])));
    expect(each.every((c) => c.length === 1)).toBe(true);
    const kept = each.filter(([v]) => v === 2).length;
    expect(Math.abs(kept / each.length - 0.5)).toBeLessThan(0.1);
    expect(each.filter(([v]) => v === 0).length).toBe(each.length - kept);
  });
  test.each([
    ["Dropout1d", new nn.Dropout1d(), [200, 3]],
    ["Dropout3d", new nn.Dropout3d(), [200, 3, 1, 1]],
  ] as const)("%s takes one sample without a batch", (_, layer, shape) => {
    const y = (layer as unknown as nn.Dropout)(ones([...shape]));
    const each = y.reshape([200, 3]).tolistSync() as number[][];
    expect(each.every((row) => new Set(row).size === 1)).toBe(true);
    expect(new Set(each.flat()).size).toBe(2);
  });
  test("alpha dropout keeps mean 0 and variance 1", () => {
    manualSeed(3);
    const x = nn.functional.selu(nn.init.normal_(zeros(200, 100)));
    const y = values(new nn.AlphaDropout({ p: 0.2 })(x));
    const mean = average(y);
    expect(Math.abs(mean - average(values(x)))).toBeLessThan(0.03);
    expect(Math.abs(average(y.map((v) => (v - mean) ** 2)) - 1)).toBeLessThan(0.05);
  });
  test("alpha dropout has PyTorch's two values", () => {
    const y = new Set(values(nn.functional.alphaDropout(ones(100), { p: 0.3, training: true })));
    close(tensor([...y].sort((a, b) => a - b)), [-1.0595, 1.315], 1e-4);
    const each = channels(nn.functional.featureAlphaDropout(ones(9, 9, 3), { training: true }));
    expect(each.every((c) => c.length === 1)).toBe(true);
    close(tensor([...new Set(each.flat())].sort((a, b) => a - b)), [-0.7792, 1.6656], 1e-4);
  });
  test("functional alpha dropout does nothing unless in training, as PyTorch", () => {
    const x = ones(3);
    expect(nn.functional.alphaDropout(x)).toBe(x);
    expect(nn.functional.featureAlphaDropout(ones(3, 1), { p: 0 }).shape).toEqual([3, 1]);
  });
  test("writes into its input with inplace", () => {
    const x = ones(4);
    expect(new nn.Dropout({ p: 1, inplace: true })(x)).toBe(x);
    close(x, [0, 0, 0, 0]);
  });
  test("the mask is that of the gradient", () => {
    const x = ones(50).requiresGrad_();
    const y = new nn.AlphaDropout()(x);
    y.sum().backward();
    const kept = values(y).map((v) => v > 0);
    expect(values(x.grad!).map((g) => g !== 0)).toEqual(kept);
  });
  test("says what is wrong", () => {
    expect(messageOf(() => new nn.AlphaDropout({ p: 2 }))).toContain("AlphaDropout: p = 2");
    expect(messageOf(() => new nn.Dropout1d()(ones(3)))).toContain("2 or 3 dimensions, got [3]");
  });
});

describe("RReLU in training", () => {
  test("draws slopes between lower and upper, which the gradient has too", () => {
    const x = ones(1000).neg().requiresGrad_();
    const y = new nn.RReLU({ lower: 0.2, upper: 0.4 })(x);
    y.sum().backward();
    const slopes = values(x.grad!);
    close(y.neg(), slopes);
    expect(Math.min(...slopes)).toBeGreaterThanOrEqual(0.2);
    expect(Math.max(...slopes)).toBeLessThan(0.4);
    expect(Math.abs(average(slopes) - 0.3)).toBeLessThan(0.01);
  });
  test("leaves what is positive", () => close(new nn.RReLU()(tensor([1, 2])), [1, 2]));
});
