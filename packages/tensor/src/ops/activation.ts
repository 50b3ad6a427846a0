/** Activation functions: expressions, each one kernel forward and one backward. */
import { defineMap } from "../define.ts";
import { formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { write } from "./inplace.ts";

type Unary = [Tensor];
const float = { result: "float" } as const;

/** max(x, 0), letting NaN pass; the gradient at 0 is 0. */
export const relu = defineMap<Unary>("relu", (x) => E.select(E.le(x, 0), 0, x), {
  // From the output, so that the input need not be kept.
  gradient: (g, _, y) => [E.select(E.le(y, 0), 0, g)],
});
export const relu_ = (x: Tensor): Tensor => write(x, "relu_", relu(x));
export const sigmoid = defineMap<Unary>("sigmoid", (x) => E.sigmoid(x), float);
export const tanh = defineMap<Unary>("tanh", (x) => E.tanh(x), float);
/** x · sigmoid(x) */
export const silu = defineMap<Unary>("silu", (x) => E.mul(x, E.sigmoid(x)), float);
/** x · Φ(x), by the error function. */
export const gelu = defineMap<Unary>(
  "gelu",
  (x) => E.mul(E.mul(0.5, x), E.add(1, E.erf(E.mul(x, Math.SQRT1_2)))),
  float,
);
/** The approximation of gelu by tanh (Hendrycks and Gimpel, 2016). */
export const geluTanh = defineMap<Unary>(
  "geluTanh",
  (x) => {
    const inner = E.mul(Math.sqrt(2 / Math.PI), E.add(x, E.mul(0.044715, E.mul(x, E.mul(x, x)))));
    return E.mul(E.mul(0.5, x), E.add(1, E.tanh(inner)));
  },
  float,
);
/** x where it is positive, else negativeSlope · x. */
export const leakyRelu = defineMap<[Tensor, number]>(
  "leakyRelu",
  (x, slope) => E.select(E.lt(0, x), x, E.mul(x, slope)),
  float,
);
/** x where it is positive, else alpha · (exp(x) − 1). */
export const elu = defineMap<[Tensor, number]>(
  "elu",
  (x, alpha) => E.select(E.le(x, 0), E.mul(alpha, E.expm1(negativePart(x))), x),
  float,
);
/** min(x, 0): exp of it does not overflow, so that its gradient, of any order, is not 0 · ∞. */
const negativePart = (x: E.Expr): E.Expr => E.select(E.le(x, 0), x, 0);
/** log(1 + exp(beta · x)) / beta; x itself where beta · x exceeds the threshold. */
export const softplus = defineMap<[Tensor, number, number]>(
  "softplus",
  (x, beta, threshold) => {
    const z = E.mul(x, beta);
    // log1p(exp(z)) overflows above 88; max(z, 0) + log1p(exp(−|z|)) is the same number.
    const stable = E.add(E.select(E.lt(0, z), z, 0), E.log1p(E.exp(E.neg(E.abs(z)))));
    return E.select(E.lt(threshold, z), x, E.div(stable, beta));
  },
  {
    result: "float",
    gradient: (g, [x, beta, threshold]) => [
      E.select(E.lt(threshold, E.mul(x, beta)), g, E.mul(g, E.sigmoid(E.mul(x, beta)))),
    ],
  },
);
/** x between minVal and maxVal; no gradient outside and at the ends. */
export const hardtanh = defineMap<[Tensor, number, number]>(
  "hardtanh",
  (x, low, high) => E.select(E.lt(x, low), low, E.select(E.lt(high, x), high, x)),
  { gradient: (g, [x, low, high]) => [E.select(E.or(E.le(x, low), E.le(high, x)), 0, g)] },
);
/** log sigmoid(x) = min(x, 0) − log1p(exp(−|x|)) */
export const logSigmoid = defineMap<Unary>(
  "logSigmoid",
  (x) =>
    E.sub(E.select(E.lt(x, 0), x, E.select(E.isNaN(x), x, 0)), E.log1p(E.exp(E.neg(E.abs(x))))),
  { result: "float", gradient: (g, [x]) => [E.mul(g, E.sigmoid(E.neg(x)))] },
);

/** x where it is positive, else alpha · (exp(x / alpha) − 1): smooth for every alpha. */
export const celu = defineMap<[Tensor, number]>(
  "celu",
  (x, alpha) => E.select(E.le(x, 0), E.mul(alpha, E.expm1(E.div(negativePart(x), alpha))), x),
  float,
);
/** elu times a scale, with the two numbers at which mean 0 and variance 1 are a fixed point (Klambauer et al., 2017). */
export const selu = defineMap<Unary>(
  "selu",
  (x) =>
    E.mul(SELU_SCALE, E.select(E.le(x, 0), E.mul(1.6732632423543772, E.expm1(negativePart(x))), x)),
  float,
);
const SELU_SCALE = 1.0507009873554805;
/** x where it exceeds the threshold, else the value; NaN passes. */
export const threshold = defineMap<[Tensor, number, number]>("threshold", (x, limit, value) =>
  E.select(E.le(x, limit), value, x),
);
/** The weight is broadcast. */
const weighted = defineMap<[Tensor, Tensor]>(
  "prelu",
  (x, weight) => E.select(E.lt(0, x), x, E.mul(weight, x)),
  {
    result: "float",
    // Chosen after the product, so that an infinite x leaves no NaN behind.
    gradient: (g, [x, weight]) => [
      E.select(E.lt(0, x), g, E.mul(g, weight)),
      E.select(E.lt(0, x), 0, E.mul(g, x)),
    ],
  },
);
/**
 * x where it is positive, else weight · x: one weight for all, or one per channel (dimension 1).
 *
 * @throws ShapeError when there are neither one nor as many weights as channels.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html
 *
 * @example
 * prelu(tensor([[-1, -1]]), tensor([0.1, 0.5])) // => [[-0.1, -0.5]]
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  if (weight.rank > 1)
    throw new ShapeError(`prelu: the weight has to be a vector, got ${formatShape(weight.shape)}`);
  if (weight.numel === 1) return scope(() => weighted(x, weight.reshape([])));
  const channels = x.rank > 1 ? x.shape[1] : 1;
  if (weight.numel !== channels)
    throw new ShapeError(
      `prelu: there are ${weight.numel} weights for ${channels} channels of the input ${formatShape(x.shape)}: one for all, or one per channel`,
    );
  const shape = x.shape.map((_, d) => (d === 1 ? channels : 1));
  return scope(() => weighted(x, weight.reshape(shape)));
}
const sixth = (x: E.Expr): E.Expr => E.div(E.min(E.max(E.add(x, 3), 0), 6), 6);
/** A line from 0 at −3 to 1 at 3. */
export const hardsigmoid = defineMap<Unary>("hardsigmoid", sixth, {
  result: "float",
  gradient: (g, [x]) => [E.select(E.and(E.lt(-3, x), E.lt(x, 3)), E.div(g, 6), 0)],
});
/** x · hardsigmoid(x); the gradient is 0 at −3 and below, and 1 from 3 on. */
export const hardswish = defineMap<Unary>("hardswish", (x) => E.mul(x, sixth(x)), {
  result: "float",
  gradient: (g, [x]) => [
    E.select(E.le(x, -3), 0, E.select(E.lt(x, 3), E.mul(g, E.add(E.div(x, 3), 0.5)), g)),
  ],
});
/**
 * x · tanh(log(1 + exp(x))). With s = sigmoid(x) and r = sigmoid(−x) the factor is s (1 + r) / (1 + r²), in which nothing
 * overflows, nor in its derivatives.
 */
export const mish = defineMap<Unary>(
  "mish",
  (x) => {
    const [s, r] = [E.sigmoid(x), E.sigmoid(E.neg(x))];
    return E.mul(x, E.div(E.mul(s, E.add(1, r)), E.add(1, E.mul(r, r))));
  },
  float,
);
const within = (x: E.Expr, limit: E.Expr): E.Expr => E.and(E.le(E.neg(limit), x), E.le(x, limit));
/** 0 within ±limit, else x. */
export const hardshrink = defineMap<[Tensor, number]>("hardshrink", (x, limit) =>
  E.select(within(x, limit), 0, x),
);
/** x moved towards 0 by the limit, and 0 within ±limit; NaN passes. */
export const softshrink = defineMap<[Tensor, number]>(
  "softshrink",
  (x, limit) =>
    E.select(
      E.lt(limit, x),
      E.sub(x, limit),
      E.select(E.lt(x, E.neg(limit)), E.add(x, limit), E.select(E.isNaN(x), x, 0)),
    ),
  { gradient: (g, [x, limit]) => [E.select(within(x, limit), 0, g)] },
);
/** x / (1 + |x|) */
export const softsign = defineMap<Unary>("softsign", (x) => E.div(x, E.add(1, E.abs(x))), float);
/** x − tanh(x) */
export const tanhshrink = defineMap<Unary>("tanhshrink", (x) => E.sub(x, E.tanh(x)), float);
