/** The eight kernels, on operands of every layout, against the oracle. */
import {
  type Backend,
  type Buffer,
  bytesPerElement,
  contiguousStrides,
  type DType,
  expr as E,
  Generator,
  numelOf,
  type Program,
  program,
  typedArrayFor,
  type View,
} from "@dl/tensor";
import { expectClose, TOLERANCE, type Tolerance } from "./compare.ts";
import { oracle } from "./oracle.ts";
import type { Case } from "./suite.ts";

/** How an operand lies in memory. */
interface Layout {
  readonly name: string;
  /** Strides and offset, in a memory of `size` elements. */
  readonly place: (shape: readonly number[]) => { strides: number[]; offset: number; size: number };
}

const reversed = (shape: readonly number[]): number[] => {
  const strides: number[] = [];
  shape.reduce((n, s, d) => {
    strides[d] = n;
    return n * s;
  }, 1);
  return strides;
};

/** Guard elements before and after every operand: nobody may write there. */
const GUARD = 5;

const LAYOUTS: readonly Layout[] = [
  {
    name: "row-major",
    place: (s) => ({ strides: contiguousStrides(s), offset: GUARD, size: numelOf(s) + 2 * GUARD }),
  },
  {
    name: "column-major",
    place: (s) => ({ strides: reversed(s), offset: GUARD, size: numelOf(s) + 2 * GUARD }),
  },
  {
    name: "every third element",
    place: (s) => ({
      strides: contiguousStrides(s).map((x) => 3 * x),
      offset: GUARD,
      size: 3 * numelOf(s) + 2 * GUARD,
    }),
  },
  {
    name: "reversed",
    place: (s) => ({
      strides: contiguousStrides(s).map((x) => -x),
      offset: GUARD + Math.max(0, numelOf(s) - 1),
      size: numelOf(s) + 2 * GUARD,
    }),
  },
  {
    name: "first dimension broadcast",
    place: (s) => ({
      strides: contiguousStrides(s).map((x, d) => (d === 0 ? 0 : x)),
      offset: GUARD,
      size: numelOf(s) + 2 * GUARD,
    }),
  },
  {
    name: "last dimension broadcast",
    place: (s) => ({
      strides: contiguousStrides(s).map((x, d) => (d === s.length - 1 ? 0 : x)),
      offset: GUARD,
      size: numelOf(s) + 2 * GUARD,
    }),
  },
  {
    name: "one number",
    place: (s) => ({ strides: s.map(() => 0), offset: GUARD, size: 1 + 2 * GUARD }),
  },
];
const OUTPUT_LAYOUTS = LAYOUTS.slice(0, 4);

/** Sizes around the widths that kernels work in, and the odd ones. */
const SHAPES: readonly (readonly number[])[] = [
  [],
  [1],
  [7],
  [16],
  [67],
  [3, 5],
  [4, 16],
  [2, 3, 4],
  [5, 1, 9],
  [2, 3, 2, 5],
  [2, 1, 2, 3, 1, 2, 2],
  [0],
  [3, 0, 2],
];

/** An operand on both backends, with equal contents. */
interface Operand {
  readonly tested: View;
  readonly expected: View;
}

export class Bench {
  readonly truth = oracle();
  readonly generator: Generator;
  readonly backend: Backend;
  private readonly made: [Backend, Buffer][] = [];
  private readonly outputs: Operand[] = [];

  constructor(backend: Backend, seed: number) {
    this.backend = backend;
    this.generator = new Generator(seed);
  }

