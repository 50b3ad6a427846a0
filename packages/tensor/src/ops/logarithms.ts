/** Logarithms and exponentials of two operands, and what is made of them. */
import { defineMap, type Operand } from "../define.ts";
import * as E from "../expr.ts";
import type { Tensor } from "../tensor.ts";

type Binary = [Operand, Operand];

/** m + log(1 + exp(−|a − b|)) with the larger m; equal operands may be infinite, and ∞ − ∞ is NaN. */
const logOfSum = (a: E.Expr, b: E.Expr, exponent: (x: E.Expr) => E.Expr, unit: number): E.Expr => {
  const isEqualInfinity = E.and(E.eq(a, b), E.eq(E.abs(a), Infinity));
  const difference = E.abs(E.sub(a, E.select(isEqualInfinity, 0, b)));
  const rest = E.div(E.log1p(exponent(E.neg(difference))), unit);
  return E.select(isEqualInfinity, a, E.add(E.max(a, b), rest));
};
/**
 * log(exp(a) + exp(b)), without overflow.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.logaddexp.html
 *
 * @example
 * logaddexp(tensor([1000, 0]), tensor([1000, 1])) // => [1000.69, 1.31326]
 */
export const logaddexp = defineMap<Binary>("logaddexp", (a, b) => logOfSum(a, b, E.exp, 1), {
  result: "float",
  gradient: (g, [a, b]) => [E.mul(g, E.sigmoid(E.sub(a, b))), E.mul(g, E.sigmoid(E.sub(b, a)))],
});
/**
 * log₂(2ᵃ + 2ᵇ), without overflow.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.logaddexp2.html
 *
 * @example
 * logaddexp2(tensor([1000, 0]), tensor([1000, 1])) // => [1001, 1.58496]
 */
export const logaddexp2 = defineMap<Binary>(
  "logaddexp2",
  (a, b) => logOfSum(a, b, (x) => E.exp(E.mul(Math.LN2, x)), Math.LN2),
  {
    result: "float",
    gradient: (g, [a, b]) => [
      E.mul(g, E.sigmoid(E.mul(Math.LN2, E.sub(a, b)))),
      E.mul(g, E.sigmoid(E.mul(Math.LN2, E.sub(b, a)))),
    ],
  },
);

/** x · f(y), and 0 where x is 0 and y a number. */
const timesLog = (x: E.Expr, y: E.Expr, log: E.Expr): E.Expr =>
  E.select(E.and(E.eq(x, 0), E.eq(y, y)), 0, E.mul(x, log));
/**
 * x · log(y); 0 where x is 0, also for y = 0.
 *
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.xlogy
 *
 * @example
 * xlogy(tensor([0, 2]), tensor([0, 3])) // => [0, 2.19722]
 */
export const xlogy = defineMap<Binary>("xlogy", (x, y) => timesLog(x, y, E.log(y)), {
  result: "float",
  gradient: (g, [x, y]) => [
    E.select(E.and(E.eq(x, 0), E.le(y, 0)), 0, E.mul(g, E.log(y))),
    E.div(E.mul(g, x), y),
  ],
});
/**
 * x · log(1 + y); 0 where x is 0, also for y = −1.
 *
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.xlog1py
 *
 * @example
 * xlog1py(tensor([0, 2]), tensor([-1, 3])) // => [0, 2.77259]
 */
export const xlog1py = defineMap<Binary>("xlog1py", (x, y) => timesLog(x, y, E.log1p(y)), {
  result: "float",
  gradient: (g, [x, y]) => [
    E.select(E.and(E.eq(x, 0), E.le(y, -1)), 0, E.mul(g, E.log1p(y))),
    E.div(E.mul(g, x), E.add(y, 1)),
  ],
});

/**
 * 2ˣ.
 *
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.exp2
 *
 * @example
 * exp2(tensor([-1, 0, 10])) // => [0.5, 1, 1024]
 */
export const exp2 = defineMap<[Tensor]>("exp2", (x) => E.pow(2, x), {
  result: "float",
  gradient: (g, _, y) => [E.mul(g, E.mul(Math.LN2, y))],
});

const logOdds = defineMap<[Tensor]>("logit", (x) => E.log(E.div(x, E.sub(1, x))), {
  result: "float",
  gradient: (g, [x]) => [
    E.select(E.or(E.lt(x, 0), E.lt(1, x)), Number.NaN, E.div(g, E.mul(x, E.sub(1, x)))),
  ],
});
const clampedLogOdds = defineMap<[Tensor, number, number]>(
  "logit",
  (x, low, high) => {
    const z = E.select(E.lt(x, low), low, E.select(E.lt(high, x), high, x));
    return E.log(E.div(z, E.sub(1, z)));
  },
  {
    result: "float",
    gradient: (g, [x, low, high]) => [
      E.select(E.or(E.lt(x, low), E.lt(high, x)), 0, E.div(g, E.mul(x, E.sub(1, x)))),
    ],
  },
);
/**
 * log(x / (1 − x)), the inverse of `sigmoid`.
 *
 * @param options.eps x is first limited to [eps, 1 − eps]; default null: NaN outside [0, 1].
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.logit
 *
 * @example
 * logit(tensor([0.25, 0, 1]), { eps: 0.1 }) // => [-1.09861, -2.19722, 2.19722]
 */
export const logit = (x: Tensor, { eps = null }: { eps?: number | null } = {}): Tensor =>
  eps === null ? logOdds(x) : clampedLogOdds(x, eps, 1 - eps);

/**
 * −x · log(x): 0 at 0, −∞ below.
 *
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.entr
 *
 * @example
 * entr(tensor([0, 0.5, -1])) // => [0, 0.346574, -Infinity]
 */
export const entr = defineMap<[Tensor]>(
  "entr",
  (x) => E.select(E.lt(x, 0), -Infinity, E.select(E.eq(x, 0), 0, E.neg(E.mul(x, E.log(x))))),
  { result: "float", gradient: (g, [x]) => [E.mul(g, E.sub(E.neg(E.log(x)), 1))] },
);
