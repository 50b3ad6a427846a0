/**
 * log |Γ(x)| and its derivatives: lgamma, digamma, trigamma, polygamma.
 *
 * Around 2, lgamma(2 + z) = (1 − γ)z + Σ_{k≥2} (−1)ᵏ (ζ(k) − 1)/k · zᵏ, which serves for |z| ≤ ½ and has no cancellation at
 * the zeros 1 and 2. Other arguments up to 8 are moved there by Γ(x + 1) = x Γ(x); from 8 on it is Stirling's series;
 * negative arguments are reflected at 0. Each branch gets an argument that is harmless where it is not chosen, so that
 * derivatives of any order have no 0 · ∞. Relative errors: 10⁻¹⁵ in float64 and some ulp in float32, but near the zeros that
 * lie between negative integers only the absolute error is that small.
 */
import { defineMap } from "../../define.ts";
import { derive } from "../../derivative.ts";
import { DlError } from "../../errors.ts";
import * as E from "../../expr.ts";
import type { Tensor } from "../../tensor.ts";
import { polynomial } from "./polynomial.ts";

const EULER = 0.5772156649015329;
/** B₂, B₄, … */
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];
/** From here on Stirling's series. */
const LARGE = 8;

/** ζ(k) − 1 for k ≥ 2: forty terms, and the Euler–Maclaurin formula for the rest. */
function zetaMinusOne(k: number): number {
  const n = 40;
  let rising = k / n;
  let sum = n / (k - 1) + 1 / 2 + rising / 12;
  rising *= ((k + 1) * (k + 2)) / n ** 2;
  sum -= rising / 720;
  rising *= ((k + 3) * (k + 4)) / n ** 2;
  sum = (sum + rising / 30240) * n ** -k;
  for (let i = n - 1; i >= 2; i--) sum += i ** -k;
  return sum;
}
/** Of lgamma(2 + z). */
const SERIES = Array.from({ length: 29 }, (_, k) =>
  k === 0 ? 0 : k === 1 ? 1 - EULER : ((k % 2 ? -1 : 1) * zetaMinusOne(k)) / k,
);
const derivativeOf = (c: readonly number[]): number[] => c.slice(1).map((a, i) => a * (i + 1));

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
const parity = (n: number): number => (n % 2 ? -1 : 1);
const power = (x: E.Expr, n: number): E.Expr =>
  n === 1 ? x : n % 2 ? E.mul(x, power(x, n - 1)) : power(E.mul(x, x), n / 2);

/** −m of x − n in [1.5, 2.5) for 2.5 ≤ x < 8, and what Γ's recurrence adds on the way. */
function stepDown(
  x: E.Expr,
  start: E.Expr,
  add: (sum: E.Expr, at: E.Expr) => E.Expr,
): [E.Expr, E.Expr] {
  let sum = start;
  for (let i = 0; i < 6; i++) {
    const isAbove = E.ge(x, 2.5);
    x = E.select(isAbove, E.sub(x, 1), x);
    sum = E.select(isAbove, add(sum, x), sum);
  }
  return [x, sum];
}

/** log Γ(x) without (x − ½) log x − x + ½ log 2π, for x ≥ 8. */
export function stirlingTail(x: E.Expr): E.Expr {
  const inverse = E.div(1, x);
  return E.mul(
    inverse,
    polynomial(
      E.mul(inverse, inverse),
      BERNOULLI.map((b, i) => b / ((2 * i + 2) * (2 * i + 1))),
    ),
  );
}
/** For x > −½. */
function lgammaRight(x: E.Expr): E.Expr {
  const large = E.max(x, LARGE);
  const stirling = E.add(
    E.mul(E.sub(large, 0.5), E.sub(E.log(large), 1)),
    E.add((Math.log(2 * Math.PI) - 1) / 2, stirlingTail(large)),
  );
  const isSmall = E.lt(x, 0.5);
  const isLow = E.lt(x, 1.5);
  const [w, product] = stepDown(E.min(x, LARGE), E.constant(1), (p, at) => E.mul(p, at));
  const series = polynomial(
    E.select(isSmall, x, E.select(isLow, E.sub(x, 1), E.sub(w, 2))),
    SERIES,
  );
  const low = E.select(
    isSmall,
    E.sub(series, E.add(E.log(E.abs(x)), E.log1p(x))),
    E.sub(series, E.log1p(E.sub(x, 1))),
  );
  const middle = E.select(isLow, low, E.add(series, E.log(product)));
  return E.select(E.ge(x, LARGE), stirling, middle);
}

/** x minus the nearest integer. */
const phase = (x: E.Expr): E.Expr => E.sub(x, E.round(x));

function lgammaExpr(x: E.Expr): E.Expr {
  const isLeft = E.le(x, -0.5);
  const right = lgammaRight(E.select(isLeft, E.neg(x), x));
  // Γ(−a) Γ(a) = −π / (a sin πa)
  const sine = E.abs(E.sin(E.mul(Math.PI, phase(x))));
  const left = E.neg(E.add(E.log(E.div(E.mul(E.neg(x), sine), Math.PI)), right));
  return E.select(E.eq(x, -Infinity), Infinity, E.select(isLeft, left, right));
}