  operand(
    dtype: DType,
    shape: readonly number[],
    layout: Layout,
    value: (i: number) => number,
  ): Operand {
    const { strides, offset, size } = layout.place(shape);
    const data = new (typedArrayFor(dtype))(size);
    for (let i = 0; i < size; i++) data[i] = value(i);
    const on = (backend: Backend): View => {
      const buffer = backend.alloc(size * bytesPerElement(dtype));
      backend.write(buffer, data);
      this.made.push([backend, buffer]);
      const contiguous = shape.every(
        (n, d) => n === 1 || strides[d] === contiguousStrides(shape)[d],
      );
      return { buffer, dtype, shape, strides, offset, contiguous, numel: numelOf(shape) };
    };
    return { tested: on(this.backend), expected: on(this.truth) };
  }
  input(dtype: DType, shape: readonly number[], layout: Layout, special = false): Operand {
    return this.operand(dtype, shape, layout, (i) => this.sample(dtype, special, i));
  }
  output(dtype: DType, shape: readonly number[], layout: Layout = LAYOUTS[0]): Operand {
    const operand = this.input(dtype, shape, layout);
    this.outputs.push(operand);
    return operand;
  }
  private sample(dtype: DType, special: boolean, i: number): number {
    if (dtype === "bool") return this.generator.uint32() % 2;
    if (dtype === "uint8") return this.generator.uint32() % 256;
    if (dtype === "int32") return (this.generator.uint32() % 41) - 20;
    const extremes = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0,
      -0,
      1e-40,
      -1e30,
      1e30,
    ];
    return special && i % 3 === 0
      ? extremes[(i / 3) % extremes.length]
      : this.generator.normal() * 2;
  }
  positions(n: number, shape: readonly number[]): Operand {
    return this.operand("int32", shape, LAYOUTS[0], () => this.generator.uint32() % n);
  }

  free(): void {
    for (const [backend, buffer] of this.made) backend.free(buffer);
  }

  /** Reads every output whole, guards included, and frees everything. */
  async check(what: string, tolerance?: Tolerance): Promise<void> {
    for (const operand of this.outputs) {
      const { dtype } = operand.tested;
      const actual = new (typedArrayFor(dtype))(await this.backend.read(operand.tested.buffer));
      const expected = new (typedArrayFor(dtype))(this.truth.readSync!(operand.expected.buffer));
      expectClose(actual, expected, tolerance ?? TOLERANCE[dtype], what);
    }
    this.free();
  }
}

const x = E.input(0);
const y = E.input(1);
const z = E.input(2);
interface MapSample {
  readonly name: string;
  readonly program: Program;
  readonly inputs: readonly DType[];
  readonly outputs: readonly DType[];
  readonly scalars?: readonly number[];
  readonly needsRank?: number;
}
const MAPS: readonly MapSample[] = [
  { name: "a copy", program: program([x], 1), inputs: ["float32"], outputs: ["float32"] },
  {
    name: "a sum",
    program: program([E.add(x, y)], 2),
    inputs: ["float32", "float32"],
    outputs: ["float32"],
  },
  {
    name: "three operands and a scalar",
    program: program([E.add(E.mul(x, y), E.mul(z, E.scalar(0)))], 3, 1),
    inputs: ["float32", "float32", "float32"],
    outputs: ["float32"],
    scalars: [0.37],
  },
  {
    name: "three results",
    program: program([E.add(x, y), E.mul(x, y), E.select(E.lt(x, y), x, E.neg(y))], 2),
    inputs: ["float32", "float32"],
    outputs: ["float32", "float32", "float32"],
  },
  {
    name: "a comparison",
    program: program([E.lt(x, y)], 2),
    inputs: ["float32", "float32"],
    outputs: ["bool"],
  },
  {
    name: "masks combined",
    program: program([E.or(E.and(E.lt(x, y), E.lt(0, x)), E.not(E.eq(y, y)))], 2),
    inputs: ["float32", "float32"],
    outputs: ["bool"],
  },
  {
    name: "a choice by a bool operand",
    program: program([E.select(E.ne(x, 0), y, 0)], 2),
    inputs: ["bool", "float32"],
    outputs: ["float32"],
  },
  {
    name: "mixed operands",
    program: program([E.add(x, E.mul(y, z))], 3),
    inputs: ["int32", "float32", "uint8"],
    outputs: ["float32"],
  },
  {
    name: "integers",
    program: program([E.add(E.mul(x, y), E.scalar(0))], 2, 1),
    inputs: ["int32", "int32"],
    outputs: ["int32"],
    scalars: [7],
  },
  {
    name: "bytes",
    program: program([E.add(x, y)], 2),
    inputs: ["uint8", "uint8"],
    outputs: ["uint8"],
  },
  { name: "integers to float", program: program([x], 1), inputs: ["int32"], outputs: ["float32"] },
  {
    name: "float to integers",
    program: program([E.mul(x, 3)], 1),
    inputs: ["float32"],
    outputs: ["int32"],
  },
  { name: "float to bool", program: program([x], 1), inputs: ["float32"], outputs: ["bool"] },
  {
    name: "double precision",
    program: program([E.exp(E.mul(x, y))], 2),
    inputs: ["float64", "float64"],
    outputs: ["float64"],
  },
  {
    name: "a position",
    program: program([E.add(x, E.index(0))], 1),
    inputs: ["float32"],
    outputs: ["float32"],
    needsRank: 1,
  },
  {
    name: "two positions",
    program: program([E.add(E.mul(E.index(1), 10), E.index(0))], 0),
    inputs: [],
    outputs: ["float32"],
    needsRank: 2,
  },
  {
    name: "a constant",
    program: program([E.scalar(0)], 0, 1),
    inputs: [],
    outputs: ["float32"],
    scalars: [2.5],
  },
];

