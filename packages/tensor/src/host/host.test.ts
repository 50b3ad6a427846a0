import { describe, expect, test } from "vitest";
import * as E from "../expr.ts";
import { program } from "../program.ts";
import { erf } from "./erf.ts";
import { evaluateProgram } from "./evaluate.ts";
import { unaryFunctions } from "./functions.ts";
import type { HostView } from "./hostView.ts";
import { checkIndices } from "./indices.ts";
import { eachRow, elementOffsets, mergeDimensions } from "./loops.ts";
import { identityOf, joinFor } from "./reduction.ts";
import { fillRandom, threefry2x32, words } from "./threefry.ts";
import { elementReader, elementWriter } from "./transfer.ts";

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
  expect([0.5, 1.5, 2.5, -2.5, -0.3, 0.49999999999999994].map(unaryFunctions.round)).toEqual([
    0, 2, 2, -2, -0, 0,
  ]);
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

test("random elements go on over the carry of the counter's low word", () => {
  const key = { seed: [7, 8], counter: [0xffffffff, 1] } as const;
  const all = new Float32Array(5);
  fillRandom({ data: all, offset: 0, numel: 5 }, key);
  const rest = new Float32Array(4);
  fillRandom({ data: rest, offset: 1, numel: 3 }, { seed: [7, 8], counter: [0, 2] });
  expect([...rest]).toEqual([0, ...all.slice(2)]);
});

const view = (
  data: HostView["data"],
  dtype: HostView["dtype"],
  shape: number[],
  strides: number[],
  offset = 0,
): HostView => ({
  data,
  dtype,
  shape,
  strides,
  offset,
  contiguous: false,
  numel: shape.reduce((a, b) => a * b, 1),
});

describe("walking", () => {
  test("merges what lies behind one another, broadcast dimensions too", () => {
    expect(mergeDimensions([2, 1, 3], [[0, 9, 0]])).toEqual({
      sizes: [6],
      strides: [[0]],
      count: 6,
    });
    expect(mergeDimensions([2, 3], [[1, 2]], [1, 0]).sizes).toEqual([6]);
  });
  test("of no dimensions is one loop over one element", () =>
    expect(mergeDimensions([], [[]])).toEqual({ sizes: [1], strides: [[0]], count: 1 }));
  test("backwards, from the last element", () =>
    expect([...elementOffsets({ shape: [2, 2], strides: [-2, -1], offset: 3 })]).toEqual([
      3, 2, 1, 0,
    ]));
  test("of nothing visits nothing", () => {
    expect(elementOffsets({ shape: [3, 0], strides: [1, 1], offset: 0 }).length).toBe(0);
    eachRow([3, 0], [{ strides: [1, 1], offset: 0 }], () => expect.unreachable());
  });
  test("row by row gives every operand its own place", () => {
    const seen: number[][] = [];
    const operands = [
      { strides: [6, 2], offset: 1 },
      { strides: [0, 1], offset: 5 },
    ];
    eachRow([2, 2], operands, (at, n, steps) => seen.push([...at, n, ...steps]));
    expect(seen).toEqual([
      [1, 5, 2, 2, 1],
      [7, 5, 2, 2, 1],
    ]);
  });
});

test("a program over more elements than a block holds, in another order, with positions", () => {
  const shape = [600, 3];
  const p = program([E.add(E.mul(E.index(0), 3), E.index(1)), E.lt(E.input(0), 0)], 1);
  const x = view(Float32Array.of(-1, 0, 1), "float32", shape, [0, 1]);
  const call = { type: "float32", inputs: [x], scalars: [], shape, order: [1, 0] } as const;
  const found: number[] = [];
  let below = 0;
  evaluateProgram(p, call, ([place, isBelow], start, count) => {
    expect(start).toBe(found.length);
    for (let i = 0; i < count; i++) {
      found.push(place[i]);
      below += isBelow[i];
    }
  });
  expect(found.slice(0, 3)).toEqual([0, 3, 6]);
  expect(found.at(-1)).toBe(1799);
  expect(new Set(found).size).toBe(1800);
  expect(below).toBe(600);
});

describe("moving elements", () => {
  test("writing converts to the view's dtype", () => {
    const written = (dtype: HostView["dtype"], data: HostView["data"]) => {
      elementWriter(view(data, dtype, [5], [1]))(
        Float32Array.of(300.7, -1, Number.NaN, 3e9, -0),
        0,
        5,
      );
      return [...data];
    };
    expect(written("int32", new Int32Array(5))).toEqual([300, -1, 0, 2147483647, 0]);
    expect(written("uint8", new Uint8Array(5))).toEqual([44, 255, 0, 255, 0]);
    expect(written("bool", new Uint8Array(5))).toEqual([1, 1, 1, 1, 0]);
  });
  test("reading some, from the middle of a strided view", () => {
    const to = new Float64Array(3);
    elementReader(view(Int32Array.of(0, 1, 2, 3, 4, 5), "int32", [2, 3], [-3, 1], 3))(to, 2, 3);
    expect([...to]).toEqual([5, 0, 1]);
  });
});

test("products of integers keep their low 32 bits, and totals start with what changes nothing", () => {
  expect(joinFor("prod", "int32")(2 ** 30, 6)).toBe(-(2 ** 31));
  expect(joinFor("max", "float32")(1, Number.NaN)).toBeNaN();
  expect(identityOf("max", "int32")).toBe(-(2 ** 31));
  expect(identityOf("min", "bool")).toBe(1);
});

test("an index out of range is named with its position", () => {
  const index = view(Int32Array.of(0, 1, 2, 3), "int32", [2, 2], [1, 2]);
  expect(() => checkIndices("gather", index, 4, 0)).not.toThrow();
  expect(() => checkIndices("gather", index, 3, 1)).toThrow(
    "gather: index 3 at position [1, 1] is out of range for axis 1 of size 3",
  );
});
