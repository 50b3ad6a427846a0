/**
 * Functions of float32 numbers in WGSL.
 *
 * WGSL's own are exact to too few digits (exp and log of large arguments, sin, tanh, atan2), and compilers may assume that
 * there are no NaN and infinities. So these are polynomials, most of them those of the CPU backend and of the Cephes
 * library (S. Moshier); comparisons that must hold for NaN, infinities and subnormal numbers look at bits. Results below
 * the smallest normal number may be 0, as devices like it.
 *
 * A function's text may call others that are named here; `withFunctions` finds out which are needed.
 */

/** `a[0]` is the coefficient of the highest power. */
function polynomial(x: string, coefficients: readonly number[]): string {
  return coefficients
    .slice(1)
    .reduce((sum, c) => `fma(${sum}, ${x}, ${float(c)})`, float(coefficients[0]));
}

/** A finite literal. */
export function float(value: number): string {
  if (Object.is(value, -0)) return "bitcast<f32>(0x80000000u)";
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

const EXP = [
  1.3814540579915047e-3, 8.36874544620514e-3, 4.166838899254799e-2, 0.1666652113199234,
  0.4999999403953552, 1, 1,
];
const EXPM1 = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
  5.0000001201e-1,
];
const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];
const ATAN = [
  1.057607438057242e-3, -7.030669470424213e-3, 2.1912945865448393e-2, -4.392841073326746e-2,
  6.685281517877424e-2, -8.785043283362845e-2, 0.1105077127584966, -0.14278576024807985,
  0.19999558100363982, -0.33333322488911593, 0.9999999995535376,
];
const ERF = [
  9.255711120204069e-6, -1.1763611109927297e-4, 6.328175659291446e-4, -1.6669902252033353e-3,
  1.603562996024266e-4, 1.9153086468577385e-2, -0.10277783870697021, -0.6366193890571594,
  5.4084800193976434e-8,
];

/** 2/π after the binary point, 32 bits a word. */
const TWO_OVER_PI = [
  0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561,
];

