/**
 * The regularized incomplete gamma functions P and Q = 1 − P.
 *
 * For x ≤ 1 or x ≤ a the power series of P, else the continued fraction of Q (modified Lentz), both with a fixed number of
 * steps, several to a kernel. From a = 100 on, for x within 30 % of a, they would need more: there it is Temme's
 * uniform expansion, 1979. With μ = (x − a) / a and ½η² = μ − log(1 + μ):
 *
 *     Q = ½ erfc(η √(a/2)) + exp(−½ a η²) / √(2πa) Σₖ Cₖ(η) / aᵏ
 *
 * The coefficients of Cₖ follow from λ = 1 + μ as a power series of η (DLMF 8.12).
 */
import { assign, defineMap, resultType } from "../../define.ts";
import { dispatch, type Op } from "../../dispatch.ts";
import { toFloating } from "../../dtype.ts";
import * as E from "../../expr.ts";
import { type Program, program } from "../../program.ts";
import { scope } from "../../scope.ts";
import { broadcastShapes } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { erfcExpr } from "./errorFunction.ts";
import { lgamma, stirlingTail } from "./gamma.ts";
import { polynomial } from "./polynomial.ts";
import { refuseGradient } from "./refuse.ts";

/** Steps of both loops, and how many a kernel takes. */
const STEPS = 128;
const AT_ONCE = 16;

/** term, sum of Σ xᵏ / ((a + 1) … (a + k)), from the i-th step on. */
function seriesSteps(): Program {
  const [a, x, first] = [E.input(2), E.input(3), E.scalar(0)];
  let [term, sum]: E.Expr[] = [E.input(0), E.input(1)];
  for (let k = 1; k <= AT_ONCE; k++) {
    term = E.mul(term, E.div(x, E.add(a, E.add(first, k))));
    sum = E.add(sum, term);
  }
  return program([term, sum], 4, 1);
}
/** b, c, d, h of Lentz' method for 1 / (x + 1 − a − 1 (1 − a) / (x + 3 − a − …)). */
function fractionSteps(): Program {
  const [a, x, first] = [E.input(3), E.input(4), E.scalar(0)];
  let [c, d, h]: E.Expr[] = [E.input(0), E.input(1), E.input(2)];
  for (let k = 1; k <= AT_ONCE; k++) {
    const i = E.add(first, k);
    const numerator = E.mul(i, E.sub(a, i));
    const b = E.add(E.sub(x, a), E.add(E.mul(2, i), 1));
    d = E.div(1, notZero(E.add(E.mul(numerator, d), b)));
    c = notZero(E.add(b, E.div(numerator, c)));
    h = E.mul(h, E.mul(d, c));
  }
  return program([c, d, h], 5, 1);
}
const TINY = 1e-30;
function notZero(x: E.Expr): E.Expr {
  return E.select(E.lt(E.abs(x), TINY), TINY, x);
}

/** log(1 + μ) − μ, 1 + μ being x / a. Near 0 by r = μ / (2 + μ): log(1 + μ) = 2 (r + r³/3 + …). */
function logRest(x: E.Expr, a: E.Expr): E.Expr {
  const mu = E.div(E.sub(x, a), a);
  const isNear = E.lt(E.abs(mu), 0.5);
  const near = E.select(isNear, mu, 0);
  const r = E.div(near, E.add(2, near));
  const square = E.mul(r, r);
  const odd = Array.from({ length: 14 }, (_, k) => 2 / (2 * k + 3));
  const series = E.sub(E.mul(E.mul(r, square), polynomial(square, odd)), E.mul(r, near));
  return E.select(isNear, series, E.sub(E.log(E.div(x, a)), mu));
}

/** xᵃ exp(−x) / Γ(a). From 8 on Γ is Stirling's, so that large powers cancel before they are rounded. */
const prefactor = (a: E.Expr, x: E.Expr, logGamma: E.Expr): E.Expr => {
  const isLarge = E.ge(a, 8);
  const size = E.select(isLarge, a, 8);
  const stirling = E.sub(E.mul(size, logRest(x, size)), stirlingTail(size));
  const large = E.mul(E.sqrt(E.div(size, 2 * Math.PI)), E.exp(stirling));
  const small = E.exp(E.sub(E.sub(E.mul(E.select(isLarge, 1, a), E.log(x)), x), logGamma));
  return E.select(isLarge, large, small);
};

