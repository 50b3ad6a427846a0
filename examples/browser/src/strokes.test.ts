import { describe, expect, test } from "vitest";
import { digitOf, type Stroke } from "./strokes.ts";

const stroke = (...points: [x: number, y: number][]): Stroke => points.map(([x, y]) => ({ x, y }));
const seven = [stroke([0.3, 0.2], [0.7, 0.2], [0.45, 0.8])];

/** Rows and columns with ink, and the centre of its mass. */
function extent(pixels: Uint8Array) {
  let [mass, x, y] = [0, 0, 0];
  const rows = new Set<number>();
  const columns = new Set<number>();
  pixels.forEach((ink, i) => {
    mass += ink;
    x += ink * ((i % 28) + 0.5);
    y += ink * (Math.floor(i / 28) + 0.5);
    if (ink > 127) {
      rows.add(Math.floor(i / 28));
      columns.add(i % 28);
    }
  });
  return { height: rows.size, width: columns.size, centre: [x / mass, y / mass] };
}

describe("digitOf(strokes)", () => {
  test("fits a digit into 20×20 pixels, around its centre of mass", () => {
    const { height, width, centre } = extent(digitOf(seven));
    expect(height).toBe(20);
    expect(width).toBeLessThan(16);
    // To a tenth of a pixel: the lines are drawn again after they are moved.
    for (const c of centre) expect(Math.abs(c - 14)).toBeLessThan(0.1);
  });
  test("gives the same for a drawing that is smaller, and elsewhere", () => {
    const small = seven.map((s) => s.map(({ x, y }) => ({ x: 0.5 + x / 3, y: y / 3 })));
    const [a, b] = [digitOf(seven), digitOf(small)];
    expect(Math.max(...a.map((ink, i) => Math.abs(ink - b[i])))).toBeLessThan(3);
  });
  test("keeps proportions: a line stays one", () => {
    const { height, width } = extent(digitOf([stroke([0.5, 0.1], [0.5, 0.9])]));
    expect(height).toBe(20);
    expect(width).toBeLessThan(4);
  });
  test("leaves a dot small, in the middle", () => {
    const { height, width, centre } = extent(digitOf([stroke([0.1, 0.9])]));
    expect([height, width]).toEqual([2, 2]);
    expect(centre[0]).toBeCloseTo(14, 1);
  });
  test("is black where nothing is drawn", () => {
    expect(digitOf([]).every((ink) => ink === 0)).toBe(true);
  });
});
