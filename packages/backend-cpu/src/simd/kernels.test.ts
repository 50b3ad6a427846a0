import { type DType, expr as e, type Program, program, type ReduceOp } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { cpu } from "../index.ts";
import {
  contentsOf,
  type Generator,
  generator,
  numelOf,
  offsets,
  randomLayout,
  rowMajor,
  type TestView,
  valuesOf,
  viewOf,
} from "../testing.ts";

const wasm = cpu({ wasm: true });
const reference = cpu({ wasm: false });
const [x, y, z] = [e.input(0), e.input(1), e.input(2)];

const GUARD = 77;
const randomShape = (g: Generator, ranks = 4, largest = 9): number[] =>
  Array.from({ length: g.integer(0, ranks) }, () => g.integer(g.next() < 0.03 ? 0 : 1, largest));

function randomValue(g: Generator, dtype: DType): number {
  if (dtype === "bool") return g.integer(0, 1);
  if (dtype === "uint8") return g.integer(0, 20);
  if (dtype === "int32") return g.integer(-20, 20);
  return Math.fround(g.next() * 4 - 2);
}

/** A view with random contents, strides and offset, and the same numbers in float64, row-major, for the reference path. */
function randomInput(
  g: Generator,
  shape: readonly number[],
  dtype: DType = "float32",
): { view: TestView; exact: TestView } {
  const { strides, offset, span } = randomLayout(g, shape, false);
  const contents = Array.from({ length: span }, () => randomValue(g, dtype));
  const view = viewOf(wasm, contents, shape, { strides, offset, dtype });
  const values = offsets(view).map((at) => contents[at]);
  return { view, exact: viewOf(reference, values, shape, { dtype: "float64" }) };
}

function randomOutput(g: Generator, shape: readonly number[], dtype: DType = "float32"): TestView {
  const { strides, offset, span } = randomLayout(g, shape, true);
  return viewOf(wasm, new Array(span).fill(GUARD), shape, { strides, offset, dtype });
}

function exactOutput(shape: readonly number[]): TestView {
  return viewOf(reference, new Array(numelOf(shape)).fill(0), shape, { dtype: "float64" });
}

/** The view has these values, and nothing around it has been touched. */
function check(view: TestView, want: readonly number[], tolerance: number, what: string): void {
  const contents = contentsOf(wasm, view);
  const inside = new Set(offsets(view));
  contents.forEach((value, at) => {
    if (!inside.has(at) && value !== GUARD) expect(value, `${what}: around the output`).toBe(GUARD);
  });
  offsets(view).forEach((at, i) => {
    const limit = tolerance * Math.max(1, Math.abs(want[i]));
    const isClose = Math.abs(contents[at] - want[i]) <= limit || Object.is(contents[at], want[i]);
    if (!isClose) expect(contents[at], `${what}: element ${i}`).toBe(want[i]);
  });
}

const PROGRAMS: readonly Program[] = [
  program([x], 1),
  program([e.add(x, y)], 2),
  program([e.sub(e.mul(x, y), z)], 3),
  program([e.select(e.lt(x, y), z, e.mul(x, 2))], 3),
  program([e.mul(e.tanh(x), e.scalar(0)), e.add(x, e.scalar(1))], 1, 2),
  program([e.exp(e.neg(e.abs(x))), e.max(x, y)], 2),
  program([e.atan(x)], 1),
  program([e.sin(e.mul(x, 1e8))], 1),
];

