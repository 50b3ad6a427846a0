import { type DType, expr as E, IDENTITY, program } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { valuesOf, viewOf } from "../testing.ts";
import { referenceBackend } from "./backend.ts";

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
