import "@dl/autograd";
import { describe, expect, it } from "vitest";
import { FUNCTIONS } from "./functions.ts";
import { oracle, threefry } from "./oracle.ts";
import { testBackend } from "./suite.ts";

describe("the oracle", () => {
  // Known answers published with Random123 (kat_vectors, threefry2x32 with 20 rounds).
  it("draws Threefry's published words", () => {
    expect(threefry([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
    expect(threefry([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual([
      0x1cb996fc, 0xbb002be7,
    ]);
    expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([
      0xc4923a9c, 0x483df7a0,
    ]);
  });
  // Abramowitz and Stegun, table 7.1, and Wolfram Alpha to 16 digits.
  it.each([
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2.5, 0.999593047982555],
    [3.5, 0.9999992569016276],
  ])("knows erf(%d)", (x, y) =>
    expect((FUNCTIONS.erf as (x: number) => number)(x)).toBeCloseTo(y, 14),
  );
});

testBackend("oracle", oracle, { describe, it });
