/** log x and what is made of it. */
import { bitsOf } from "../assembler.ts";
import { bits, type Doubles, type Vec, type Vectors } from "../vectors.ts";

/** log(1 + f) + n · ln 2, for 1 + f on [√½, √2) (Cephes). */
function nearOne(v: Vectors, f: Vec, n: Vec): Vec {
  const z = v.mul(f, f);
  const p = v.polynomial(
    f,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
      -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const y = v.add(v.mul(v.mul(p, f), z), v.mul(n, -2.1219444e-4));
  return v.add(v.add(v.sub(y, v.mul(z, 0.5)), f), v.mul(n, 0.693359375));
}

/** −∞ where the argument is `pole`, ∞ where it is ∞, NaN where it is neither and not beyond the pole. */
function withEnds(v: Vectors, x: Vec, pole: number, y: Vec): Vec {
  const low = v.select(v.eq(x, pole), -Infinity, y);
  return v.select(v.ge(x, pole), v.select(v.eq(x, Infinity), Infinity, low), NaN);
}

/** log(1 + f) + n · ln 2. Subnormal arguments are scaled up first. */
export function log(v: Vectors, argument: Vec): Vec {
  const isSmall = v.lt(argument, 1.17549435e-38);
  const x = v.select(isSmall, v.mul(argument, 2 ** 23), argument);
  const exponent = v.subInt(v.shift("i32x4.shr_u", x, 23), bits(126));
  const n = v.sub(v.op("f32x4.convert_i32x4_s", exponent), v.and(isSmall, 23));
  // On [½, 1); below √½ twice that.
  const m = v.or(v.and(x, bits(0x007fffff)), bits(0x3f000000));
  const isLow = v.lt(m, Math.SQRT1_2);
  const f = v.add(v.sub(m, 1), v.and(isLow, m));
  return withEnds(v, argument, 0, nearOne(v, f, v.sub(n, v.and(isLow, 1))));
}

/**
 * As above: 1 + x is only rounded to find n, and f = x · 2⁻ⁿ + (2⁻ⁿ − 1) has all the digits of x. 2⁻ⁿ is applied in two
 * halves, since 2⁻¹²⁸ has no exponent of its own.
 */
export function log1p(v: Vectors, x: Vec): Vec {
  const power = (n: Vec) => v.shift("i32x4.shl", v.addInt(n, bits(127)), 23);
  const sum = v.subInt(v.add(x, 1), bits(bitsOf(Math.SQRT1_2)));
  const n = v.shift("i32x4.shr_s", sum, 23);
  const half = v.shift("i32x4.shr_s", n, 1);
  const [one, two] = [power(v.subInt(bits(0), half)), power(v.subInt(half, n))];
  const f = v.add(v.mul(v.mul(x, one), two), v.sub(v.mul(one, two), 1));
  const y = nearOne(v, f, v.op("f32x4.convert_i32x4_s", n));
  return v.withSignOf(x, withEnds(v, x, -1, y));
}

const LOWER = new DataView(new ArrayBuffer(8));
/** The double with these upper 32 bits. */
function double(high: number): number {
  LOWER.setInt32(0, high);
  return LOWER.getFloat64(0);
}

/** n and f of x = 2ⁿ · (1 + f) with 1 + f on [√½, √2), for positive finite x. */
export function split(v: Doubles, x: Vec): { n: Vec; f: Vec } {
  const offset = double(0x3fe6a09e); // √½
  const n = v.shift("i64x2.shr_s", v.op("i64x2.sub", x, offset), 52);
  const m = v.op("i64x2.sub", x, v.shift("i64x2.shl", n, 52));
  // An integer in the low bits of 1.5 · 2⁵² is that number more.
  const whole = v.sub(v.op("i64x2.add", n, 1.5 * 2 ** 52), 1.5 * 2 ** 52);
  return { n: whole, f: v.sub(m, 1) };
}

/** log(1 + f) = 2 artanh s with s = f / (2 + f), |s| ≤ 0.172: seven terms of the series (relative error 10⁻¹²). */
export function logNearOne(v: Doubles, f: Vec): Vec {
  const s = v.div(f, v.add(f, 2));
  const z = v.mul(s, s);
  return v.mul(v.polynomial(z, [2 / 13, 2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3, 2]), s);
}

/** log w · u / (w − 1) with w = 1 + u: what rounding takes from w, it takes from both (W. Kahan). */
function log1pInDoubles(v: Doubles, u: Vec): Vec {
  const w = v.add(u, 1);
  const { n, f } = split(v, w);
  const y = v.add(logNearOne(v, f), v.mul(n, Math.LN2));
  const corrected = v.select(v.eq(w, 1), u, v.mul(y, v.div(u, v.sub(w, 1))));
  return v.select(v.eq(u, Infinity), Infinity, v.select(v.lt(u, -1), NaN, corrected));
}

/** log(1 + u) with u = |x| + x² / (1 + √(1 + x²)) and the argument's sign. */
export const asinh = (v: Vectors, argument: Vec): Vec =>
  v.inDoubles([argument], (d, x) => {
    const a = d.abs(x);
    const square = d.mul(a, a);
    const rest = d.div(square, d.add(d.sqrt(d.add(square, 1)), 1));
    const u = d.select(d.eq(a, Infinity), a, d.add(a, rest));
    return d.withSignOf(x, log1pInDoubles(d, u));
  });

/** log(1 + u) with u = (x − 1) + √((x − 1) (x + 1)) */
export const acosh = (v: Vectors, argument: Vec): Vec =>
  v.inDoubles([argument], (d, x) => {
    const below = d.sub(x, 1);
    const u = d.add(below, d.sqrt(d.mul(below, d.add(x, 1))));
    return log1pInDoubles(d, d.select(d.lt(x, 1), NaN, u));
  });

/** ½ log(1 + 2|x| / (1 − |x|)) with the argument's sign */
export const atanh = (v: Vectors, argument: Vec): Vec =>
  v.inDoubles([argument], (d, x) => {
    const a = d.abs(x);
    const u = d.div(d.add(a, a), d.sub(1, a));
    return d.withSignOf(x, d.mul(log1pInDoubles(d, u), 0.5));
  });