export const FUNCTIONS: Readonly<Record<string, string>> = {
  // Variables, since a constant expression may be neither infinite nor NaN.
  kInf: "var<private> kInf: u32 = 0x7f800000u;",
  kNaN: "var<private> kNaN: u32 = 0x7fc00000u;",
  inf: "fn inf() -> f32 { return bitcast<f32>(kInf); }",
  nan: "fn nan() -> f32 { return bitcast<f32>(kNaN); }",

  // ---- bits

  magnitude: "fn magnitude(x: f32) -> u32 { return bitcast<u32>(x) & 0x7fffffffu; }",
  isNaN: "fn isNaN(x: f32) -> bool { return magnitude(x) > 0x7f800000u; }",
  isInf: "fn isInf(x: f32) -> bool { return magnitude(x) == 0x7f800000u; }",
  /** The sign of the first, the magnitude of the second. */
  withSign: `fn withSign(s: f32, x: f32) -> f32 {
    return bitcast<f32>((bitcast<u32>(s) & 0x80000000u) | magnitude(x));
  }`,
  less: "fn less(a: f32, b: f32) -> bool { return a < b && !isNaN(a) && !isNaN(b); }",
  lessEqual: "fn lessEqual(a: f32, b: f32) -> bool { return a <= b && !isNaN(a) && !isNaN(b); }",
  equal: "fn equal(a: f32, b: f32) -> bool { return a == b && !isNaN(a) && !isNaN(b); }",
  larger: `fn larger(a: f32, b: f32) -> f32 {
    return select(select(max(a, b), b, isNaN(b)), a, isNaN(a));
  }`,
  smaller: `fn smaller(a: f32, b: f32) -> f32 {
    return select(select(min(a, b), b, isNaN(b)), a, isNaN(a));
  }`,
  isFinite: "fn isFinite(x: f32) -> bool { return magnitude(x) < 0x7f800000u; }",
  zeroTimes: "fn zeroTimes(x: f32) -> f32 { return select(nan(), 0.0f, isFinite(x)); }",
  overItself: `fn overItself(x: f32) -> f32 {
    return select(nan(), 1.0f, isFinite(x) && isNonzero(x));
  }`,
  zeroOver: "fn zeroOver(x: f32) -> f32 { return select(nan(), 0.0f, isNonzero(x) && !isNaN(x)); }",
  signOf: `fn signOf(x: f32) -> f32 {
    let m = magnitude(x);
    return select(withSign(x, 1.0f), 0.0f, m == 0u || m > 0x7f800000u);
  }`,
  /** Rounded towards zero and clamped, NaN to 0. */
  toInt: `fn toInt(x: f32) -> i32 {
    let clamped = i32(clamp(x, -2147483648.0f, 2147483520.0f));
    return select(select(clamped, 2147483647i, x >= 2147483648.0f), 0i, isNaN(x));
  }`,
  // Of what may have been flushed to 0.
  floorOf: `fn floorOf(x: f32) -> f32 {
    return select(floor(x), -1.0f, magnitude(x) - 1u < 0x7fffffu && bitcast<i32>(x) < 0i);
  }`,
  ceilOf: `fn ceilOf(x: f32) -> f32 {
    return select(ceil(x), 1.0f, magnitude(x) - 1u < 0x7fffffu && bitcast<i32>(x) > 0i);
  }`,
  isNonzero: "fn isNonzero(x: f32) -> bool { return magnitude(x) != 0u; }",

  // ---- half precision, two to a word

  fromHalf: `fn fromHalf(h: u32) -> f32 {
    let m = h & 0x7fffu;
    let normal = (m << 13u) + 0x38000000u;
    let tiny = bitcast<u32>(f32(m) * 5.9604644775390625e-8f);
    let special = (m << 13u) | 0x7f800000u;
    let bits = select(select(normal, tiny, m < 0x400u), special, m >= 0x7c00u);
    return bitcast<f32>(bits | ((h & 0x8000u) << 16u));
  }`,
  /** To the nearest, halves to the even one. */
  toHalf: `fn toHalf(x: f32) -> u32 {
    let m = magnitude(x);
    let rounded = (m + 0xfffu + ((m >> 13u) & 1u)) >> 13u;
    let normal = min(rounded - 0x1c000u, 0x7c00u);
    let tiny = u32(round(bitcast<f32>(min(m, 0x38800000u)) * 16777216.0f));
    var h = select(normal, tiny, m < 0x38800000u);
    h = select(h, 0x7c00u, m >= 0x477ff000u);
    h = select(h, 0x7e00u, m > 0x7f800000u);
    return h | ((bitcast<u32>(x) >> 16u) & 0x8000u);
  }`,

  // ---- exponentials

  powerOfTwo: "fn powerOfTwo(n: i32) -> f32 { return bitcast<f32>((n + 127) << 23u); }",
  /** x = n ln 2 + r: n and r. */
  expReduce: `fn expReduce(x: f32) -> vec2f {
    let n = round(x * ${float(Math.LOG2E)});
    return vec2f(n, fma(n, 2.1219444e-4f, fma(n, -0.693359375f, x)));
  }`,
  expRange: `fn expRange(x: f32) -> f32 { return select(clamp(x, -104.0f, 90.0f), x, isNaN(x)); }`,
  /** e^x · 2^shift, in two steps so that overflow comes out right. */
  scaledExp: `fn scaledExp(x: f32, shift: i32) -> f32 {
    let nr = expReduce(expRange(x));
    let n = toInt(nr.x) + shift;
    let h = n >> 1u;
    let y = ${polynomial("nr.y", EXP)} * powerOfTwo(h) * powerOfTwo(n - h);
    return select(y, inf(), x > 89.5f);
  }`,
  expOf: "fn expOf(x: f32) -> f32 { return scaledExp(x, 0i); }",
  expm1: `fn expm1(x: f32) -> f32 {
    let nr = expReduce(expRange(x));
    let r = nr.y;
    let n = toInt(nr.x);
    let a = n >> 1u;
    let b = powerOfTwo(n - a);
    let near = ${polynomial("r", EXPM1)} * r * r + r;
    let y = fma(near, b, b - powerOfTwo(-a)) * powerOfTwo(a);
    return withSign(x, select(y, inf(), x > 89.5f));
  }`,
  sigmoid: `fn sigmoid(x: f32) -> f32 {
    let p = expOf(-abs(x));
    let base = select(1.0f, p, x < 0.0f);
    return select(base - base * (p / (p + 1.0f)), x, isNaN(x));
  }`,
  tanhOf: `fn tanhOf(x: f32) -> f32 {
    let z = x * x;
    let small = ${polynomial("z", [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1])} * z * x + x;
    let a = min(abs(x), 10.0f);
    let large = 1.0f - 2.0f / (expOf(a + a) + 1.0f);
    return select(withSign(x, select(large, small, abs(x) < 0.625f)), x, isNaN(x));
  }`,
  sinhOf: `fn sinhOf(x: f32) -> f32 {
    let z = x * x;
    let small = ${polynomial("z", [1 / 362880, 1 / 5040, 1 / 120, 1 / 6])} * z * x + x;
    let h = scaledExp(abs(x), -1i);
    return select(withSign(x, h - 0.25f / h), small, abs(x) < 1.0f);
  }`,
  coshOf: `fn coshOf(x: f32) -> f32 {
    let h = scaledExp(abs(x), -1i);
    return h + 0.25f / h;
  }`,
  erf: `fn erf(x: f32) -> f32 {
    let t = min(abs(x), 3.92f);
    let q = ${polynomial("t", ERF)};
    let nr = expReduce(fma(t, -1.128379225730896f, q * t));
    let p = -powerOfTwo(toInt(nr.x));
    let near = fma(${polynomial("nr.y", EXPM1)}, nr.y * nr.y, nr.y);
    return select(withSign(x, fma(near, p, p + 1.0f)), x, isNaN(x));
  }`,

  // ---- logarithms

  /** log(1 + f) + n ln 2, for 1 + f on [√½, √2). */
  logNearOne: `fn logNearOne(f: f32, n: f32) -> f32 {
    let z = f * f;
    let y = ${polynomial("f", LOG)} * f * z + n * -2.1219444e-4f;
    return (y - z * 0.5f) + f + n * 0.693359375f;
  }`,
  /** What is positive as m · 2^n, with m on [½, 1); of subnormal numbers too, whose digits are an integer. */
  splitOf: `fn splitOf(x: f32) -> vec2f {
    let bits = bitcast<u32>(x);
    let isTiny = bits < 0x00800000u;
    let b = select(bits, bitcast<u32>(f32(bits)), isTiny);
    let n = f32(i32(b >> 23u) - 126i) - select(0.0f, 149.0f, isTiny);
    return vec2f(bitcast<f32>((b & 0x007fffffu) | 0x3f000000u), n);
  }`,
  logEnds: `fn logEnds(x: f32, beyond: bool, atPole: bool, y: f32) -> f32 {
    let orPole = select(y, -inf(), atPole);
    let orNaN = select(orPole, nan(), beyond || isNaN(x));
    return select(orNaN, inf(), bitcast<u32>(x) == 0x7f800000u);
  }`,
  isNegative: "fn isNegative(x: f32) -> bool { return bitcast<u32>(x) > 0x80000000u; }",
  logOf: `fn logOf(x: f32) -> f32 {
    let mn = splitOf(x);
    let isLow = mn.x < ${float(Math.SQRT1_2)};
    let f = (mn.x - 1.0f) + select(0.0f, mn.x, isLow);
    return logEnds(x, isNegative(x), !isNonzero(x), logNearOne(f, mn.y - select(0.0f, 1.0f, isLow)));
  }`,
  log1p: `fn log1p(x: f32) -> f32 {
    let n = (bitcast<i32>(x + 1.0f) - ${bitsOfFloat(Math.SQRT1_2)}i) >> 23u;
    let half = n >> 1u;
    let one = powerOfTwo(-half);
    let two = powerOfTwo(half - n);
    let f = x * one * two + (one * two - 1.0f);
    let y = withSign(x, logEnds(x, x < -1.0f, x == -1.0f, logNearOne(f, f32(n))));
    return select(y, nan(), x < -1.0f || isNaN(x));
  }`,
  asinhOf: `fn asinhOf(x: f32) -> f32 {
    let a = abs(x);
    let small = log1p(a + a * a / (1.0f + sqrt(fma(a, a, 1.0f))));
    let large = logOf(a) + ${float(Math.LN2)};
    return select(withSign(x, select(small, large, a > 1e9f)), x, isNaN(x));
  }`,
  acoshOf: `fn acoshOf(x: f32) -> f32 {
    let t = x - 1.0f;
    let small = log1p(t + sqrt(t * (t + 2.0f)));
    let large = logOf(x) + ${float(Math.LN2)};
    return select(select(small, large, x > 1e9f), nan(), isNaN(x) || x < 1.0f);
  }`,
  atanhOf: `fn atanhOf(x: f32) -> f32 {
    let a = abs(x);
    let y = 0.5f * log1p((a + a) / (1.0f - a));
    let orPole = select(y, inf(), a == 1.0f);
    return select(withSign(x, orPole), nan(), isNaN(x) || a > 1.0f);
  }`,
  sqrtOf: `fn sqrtOf(x: f32) -> f32 {
    // The digits of a subnormal number as an integer, an even power of two aside.
    let isTiny = magnitude(x) < 0x00800000u;
    let y = select(sqrt(x), sqrt(f32(bitcast<u32>(x) << 1u)) * 2.646977960169689e-23f, isTiny);
    let orSame = select(y, x, !isNonzero(x) || bitcast<u32>(x) == 0x7f800000u);
    return select(orSame, nan(), isNegative(x) || isNaN(x));
  }`,

  // ---- angles

  /** The angle of the point (x, y): of the smaller coordinate by the larger, then by reflections. */
  atan2Of: `fn atan2Of(y: f32, x: f32) -> f32 {
    let a = magnitude(y);
    let b = magnitude(x);
    let s = bitcast<f32>(min(a, b));
    let l = bitcast<f32>(max(a, b));
    // A divisor near the greatest number has a reciprocal that is subnormal.
    let scale = select(1.0f, 0.0625f, l > 1e37f);
    let quotient = select((s * scale) / (l * scale), 0.0f, max(a, b) == 0x7f800000u || a == 0u || b == 0u);
    let t = select(quotient, 1.0f, a == b && a != 0u);
    let z = t * t;
    let low = ${polynomial("z", ATAN)} * t;
    let acute = select(low, ${float(Math.PI / 2)} - low, b < a);
    let isLeft = bitcast<u32>(x) >= 0x80000000u;
    let angle = withSign(y, select(acute, ${float(Math.PI)} - acute, isLeft));
    return select(angle, nan(), isNaN(x) || isNaN(y));
  }`,
  atanOf: "fn atanOf(x: f32) -> f32 { return atan2Of(x, 1.0f); }",
  /** √(1 − x²) */
  otherSide: `fn otherSide(x: f32) -> f32 {
    return select(sqrt(max((1.0f - x) * (1.0f + x), 0.0f)), nan(), abs(x) > 1.0f || isNaN(x));
  }`,
  asinOf: "fn asinOf(x: f32) -> f32 { return atan2Of(x, otherSide(x)); }",
  acosOf: "fn acosOf(x: f32) -> f32 { return atan2Of(otherSide(x), x); }",

  // ---- waves

  /** The upper half of a 64-bit product. */
  mulHigh: `fn mulHigh(a: u32, b: u32) -> u32 {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let mid1 = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let mid2 = (a & 0xffffu) * (b >> 16u) + (mid1 & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (mid1 >> 16u) + (mid2 >> 16u);
  }`,
  kTwoOverPi: `const kTwoOverPi = array<u32, 8>(${TWO_OVER_PI.map((w) => `0x${w.toString(16)}u`).join(", ")});`,
  twoOverPi: `fn twoOverPi(bit: i32) -> u32 {
    // 32 bits from the given one on; before the point there are none.
    if (bit <= -32) { return 0u; }
    var table = kTwoOverPi;
    let word = bit >> 5u;
    let shift = u32(bit & 31i);
    let first = select(table[max(word, 0i)], 0u, word < 0i);
    let second = table[min(word + 1i, 7i)];
    return select((first << shift) | (second >> (32u - max(shift, 1u))), first, shift == 0u);
  }`,
  /** x = n π/2 + r with |r| ≤ π/4 by all the digits of π it takes (Payne and Hanek, 1983): r, and n modulo 4. */
  waveReduceLarge: `fn waveReduceLarge(x: f32) -> vec2f {
    let bits = magnitude(x);
    let m = (bits & 0x7fffffu) | 0x800000u;
    // m · 2^e; digits of 2/π before 2^(2 − e) give whole turns.
    let e = i32(bits >> 23u) - 150i;
    let at = e - 2i;
    let w0 = twoOverPi(at);
    let w1 = twoOverPi(at + 32i);
    let w2 = twoOverPi(at + 64i);
    let high2 = mulHigh(w2, m);
    let low1 = w1 * m;
    let sum1 = low1 + high2;
    let high1 = mulHigh(w1, m) + select(0u, 1u, sum1 < low1);
    // The fraction of a turn, in 2^−64.
    let turn = w0 * m + high1;
    let quadrant = (turn + 0x20000000u) >> 30u;
    let fraction = bitcast<i32>(turn - (quadrant << 30u));
    // Small remainders keep their digits: sign and magnitude over both words.
    let isMinus = fraction < 0i;
    let lowWord = select(sum1, ~sum1 + 1u, isMinus);
    let borrow = select(0u, 1u, lowWord == 0u);
    let highWord = select(u32(fraction), ~u32(fraction) + borrow, isMinus);
    let size = f32(highWord) + f32(lowWord) * 2.3283064365386963e-10f;
    let r = size * ${float((Math.PI / 2) * 2 ** -30)};
    let s = select(r, -r, isMinus);
    let isNegative = x < 0.0f;
    return vec2f(select(s, -s, isNegative), f32(select(quadrant, (4u - quadrant) & 3u, isNegative) & 3u));
  }`,
  waveReduce: `fn waveReduce(x: f32) -> vec2f {
    let n = round(x * ${float(2 / Math.PI)});
    // π/2 in three parts; the products with n are exact while it has 13 digits.
    let r = fma(n, -7.54978995489188e-8f, fma(n, -4.837512969970703e-4f, fma(n, -1.5703125f, x)));
    var result = vec2f(r, f32(toInt(n) & 3i));
    // Next to a multiple of π/2 too few of its digits are left.
    if (abs(x) > 8192.0f || (abs(r) < 0.01f && abs(n) > 0.5f)) { result = waveReduceLarge(x); }
    return select(result, vec2f(nan(), 0.0f), isNaN(x) || isInf(x));
  }`,
  sineOf: `fn sineOf(r: f32) -> f32 {
    let z = r * r;
    return fma(${polynomial("z", [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1])} * z, r, r);
  }`,
  cosineOf: `fn cosineOf(r: f32) -> f32 {
    let z = r * r;
    return ${polynomial("z", [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2])} * z * z + (1.0f - z * 0.5f);
  }`,
  /** The sine, so many quarter turns later. */
  wave: `fn wave(x: f32, quarters: u32) -> f32 {
    let rq = waveReduce(x);
    let quadrant = u32(rq.y) + quarters;
    let y = select(sineOf(rq.x), cosineOf(rq.x), (quadrant & 1u) == 1u);
    return select(y, -y, (quadrant & 2u) == 2u);
  }`,
  sinOf: "fn sinOf(x: f32) -> f32 { return wave(x, 0u); }",
  cosOf: "fn cosOf(x: f32) -> f32 { return wave(x, 1u); }",
  tanOf: `fn tanOf(x: f32) -> f32 {
    let rq = waveReduce(x);
    let s = sineOf(rq.x);
    let c = cosineOf(rq.x);
    return select(s / c, -c / s, (u32(rq.y) & 1u) == 1u);
  }`,

  // ---- powers

  /** The upper digits: the rest, x − upper(x), is exact, and no compiler can make 0 of it. */
  upper: "fn upper(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }",
  /** log₂ of a positive number, as the sum of a number of few digits and a small one. */
  log2Split: `fn log2Split(x: f32) -> vec2f {
    let mn = splitOf(x);
    let isLow = mn.x < ${float(Math.SQRT1_2)};
    let f = (mn.x - 1.0f) + select(0.0f, mn.x, isLow);
    let n = mn.y - select(0.0f, 1.0f, isLow);
    // log(1 + f) = 2 artanh s with s = f / (2 + f), in two parts.
    let d = f + 2.0f;
    let s = f / d;
    let sh = upper(s);
    let dh = upper(d);
    let dl = f - (dh - 2.0f);
    let sl = (((f - sh * dh) - sh * dl)) / d;
    let z = s * s;
    let tail = ${polynomial("z", [2 / 13, 2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3])} * z * s;
    // log₂ e = 1.4426 in two parts of which the first has 12 digits.
    let c = upper(${float(Math.LOG2E)});
    let cl = ${float(Math.LOG2E - truncated(Math.LOG2E))};
    let high = 2.0f * sh * c;
    let low = 2.0f * sh * cl + (2.0f * sl + tail) * ${float(Math.LOG2E)};
    // To n + high belong few digits; what is cut off joins the small part.
    let whole = upper(n + high + low);
    return vec2f(whole, ((n - whole) + high) + low);
  }`,
  powOf: `fn powOf(x: f32, y: f32) -> f32 {
    let a = abs(x);
    let l = log2Split(a);
    let yh = upper(y);
    let p = yh * l.x;
    let rest = (y - yh) * l.x + y * l.y;
    let n = round(clamp(p + rest, -300.0f, 300.0f));
    let r = clamp((p - n) + rest, -1.0f, 1.0f);
    let h = toInt(n) >> 1u;
    let q = h >> 1u;
    let k = toInt(n) - h;
    var power = ${polynomial("r", powerSeries())} * powerOfTwo(q) * powerOfTwo(h - q) * powerOfTwo(k >> 1u) * powerOfTwo(k - (k >> 1u));
    // At the ends of the range the product is 0 · ∞ on the way.
    let isZero = !isNonzero(a);
    let grows = (bitcast<u32>(a) > 0x3f800000u) != (bitcast<u32>(y) >= 0x80000000u);
    power = select(power, select(0.0f, inf(), grows), isInf(y) || isZero || isInf(a) || abs(y) > 1e25f);
    power = select(power, nan(), isNaN(x) || isNaN(y));
    let isOne = !isNonzero(y) || bitcast<u32>(x) == 0x3f800000u || (bitcast<u32>(a) == 0x3f800000u && isInf(y));
    // Beyond 2^24 every number is even.
    let isWhole = trunc(y) == y;
    let isOdd = isWhole && abs(y) < 16777216.0f && (toInt(y) & 1i) == 1i;
    let needsWhole = isNegative(x) && !isInf(x);
    let isSigned = isOdd && bitcast<u32>(x) >= 0x80000000u;
    power = select(power, 1.0f, bitcast<u32>(a) == 0x3f800000u && !isNaN(y));
    power = select(power, -power, isSigned);
    power = select(power, nan(), needsWhole && !isWhole && !isInf(y));
    return select(power, 1.0f, isOne);
  }`,
  /** x − y · trunc(x / y), exactly: a long division of the digits, eight at a time. */
  remOf: `fn remOf(x: f32, y: f32) -> f32 {
    let a = magnitude(x);
    let b = magnitude(y);
    if (a >= 0x7f800000u || b == 0u || b > 0x7f800000u) { return nan(); }
    if (a < b) { return x; }
    let ea = max(i32(a >> 23u), 1i);
    let eb = max(i32(b >> 23u), 1i);
    let ma = (a & 0x7fffffu) | select(0u, 0x800000u, a >= 0x800000u);
    let mb = (b & 0x7fffffu) | select(0u, 0x800000u, b >= 0x800000u);
    var r = ma % mb;
    var left = ea - eb;
    while (left > 0i) {
      let step = min(left, 8i);
      r = (r << u32(step)) % mb;
      left -= step;
    }
    // r · 2^(eb − 150)
    let h = (eb - 150i) >> 1u;
    return withSign(x, f32(r) * powerOfTwo(h) * powerOfTwo(eb - 150i - h));
  }`,

  // ---- integers

  divInt: `fn divInt(a: i32, b: i32) -> i32 {
    return select(a / select(b, 1i, b == 0i || b == -1i), select(0i - a, 0i, b == 0i), b == 0i || b == -1i);
  }`,
  remInt: `fn remInt(a: i32, b: i32) -> i32 {
    let isPlain = b != 0i && b != -1i;
    let d = select(1i, b, isPlain);
    return select(0i, a - (a / d) * d, isPlain);
  }`,
  shiftLeft: "fn shiftLeft(a: i32, n: i32) -> i32 { return a << (u32(n) & 31u); }",
  shiftRight: "fn shiftRight(a: i32, n: i32) -> i32 { return a >> (u32(n) & 31u); }",
  /** Modulo 2³²; a negative exponent gives the reciprocal rounded towards zero, and 0 for the base 0. */
  powInt: `fn powInt(a: i32, b: i32) -> i32 {
    if (b < 0i) { return select(select(0i, 1i, a == 1i), select(1i, -1i, (b & 1i) == 1i), a == -1i); }
    var result = 1i;
    var base = a;
    var e = b;
    while (e > 0i) {
      if ((e & 1i) == 1i) { result *= base; }
      base *= base;
      e = e >> 1u;
    }
    return result;
  }`,
};

/** 2^r on [−½, ½]: the series of e^(r ln 2). */
function powerSeries(): number[] {
  return Array.from({ length: 9 }, (_, i) => {
    let c = 1;
    for (let k = 1; k <= 8 - i; k++) c *= Math.LN2 / k;
    return c;
  });
}
function bitsOfFloat(x: number): number {
  return new Int32Array(new Float32Array([x]).buffer)[0];
}
/** As `upper` of WGSL. */
function truncated(x: number): number {
  return new Float32Array(new Int32Array([bitsOfFloat(x) & 0xfffff000]).buffer)[0];
}

const NAMES = new RegExp(`\\b(${Object.keys(FUNCTIONS).join("|")})\\b`, "g");

/** The text, preceded by every function that it calls. */
export function withFunctions(text: string): string {
  const needed = new Map<string, string>();
  const visit = (part: string) => {
    for (const [name] of part.matchAll(NAMES)) {
      if (needed.has(name)) continue;
      needed.set(name, FUNCTIONS[name]);
      visit(FUNCTIONS[name]);
    }
  };
  visit(text);
  return [...needed.values(), text].join("\n");
}
