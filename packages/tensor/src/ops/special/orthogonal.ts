/** Orthogonal polynomials of degree n, by their recurrences: n is a number, and each has a kernel of its own. */
import { defineMap } from "../../define.ts";
import { DlError } from "../../errors.ts";
import * as E from "../../expr.ts";
import { isTensor, type Tensor } from "../../tensor.ts";

type Next = (x: E.Expr, p: E.Expr, before: E.Expr, k: number) => E.Expr;
export type Polynomial = (x: Tensor, n: number) => Tensor;

/** p₀ = 1, p₁ = first(x), pₖ₊₁ = next(x, pₖ, pₖ₋₁, k); 0 for a negative degree. */
/* @__NO_SIDE_EFFECTS__ */
function definePolynomial(name: string, first: (x: E.Expr) => E.Expr, next: Next): Polynomial {
  const degrees = new Map<number, (x: Tensor) => Tensor>();
  const make = (n: number) =>
    defineMap<[Tensor]>(
      `${name}(${n})`,
      (x) => {
        if (n <= 0) return E.add(E.mul(x, 0), n < 0 ? 0 : 1);
        let [before, p] = [E.constant(1) as E.Expr, first(x)];
        for (let k = 1; k < n; k++) [before, p] = [p, next(x, p, before, k)];
        return p;
      },
      { result: "float" },
    );
  return (x, n) => {
    if (!Number.isInteger(n))
      throw new DlError(
        "value",
        `${name}: the degree ${isTensor(n) ? "is a tensor" : n}, a whole number is wanted`,
      );
    let f = degrees.get(n);
    if (!f) {
      f = make(n);
      degrees.set(n, f);
    }
    return f(x);
  };
}

const twice = (x: E.Expr): E.Expr => E.add(x, x);
/** 2x p − p₋₁ */
const chebyshev: Next = (x, p, before) => E.sub(E.mul(twice(x), p), before);
/** The same on 0 … 1. */
const shift = (x: E.Expr): E.Expr => E.sub(twice(x), 1);
const shifted: Next = (x, p, before, k) => chebyshev(shift(x), p, before, k);

const ofT = (x: E.Expr): E.Expr => x;
const ofU = twice;
const ofV = (x: E.Expr): E.Expr => E.sub(twice(x), 1);
const ofW = (x: E.Expr): E.Expr => E.add(twice(x), 1);

/**
 * The Chebyshev polynomial of the first kind: Tₙ(cos θ) = cos nθ.
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_t
 *
 * @example
 * special.chebyshevPolynomialT(tensor([0.5, 2]), 3) // => [-1, 26]
 */
export const chebyshevPolynomialT: Polynomial = definePolynomial(
  "chebyshevPolynomialT",
  ofT,
  chebyshev,
);
/**
 * The Chebyshev polynomial of the second kind: Uₙ(cos θ) = sin (n + 1)θ / sin θ.
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_u
 *
 * @example
 * special.chebyshevPolynomialU(tensor([0.5, 2]), 3) // => [-1, 56]
 */
export const chebyshevPolynomialU: Polynomial = definePolynomial(
  "chebyshevPolynomialU",
  ofU,
  chebyshev,
);
/**
 * The Chebyshev polynomial of the third kind: Vₙ(cos θ) = cos (n + ½)θ / cos θ/2.
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_v
 *
 * @example
 * special.chebyshevPolynomialV(tensor([0.5, 2]), 3) // => [-1, 41]
 */
export const chebyshevPolynomialV: Polynomial = definePolynomial(
  "chebyshevPolynomialV",
  ofV,
  chebyshev,
);
/**
 * The Chebyshev polynomial of the fourth kind: Wₙ(cos θ) = sin (n + ½)θ / sin θ/2.
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_w
 *
 * @example
 * special.chebyshevPolynomialW(tensor([0.5, 2]), 3) // => [-1, 71]
 */
