/**
 * The complementary and the inverse error function.
 *
 * erfc(x) for x ≥ ½ is exp(−x²) · p(t) / (1 + 2x), a polynomial in t = (x − 4) / (x + 4), which takes 0 … ∞ to −1 … 1 (the
 * substitution of Shepherd and Laframboise, 1981). The inverse is x · p(w) with w = −log(1 − x²), a polynomial in w or √w on
 * each of three intervals (the variable of Giles, 2010). The coefficients are Chebyshev interpolants computed with 50
 * digits; both functions have a relative error below 10⁻¹⁵ in float64 and of a few ulp in float32.
 */
import { defineMap } from "../../define.ts";
import * as E from "../../expr.ts";
import type { Tensor } from "../../tensor.ts";
import { polynomial } from "./polynomial.ts";

const SCALED = [
  1.2329951186255526, -0.1396211168405572, 0.015379652102610473, 0.06809705425421975,
  -0.10103906603586531, 0.09373283501077742, -0.06633036582031154, 0.03716751538635946,
  -0.016197733981455194, 0.005031971002298884, -0.000757773707063825, -0.00019926095315041177,
  0.00015062309720018628, -2.438779085759055e-5, -1.1225101875659178e-5, 5.689537732302816e-6,
  2.9801353803031333e-7, -8.020193766522085e-7, 7.115337800585303e-8, 9.295292277973951e-8,
  -1.6371779763566967e-8, -6.9926126813398e-9, 1.5738283774192037e-9,
];
/** 0 ≤ w < 6.25, in (w − 3.125) / 3.125. */
const CENTRE = [
  1.6536545626831027, 0.7504943200799677, -0.058922567103787134, -0.022604447453820883,
  0.01780836181873851, -0.004137314367766406, -0.0012716922767024804, 0.0012324854529062743,
  -0.0002643935887486061, -0.00011688806810489265, 9.336693850145469e-5, -1.5030853831503256e-5,
  -1.12556848303199e-5, 7.138278433034389e-6, -6.87597660449069e-7, -1.0734147466839656e-6,
  5.455731449441755e-7, 5.566147404469889e-9, -1.0509863560329017e-7, 2.810124719268983e-8,
  9.050516362783658e-9, -4.1414145510227e-9, -8.186442916595773e-11,
];
/** 2.5 ≤ √w < 4, in (√w − 3.25) / 0.75. */
const TAIL = [
  3.0838856104922208, 0.7539442257706194, 0.003021139436383993, -0.001582541089125878,
  0.0007883078510001966, -0.00040063570330678666, 0.0001696650258988731, -4.739178769056888e-5,
  2.405839302031157e-6, 5.127145075320467e-6, -2.664698628136375e-6, 5.268992453218613e-7,
  9.267697270993584e-8, -9.536190331847332e-8, 2.670345089321486e-8, 2.4573676679123396e-10,
  -2.7192930488742553e-9, 6.817309145238472e-10, 3.864597530875862e-12,
];
/** 4 ≤ √w, in (√w − 5.1) / 1.1. */
const END = [
  4.9509348530788735, 1.1112932209524975, -0.0002406192309516426, -0.0002482488249652453,
  9.78019779755579e-5, -2.7640606218791457e-5, 6.891285626113987e-6, -1.6194389233082363e-6,
  3.838753611806884e-7, -1.0739216398518726e-7, 4.3247312446821596e-8, -2.2801061976452487e-8,
  1.287730618658169e-8, -7.482586650921906e-9, 3.64757910473507e-9, -9.884476770967253e-10,
  7.060286092528341e-11,
];

/** exp(−x²) of x ≥ 0: x² is split into an exact part and a small one, as rounding it costs up to 100 ulp of the result. */
function gaussian(x: E.Expr): E.Expr {
  const high = E.div(E.round(E.mul(x, 16)), 16);
  const rest = E.mul(E.sub(x, high), E.add(x, high));
  return E.mul(E.exp(E.neg(E.mul(high, high))), E.exp(E.neg(rest)));
}
/** Beyond 30 the result is 0 in every dtype, and ∞ − ∞ is avoided. */
const FAR = 30;
/** exp(x²) erfc(x) for x ≥ ½. */
export const scaledTail = (x: E.Expr): E.Expr =>
  // (x − 4) / (x + 4), also of infinity.
  E.div(polynomial(E.sub(1, E.div(8, E.add(x, 4))), SCALED), E.add(1, E.mul(2, x)));
export const erfcExpr = (x: E.Expr): E.Expr => {
  const size = E.min(E.abs(x), FAR);
  const tail = E.mul(gaussian(size), scaledTail(size));
  const beyond = E.select(E.lt(x, 0), E.sub(2, tail), tail);
  return E.select(E.lt(E.abs(x), 0.5), E.sub(1, E.erf(x)), beyond);
};

const slope = 2 / Math.sqrt(Math.PI);

/**
 * The complementary error function, 1 − erf(x), without the cancellation: `erfc(10)` is 2e-45.
 *
 *     erfc(x) = 2/√π ∫ₓ^∞ exp(−t²) dt
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.erfc
 *
 * @example
 * erfc(tensor([0, 1, 5])) // => [1, 0.157299, 1.53746e-12]
 */
export const erfc = defineMap<[Tensor]>("erfc", erfcExpr, {
  result: "float",
  gradient: (g, [x]) => [E.neg(E.mul(g, E.mul(slope, E.exp(E.neg(E.mul(x, x))))))],
});

/** erfinv(x) / x from w = −log(1 − x²). */
export const erfinvFactor = (w: E.Expr): E.Expr => {
  const root = E.sqrt(w);
  return E.select(
    E.lt(w, 6.25),
    polynomial(E.div(E.sub(w, 3.125), 3.125), CENTRE),
    E.select(
      E.lt(root, 4),
      polynomial(E.div(E.sub(root, 3.25), 0.75), TAIL),
      polynomial(E.div(E.sub(root, 5.1), 1.1), END),
    ),
  );
};
const erfinvExpr = (x: E.Expr): E.Expr => {
  const w = E.neg(E.log(E.mul(E.sub(1, x), E.add(1, x))));
  const factor = erfinvFactor(w);
  return E.mul(x, E.select(E.eq(E.abs(x), 1), Infinity, factor));
};

/**
 * The inverse of the error function: erf(erfinv(x)) = x. ±∞ at ±1, NaN beyond.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.erfinv
 *
 * @example
 * erfinv(tensor([0, 0.5, -0.9])) // => [0, 0.476936, -1.16309]
 */
export const erfinv = defineMap<[Tensor]>("erfinv", erfinvExpr, {
  result: "float",
  gradient: (g, _, y) => [E.mul(g, E.mul(1 / slope, E.exp(E.mul(y, y))))],
});
