/** e^x and what is made of it. */
import { bitsOf } from "../assembler.ts";
import { bits, type Vec, type Vectors } from "../vectors.ts";

/** e^r for |r| ≤ ½ ln 2: 1 + r + r² · p(r), p a minimax polynomial (relative error 3·10⁻⁹). */
const EXP = [
  1.3814540579915047e-3, 8.36874544620514e-3, 4.166838899254799e-2, 0.1666652113199234,
  0.4999999403953552, 1, 1,
];
/** (e^r − 1 − r) / r² for |r| ≤ ½ ln 2 (Cephes). */
const EXPM1 = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
  5.0000001201e-1,
];
/** Added to a number below 2²², it leaves the nearest integer in the low bits. */
const ROUNDING = 1.5 * 2 ** 23;

/**
 * x = n · ln 2 + r with |r| ≤ ½ ln 2. Adding 1.5 · 2²³ rounds to an integer, which then stands in the low bits: `n` is
 * that sum, so that shifted by 23 it is an exponent.
 */
function reduce(v: Vectors, x: Vec): { n: Vec; r: Vec } {
  const n = v.madd(x, Math.LOG2E, ROUNDING);
  const whole = v.sub(n, ROUNDING);
  // ln 2 in two parts, the first exact in few bits.
  return { n, r: v.madd(whole, 2.1219444e-4, v.madd(whole, -0.693359375, x)) };
}

/** 2ⁿ of integers on −126 … 127. */
const powerOfTwo = (v: Vectors, n: Vec): Vec => v.shift("i32x4.shl", v.addInt(n, bits(127)), 23);

/** n as an integer and its half, so that 2ⁿ can be applied in two steps: overflow and subnormals come out right. */
function halves(v: Vectors, sum: Vec, shift: number): [n: Vec, half: Vec] {
  const n = v.subInt(sum, bits(bitsOf(ROUNDING) - shift));
  return [n, v.shift("i32x4.shr_s", n, 1)];
}

/** Beyond these e^x is 0 or infinite. pmin and pmax let NaN pass. */
const inRange = (v: Vectors, x: Vec): Vec => v.pmax(v.pmin(x, 90), -104);

/** e^x · 2^shift */
function scaledExp(v: Vectors, x: Vec, shift: number): Vec {
  const { n: sum, r } = reduce(v, inRange(v, x));
  const [n, half] = halves(v, sum, shift);
  const y = v.mul(v.polynomial(r, EXP), powerOfTwo(v, half));
  return v.mul(y, powerOfTwo(v, v.subInt(n, half)));
}

export const exp = (v: Vectors, x: Vec): Vec => scaledExp(v, x, 0);

/** For arguments on −87 … 88: neither end needs care, and 2ⁿ has an exponent of its own. */
function expInside(v: Vectors, x: Vec): Vec {
  const { n, r } = reduce(v, x);
  const power = v.addInt(v.shift("i32x4.shl", n, 23), bits(bitsOf(1)));
  return v.mul(v.polynomial(r, EXP), power);
}

/** e^x of numbers that are not positive, with 0 for what has no normal result (below 1.2·10⁻³⁸). */
export function expOfNegative(v: Vectors, x: Vec): Vec {
  return v.op("v128.andnot", expInside(v, x), v.lt(x, -87.3));
}

/** 2ⁿ · (e^r − 1) + (2ⁿ − 1), as ((e^r − 1) · 2ᵇ + (2ᵇ − 2⁻ᵃ)) · 2ᵃ with a + b = n. */
export function expm1(v: Vectors, x: Vec): Vec {
  const { n: sum, r } = reduce(v, inRange(v, x));
  const [n, a] = halves(v, sum, 0);
  const powerB = powerOfTwo(v, v.subInt(n, a));
  const powerMinusA = powerOfTwo(v, v.subInt(bits(0), a));
  const near0 = v.add(v.mul(v.mul(v.polynomial(r, EXPM1), r), r), r);
  const y = v.madd(near0, powerB, v.sub(powerB, powerMinusA));
  return v.withSignOf(x, v.mul(y, powerOfTwo(v, a)));
}

/** With p = e^(−|x|) and q = p / (1 + p): 1 − q, and p − p · q for negative x, so that small results keep their digits. */
export function sigmoid(v: Vectors, x: Vec): Vec {
  const p = exp(v, v.neg(v.abs(x)));
  const base = v.select(v.lt(x, 0), p, 1);
  return v.madd(v.div(v.neg(p), v.add(p, 1)), base, base);
}

/** An odd polynomial near 0 (Cephes), 1 − 2 / (e^(2|x|) + 1) with the argument's sign elsewhere. */
export function tanh(v: Vectors, x: Vec): Vec {
  const z = v.mul(x, x);
  const p = v.polynomial(
    z,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  );
  const small = v.add(v.mul(v.mul(p, z), x), x);
  // From 10 on the result is 1.
  const a = v.pmin(v.abs(x), 10);
  const large = v.sub(1, v.div(2, v.add(expInside(v, v.add(a, a)), 1)));
  return v.withSignOf(x, v.select(v.lt(v.abs(x), 0.625), small, large));
}

/** h − ¼ / h with h = ½ e^|x|; below 1, where that cancels, the first terms of the series. */
export function sinh(v: Vectors, x: Vec): Vec {
  const z = v.mul(x, x);
  const series = v.polynomial(z, [1 / 362880, 1 / 5040, 1 / 120, 1 / 6]);
  const small = v.add(v.mul(v.mul(series, z), x), x);
  const h = scaledExp(v, v.abs(x), -1);
  const large = v.withSignOf(x, v.sub(h, v.div(0.25, h)));
  return v.select(v.lt(v.abs(x), 1), small, large);
}

/** h + ¼ / h with h = ½ e^|x| */
export function cosh(v: Vectors, x: Vec): Vec {
  const h = scaledExp(v, v.abs(x), -1);
  return v.add(h, v.div(0.25, h));
}

/**
 * The error function as 1 − e^(−u) = −expm1(−u) with u = −log(1 − erf |x|) = |x| · q(|x|), which keeps its digits near 0.
 * q is a minimax polynomial on [0, 3.92] (error 4·10⁻⁹, weighted by what becomes of it); its constant term stands in two
 * parts, of which only the second is rounded on the way.
 */
export function erf(v: Vectors, x: Vec): Vec {
  // Beyond 3.92 the result is 1.
  const t = v.pmin(v.abs(x), 3.92);
  const q = v.polynomial(
    t,
    [
      9.255711120204069e-6, -1.1763611109927297e-4, 6.328175659291446e-4, -1.6669902252033353e-3,
      1.603562996024266e-4, 1.9153086468577385e-2, -0.10277783870697021, -0.6366193890571594,
      5.4084800193976434e-8,
    ],
  );
  const { n, r } = reduce(v, v.madd(t, -1.128379225730896, v.mul(q, t)));
  const minusPower = v.addInt(v.shift("i32x4.shl", n, 23), bits(bitsOf(-1)));
  const near0 = v.madd(v.polynomial(r, EXPM1), v.mul(r, r), r);
  return v.withSignOf(x, v.madd(near0, minusPower, v.add(minusPower, 1)));
}
