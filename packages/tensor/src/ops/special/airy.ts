/**
 * The Airy function. On −4 … 2 a polynomial; beyond, with ζ = ⅔ |x|^(3/2),
 *
 *     Ai(x) = exp(−ζ) / x^¼ · p(1/ζ),   Ai(−x) = (f sin(ζ + π/4) − g cos(ζ + π/4)) / (√π x^¼)
 *
 * f and ζg being polynomials in 1/ζ². The coefficients are Chebyshev interpolants computed with 50 digits.
 */
import { defineMap } from "../../define.ts";
import * as E from "../../expr.ts";
import type { Tensor } from "../../tensor.ts";
import { polynomial } from "./polynomial.ts";

/** In (x + 1) / 3. */
const MIDDLE = [
  0.5355608832923521, -0.030481701350123545, -2.410023974815528, 2.4557465268632908,
  1.7389341530675042, -4.358618303900352, 1.688491628480544, 2.0518758914044226,
  -2.3728414119534573, 0.37669974578292725, 0.8528469434323976, -0.6132448412077135,
  0.018903361215382858, 0.1829846809052703, -0.09190987058203312, -0.005403882124966973,
  0.02403028317164397, -0.008959237365646132, -0.0011796749878596794, 0.0021517696768993105,
  -0.0006136647899883786, -0.00013853872144188215, 0.00014210878955710993, -2.0781744636901337e-5,
  -1.1597191345328656e-5, 3.5034683595634833e-6, 1.3160782084815265e-7,
];
/** In 2 ζ(2) / ζ − 1. */
const RIGHT = [
  0.2774908024616546, -0.00412238059584889, 0.00039865677489392946, -6.427592282010115e-5,
  1.3671255996294113e-5, -3.4851083423845244e-6, 1.012108190220239e-6, -3.2470736412089793e-7,
  1.1276349734281911e-7, -4.1737879627057694e-8, 1.6325833248943572e-8, -6.860281600953271e-9,
  2.950933770639536e-9, -9.666952061851546e-10, 4.0775126058757864e-10, -6.273207617989264e-10,
  3.3260097199420207e-10, 1.8008368286653446e-10, -1.0582388355233893e-10, -9.767536358970334e-11,
  5.420597866200876e-11,
];
/** In 2 (ζ(4) / ζ)² − 1. */
const F = [
  0.999363720981151, -0.0006209941418020204, 1.4258707706491855e-5, -9.054529690232855e-7,
  1.0042136966924489e-7, -1.5925167025417853e-8, 3.2419414066893684e-9, -7.936549831099796e-10,
  2.226111105580881e-10, -7.003524724547076e-11, 2.6990321489613368e-11, -1.0485193177501579e-11,
  9.805643392003682e-13, -1.2644229005895244e-13, 2.003510526290054e-12, -1.005939757424972e-12,
];
const G = [
  0.06880857417665426, -0.0006071316848868476, 2.6011127097115112e-5, -2.3247007387463935e-6,
  3.2297355504894116e-7, -6.03015042435361e-8, 1.3920844502072345e-8, -3.770048792505157e-9,
  1.1456180714807653e-9, -3.8625215836978856e-10, 1.6484451745512192e-10, -6.818562165995341e-11,
  2.079692014844536e-12, 1.3707498004814226e-12, 1.5461892103549407e-11, -8.043377127213995e-12,
];

const zetaOf = (x: number): number => (2 / 3) * x ** 1.5;
/** ζ and x^¼. */
function powers(x: E.Expr): [E.Expr, E.Expr] {
  const root = E.sqrt(x);
  return [E.mul(2 / 3, E.mul(x, root)), E.sqrt(root)];
}

function airyExpr(x: E.Expr): E.Expr {
  const isRight = E.gt(x, 2);
  const isLeft = E.lt(x, -4);
  const middle = E.select(E.or(isRight, isLeft), 0, x);
  const [zeta, root] = powers(E.select(E.and(isRight, E.lt(x, Infinity)), x, 2));
  const tail = polynomial(E.sub(E.div(2 * zetaOf(2), zeta), 1), RIGHT);
  const right = E.div(E.mul(E.exp(E.neg(zeta)), tail), root);
  const [phase, width] = powers(E.select(isLeft, E.neg(x), 4));
  const inverse = E.div(zetaOf(4), phase);
  const t = E.sub(E.mul(2, E.mul(inverse, inverse)), 1);
  const [sine, cosine] = [E.sin(phase), E.cos(phase)];
  // sin and cos of ζ + π/4, times √2.
  const wave = E.sub(
    E.mul(polynomial(t, F), E.add(sine, cosine)),
    E.mul(E.div(polynomial(t, G), phase), E.sub(cosine, sine)),
  );
  const left = E.div(E.mul(1 / Math.sqrt(2 * Math.PI), wave), width);
  const value = E.select(
    isRight,
    right,
    E.select(isLeft, left, polynomial(E.div(E.add(middle, 1), 3), MIDDLE)),
  );
  return E.select(E.eq(x, Infinity), 0, value);
}

/**
 * The Airy function Ai, a solution of y″ = x y.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.airy_ai
 *
 * @example
 * special.airyAi(tensor([0, 1, -5])) // => [0.355028, 0.135292, 0.350761]
 */
export const airyAi = defineMap<[Tensor]>("airyAi", airyExpr, { result: "float" });