const TERMS = 8;
const DEGREE = 16;
/** Of 1 + 1/(12a) + …: Γ(a) without Stirling's formula. */
const GAMMA = [
  1,
  1 / 12,
  1 / 288,
  -139 / 51840,
  -571 / 2488320,
  163879 / 209018880,
  5246819 / 75246796800,
  -534703531 / 902961561600,
];
/** C₀, C₁, … as polynomials in η. */
function temmeCoefficients(): number[][] {
  const count = DEGREE + 2 * TERMS + 3;
  const alpha = [0, 1];
  for (let n = 2; n < count; n++) {
    let sum = 0;
    for (let j = 2; j < n; j++) sum += alpha[j] * alpha[n + 1 - j];
    alpha.push((alpha[n - 1] - ((n + 1) / 2) * sum) / (n + 1));
  }
  const rows = [Array.from({ length: count - 2 }, (_, n) => (n ? (n + 2) * alpha[n + 2] : -1 / 3))];
  for (let k = 1; k < TERMS; k++) {
    const sign = k % 2 ? -1 : 1;
    const before = rows[k - 1];
    rows.push(before.slice(2).map((c, n) => sign * GAMMA[k] * rows[0][n] + (n + 2) * c));
  }
  return rows.map((row) => row.slice(0, DEGREE));
}
/** Q of Temme, or P. */
function temme(a: E.Expr, x: E.Expr, isUpper: boolean): E.Expr {
  const half = E.neg(logRest(x, a));
  const size = E.sqrt(E.mul(2, half));
  const eta = E.select(E.lt(x, a), E.neg(size), size);
  const inverse = E.div(1, a);
  const sum = temmeCoefficients().reduceRight<E.Expr>(
    (s, row) => E.add(E.mul(s, inverse), polynomial(eta, row)),
    E.constant(0),
  );
  const rest = E.mul(E.div(E.exp(E.neg(E.mul(a, half))), E.sqrt(E.mul(2 * Math.PI, a))), sum);
  const argument = E.mul(eta, E.sqrt(E.div(a, 2)));
  return isUpper
    ? E.add(E.mul(0.5, erfcExpr(argument)), rest)
    : E.sub(E.mul(0.5, erfcExpr(E.neg(argument))), rest);
}

/** What the loops are given: harmless numbers where the result does not come from them. */
const isSeries = (a: E.Expr, x: E.Expr): E.Expr => E.or(E.le(x, 1), E.le(x, a));
const isUsual = (a: E.Expr, x: E.Expr): E.Expr =>
  E.and(E.and(E.lt(0, a), E.lt(a, Infinity)), E.and(E.lt(0, x), E.lt(x, Infinity)));
const isTemme = (a: E.Expr, x: E.Expr): E.Expr =>
  E.and(E.ge(a, 100), E.lt(E.abs(E.sub(x, a)), E.mul(0.3, a)));

const finish = [false, true].map((isUpper) =>
  defineMap<[Tensor, Tensor, Tensor, Tensor, Tensor]>(
    isUpper ? "igammac" : "igamma",
    (a, x, sum, h, logGamma) => {
      const usual = isUsual(a, x);
      const [b, y] = [E.select(usual, a, 1), E.select(usual, x, 1)];
      const factor = prefactor(b, y, logGamma);
      const p = E.div(E.mul(factor, sum), b);
      const q = E.mul(factor, h);
      const far = E.select(isTemme(b, y), b, 100);
      const near = E.select(isTemme(b, y), y, 100);
      const value = isUpper
        ? E.select(isSeries(b, y), E.sub(1, p), q)
        : E.select(isSeries(b, y), p, E.sub(1, q));
      const inside = E.select(isTemme(b, y), temme(far, near, isUpper), value);
      const [none, all] = isUpper ? [1, 0] : [0, 1];
      // In PyTorch's order, which tells the outcome where one of them is NaN.
      const isWrong = E.or(E.lt(a, 0), E.lt(x, 0));
      const ofInfinite = E.select(
        E.eq(a, Infinity),
        E.select(E.eq(x, Infinity), Number.NaN, none),
        E.select(E.eq(x, Infinity), all, Number.NaN),
      );
      const edge = E.select(
        E.eq(a, 0),
        E.select(E.lt(0, x), all, Number.NaN),
        E.select(E.eq(x, 0), none, ofInfinite),
      );
      return E.select(isWrong, Number.NaN, E.select(usual, inside, edge));
    },
  ),
);

