import { expr, program, type UnaryOp } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { cpu } from "../index.ts";
import { UNARY } from "../reference/functions.ts";
import { contentsOf, viewOf } from "../testing.ts";

const backend = cpu({ wasm: true });

function compute(op: UnaryOp, xs: Float32Array): Float32Array {
  const x = viewOf(backend, xs, [xs.length]);
  const y = viewOf(backend, xs, [xs.length]);
  backend.map(program([expr[op](expr.input(0))], 1), [x], [y], []);
  const result = contentsOf(backend, y) as Float32Array;
  backend.free(x.buffer);
  backend.free(y.buffer);
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
  ["sqrt", 0.5, 0, 100],
];

describe("vector functions against double precision", () => {
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
        const e = error(ys[i], UNARY[op](x));
        if (e > worst.error) worst = { error: e, x, y: ys[i] };
      });
      expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(ulp);
    }
  });

  test.each(["floor", "ceil", "round", "trunc", "abs", "neg"] as const)("%s is exact", (op) => {
    for (const xs of [SPECIAL, everywhere(1 << 16), between(-4, 4, 64)]) {
      const want = Float32Array.from(xs, (x) => UNARY[op](x));
      expect(compute(op, xs)).toEqual(want);
    }
  });

  test("a result does not depend on where an element stands", () => {
    for (const [op] of CASES) {
      const [whole] = compute(op, new Float32Array(4).fill(0.7));
      expect(compute(op, new Float32Array(7).fill(0.7))).toEqual(new Float32Array(7).fill(whole));
    }
  });
});
