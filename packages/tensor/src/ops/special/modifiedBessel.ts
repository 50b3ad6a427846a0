/**
 * Modified Bessel functions of the orders 0 and 1, also scaled: exp(−|x|) I(x) and exp(x) K(x).
 *
 * I below 20 is its power series, all of whose terms are positive; from there on Hankel's asymptotic series, which has 20
 * terms before it would diverge. K below 2 is the logarithmic series, above it exp(−x) / √x times a polynomial in 1/x,
 * a Chebyshev interpolant computed with 50 digits. Relative errors: 10⁻¹⁵ in float64, some ulp in float32, but for the
 * exponential of large arguments.
 */
import { defineMap } from "../../define.ts";
import * as E from "../../expr.ts";
import type { Tensor } from "../../tensor.ts";
import { polynomial } from "./polynomial.ts";

type Order = 0 | 1;
const LARGE = 20;
/** Of Iᵥ(x) / (x/2)ᵛ, in (x / 20)²: 100ᵏ / (k! (k + v)!). */
const SERIES = ([0, 1] as const).map((v) => {
  const terms = [1];
  for (let k = 1; k < 38; k++) terms.push((terms[k - 1] * (LARGE / 2) ** 2) / (k * (k + v)));
  return terms;
});
/** Of √(2πx) exp(−x) Iᵥ(x), in 20 / x. */
const ASYMPTOTIC = ([0, 1] as const).map((v) => {
  const terms = [1];
  for (let k = 1; k < 21; k++)
    terms.push((-terms[k - 1] * (4 * v * v - (2 * k - 1) ** 2)) / (8 * k * LARGE));
  return terms;
});

/** Parts of I of a ≥ 0: the series below 20; exp(−a) I from 20 on. */
function parts(order: Order, a: E.Expr): { isLarge: E.Expr; series: E.Expr; scaled: E.Expr } {
  const isLarge = E.ge(a, LARGE);
  const near = E.div(E.select(isLarge, 0, a), LARGE);
  const power = polynomial(E.mul(near, near), SERIES[order]);
  const far = E.select(isLarge, a, LARGE);
  const tail = polynomial(E.div(LARGE, far), ASYMPTOTIC[order]);
  return {
    isLarge,
    series: order ? E.mul(E.mul(near, LARGE / 2), power) : power,
    scaled: E.div(tail, E.sqrt(E.mul(2 * Math.PI, far))),
  };
}
/** I₁ is odd. */
const signed = (order: Order, x: E.Expr, value: E.Expr): E.Expr =>
  order ? E.select(E.lt(x, 0), E.neg(value), value) : value;

function iExpr(order: Order, x: E.Expr): E.Expr {
  const a = E.abs(x);
  const { isLarge, series, scaled } = parts(order, a);
  // exp(a) overflows before the function does, its root does not.
  const root = E.exp(E.div(E.select(isLarge, a, 0), 2));
  const large = E.select(E.eq(a, Infinity), Infinity, E.mul(E.mul(scaled, root), root));
  return signed(order, x, E.select(isLarge, large, series));
}
function ieExpr(order: Order, x: E.Expr): E.Expr {
  const a = E.abs(x);
  const { isLarge, series, scaled } = parts(order, a);
  return signed(order, x, E.select(isLarge, scaled, E.mul(E.exp(E.neg(a)), series)));
}
/** y / x, whose limit at 0 is ½. */
const ratio = (y: E.Expr, x: E.Expr): E.Expr => {
  const isZero = E.eq(x, 0);
  return E.select(isZero, 0.5, E.div(y, E.select(isZero, 1, x)));
};

/**
 * The modified Bessel function of the first kind of order 0.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.i0
 *
 * @example
 * i0(tensor([0, 1, 5])) // => [1, 1.26607, 27.2399]
 */
export const i0 = defineMap<[Tensor]>("i0", (x) => iExpr(0, x), {
  result: "float",
  gradient: (g, [x]) => [E.mul(g, iExpr(1, x))],
});
/**
 * exp(−|x|) · i0(x), which does not overflow.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.i0e
 *
 * @example
 * special.i0e(tensor([0, 1, 500])) // => [1, 0.46576, 0.0178457]
 */
export const i0e = defineMap<[Tensor]>("i0e", (x) => ieExpr(0, x), {
  result: "float",
  gradient: (g, [x], y) => [E.mul(g, E.sub(ieExpr(1, x), E.mul(E.sign(x), y)))],
});
/**
 * The modified Bessel function of the first kind of order 1.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.i1
 *
 * @example
 * special.i1(tensor([0, 1, -5])) // => [0, 0.565159, -24.3356]
 */
export const i1 = defineMap<[Tensor]>("i1", (x) => iExpr(1, x), {
  result: "float",
  gradient: (g, [x], y) => [E.mul(g, E.sub(iExpr(0, x), ratio(y, x)))],
});
/**
 * exp(−|x|) · i1(x), which does not overflow.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.i1e
 *
 * @example
 * special.i1e(tensor([0, 1, 500])) // => [0, 0.20791, 0.0178278]
 */
export const i1e = defineMap<[Tensor]>("i1e", (x) => ieExpr(1, x), {
  result: "float",
  gradient: (g, [x], y) => [E.mul(g, E.sub(E.sub(ieExpr(0, x), E.mul(E.sign(x), y)), ratio(y, x)))],
});