export function kernelCases(flushesSubnormals = false): Case[] {
  return [
    ...mapCases(),
    ...functionCases(flushesSubnormals),
    ...reduceCases(),
    ...matmulCases(),
    ...indexCases(),
    ...otherCases(),
  ];
}

function mapCases(): Case[] {
  return MAPS.map((sample) => ({
    name: `map: ${sample.name}, in every layout and shape`,
    needs: [...sample.inputs, ...sample.outputs],
    async run(backend) {
      let seed = 1;
      for (const shape of SHAPES) {
        if (shape.length < (sample.needsRank ?? 0)) continue;
        const layouts = sample.inputs.length ? LAYOUTS : [LAYOUTS[0]];
        for (const first of layouts) {
          for (const out of OUTPUT_LAYOUTS) {
            const bench = new Bench(backend, seed++);
            const inputs = sample.inputs.map((dtype, i) =>
              bench.input(dtype, shape, i === 0 ? first : LAYOUTS[(seed + i) % LAYOUTS.length]),
            );
            const outputs = sample.outputs.map((dtype) => bench.output(dtype, shape, out));
            for (const side of ["tested", "expected"] as const) {
              if (numelOf(shape) === 0) continue;
              (side === "tested" ? backend : bench.truth).map(
                sample.program,
                inputs.map((o) => o[side]),
                outputs.map((o) => o[side]),
                sample.scalars ?? [],
              );
            }
            await bench.check(
              `${sample.name} of [${shape}], first operand ${first.name}, result ${out.name}`,
            );
          }
        }
      }
    },
  }));
}

const UNARY = [
  "neg",
  "abs",
  "sign",
  "floor",
  "ceil",
  "round",
  "trunc",
  "sqrt",
  "exp",
  "expm1",
  "log",
  "log1p",
  "sigmoid",
  "tanh",
  "erf",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "asinh",
  "acosh",
  "atanh",
] as const;
const BINARY = ["add", "sub", "mul", "div", "pow", "rem", "max", "min", "atan2"] as const;
const BITS = ["bitAnd", "bitOr", "bitXor", "bitShl", "bitShr"] as const;
const EXTREMES = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  3.5,
  1e-40,
  -1e-40,
  1e-8,
  87,
  -87,
  88.8,
  -88.8,
  104,
  -104,
  1000,
  -1000,
  1e30,
  -1e30,
  3.4e38,
  12345.678,
  0.1,
  7,
];

