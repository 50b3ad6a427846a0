import { type DType, expr as E, IDENTITY, program } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { valuesOf, viewOf } from "../testing.ts";
import { referenceBackend } from "./backend.ts";
import { erf } from "./erf.ts";
import { UNARY } from "./functions.ts";
import { threefry2x32, words } from "./threefry.ts";

const backend = referenceBackend();
const view = (values: number[], dtype: DType, shape = [values.length]) =>
  viewOf(backend, values, shape, { dtype });

function convert(values: number[], from: DType, to: DType): number[] {
  const output = view(
    values.map(() => 0),
    to,
  );
  backend.map(IDENTITY, [view(values, from)], [output], []);
  return valuesOf(backend, output);
}

describe("erf", () => {
  // mpmath, 120 bits, rounded to double; 1.7385814659763128 was 8.7 ulp off in an earlier series.
  test.each([
    [1e-300, 1.1283791670955126e-300],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.7385814659763128, 0.9860568814124828],
    [2, 0.9953222650189527],
    [5.5, 0.9999999999999927],
  ])("of %d is within 1 ulp", (x, expected) => {
    const ulp = 2 ** (Math.floor(Math.log2(expected)) - 52);
    expect(Math.abs(erf(x) - expected)).toBeLessThanOrEqual(ulp);
    expect(erf(-x)).toBe(-erf(x));
  });
  test("is ±1 at the infinities, keeps the sign of zero, and passes NaN on", () => {
    expect([Infinity, -Infinity, -0, Number.NaN].map(erf)).toEqual([1, -1, -0, Number.NaN]);
  });
});

test("round takes halves to the even integer and keeps the sign of zero", () => {
  expect([0.5, 1.5, 2.5, -2.5, -0.3, 0.49999999999999994].map(UNARY.round)).toEqual([
    0, 2, 2, -2, -0, 0,
  ]);
});

describe("conversions on storing", () => {
  test.each(["float32", "float64"] as const)("%s to int32 truncates and clamps", (from) => {
    expect(convert([3e9, -3e9, Infinity, -Infinity, Number.NaN, 1.9, -1.9], from, "int32")).toEqual(
      [2147483647, -2147483648, 2147483647, -2147483648, 0, 1, -1],
    );
  });
  test("to uint8 keeps the low eight bits", () => {
    expect(convert([300, -1, 255.9, Number.NaN], "float32", "uint8")).toEqual([44, 255, 255, 0]);
  });
  test("to bool, NaN is true and minus zero is not", () => {
    expect(convert([0, -0, Number.NaN, 0.5], "float32", "bool")).toEqual([0, 0, 1, 1]);
  });
});

describe("int32", () => {
  test("powers keep their low 32 bits", () => {
    const output = view([0, 0, 0, 0, 0, 0], "int32");
    const bases = view([3, 7, -2, 1, -1, 0], "int32");
    const exponents = view([41, 23, -1, -3, -3, -1], "int32");
    backend.map(program([E.pow(E.input(0), E.input(1))], 2), [bases, exponents], [output], []);
    // Python: pow(3, 41, 2**32) and so on.
    expect(valuesOf(backend, output)).toEqual([2069870691, 821077879, 0, 1, -1, 0]);
  });
  test("an infinite constant is the extreme value", () => {
    const output = view([0, 0], "int32");
    backend.map(program([E.max(E.input(0), -Infinity)], 1), [view([7, -7], "int32")], [output], []);
    expect(valuesOf(backend, output)).toEqual([7, -7]);
  });
});

describe("a bool is 0 or 1", () => {
  test("as a product of matrices", () => {
    const output = view([0], "bool", [1, 1]);
    backend.matmul(view([1, 1], "bool", [1, 2]), view([1, 1], "bool", [2, 1]), output);
    expect(valuesOf(backend, output)).toEqual([1]);
  });
  test("where several are added at one place", () => {
    const target = view([0], "bool");
    backend.scatter(target, view([0, 0], "int32"), view([1, 1], "bool"), 0, "add");
    expect(valuesOf(backend, target)).toEqual([1]);
  });
});

test("nothing is written when an index is out of range", () => {
  const target = view([1, 2, 3], "float32");
  const scatter = () =>
    backend.scatter(target, view([0, 3], "int32"), view([9, 9], "float32"), 0, "set");
  expect(scatter).toThrow("scatter: index 3 at position [1] is out of range for axis 0 of size 3");
  expect(valuesOf(backend, target)).toEqual([1, 2, 3]);
});

// Random123's kat_vectors: counter, key, result.
test.each([
  [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
  [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
  [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xc4923a9c, 0x483df7a0],
])("threefry2x32 of counter %i %i, key %i %i", (c0, c1, k0, k1, x, y) => {
  threefry2x32(k0, k1, c0, c1);
  expect([...words]).toEqual([x, y]);
});
