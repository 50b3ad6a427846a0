/** Activation functions that are more than an op of `@dl/tensor`. */
import * as T from "@dl/tensor/core";
import {
  DlError,
  type DType,
  defineMap,
  expr,
  formatShape,
  type Generator,
  ShapeError,
  scatter,
  type Tensor,
} from "@dl/tensor/core";
import { applied, type Inplace } from "./inplace.ts";
import { deviceUniform } from "./random.ts";

export { softsign, tanhshrink } from "@dl/tensor/core";

/** min(max(x, 0), 6) */
export const relu6 = (x: Tensor, { inplace = false }: Inplace = {}): Tensor =>
  applied(x, inplace, (t) => T.hardtanh(t, 0, 6));
/** max(0, x) + min(0, alpha · (exp(x / alpha) − 1)) */
export const celu = (
  x: Tensor,
  { alpha = 1, inplace = false }: Inplace & { alpha?: number } = {},
): Tensor => applied(x, inplace, (t) => T.celu(t, alpha));
/** 1.0507 · x where it is positive, else 1.0507 · 1.6733 · (exp(x) − 1). */
export const selu = (x: Tensor, { inplace = false }: Inplace = {}): Tensor =>
  applied(x, inplace, T.selu);
/** min(max(x + 3, 0), 6) / 6 */
export const hardsigmoid = (x: Tensor, { inplace = false }: Inplace = {}): Tensor =>
  applied(x, inplace, T.hardsigmoid);
/** x · hardsigmoid(x) */
export const hardswish = (x: Tensor, { inplace = false }: Inplace = {}): Tensor =>
  applied(x, inplace, T.hardswish);
/** x · tanh(softplus(x)) */
export const mish = (x: Tensor, { inplace = false }: Inplace = {}): Tensor =>
  applied(x, inplace, T.mish);
/** x where it exceeds the threshold, else the value. */
export const threshold = (
  x: Tensor,
  limit: number,
  value: number,
  { inplace = false }: Inplace = {},
): Tensor => applied(x, inplace, (t) => T.threshold(t, limit, value));
/** 0 within ±lambd, else x. */
export const hardshrink = (x: Tensor, { lambd = 0.5 }: { lambd?: number } = {}): Tensor =>
  T.hardshrink(x, lambd);
/** x moved towards 0 by lambd, and 0 within ±lambd. */
export function softshrink(x: Tensor, { lambd = 0.5 }: { lambd?: number } = {}): Tensor {
  if (!(lambd >= 0)) throw new DlError("value", `softshrink: lambd = ${lambd} has to be 0 or more`);
  return T.softshrink(x, lambd);
}
/** softmax of −x along `dim`: the smallest gets the most. */
export const softmin = (x: Tensor, dim: number, options: { dtype?: DType } = {}): Tensor =>
  T.scope(() => T.softmax(x.neg(), dim, options));

/**
 * The first half along `dim`, times the sigmoid of the second.
 *
 * @throws ShapeError when that dimension is odd.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.glu.html
 *
 * @example
 * glu(tensor([3, 0])) // => [1.5]
 */
export function glu(x: Tensor, { dim = -1 }: { dim?: number } = {}): Tensor {
  const axis = T.wrapDim(dim, x.rank, "glu");
  const size = x.shape[axis];
  if (x.rank === 0 || size % 2 !== 0) {
    throw new ShapeError(
      `glu: dimension ${dim} of the input ${formatShape(x.shape)} has to be even: its halves are value and gate`,
    );
  }
  return T.scope(() => gated(x.narrow(axis, 0, size / 2), x.narrow(axis, size / 2, size / 2)));
}
const gated = defineMap<[Tensor, Tensor]>("glu", (value, gate) =>
  expr.mul(value, expr.sigmoid(gate)),
);

/**
 * x where it is positive, else weight · x: one weight for all, or one per channel (dimension 1).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html
 *
 * @example
 * prelu(tensor([[-1, -1]]), tensor([0.1, 0.5])) // => [[-0.1, -0.5]]
 */
export const prelu = T.prelu;

export interface RReLUOptions extends Inplace {
  /** Smallest slope. Default 1/8. */
  lower?: number;
  /** Largest slope. Default 1/3. */
  upper?: number;
  /** Draw the slopes instead of taking the middle one. Default false. */
  training?: boolean;
  generator?: Generator;
}
const randomized = defineMap<[Tensor, Tensor, number, number]>(
  "rrelu",
  (x, u, lower, range) =>
    expr.select(expr.lt(0, x), x, expr.mul(x, expr.add(lower, expr.mul(u, range)))),
  // Not of u.
  {
    gradient: (g, [x, u, lower, range]) => [
      expr.select(expr.lt(0, x), g, expr.mul(g, expr.add(lower, expr.mul(u, range)))),
      undefined,
    ],
  },
);
/** x where it is positive, else x times a slope: in training one per element, uniform on [lower, upper), else the mean. */
export function rrelu(
  x: Tensor,
  { lower = 1 / 8, upper = 1 / 3, training = false, inplace = false, generator }: RReLUOptions = {},
): Tensor {
  if (!(lower <= upper))
    throw new DlError("value", `rrelu: lower = ${lower} exceeds upper = ${upper}`);
  if (!training) return applied(x, inplace, (t) => T.leakyRelu(t, (lower + upper) / 2));
  return applied(x, inplace, (t) =>
    T.scope(() => randomized(t, deviceUniform(t.shape, t, generator), lower, upper - lower)),
  );
}

/** The same, written into the input. */
export const celu_ = (x: Tensor, options: { alpha?: number } = {}): Tensor =>
  celu(x, { ...options, inplace: true });
export const selu_ = (x: Tensor): Tensor => selu(x, { inplace: true });
export const rrelu_ = (x: Tensor, options: Omit<RReLUOptions, "inplace"> = {}): Tensor =>
  rrelu(x, { ...options, inplace: true });
export const threshold_ = (x: Tensor, limit: number, value: number): Tensor =>
  threshold(x, limit, value, { inplace: true });

export interface GumbelSoftmaxOptions {
  /** The lower, the closer to one class. Default 1. */
  tau?: number;
  /** One class exactly; the gradient is that of the soft sample. Default false. */
  hard?: boolean;
  /** Default: the last dimension. */
  dim?: number;
  generator?: Generator;
}
/** −log(−log(u)), for u above 0 and below 1 */
const gumbel = defineMap<[Tensor]>("gumbelSoftmax", (u) =>
  expr.neg(expr.log(expr.neg(expr.log(expr.max(u, 2 ** -25))))),
);
/**
 * Samples of classes with unnormalised log-probabilities, differentiable: softmax((logits + noise) / tau) along `dim`,
 * with noise of the Gumbel distribution. The noise comes from the device's counter-based stream.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gumbel_softmax.html
 *
 * @example
 * gumbelSoftmax(tensor([[0, 0, 200]]), { hard: true }) // => [[0, 0, 1]]
 */
export const gumbelSoftmax = (
  logits: Tensor,
  { tau = 1, hard = false, dim = -1, generator }: GumbelSoftmaxOptions = {},
): Tensor =>
  T.scope(() => {
    const noise = gumbel(deviceUniform(logits.shape, logits, generator));
    const soft = T.softmax(logits.add(noise).div(tau), dim);
    if (!hard) return soft;
    const index = soft.detach().argmax(dim, { keepdim: true });
    const one = scatter(soft.detach().mul(0), dim, index, 1);
    return one.sub(soft.detach()).add(soft);
  });
