import { describe, expect, test } from "vitest";
import { chart } from "./chart.ts";

describe("chart", () => {
  test("falls from the top left to the bottom right", () =>
    expect(chart([2, 1, 0], { width: 2, height: 2 })).toBe("2.000 ┤⡇\n0.000 ┤⠁⣇"));
  test("leaves out what is not finite", () => {
    expect(chart([1, Number.NaN, 0.5])).toContain("1.000");
    expect(chart([Number.NaN])).toBe("(no finite values to draw)");
  });
});
