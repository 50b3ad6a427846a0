import {
  type BinaryOp,
  binaryFunctions,
  expr,
  program,
  type UnaryOp,
  unaryFunctions,
} from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { cpu } from "../../index.ts";
import { contentsOf, viewOf } from "../../testing.ts";

/** With a fused multiply-add, where the engine has one, and without. */
const backends = [cpu({ wasm: true }), cpu({ wasm: true, fma: false })];
let backend = backends[0];
/** Products that are rounded before they are added cost a little more. */
const allowed = (ulp: number): number => (backend === backends[0] ? ulp : Math.min(2, 1.2 * ulp));

function compute(op: UnaryOp | BinaryOp, ...operands: Float32Array[]): Float32Array {
  const inputs = operands.map((xs) => viewOf(backend, xs, [xs.length]));
  const y = viewOf(backend, operands[0], [operands[0].length]);
  const args = operands.map((_, i) => expr.input(i)) as [expr.Expr, expr.Expr];
  backend.map(program([expr[op](...args)], inputs.length), inputs, [y], []);
  const result = contentsOf(backend, y) as Float32Array;
  for (const { buffer } of [...inputs, y]) backend.free(buffer);
  return result;
}

/** The distance between neighbouring float32 numbers about x. */
function unitInLastPlace(x: number): number {
  const exponent = Math.floor(Math.log2(Math.abs(x)));
  return 2 ** (Math.max(exponent, -126) - 23);
}

/** How far a result is from the true value, in units in the last place; infinite if it is not even of its kind. */
function error(got: number, want: number): number {
  const rounded = Math.fround(want);
  if (Object.is(got, rounded)) return 0;
  if (Number.isNaN(got) || Number.isNaN(rounded)) return Infinity;
  if (got === 0 && rounded === 0) return Infinity; // minus zero for zero, or the other way round
  if (!Number.isFinite(rounded)) return Infinity;
  // Beyond the greatest number infinity is one more step.
  const finite = Number.isFinite(got) ? got : Math.sign(got) * 2 ** 128;
  return Math.abs(finite - want) / unitInLastPlace(want);
}

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);
/** Numbers of every exponent and sign, by their bits. */
function everywhere(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    bits[0] = Math.floor((i + 0.5) * (2 ** 32 / count));
    return floats[0];
  });
}
const between = (from: number, to: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / count);
const SPECIAL = new Float32Array([
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  1e-45,
  -1e-45,
  1.17549435e-38,
  -1.17549435e-38,
  3.4028235e38,
  -3.4028235e38,
  1,
  -1,
  0.5,
  -0.5,
  88.72283,
  88.72284,
  -87.33655,
  -103.27893,
  -103.97208,
  -104,
]);

/** What is promised, and where most of the function happens. */
const CASES: readonly [op: UnaryOp, ulp: number, from: number, to: number][] = [
  ["exp", 1, -104, 89],
  ["expm1", 1.7, -18, 89],
  ["log", 1, 0, 8],
  ["log1p", 1.4, -1, 8],
  ["sigmoid", 1.8, -104, 20],
  ["tanh", 1.4, -10, 10],
  ["erf", 1.7, -4.5, 4.5],
  ["sin", 1.7, -1000, 1000],
  ["cos", 1.7, -1000, 1000],
  ["tan", 1, -1000, 1000],
  ["asin", 0.6, -1, 1],
  ["acos", 0.6, -1, 1],
  ["atan", 0.6, -20, 20],
  ["sinh", 2, -90, 90],
  ["cosh", 2, -90, 90],
  ["asinh", 0.6, -100, 100],
  ["acosh", 0.6, 1, 100],
  ["atanh", 0.6, -1, 1],
  ["sqrt", 0.5, 0, 100],
];
const OF_TWO: readonly [op: BinaryOp, ulp: number][] = [
  ["pow", 0.6],
  ["atan2", 0.6],
  ["rem", 0],
];
/** Every number of the first with every one of the second. */
const pairs = (xs: Float32Array, ys: Float32Array): [Float32Array, Float32Array] => [
  Float32Array.from({ length: xs.length * ys.length }, (_, i) => xs[Math.floor(i / ys.length)]),
  Float32Array.from({ length: xs.length * ys.length }, (_, i) => ys[i % ys.length]),
];

describe.each(backends.map((b, i) => [i ? "without" : "with", b] as const))(
  "vector functions against double precision, %s multiply-add",
  (_, chosen) => {
    beforeAll(() => {
      backend = chosen;
    });
    test.each(CASES)("%s is within %s ulp", (op, ulp, from, to) => {
      const count = 1 << 18;
      for (const xs of [
        SPECIAL,
        everywhere(count),
        between(-2, 2, count),
        between(from, to, count),
      ]) {
        const ys = compute(op, xs);
        let worst = { error: 0, x: 0, y: 0 };
        xs.forEach((x, i) => {
          const e = error(ys[i], unaryFunctions[op](x));
          if (e > worst.error) worst = { error: e, x, y: ys[i] };
        });
        expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(allowed(ulp));
      }
    });

    test.each(OF_TWO)("%s is within %s ulp", (op, ulp) => {
      const whole = between(-40, 40, 161);
      for (const [xs, ys] of [
        pairs(SPECIAL, SPECIAL),
        pairs(everywhere(509), everywhere(521)),
        pairs(between(-3, 3, 499), between(-9, 9, 503)),
        pairs(whole, whole),
        pairs(everywhere(1021), whole),
      ]) {
        const zs = compute(op, xs, ys);
        let worst = { error: 0, x: 0, y: 0, z: 0 };
        xs.forEach((x, i) => {
          const e = error(zs[i], binaryFunctions[op](x, ys[i]));
          if (e > worst.error) worst = { error: e, x, y: ys[i], z: zs[i] };
        });
        expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(allowed(ulp));
      }
    });

    test.each(["floor", "ceil", "round", "trunc", "abs", "neg"] as const)("%s is exact", (op) => {
      for (const xs of [SPECIAL, everywhere(1 << 16), between(-4, 4, 64)]) {
        const want = Float32Array.from(xs, (x) => unaryFunctions[op](x));
        expect(compute(op, xs)).toEqual(want);
      }
    });

    test("a result does not depend on where an element stands", () => {
      for (const [op] of CASES) {
        const [whole] = compute(op, new Float32Array(4).fill(0.7));
        expect(compute(op, new Float32Array(7).fill(0.7))).toEqual(new Float32Array(7).fill(whole));
      }
    });
  },
);