describe("map", () => {
  test("computes what the reference path does in float64, for any shape, strides, offset and dtype", () => {
    for (let seed = 0; seed < 1500; seed++) {
      const g = generator(seed);
      const p = g.pick(PROGRAMS.slice(0, 7));
      const shape = randomShape(g, seed % 50 === 0 ? 7 : 4, seed % 50 === 0 ? 3 : 9);
      if (g.next() < 0.2) shape.push(g.integer(20, 70));
      const dtypes: readonly DType[] = ["float32", "float32", "float32", "int32", "uint8", "bool"];
      const inputs = Array.from({ length: p.inputs }, () => randomInput(g, shape, g.pick(dtypes)));
      const outputs = p.exprs.map(() => randomOutput(g, shape));
      const exact = p.exprs.map(() => exactOutput(shape));
      const scalars = Array.from({ length: p.scalars }, () => Math.fround(g.next()));
      wasm.map(
        p,
        inputs.map((i) => i.view),
        outputs,
        scalars,
      );
      reference.map(
        p,
        inputs.map((i) => i.exact),
        exact,
        scalars,
      );
      outputs.forEach((output, i) => {
        check(output, valuesOf(reference, exact[i]), 1e-5, `seed ${seed}, [${shape}], output ${i}`);
      });
    }
  });

  test("knows the position along any axis", () => {
    for (let seed = 0; seed < 300; seed++) {
      const g = generator(seed);
      const shape = [g.integer(1, 5), g.integer(1, 5), g.integer(1, 20)];
      const p = program([e.add(x, e.mul(e.index(g.integer(0, 2)), 10))], 1);
      const input = randomInput(g, shape);
      const [output, exact] = [randomOutput(g, shape), exactOutput(shape)];
      wasm.map(p, [input.view], [output], []);
      reference.map(p, [input.exact], [exact], []);
      check(output, valuesOf(reference, exact), 1e-6, `seed ${seed}, [${shape}]`);
    }
  });

  test.each(["bool", "int32", "uint8"] as const)("stores into %s", (dtype) => {
    for (let seed = 0; seed < 200; seed++) {
      const g = generator(seed);
      const shape = randomShape(g, 3, 12);
      const p = dtype === "bool" ? program([e.lt(x, y)], 2) : program([e.abs(e.mul(x, 100))], 1);
      const inputs = Array.from({ length: p.inputs }, () => randomInput(g, shape));
      const [output, exact] = [randomOutput(g, shape, dtype), exactOutput(shape)];
      wasm.map(
        p,
        inputs.map((i) => i.view),
        [output],
        [],
      );
      reference.map(
        p,
        inputs.map((i) => i.exact),
        [exact],
        [],
      );
      check(output, valuesOf(reference, exact).map(Math.trunc), 0, `seed ${seed}, [${shape}]`);
    }
  });

  test("reads operands that lie in another order of dimensions", () => {
    const shapes = [
      [64, 64],
      [67, 131],
      [130, 33],
      [5, 37, 40],
      [3, 4, 29, 31],
    ];
    shapes.forEach((shape, i) => {
      const g = generator(i);
      const permutations = [shape.map((_, d) => shape.length - 1 - d), [1, 0, 2, 3], [0, 2, 1, 3]];
      for (const order of permutations.map((o) => o.filter((d) => d < shape.length))) {
        for (const dtype of ["float32", "int32"] as const) {
          const dense = rowMajor(order.map((d) => shape[d]));
          const strides: number[] = [];
          order.forEach((d, at) => {
            strides[d] = dense[at];
          });
          const contents = Array.from({ length: numelOf(shape) }, () => g.integer(-99, 99));
          const turned = viewOf(wasm, contents, shape, { strides, dtype });
          const values = offsets(turned).map((at) => contents[at]);
          const output = viewOf(wasm, new Array(contents.length + 1).fill(GUARD), shape, { dtype });
          wasm.map(PROGRAMS[0], [turned], [output], []);
          check(output, values, 0, `copy of ${dtype} [${shape}] from ${strides}`);
          const sum = viewOf(wasm, new Array(contents.length + 1).fill(GUARD), shape);
          wasm.map(PROGRAMS[1], [turned, output], [sum], []);
          check(
            sum,
            values.map((v) => 2 * v),
            0,
            `sum of ${dtype} [${shape}] from ${strides}`,
          );
        }
      }
    });
  });

  test.each(["float64", "int32", "uint8", "bool"] as const)("copies %s", (dtype) => {
    for (let seed = 0; seed < 100; seed++) {
      const g = generator(seed);
      const shape = randomShape(g, 3, 12);
      const { strides, offset, span } = randomLayout(g, shape, false);
      const contents = Array.from({ length: span }, () => g.integer(0, dtype === "bool" ? 1 : 200));
      const input = viewOf(wasm, contents, shape, { strides, offset, dtype });
      const output = randomOutput(g, shape, dtype);
      wasm.map(PROGRAMS[0], [input], [output], []);
      check(
        output,
        offsets(input).map((at) => contents[at]),
        0,
        `seed ${seed}, [${shape}]`,
      );
    }
  });

  test("may write over an input", () => {
    const v = viewOf(
      wasm,
      Array.from({ length: 37 }, (_, i) => i),
      [37],
    );
    wasm.map(program([e.mul(x, x)], 1), [v], [v], []);
    expect(valuesOf(wasm, v)).toEqual(Array.from({ length: 37 }, (_, i) => i * i));
  });

  test("keeps apart kernels of programs with many operands that differ in the last stride only", () => {
    const n = 20;
    const sum = Array.from({ length: n }, (_, i) => e.input(i)).reduce((a, b) => e.add(a, b));
    const p = program([sum], n);
    const ones = Array.from({ length: n }, () => viewOf(wasm, new Array(8).fill(1), [8]));
    const output = viewOf(wasm, new Array(8).fill(0), [8]);
    wasm.map(p, ones, [output], []);
    expect(valuesOf(wasm, output)).toEqual(new Array(8).fill(n));
    const last = viewOf(wasm, [5, ...new Array(7).fill(0)], [8], { strides: [0] });
    wasm.map(p, [...ones.slice(1), last], [output], []);
    expect(valuesOf(wasm, output)).toEqual(new Array(8).fill(n - 1 + 5));
  });

  test("takes more distinct constants than the pool holds", () => {
    const v = viewOf(wasm, [1, 2, 3, 4, 5], [5]);
    const output = viewOf(wasm, new Array(5).fill(0), [5]);
    for (let first = 0; first < 4000; first += 500) {
      const terms = Array.from({ length: 500 }, (_, i) => e.mul(x, first + i + 0.5));
      wasm.map(program([terms.reduce((a, b) => e.max(a, b))], 1), [v], [output], []);
      expect(valuesOf(wasm, output)).toEqual([1, 2, 3, 4, 5].map((a) => a * (first + 499.5)));
    }
  });
});

