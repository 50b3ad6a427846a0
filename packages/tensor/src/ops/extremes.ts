/** The greater and the lesser of two numbers, where NaN counts as missing. */
import { defineMap, type Operand } from "../define.ts";
import * as E from "../expr.ts";

/** Equals are the first operand's, and so is a NaN against NaN; its gradient too. */
const chosen = (isFirst: (a: E.Expr, b: E.Expr) => E.Expr) => {
  const first = (a: E.Expr, b: E.Expr): E.Expr => E.or(isFirst(a, b), E.isNaN(b));
  return {
    value: (a: E.Expr, b: E.Expr): E.Expr => E.select(first(a, b), a, b),
    gradient: (g: E.Expr, [a, b]: readonly E.Expr[]): E.Expr[] => [
      E.select(first(a, b), g, 0),
      E.select(first(a, b), 0, g),
    ],
  };
};
const greater = chosen(E.ge);
const lesser = chosen(E.le);

/**
 * The greater one; beside a NaN the other.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.fmax.html
 *
 * @example
 * fmax(tensor([1, NaN, 3]), tensor([2, 2, NaN])) // => [2, 2, 3]
 */
export const fmax = defineMap<[Operand, Operand]>("fmax", greater.value, {
  gradient: greater.gradient,
});
/**
 * The lesser one; beside a NaN the other.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.fmin.html
 *
 * @example
 * fmin(tensor([1, NaN, 3]), tensor([2, 2, NaN])) // => [1, 2, 3]
 */
export const fmin = defineMap<[Operand, Operand]>("fmin", lesser.value, {
  gradient: lesser.gradient,
});