/** Every function of the language at its extremes; a few units in the last place are allowed. */
function functionCases(flushesSubnormals: boolean): Case[] {
  const close: Tolerance = { absolute: 2e-38, relative: 1e-6 };
  const run = async (
    backend: Backend,
    p: Program,
    columns: readonly (readonly number[])[],
    dtype: DType,
    name: string,
  ) => {
    const bench = new Bench(backend, 3);
    const shape = [columns[0].length];
    const inputs = columns.map((c) =>
      bench.operand(dtype, shape, LAYOUTS[0], (i) => c[(i - GUARD + c.length) % c.length]),
    );
    const out = bench.output(dtype, shape);
    for (const side of ["tested", "expected"] as const) {
      (side === "tested" ? backend : bench.truth).map(
        p,
        inputs.map((o) => o[side]),
        [out[side]],
        [],
      );
    }
    // sin and cos of huge float32 numbers are noise: the argument itself is known to a few hundred periods at best.
    await bench.check(
      `${name} in ${dtype}`,
      dtype === "float64" ? { absolute: 1e-300, relative: 1e-12 } : close,
    );
  };
  const isPeriodic = (name: string) => name === "sin" || name === "cos" || name === "tan";
  const unary = UNARY.map(
    (name): Case => ({
      name: `${name} at the extremes`,
      needs: ["float32"],
      async run(backend) {
        const values = EXTREMES.filter(
          (v) => !isPeriodic(name) || !(Math.abs(v) > 1e5 && Number.isFinite(v)),
        );
        const p = program([E[name](x)], 1);
        await run(backend, p, [values], "float32", name);
        if (backend.dtypes.has("float64")) await run(backend, p, [values], "float64", name);
      },
    }),
  );
  const operands = EXTREMES.filter((v) => !flushesSubnormals || v === 0 || !(Math.abs(v) < 1e-37));
  const pairs = operands.flatMap((a) => operands.map((b) => [a, b] as const));
  const binary = BINARY.map(
    (name): Case => ({
      name: `${name} at every pair of extremes`,
      needs: ["float32"],
      async run(backend) {
        const p = program([E[name](x, y)], 2);
        const kept =
          name === "rem"
            ? pairs.filter(
                ([a, b]) => !(Math.abs(a) > 1e7 * Math.abs(b)) || b === 0 || !Number.isFinite(a),
              )
            : pairs;
        await run(backend, p, [kept.map((q) => q[0]), kept.map((q) => q[1])], "float32", name);
      },
    }),
  );
  const integers = [0, 1, -1, 7, -7, 3, 2147483647, -2147483648, 46341];
  const integerCase = (
    name: "add" | "sub" | "mul" | "div" | "rem" | "max" | "min" | (typeof BITS)[number],
    title: string,
  ): Case => ({
    name: title,
    needs: ["int32"],
    async run(backend) {
      const all = integers.flatMap((a) => integers.map((b) => [a, b] as const));
      await run(
        backend,
        program([E[name](x, y)], 2),
        [all.map((q) => q[0]), all.map((q) => q[1])],
        "int32",
        name,
      );
    },
  });
  const integer = (["add", "sub", "mul", "div", "rem", "max", "min"] as const).map((name) =>
    integerCase(name, `${name} of integers wraps and truncates`),
  );
  const bits = BITS.map((name) => integerCase(name, `${name} of 32 bits, distances modulo 32`));
  return [...unary, ...binary, ...integer, ...bits];
}

function reduceCases(): Case[] {
  const subsets = (rank: number): number[][] =>
    Array.from({ length: 2 ** rank - 1 }, (_, m) =>
      Array.from({ length: rank }, (_, d) => d).filter((d) => (m + 1) & (1 << d)),
    );
  const kinds: { name: string; program: Program; inputs: DType[]; output: DType }[] = [
    { name: "float32", program: program([x], 1), inputs: ["float32"], output: "float32" },
    {
      name: "a function of two",
      program: program([E.div(E.sub(x, y), E.add(1, E.abs(E.sub(x, y))))], 2),
      inputs: ["float32", "float32"],
      output: "float32",
    },
    { name: "float64", program: program([x], 1), inputs: ["float64"], output: "float64" },
    { name: "int32", program: program([x], 1), inputs: ["int32"], output: "int32" },
    { name: "bool to int32", program: program([x], 1), inputs: ["bool"], output: "int32" },
    { name: "bool", program: program([x], 1), inputs: ["bool"], output: "bool" },
  ];
  return (["sum", "prod", "max", "min"] as const)
    .flatMap((op) =>
      kinds.map(
        (kind): Case => ({
          name: `reduce: ${op} of ${kind.name}, over every set of axes`,
          needs: [...kind.inputs, kind.output],
          async run(backend) {
            let seed = 11;
            for (const shape of [
              [1],
              [7],
              [67],
              [3, 5],
              [16, 9],
              [9, 16],
              [2, 3, 4],
              [2, 3, 2, 5],
              [3, 0, 2],
            ]) {
              for (const axes of subsets(shape.length)) {
                for (const layout of LAYOUTS) {
                  const bench = new Bench(backend, seed++);
                  const inputs = kind.inputs.map((dtype, i) =>
                    bench.input(dtype, shape, i ? LAYOUTS[0] : layout),
                  );
                  const out = bench.output(
                    kind.output,
                    shape.map((n, d) => (axes.includes(d) ? 1 : n)),
                    OUTPUT_LAYOUTS[seed % 3],
                  );
                  for (const side of ["tested", "expected"] as const) {
                    if (out[side].numel === 0) continue;
                    const on = side === "tested" ? backend : bench.truth;
                    on.reduce(
                      op,
                      kind.program,
                      inputs.map((o) => o[side]),
                      out[side],
                      axes,
                      [],
                    );
                  }
                  const tolerance =
                    kind.output === "float32" ? { absolute: 2e-5, relative: 1e-5 } : undefined;
                  await bench.check(
                    `${op} of ${kind.name} [${shape}] over [${axes}], ${layout.name}`,
                    tolerance,
                  );
                }
              }
            }
          },
        }),
      ),
    )
    .concat([
      {
        name: "reduce: NaN and infinities",
        needs: ["float32"],
        async run(backend) {
          for (const op of ["sum", "prod", "max", "min"] as const) {
            for (const axes of [[0], [1]]) {
              const bench = new Bench(backend, 5);
              const special = bench.input("float32", [24, 24], LAYOUTS[0], true);
              const out = bench.output("float32", axes[0] === 0 ? [1, 24] : [24, 1]);
              backend.reduce(op, program([x], 1), [special.tested], out.tested, axes, []);
              bench.truth.reduce(op, program([x], 1), [special.expected], out.expected, axes, []);
              await bench.check(`${op} of special values over ${axes}`, {
                absolute: 1e-5,
                relative: 1e-5,
              });
            }
          }
        },
      },
    ]);
}