describe("reduce", () => {
  const OPS: readonly ReduceOp[] = ["sum", "prod", "max", "min"];

  test("computes what the reference path does in float64, for any shape, strides, offset and axes", () => {
    const programs = [program([x], 1), program([e.mul(x, y)], 2), program([e.exp(e.sub(x, y))], 2)];
    for (let seed = 0; seed < 1500; seed++) {
      const g = generator(seed);
      const p = g.pick(programs);
      const op = g.pick(OPS);
      const shape = [g.integer(1, 6), ...randomShape(g, seed % 50 === 0 ? 6 : 3, 6)];
      if (op !== "prod" && g.next() < 0.3)
        shape[g.integer(0, shape.length - 1)] = g.integer(20, 300);
      const axes = shape.map((_, d) => d).filter(() => g.next() < 0.5);
      if (axes.length === 0) axes.push(g.integer(0, shape.length - 1));
      const kept = shape.map((n, d) => (axes.includes(d) ? 1 : n));
      const inputs = Array.from({ length: p.inputs }, () => randomInput(g, shape));
      const [output, exact] = [randomOutput(g, kept), exactOutput(kept)];
      wasm.reduce(
        op,
        p,
        inputs.map((i) => i.view),
        output,
        axes,
        [],
      );
      reference.reduce(
        op,
        p,
        inputs.map((i) => i.exact),
        exact,
        axes,
        [],
      );
      check(
        output,
        valuesOf(reference, exact),
        1e-4,
        `seed ${seed}, ${op} of [${shape}] over ${axes}`,
      );
    }
  });

  test.each([
    ["one row", [1 << 23], [0]],
    ["long rows", [2, 1 << 20], [1]],
    ["columns", [1 << 19, 4], [0]],
    ["many short runs", [1 << 17, 2, 4], [0, 2]],
  ] as const)("adds up millions of equal numbers without losing digits: %s", (_, shape, axes) => {
    const n = numelOf(shape);
    const v = viewOf(wasm, new Float32Array(n).fill(0.1), shape);
    const kept = shape.map((size, d) => ((axes as readonly number[]).includes(d) ? 1 : size));
    const output = viewOf(wasm, new Float32Array(numelOf(kept)), kept);
    wasm.reduce("sum", PROGRAMS[0], [v], output, axes, []);
    const want = Math.fround(0.1) * (n / numelOf(kept));
    for (const value of valuesOf(wasm, output))
      expect(Math.abs(value / want - 1)).toBeLessThan(1e-5);
    for (const used of [v, output]) wasm.free(used.buffer);
  });

  test("an infinity among many numbers is the sum, two of opposite sign make NaN", () => {
    const data = new Float32Array(100_000).fill(1);
    const output = viewOf(wasm, [0], [1]);
    const sum = () => {
      const v = viewOf(wasm, data, [data.length]);
      wasm.reduce("sum", PROGRAMS[0], [v], output, [0], []);
      return valuesOf(wasm, output)[0];
    };
    data[50_000] = Infinity;
    expect(sum()).toBe(Infinity);
    data[99_999] = -Infinity;
    expect(sum()).toBeNaN();
  });

  test("NaN wins max and min, wherever it stands", () => {
    for (const n of [1, 3, 4, 17, 100]) {
      for (let at = 0; at < n; at++) {
        const data = new Float32Array(n).fill(1);
        data[at] = NaN;
        for (const op of ["max", "min"] as const) {
          const output = viewOf(wasm, [0], [1]);
          wasm.reduce(op, PROGRAMS[0], [viewOf(wasm, data, [n])], output, [0], []);
          expect(valuesOf(wasm, output)[0]).toBeNaN();
        }
      }
    }
  });
});

describe("matmul", () => {
  const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 31, 64, 65, 70];

  test("computes what float64 does, for any sizes and strides, and touches nothing else", () => {
    for (let seed = 0; seed < 1500; seed++) {
      const g = generator(seed);
      const batch = g.next() < 0.3 ? randomShape(g, 2, 3) : [];
      const isLarge = seed % 300 === 0;
      const m = isLarge ? g.integer(90, 200) : g.pick(SIZES);
      const n = isLarge ? g.integer(90, 1200) : g.pick(SIZES);
      const k = isLarge ? g.integer(150, 420) : g.next() < 0.05 ? 0 : g.pick(SIZES);
      const a = randomInput(g, [...batch, m, k]);
      const b = randomInput(g, [...batch, k, n]);
      const output = randomOutput(g, [...batch, m, n]);
      const exact = exactOutput([...batch, m, n]);
      wasm.matmul(a.view, b.view, output);
      reference.matmul(a.exact, b.exact, exact);
      const what = `seed ${seed}, [${batch}] ${m}×${k}×${n}, a ${a.view.strides}, b ${b.view.strides}, to ${output.strides}`;
      check(output, valuesOf(reference, exact), 2e-5 * Math.max(1, Math.sqrt(k)), what);
    }
  });
});
