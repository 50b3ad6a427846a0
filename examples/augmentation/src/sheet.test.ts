import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { MIXED, ROWS, sheet, svg } from "./sheet.ts";

beforeAll(() => {
  setBackend(cpu());
});
const after = (seed: number) => {
  manualSeed(seed);
  return sheet(3);
};

describe("the sheet of augmented samples", () => {
  test("has a row for each transform, and the pictures unchanged in the first", () => {
    const { names, image, size } = after(0);
    expect(image.shape).toEqual([3, (ROWS.length + MIXED.length) * size, 3 * size]);
    expect(names[0]).toBe("Identity()");
  });
  test("is the same after the same seed, and another after another", () => {
    expect(svg(after(1))).toBe(svg(after(1)));
    expect(svg(after(1))).not.toBe(svg(after(2)));
  });
});
