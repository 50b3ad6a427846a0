/** Hurwitz' zeta function: the first terms, and the Euler–Maclaurin formula for the rest. */
import { defineMap, type Operand } from "../../define.ts";
import * as E from "../../expr.ts";
import type { Tensor } from "../../tensor.ts";
import { refuseGradient } from "./refuse.ts";

/** Terms that are added one by one. */
const TERMS = 16;
/** From here on, the rest has its digits. */
const FIRST = 8 - TERMS;
/** B₂ₖ / (2k)! */
const BERNOULLI = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
];

/** Σ (k + q)⁻ˣ for k ≥ TERMS. With a = q + TERMS: a¹⁻ˣ / (x − 1) + a⁻ˣ (½ + Σ B₂ₖ / (2k)! · x (x + 1) … / a²ᵏ⁻¹) */
function rest(x: E.Expr, q: E.Expr): E.Expr {
  const a = E.add(q, TERMS);
  let sum: E.Expr = E.constant(0.5);
  let rising = E.div(x, a);
  BERNOULLI.forEach((b, k) => {
    if (k > 0)
      rising = E.mul(rising, E.mul(E.div(E.add(x, 2 * k - 1), a), E.div(E.add(x, 2 * k), a)));
    sum = E.add(sum, E.mul(b, rising));
  });
  return E.mul(E.pow(a, E.neg(x)), E.add(E.div(a, E.sub(x, 1)), sum));
}
const zetaExpr = (x: E.Expr, q: E.Expr): E.Expr => {
  const isDefined = E.and(E.lt(1, x), E.or(E.lt(0, q), E.eq(x, E.floor(x))));
  const isPole = E.and(E.le(q, 0), E.eq(q, E.floor(q)));
  const base = E.select(E.or(isPole, E.le(q, FIRST)), 1, q);
  const power = E.select(isDefined, x, 2);
  let sum: E.Expr = E.constant(0);
  for (let k = 0; k < TERMS; k++) sum = E.add(sum, E.pow(E.add(base, k), E.neg(power)));
  const value = E.add(sum, rest(power, base));
  const plain = E.select(isPole, Infinity, E.select(E.le(q, FIRST), Number.NaN, value));
  return E.select(E.eq(x, 1), Infinity, E.select(isDefined, plain, Number.NaN));
};
const zetaMap = defineMap<[Operand, Operand]>("zeta", zetaExpr, {
  result: "float",
  gradient: (g, [x, q]) => [undefined, E.neg(E.mul(g, E.mul(x, zetaExpr(E.add(x, 1), q))))],
});
/**
 * Σ 1 / (k + q)ˣ over k = 0, 1, 2, …; ∞ for x = 1 and for q = 0, −1, −2, …; NaN for x below 1.
 *
 * Negative q need a whole x, and may not be below −8: NaN. There is no gradient with respect to x.
 *
 * @throws DlError for an x that requires a gradient.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.zeta
 *
 * @example
 * special.zeta(tensor([2, 4]), 1) // => [1.64493, 1.08232]
 */
export function zeta(x: Operand, q: Operand): Tensor {
  refuseGradient("zeta", "x", x);
  return zetaMap(x, q);
}
