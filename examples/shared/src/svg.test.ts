import { describe, expect, test } from "vitest";
import { svg, ticks } from "./svg.ts";

describe("svg", () => {
  test("puts the ends of a line into the corners of the area", () => {
    const picture = svg({ title: "a < b", series: [{ name: "falls", y: [2, 1] }] });
    expect(picture).toContain('points="64,34 490,316"');
    expect(picture).toContain("a &lt; b");
  });
  test("leaves out what is not finite", () =>
    expect(svg({ title: "", series: [{ name: "", y: [1, Number.NaN, 0] }] })).not.toContain("NaN"));
  test("has something to show for one point, and for none", () => {
    expect(svg({ title: "", series: [{ name: "", y: [3] }] })).not.toMatch(/NaN|Infinity/);
    expect(svg({ title: "", series: [] })).not.toMatch(/NaN|Infinity/);
  });
});
test("ticks are round numbers within the range", () => {
  expect(ticks([0, 10])).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks([-1.2, 1.1])).toEqual([-1, -0.5, 0, 0.5, 1]);
});