const EULER = 0.5772156649015329;
/** Of √x exp(x) K(x), in 4/x − 1. */
const K_LARGE = [
  [
    1.2185953385133905, -0.031071461824889863, 0.003032891810274143, -0.00047976905673534966,
    9.95605474680701e-5, -2.4735205374482363e-5, 7.002244891192467e-6, -2.191167925216506e-6,
    7.427862249156294e-7, -2.6897300718519323e-7, 1.0292557328065749e-7, -4.106658027115221e-8,
    1.713185600678902e-8, -8.004851515961861e-9, 3.649704196745876e-9, -6.909445532095268e-10,
    2.3928247577454007e-10, -1.2154646925329214e-9, 6.696909677353191e-10, 4.297822831935991e-10,
    -2.511583623750801e-10, -1.7415792636713548e-10, 9.815402008859526e-11,
  ],
  [
    1.363151890371342, 0.1033497377538656, -0.005566729880073309, 0.0007357241548745106,
    -0.0001395902196146278, 3.2843866443823695e-5, -8.961206568008175e-6, 2.7300306911646126e-6,
    -9.067153917791994e-7, 3.230534911986308e-7, -1.2200063909110853e-7, 4.8165011477502914e-8,
    -1.990916912542139e-8, 9.191838293612963e-9, -4.159564044495663e-9, 8.254002611298962e-10,
    -2.915889725458638e-10, 1.3385849977465314e-9, -7.347807544194839e-10, -4.671582670762342e-10,
    2.7260400995214217e-10, 1.9076899650576552e-10, -1.0724391572705258e-10,
  ],
];
const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
/** 1 + ½ + … + 1/n */
const harmonic = (n: number): number => (n === 0 ? 0 : 1 / n + harmonic(n - 1));
const TERMS = 14;
/** Of both series, in x²/4. */
const REST = [
  Array.from({ length: TERMS }, (_, k) => (harmonic(k) - EULER) / factorial(k) ** 2),
  Array.from(
    { length: TERMS },
    (_, k) => (harmonic(k) + harmonic(k + 1) - 2 * EULER) / (factorial(k) * factorial(k + 1)),
  ),
];
const PLAIN = [
  Array.from({ length: TERMS }, (_, k) => 1 / factorial(k) ** 2),
  Array.from({ length: TERMS }, (_, k) => 1 / (factorial(k) * factorial(k + 1))),
];

function kExpr(order: Order, isScaled: boolean, x: E.Expr): E.Expr {
  const isLarge = E.gt(x, 2);
  const near = E.select(isLarge, 1, x);
  const half = E.div(near, 2);
  const square = E.mul(half, half);
  const log = E.log(half);
  const i = polynomial(square, PLAIN[order]);
  const rest = polynomial(square, REST[order]);
  const small = order
    ? E.add(E.div(1, near), E.mul(half, E.sub(E.mul(log, i), E.div(rest, 2))))
    : E.sub(rest, E.mul(log, i));
  const far = E.select(isLarge, x, 2);
  const tail = E.div(polynomial(E.sub(E.div(4, far), 1), K_LARGE[order]), E.sqrt(far));
  const value = E.select(
    isLarge,
    isScaled ? tail : E.mul(E.exp(E.neg(far)), tail),
    isScaled ? E.mul(E.exp(near), small) : small,
  );
  return E.select(E.eq(x, 0), Infinity, E.select(E.lt(x, 0), Number.NaN, value));
}

/**
 * The modified Bessel function of the second kind of order 0. ∞ at 0, NaN below.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.modified_bessel_k0
 *
 * @example
 * special.modifiedBesselK0(tensor([0, 1, 5])) // => [Infinity, 0.421024, 0.0036911]
 */
export const modifiedBesselK0 = defineMap<[Tensor]>("modifiedBesselK0", (x) => kExpr(0, false, x), {
  result: "float",
  gradient: (g, [x]) => [E.neg(E.mul(g, kExpr(1, false, x)))],
});
/**
 * The modified Bessel function of the second kind of order 1. ∞ at 0, NaN below.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.modified_bessel_k1
 *
 * @example
 * special.modifiedBesselK1(tensor([0, 1, 5])) // => [Infinity, 0.601907, 0.00404461]
 */
export const modifiedBesselK1 = defineMap<[Tensor]>("modifiedBesselK1", (x) => kExpr(1, false, x), {
  result: "float",
  gradient: (g, [x], y) => [E.neg(E.mul(g, E.add(kExpr(0, false, x), E.div(y, x))))],
});
/**
 * exp(x) · modifiedBesselK0(x), which does not vanish.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.scaled_modified_bessel_k0
 *
 * @example
 * special.scaledModifiedBesselK0(tensor([1, 5, 500])) // => [1.14446, 0.547808, 0.0560359]
 */
export const scaledModifiedBesselK0 = defineMap<[Tensor]>(
  "scaledModifiedBesselK0",
  (x) => kExpr(0, true, x),
  { result: "float", gradient: (g, [x], y) => [E.mul(g, E.sub(y, kExpr(1, true, x)))] },
);
/**
 * exp(x) · modifiedBesselK1(x), which does not vanish.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.scaled_modified_bessel_k1
 *
 * @example
 * special.scaledModifiedBesselK1(tensor([1, 5, 500])) // => [1.63615, 0.600274, 0.0560919]
 */
export const scaledModifiedBesselK1 = defineMap<[Tensor]>(
  "scaledModifiedBesselK1",
  (x) => kExpr(1, true, x),
  {
    result: "float",
    gradient: (g, [x], y) => [E.mul(g, E.sub(E.sub(y, kExpr(0, true, x)), E.div(y, x)))],
  },
);
