import { cpu } from "@dl/backend-cpu";
import {
  type Backend,
  type BinaryOp,
  expr,
  program,
  typedArrayFor,
  type UnaryOp,
  type View,
} from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { testedGpu } from "../testing.ts";

const found = await testedGpu();
const gpu = found as Backend;
const reference = cpu({ wasm: false });

function operand(backend: Backend, dtype: "float32" | "float64", values: Float32Array): View {
  const data = new (typedArrayFor(dtype))(values);
  const buffer = backend.alloc(data.byteLength);
  backend.write(buffer, data);
  const numel = values.length;
  return { buffer, dtype, shape: [numel], strides: [1], offset: 0, contiguous: true, numel };
}

/** The op on the GPU in float32, and on the CPU in float64. */
async function both(
  op: UnaryOp | BinaryOp,
  ...operands: Float32Array[]
): Promise<[got: Float32Array, want: Float64Array]> {
  const args = operands.map((_, i) => expr.input(i)) as [expr.Expr, expr.Expr];
  const p = program([expr[op](...args)], operands.length);
  const results: ArrayBuffer[] = [];
  for (const [backend, dtype] of [
    [gpu, "float32"],
    [reference, "float64"],
  ] as const) {
    const inputs = operands.map((x) => operand(backend, dtype, x));
    const y = operand(backend, dtype, operands[0]);
    backend.map(p, inputs, [y], []);
    results.push(await backend.read(y.buffer));
    for (const { buffer } of [...inputs, y]) backend.free(buffer);
  }
  return [new Float32Array(results[0]), new Float64Array(results[1])];
}

const SMALLEST_NORMAL = 2 ** -126;
/** In units in the last place. What is subnormal may be 0; infinite if a result is not even of its kind. */
function error(got: number, want: number): number {
  const rounded = Math.fround(want);
  if (Object.is(got, rounded) || got === rounded) return 0;
  if (Number.isNaN(got) || Number.isNaN(rounded)) return Infinity;
  if (Math.abs(rounded) < SMALLEST_NORMAL) return Math.abs(got) <= SMALLEST_NORMAL ? 0 : Infinity;
  if (!Number.isFinite(rounded)) return Infinity;
  const finite = Number.isFinite(got) ? got : Math.sign(got) * 2 ** 128;
  return Math.abs(finite - want) / 2 ** (Math.floor(Math.log2(Math.abs(rounded))) - 23);
}

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);
/** Numbers of every exponent and sign, by their bits, subnormal ones as 0. */
const everywhere = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    bits[0] = Math.floor((i + 0.5) * (2 ** 32 / count));
    return Math.abs(floats[0]) < SMALLEST_NORMAL ? 0 : floats[0];
  });
const between = (from: number, to: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / count);

const CASES: readonly [op: UnaryOp, ulp: number, from: number, to: number][] = [
  ["exp", 2, -104, 89],
  ["expm1", 3, -18, 89],
  ["log", 2, 0, 8],
  ["log1p", 2, -1, 8],
  ["sigmoid", 3, -104, 20],
  ["tanh", 3, -10, 10],
  ["erf", 3, -4.5, 4.5],
  ["sin", 3, -1000, 1000],
  ["cos", 3, -1000, 1000],
  ["tan", 4, -1000, 1000],
  ["asin", 4, -1, 1],
  ["acos", 4, -1, 1],
  ["atan", 3, -20, 20],
  ["sinh", 3, -90, 90],
  ["cosh", 3, -90, 90],
  ["asinh", 4, -100, 100],
  ["acosh", 4, 1, 100],
  ["atanh", 4, -1, 1],
  ["sqrt", 3, 0, 100],
];
const OF_TWO: readonly [op: BinaryOp, ulp: number][] = [
  ["pow", 3],
  ["atan2", 4],
  ["rem", 0],
];
const pairs = (xs: Float32Array, ys: Float32Array): [Float32Array, Float32Array] => [
  Float32Array.from({ length: xs.length * ys.length }, (_, i) => xs[Math.floor(i / ys.length)]),
  Float32Array.from({ length: xs.length * ys.length }, (_, i) => ys[i % ys.length]),
];

async function expectWithin(
  op: UnaryOp | BinaryOp,
  ulp: number,
  ...operands: Float32Array[]
): Promise<void> {
  const [got, want] = await both(op, ...operands);
  let worst = { error: 0, of: [0], got: 0, want: 0 };
  want.forEach((w, i) => {
    const e = error(got[i], w);
    if (e > worst.error) worst = { error: e, of: operands.map((x) => x[i]), got: got[i], want: w };
  });
  expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(ulp);
}

describe.skipIf(typeof found === "string")("functions against double precision", () => {
  const count = 1 << 16;
  test.each(CASES)("%s is within %s ulp", async (op, ulp, from, to) => {
    for (const x of [everywhere(count), between(-2, 2, count), between(from, to, count)])
      await expectWithin(op, ulp, x);
  });
  test.each(OF_TWO)("%s is within %s ulp", async (op, ulp) => {
    const whole = between(-40, 40, 161);
    for (const [x, y] of [
      pairs(everywhere(251), everywhere(257)),
      pairs(between(-3, 3, 251), between(-9, 9, 253)),
      pairs(whole, whole),
      pairs(everywhere(509), whole),
    ])
      await expectWithin(op, ulp, x, y);
  });
});