/** Stirling's series of the m-th derivative of digamma, for x ≥ 8. */
function psiLarge(m: number, x: E.Expr): E.Expr {
  const inverse = E.div(1, x);
  const square = E.mul(inverse, inverse);
  const tail = polynomial(
    square,
    BERNOULLI.map((b, i) => (b * factorial(2 * i + 1 + m)) / factorial(2 * i + 2)),
  );
  if (m === 0) return E.sub(E.log(x), E.add(E.mul(0.5, inverse), E.mul(square, tail)));
  const rest = E.add(E.mul(factorial(m) / 2, inverse), E.mul(square, tail));
  return E.mul(-parity(m), E.mul(power(inverse, m), E.add(factorial(m - 1), rest)));
}
/** digamma for x > −½. */
function digammaRight(x: E.Expr): E.Expr {
  const isSmall = E.lt(x, 0.5);
  const isLow = E.lt(x, 1.5);
  const [w, above] = stepDown(E.min(x, LARGE), E.constant(0), (sum, at) =>
    E.add(sum, E.div(1, at)),
  );
  const series = polynomial(
    E.select(isSmall, x, E.select(isLow, E.sub(x, 1), E.sub(w, 2))),
    derivativeOf(SERIES),
  );
  const one = E.sub(series, E.div(1, E.select(isSmall, E.add(x, 1), x)));
  const low = E.select(isSmall, E.sub(one, E.div(1, x)), one);
  const middle = E.select(isLow, low, E.add(series, above));
  return E.select(E.ge(x, LARGE), psiLarge(0, E.max(x, LARGE)), middle);
}
/** The m-th derivative of digamma for x > −½. From 1 on, steps up to 8 add terms of one sign, and nothing cancels. */
function psiRight(m: number, x: E.Expr): E.Expr {
  if (m === 0) return digammaRight(x);
  let w = x;
  let sum: E.Expr = E.constant(0);
  for (let i = 0; i < LARGE + 1; i++) {
    const isBelow = E.lt(w, LARGE);
    // ψ⁽ᵐ⁾(x) = ψ⁽ᵐ⁾(x + 1) − (−1)ᵐ m! / xᵐ⁺¹
    const term = E.div(-parity(m) * factorial(m), power(w, m + 1));
    sum = E.select(isBelow, E.add(sum, term), sum);
    w = E.select(isBelow, E.add(w, 1), w);
  }
  return E.add(sum, psiLarge(m, w));
}

/** π · dᵐ/dxᵐ cot(πx), from the phase of x. */
function cotangent(m: number, x: E.Expr): E.Expr {
  const angle = E.mul(Math.PI, E.input(0));
  let e = E.div(Math.PI, E.tan(angle));
  // 1 / tan² of small angles overflows before 1 / sin² has to: the first derivative is written out.
  if (m > 0) e = E.neg(E.div(Math.PI ** 2, E.mul(E.sin(angle), E.sin(angle))));
  for (let i = 1; i < m; i++) e = derive(e, 1, E.constant(1))[0]!;
  return E.substitute([e], (n) => (n === E.input(0) ? phase(x) : undefined))[0];
}

function psiExpr(m: number, x: E.Expr): E.Expr {
  const isLeft = E.le(x, -0.5);
  const size = E.select(isLeft, E.neg(x), x);
  const right = psiRight(m, size);
  // ψ⁽ᵐ⁾(x) = (−1)ᵐ ψ⁽ᵐ⁾(1 − x) − π dᵐ/dxᵐ cot(πx); 1 − x is rounded, ψ⁽ᵐ⁾(−x) + (−1)ᵐ m! / (−x)ᵐ⁺¹ is the same.
  const safe = E.select(isLeft, E.neg(x), 1);
  const mirrored = E.add(E.mul(parity(m), right), E.div(factorial(m), power(safe, m + 1)));
  const left = E.sub(mirrored, cotangent(m, E.select(isLeft, x, 0.25)));
  const isPole = E.and(isLeft, E.eq(phase(x), 0));
  const atPole = m % 2 ? Infinity : Number.NaN;
  return E.select(isPole, atPole, E.select(isLeft, left, right));
}

const orders: ((x: Tensor) => Tensor)[] = [];
const NAMES = ["digamma", "trigamma"];
function psi(m: number): (x: Tensor) => Tensor {
  orders[m] ??= defineMap<[Tensor]>(NAMES[m] ?? `polygamma(${m})`, (x) => psiExpr(m, x), {
    result: "float",
    gradient: (g, [x]) => [E.mul(g, psiExpr(m + 1, x))],
  });
  return orders[m];
}

/**
 * The logarithm of |Γ(x)|. ∞ at 0, −1, −2, … and ±∞; the gradient is `digamma`.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.gammaln
 *
 * @example
 * lgamma(tensor([0.5, 1, 5])) // => [0.572365, 0, 3.17805]
 */
export const lgamma = defineMap<[Tensor]>("lgamma", lgammaExpr, {
  result: "float",
  gradient: (g, [x]) => [E.mul(g, psiExpr(0, x))],
});

/**
 * The derivative of `lgamma`. ∓∞ at ±0, NaN at −1, −2, …
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.digamma
 *
 * @example
 * digamma(tensor([0.5, 1, 5])) // => [-1.96351, -0.577216, 1.50612]
 */
export const digamma = (x: Tensor): Tensor => psi(0)(x);

/**
 * The n-th derivative of `digamma`.
 *
 * @param n 0, 1, 2, …
 * @param x any shape; integers become float32.
 * @throws DlError when n is negative or no integer.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.polygamma
 *
 * @example
 * polygamma(1, tensor([1, 0.5])) // => [1.64493, 4.9348]
 */
export function polygamma(n: number, x: Tensor): Tensor {
  if (!(Number.isInteger(n) && n >= 0))
    throw new DlError("value", `polygamma: the order ${n} is not one of 0, 1, 2, …`);
  return psi(n)(x);
}
