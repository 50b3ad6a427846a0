/** Activation functions: expressions, each one kernel forward and one backward. */
import { defineMap } from "../define.ts";
import * as E from "../expr.ts";
import type { Tensor } from "../tensor.ts";

type Unary = [Tensor];
const float = { result: "float" } as const;

/** max(x, 0), letting NaN pass; the gradient at 0 is 0. */
export const relu = defineMap<Unary>("relu", (x) => E.select(E.le(x, 0), 0, x), {
  // From the output, so that the input need not be kept.
  gradient: (g, _, y) => [E.select(E.le(y, 0), 0, g)],
});
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
  (x, alpha) => E.select(E.lt(0, x), x, E.mul(alpha, E.expm1(x))),
  float,
);
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
