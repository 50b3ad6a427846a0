/** Powers and remainders: what two arguments decide, in double precision. */
import type { Doubles, Vec, Vectors } from "../vectors.ts";
import { logNearOne, split } from "./logarithm.ts";

/** 2^r on [−½, ½]: the series of e^(r · ln 2) up to r⁸. */
const POWER_OF_TWO = Array.from({ length: 9 }, (_, i) => {
  let c = 1;
  for (let k = 1; k <= 8 - i; k++) c *= Math.LN2 / k;
  return c;
});
const ROUNDING = 1.5 * 2 ** 52;

/** 2^p; beyond ±300 floats are 0 or infinite anyway. */
function powerOfTwo(v: Doubles, exponent: Vec): Vec {
  const p = v.pmax(v.pmin(exponent, 300), -300);
  const sum = v.add(p, ROUNDING);
  const y = v.polynomial(v.sub(p, v.sub(sum, ROUNDING)), POWER_OF_TWO);
  // The integer is added to the exponent.
  return v.op("i64x2.add", y, v.shift("i64x2.shl", sum, 52));
}

/** log₂ x of what is not negative */
function log2(v: Doubles, x: Vec): Vec {
  const { n, f } = split(v, x);
  const y = v.madd(logNearOne(v, f), Math.LOG2E, n);
  const orInfinite = v.select(v.eq(x, Infinity), Infinity, y);
  return v.select(v.isNaN(x), NaN, v.select(v.eq(x, 0), -Infinity, orInfinite));
}

/** x^y = ± 2^(y · log₂ |x|), with the exceptions of IEEE 754 (9.2.1). */
export const pow = (vectors: Vectors, base: Vec, exponent: Vec): Vec =>
  vectors.inDoubles([base, exponent], (v, x, y) => {
    const a = v.abs(x);
    const power = powerOfTwo(v, v.mul(log2(v, a), y));
    // 1 to any power, and anything to the power 0; −1 to ±∞.
    const isOne = v.or(v.eq(y, 0), v.or(v.eq(x, 1), v.and(v.eq(a, 1), v.eq(v.abs(y), Infinity))));
    const magnitude = v.select(isOne, 1, power);
    const isWhole = v.eq(v.trunc(y), y);
    const half = v.mul(y, 0.5);
    const isOdd = v.and(isWhole, v.not(v.eq(v.trunc(half), half)));
    const signed = v.select(isOdd, v.withSignOf(x, magnitude), magnitude);
    // A negative number has whole powers only; −∞ has the others of ∞.
    const isReal = v.or(isWhole, v.or(v.ge(x, 0), v.eq(a, Infinity)));
    return v.select(v.or(v.or(isReal, isOne), v.isNaN(x)), signed, NaN);
  });

/**
 * x − y · trunc(x / y), exactly: as a long division, 24 digits of the quotient at a time, whose product with y a double
 * holds.
 */
export const rem = (vectors: Vectors, dividend: Vec, divisor: Vec): Vec =>
  vectors.inDoubles([dividend, divisor], (v, x, y) => {
    const b = v.abs(y);
    const r = v.variable(v.abs(x));
    const isLeft = () => v.ge(v.abs(r), b);
    v.whileAny(isLeft, () => {
      const digits = v.shift("i64x2.shl", v.shift("i64x2.shr_s", v.trunc(v.div(r, b)), 29), 29);
      v.assign(r, v.select(isLeft(), v.sub(r, v.mul(digits, b)), r));
    });
    // A quotient that was rounded up has left a negative remainder.
    const positive = v.select(v.lt(r, 0), v.add(r, b), r);
    return v.withSignOf(x, v.select(v.isNaN(y), y, positive));
  });
