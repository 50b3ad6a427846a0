import { describe, expect, test } from "vitest";
import { drawDigits } from "./index.ts";

describe("drawDigits(count, { seed })", () => {
  const some = drawDigits(200, { seed: 1 });
  const image = (i: number, data = some) => data.images.subarray(i * 784, (i + 1) * 784);

  test("draws the same digits for the same seed, others for another", () => {
    expect(drawDigits(200, { seed: 1 }).images).toEqual(some.images);
    expect(drawDigits(200, { seed: 2 }).images).not.toEqual(some.images);
  });
  test("begins a longer set as a shorter one", () =>
    expect(drawDigits(15, { seed: 1 }).images).toEqual(some.images.slice(0, 15 * 784)));
  test("draws each class as often", () => {
    const counts = new Array(10).fill(0);
    for (const label of some.labels) counts[label]++;
    expect(counts).toEqual(new Array(10).fill(20));
  });
  test("leaves a margin, and ink in the middle", () => {
    for (let i = 0; i < some.length; i++) {
      const pixels = image(i);
      const ink = (test: (x: number, y: number) => boolean) =>
        pixels.reduce((n, v, k) => n + (v > 128 && test(k % 28, Math.floor(k / 28)) ? 1 : 0), 0);
      expect(ink((x, y) => x === 0 || y === 0 || x === 27 || y === 27)).toBe(0);
      const all = ink(() => true);
      expect(all).toBeGreaterThan(20);
      expect(all).toBeLessThan(300);
    }
  });
  test("draws no two alike", () => {
    const seen = new Set(Array.from({ length: 200 }, (_, i) => image(i).join()));
    expect(seen.size).toBe(200);
  });
  test("draws in other sizes", () => {
    const big = drawDigits(20, { size: 64 });
    expect(big.shape).toEqual([1, 64, 64]);
    expect(Math.max(...big.images)).toBeGreaterThan(180);
  });
  test("wants whole numbers", () => {
    expect(() => drawDigits(1.5)).toThrow("whole number, got 1.5");
    expect(() => drawDigits(1, { size: 4 })).toThrow("from 8, got 4");
  });
});