function matmulCases(): Case[] {
  return (["float32", "float64", "int32"] as const).map(
    (dtype): Case => ({
      name: `matmul of ${dtype}: sizes, batches and layouts`,
      needs: [dtype],
      async run(backend) {
        let seed = 17;
        const sizes: [number[], number, number, number][] = [
          [[], 1, 1, 1],
          [[], 7, 5, 9],
          [[], 6, 8, 8],
          [[], 13, 17, 11],
          [[], 64, 3, 10],
          [[], 1, 37, 20],
          [[], 20, 37, 1],
          [[], 3, 200, 2],
          [[2], 5, 4, 3],
          [[2, 3], 4, 5, 6],
        ];
        for (const [batch, m, k, n] of sizes) {
          for (const left of LAYOUTS) {
            for (const right of LAYOUTS.slice(0, 4)) {
              const bench = new Bench(backend, seed++);
              const a = bench.input(dtype, [...batch, m, k], left);
              const b = bench.input(dtype, [...batch, k, n], right);
              const out = bench.output(dtype, [...batch, m, n], OUTPUT_LAYOUTS[seed % 4]);
              backend.matmul(a.tested, b.tested, out.tested);
              bench.truth.matmul(a.expected, b.expected, out.expected);
              await bench.check(
                `[${batch}] ${m}×${k}×${n}, ${left.name} times ${right.name}`,
                dtype === "float32" ? { absolute: 1e-4, relative: 1e-5 } : undefined,
              );
            }
          }
        }
      },
    }),
  );
}

function indexCases(): Case[] {
  const shapes: [number[], number][] = [
    [[6], 0],
    [[4, 5], 0],
    [[4, 5], 1],
    [[2, 3, 4], 1],
  ];
  return (["float32", "int32", "bool"] as const).flatMap((dtype): Case[] => [
    {
      name: `gather of ${dtype}`,
      needs: [dtype, "int32"],
      async run(backend) {
        for (const [shape, axis] of shapes) {
          for (const layout of LAYOUTS) {
            const bench = new Bench(backend, 23);
            const input = bench.input(dtype, shape, layout);
            const wanted = shape.map((n, d) => (d === axis ? 7 : n));
            const index = bench.positions(shape[axis], wanted);
            const out = bench.output(dtype, wanted, OUTPUT_LAYOUTS[axis]);
            backend.gather(input.tested, index.tested, out.tested, axis);
            bench.truth.gather(input.expected, index.expected, out.expected, axis);
            await bench.check(`gather from [${shape}] along ${axis}, ${layout.name}`);
          }
        }
      },
    },
    {
      name: `scatter of ${dtype}`,
      needs: [dtype, "int32"],
      async run(backend) {
        for (const mode of dtype === "bool" ? (["set"] as const) : (["set", "add"] as const)) {
          for (const [shape, axis] of shapes) {
            for (const layout of LAYOUTS) {
              const bench = new Bench(backend, 29);
              const wanted = shape.map((n, d) => (d === axis ? 9 : n));
              const updates = bench.input(dtype, wanted, layout);
              const index = bench.positions(shape[axis], wanted);
              const target = bench.output(dtype, shape, OUTPUT_LAYOUTS[axis]);
              backend.scatter(target.tested, index.tested, updates.tested, axis, mode);
              bench.truth.scatter(target.expected, index.expected, updates.expected, axis, mode);
              await bench.check(`scatter (${mode}) into [${shape}] along ${axis}, ${layout.name}`);
            }
          }
        }
      },
    },
  ]);
}

