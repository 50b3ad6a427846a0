import * as E from "../../expr.ts";

/** c₀ + c₁x + c₂x² + …, by Horner's rule. */
export const polynomial = (x: E.Expr, coefficients: readonly number[]): E.Expr =>
  coefficients.reduceRight<E.Expr>((sum, c) => E.add(E.mul(sum, x), c), E.constant(0));