export const chebyshevPolynomialW: Polynomial = definePolynomial(
  "chebyshevPolynomialW",
  ofW,
  chebyshev,
);
/**
 * The Chebyshev polynomial of the first kind on 0 … 1: T*ₙ(x) = Tₙ(2x − 1).
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.shifted_chebyshev_polynomial_t
 *
 * @example
 * special.shiftedChebyshevPolynomialT(tensor([0.5, 2]), 3) // => [0, 99]
 */
export const shiftedChebyshevPolynomialT: Polynomial = definePolynomial(
  "shiftedChebyshevPolynomialT",
  (x) => ofT(shift(x)),
  shifted,
);
/**
 * The Chebyshev polynomial of the second kind on 0 … 1: U*ₙ(x) = Uₙ(2x − 1).
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.shifted_chebyshev_polynomial_u
 *
 * @example
 * special.shiftedChebyshevPolynomialU(tensor([0.5, 2]), 3) // => [0, 204]
 */
export const shiftedChebyshevPolynomialU: Polynomial = definePolynomial(
  "shiftedChebyshevPolynomialU",
  (x) => ofU(shift(x)),
  shifted,
);
/**
 * The Chebyshev polynomial of the third kind on 0 … 1: V*ₙ(x) = Vₙ(2x − 1).
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.shifted_chebyshev_polynomial_v
 *
 * @example
 * special.shiftedChebyshevPolynomialV(tensor([0.5, 2]), 3) // => [1, 169]
 */
export const shiftedChebyshevPolynomialV: Polynomial = definePolynomial(
  "shiftedChebyshevPolynomialV",
  (x) => ofV(shift(x)),
  shifted,
);
/**
 * The Chebyshev polynomial of the fourth kind on 0 … 1: W*ₙ(x) = Wₙ(2x − 1).
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.shifted_chebyshev_polynomial_w
 *
 * @example
 * special.shiftedChebyshevPolynomialW(tensor([0.5, 2]), 3) // => [-1, 239]
 */
export const shiftedChebyshevPolynomialW: Polynomial = definePolynomial(
  "shiftedChebyshevPolynomialW",
  (x) => ofW(shift(x)),
  shifted,
);

/**
 * The Hermite polynomial Hₙ of physicists.
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.hermite_polynomial_h
 *
 * @example
 * special.hermitePolynomialH(tensor([0.5, 2]), 3) // => [-5, 40]
 */
export const hermitePolynomialH: Polynomial = definePolynomial(
  "hermitePolynomialH",
  twice,
  (x, p, before, k) => E.sub(E.mul(twice(x), p), E.mul(2 * k, before)),
);
/**
 * The Hermite polynomial Heₙ of probabilists.
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.hermite_polynomial_he
 *
 * @example
 * special.hermitePolynomialHe(tensor([0.5, 2]), 3) // => [-1.375, 2]
 */
export const hermitePolynomialHe: Polynomial = definePolynomial(
  "hermitePolynomialHe",
  (x) => x,
  (x, p, before, k) => E.sub(E.mul(x, p), E.mul(k, before)),
);
/**
 * The Laguerre polynomial Lₙ.
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.laguerre_polynomial_l
 *
 * @example
 * special.laguerrePolynomialL(tensor([0.5, 2]), 3) // => [-0.145833, -0.333333]
 */
export const laguerrePolynomialL: Polynomial = definePolynomial(
  "laguerrePolynomialL",
  (x) => E.sub(1, x),
  (x, p, before, k) => E.div(E.sub(E.mul(E.sub(2 * k + 1, x), p), E.mul(k, before)), k + 1),
);
/**
 * The Legendre polynomial Pₙ.
 *
 * @param n the degree.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.legendre_polynomial_p
 *
 * @example
 * special.legendrePolynomialP(tensor([0.5, 2]), 3) // => [-0.4375, 17]
 */
export const legendrePolynomialP: Polynomial = definePolynomial(
  "legendrePolynomialP",
  (x) => x,
  (x, p, before, k) => E.div(E.sub(E.mul(E.mul(2 * k + 1, x), p), E.mul(k, before)), k + 1),
);