function otherCases(): Case[] {
  const sorts = (["float32", "int32"] as const).map(
    (dtype): Case => ({
      name: `sort of ${dtype}: stable, NaN greatest, both directions`,
      needs: [dtype, "int32"],
      async run(backend) {
        for (const [shape, axis] of [
          [[9], 0],
          [[40], 0],
          [[4, 5], 0],
          [[4, 5], 1],
          [[2, 300], 1],
        ] as [number[], number][]) {
          for (const descending of [false, true]) {
            for (const layout of LAYOUTS) {
              const bench = new Bench(backend, 31);
              const input = bench.input(dtype, shape, layout, true);
              const values = bench.output(dtype, shape);
              const indices = bench.output("int32", shape);
              backend.sort(input.tested, values.tested, indices.tested, axis, descending);
              bench.truth.sort(input.expected, values.expected, indices.expected, axis, descending);
              await bench.check(
                `sort of [${shape}] along ${axis}${descending ? ", descending" : ""}, ${layout.name}`,
              );
            }
          }
        }
      },
    }),
  );
  const scans = (["sum", "prod", "max", "min"] as const).map(
    (op): Case => ({
      name: `scan: running ${op}`,
      needs: ["float32"],
      async run(backend) {
        for (const [shape, axis] of [
          [[9], 0],
          [[4, 5], 0],
          [[4, 5], 1],
          [[2, 3, 4], 1],
          [[1, 500], 1],
        ] as [number[], number][]) {
          for (const layout of LAYOUTS) {
            const bench = new Bench(backend, 37);
            const input = bench.input("float32", shape, layout);
            const out = bench.output("float32", shape, OUTPUT_LAYOUTS[axis]);
            backend.scan(op, input.tested, out.tested, axis);
            bench.truth.scan(op, input.expected, out.expected, axis);
            await bench.check(`running ${op} of [${shape}] along ${axis}, ${layout.name}`, {
              absolute: 1e-3,
              relative: 1e-4,
            });
          }
        }
      },
    }),
  );
  return [
    ...sorts,
    ...scans,
    {
      name: "random: the bits of Threefry-2x32-20",
      needs: ["float32"],
      async run(backend) {
        for (const [seed, counter, n] of [
          [[0, 0], [0, 0], 1],
          [[1, 2], [3, 4], 33],
          [[0xffffffff, 5], [0xfffffffe, 0xffffffff], 9],
        ] as const) {
          const bench = new Bench(backend, 1);
          const out = bench.output("float32", [n]);
          backend.random(out.tested, { seed, counter });
          bench.truth.random(out.expected, { seed, counter });
          await bench.check(`random of ${n}`, TOLERANCE.int32);
        }
      },
    },
    {
      name: "map: in place",
      needs: ["float32"],
      async run(backend) {
        for (const shape of SHAPES) {
          if (numelOf(shape) === 0) continue;
          for (const layout of OUTPUT_LAYOUTS) {
            const bench = new Bench(backend, 41);
            const target = bench.output("float32", shape, layout);
            const other = bench.input("float32", shape, LAYOUTS[1]);
            backend.map(
              program([E.add(x, E.mul(y, 2))], 2),
              [target.tested, other.tested],
              [target.tested],
              [],
            );
            bench.truth.map(
              program([E.add(x, E.mul(y, 2))], 2),
              [target.expected, other.expected],
              [target.expected],
              [],
            );
            await bench.check(`in place, [${shape}], ${layout.name}`);
          }
        }
      },
    },
    {
      name: "equal bits on a second run",
      needs: ["float32"],
      async run(backend) {
        const bits = async () => {
          const bench = new Bench(backend, 43);
          const a = bench.input("float32", [33, 65], LAYOUTS[1]);
          const b = bench.input("float32", [65, 47], LAYOUTS[0]);
          const product = bench.output("float32", [33, 47]);
          const total = bench.output("float32", [33, 1]);
          backend.matmul(a.tested, b.tested, product.tested);
          backend.reduce("sum", program([E.exp(x)], 1), [product.tested], total.tested, [1], []);
          const read = [
            await backend.read(product.tested.buffer),
            await backend.read(total.tested.buffer),
          ].map((buffer) => new Uint8Array(buffer));
          bench.free();
          return read;
        };
        const [first, second] = [await bits(), await bits()];
        first.forEach((bytes, i) =>
          expectClose(bytes, second[i], TOLERANCE.int32, "bytes of the second run"),
        );
      },
    },
  ];
}