/** a and x where a loop is for them, else harmless numbers. */
const given = (
  name: string,
  isWanted: (a: E.Expr, x: E.Expr) => E.Expr,
  otherwise: readonly [a: number, x: number],
) =>
  ([0, 1] as const).map((i) =>
    defineMap<[Tensor, Tensor]>(name, (a, x) =>
      E.select(E.and(isUsual(a, x), isWanted(a, x)), i ? x : a, otherwise[i]),
    ),
  );
const forSeries = given("igamma", isSeries, [1, 0]);
const forFraction = given("igamma", (a, x) => E.not(isSeries(a, x)), [1, 2]);
const forGamma = given("igamma", (a) => E.lt(a, 8), [1, 1])[0];
const firstDenominator = defineMap<[Tensor, Tensor]>("igamma", (a, x) =>
  E.div(1, notZero(E.add(E.sub(x, a), 1))),
);

/** Steps in place, of numbers that are begun with. */
function iterate(prog: Program, numbers: readonly Tensor[], operands: readonly Tensor[]): void {
  const targets = numbers.map((t) => t.memory);
  const views = [...numbers, ...operands].map((t) => t.memory);
  for (let k = 0; k < STEPS; k += AT_ONCE) assign(targets, prog, views, [k]);
}
function seriesOf(a: Tensor, x: Tensor): Tensor {
  const [b, y] = forSeries.map((f) => f(a, x));
  const [term, sum] = [b.newFull(b.shape, 1), b.newFull(b.shape, 1)];
  iterate(seriesSteps(), [term, sum], [b, y]);
  return sum;
}
function fractionOf(a: Tensor, x: Tensor): Tensor {
  const [b, y] = forFraction.map((f) => f(a, x));
  const d = firstDenominator(b, y);
  const [c, h] = [b.newFull(b.shape, 1 / TINY), d.clone()];
  iterate(fractionSteps(), [c, d, h], [b, y]);
  return h;
}

const op: Op<{ readonly isUpper: boolean }> = {
  name: "igamma",
  forward: ([a, x], { isUpper }) => [
    scope(() =>
      finish[Number(isUpper)](a, x, seriesOf(a, x), fractionOf(a, x), lgamma(forGamma(a, x))),
    ),
  ],
  saves: () => ({ inputs: [0, 1] }),
  gradient([g], { attrs, input }) {
    const [a, x] = [input(0), input(1)];
    const slope = x.log().mul(a.sub(1)).sub(x).sub(lgamma(a)).exp();
    return [null, g!.mul(attrs.isUpper ? slope.neg() : slope)];
  },
};

function incomplete(name: string, a: Tensor, x: Tensor, isUpper: boolean): Tensor {
  refuseGradient(name, "a", a);
  const shape = broadcastShapes([a.shape, x.shape], name);
  const dtype = toFloating(resultType([a, x]));
  return scope(() =>
    dispatch(
      op,
      [a, x].map((t) => t.to(dtype).expand(shape)),
      { isUpper },
    ),
  );
}
/**
 * The regularized lower incomplete gamma function: the probability that a gamma distributed number of shape a is below x.
 *
 *     P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ exp(−t) dt
 *
 * Both broadcast; integers become float32. NaN for negative a or x. There is no gradient with respect to a.
 *
 * @throws DlError for an a that requires a gradient.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.gammainc
 *
 * @example
 * igamma(tensor([4, 0.5]), tensor([3, 2])) // => [0.352768, 0.9545]
 */
export const igamma = (a: Tensor, x: Tensor): Tensor => incomplete("igamma", a, x, false);
/**
 * The regularized upper incomplete gamma function, 1 − igamma(a, x).
 *
 * @throws DlError for an a that requires a gradient.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.gammaincc
 *
 * @example
 * igammac(tensor([4, 0.5]), tensor([3, 20])) // => [0.647232, 2.53963e-10]
 */
export const igammac = (a: Tensor, x: Tensor): Tensor => incomplete("igammac", a, x, true);
