/**
 * Layers as functions of their parameters: PyTorch's `torch.nn.functional`, but for losses, which are in `@dl/losses`.
 *
 * @see https://docs.pytorch.org/docs/stable/nn.functional.html
 */
import * as T from "@dl/tensor";
import {
  DlError,
  type DType,
  formatShape,
  type Generator,
  ShapeError,
  type Tensor,
} from "@dl/tensor";
import { normalizeByBatch, normalizeByStatistics } from "./batchNorm.ts";

export {
  adaptiveAvgPool2d,
  avgPool2d,
  conv2d,
  logSigmoid,
  maxPool2d,
  maxPool2dWithIndices,
  oneHot,
  pad,
  sigmoid,
  tanh,
} from "@dl/tensor";

/** x Wᵀ + b: x `[..., in]`, weight `[out, in]`, bias `[out]`. */
export function linear(x: Tensor, weight: Tensor, { bias }: { bias?: Tensor | null } = {}): Tensor {
  const features = weight.shape.at(-1);
  if (x.shape.at(-1) !== features) {
    throw new ShapeError(
      `linear: the last dimension of the input ${formatShape(x.shape)} has to be ${features}, that of the weight ${formatShape(weight.shape)}`,
    );
  }
  const product = x.matmul(weight.t());
  if (!bias) return product;
  const y = product.add(bias);
  T.letGo(product);
  return y;
}

export interface BatchNormArguments {
  weight?: Tensor | null;
  bias?: Tensor | null;
  /** Use the batch's statistics, and move the running ones towards them. Default false. */
  training?: boolean;
  momentum?: number;
  eps?: number;
}
/** (x − mean) / √(variance + eps) · weight + bias per channel (dimension 1). */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  { weight, bias, training = false, momentum = 0.1, eps = 1e-5 }: BatchNormArguments = {},
): Tensor {
  if (x.rank < 2)
    throw new ShapeError(`batchNorm: the input has to be [N, C, ...], got ${formatShape(x.shape)}`);
  if (training) {
    const running =
      runningMean && runningVar
        ? { mean: runningMean, variance: runningVar, factor: momentum }
        : undefined;
    return normalizeByBatch(x, { weight, bias }, eps, running);
  }
  if (!runningMean || !runningVar)
    throw new DlError("value", "batchNorm: without training there have to be running statistics");
  return normalizeByStatistics(x, runningMean, runningVar, { weight, bias }, eps);
}

const masked = T.defineMap<[Tensor, Tensor, number]>("dropout", (x, mask, scale) =>
  T.expr.select(T.expr.ne(mask, 0), T.expr.mul(x, scale), 0),
);
export function checkProbability(p: number, name: string): void {
  if (!(p >= 0 && p <= 1)) {
    throw new DlError(
      "value",
      `${name}: p = ${p} is the probability that an element is dropped: from 0 to 1`,
    );
  }
}
export interface DropoutOptions {
  /** How likely an element is dropped. Default 0.5. */
  p?: number;
  /** Without it everything passes. Default true. */
  training?: boolean;
  inplace?: boolean;
  generator?: Generator;
}
/** Each element 0 with probability p, or divided by 1 − p. */
export function dropout(
  x: Tensor,
  { p = 0.5, training = true, inplace = false, generator }: DropoutOptions = {},
): Tensor {
  checkProbability(p, "dropout");
  T.checkTensor(x, "dropout", 0);
  if (!training || p === 0) return x;
  if (!T.isFloating(x.dtype))
    throw new DlError("dtype", `dropout: the input is ${x.dtype}: x.to("float32") converts it`);
  return applied(x, inplace, (source) => {
    const mask = T.randomMask(x.shape, 1 - p, {
      device: x.device,
      ...(generator && { generator }),
    });
    const y = masked(source, mask, p === 1 ? 0 : 1 / (1 - p));
    mask.dispose();
    return y;
  });
}

// ---- activations ---------------------------------------------------------------------------------------------------

export interface Inplace {
  /** Write the result into the input. Default false. */
  inplace?: boolean;
}
/** With `inplace`, what the gradient has to look back at is copied first. */
function applied(x: Tensor, inplace: boolean, fn: (x: Tensor) => Tensor): Tensor {
  if (!inplace) return fn(x);
  return x.copy_(fn(x.requiresGrad ? x.clone() : x));
}

/** max(x, 0) */
export const relu = (x: Tensor, { inplace = false }: Inplace = {}): Tensor =>
  inplace ? x.relu_() : T.relu(x);
/** x where it is positive, else negativeSlope · x. */
export const leakyRelu = (
  x: Tensor,
  { negativeSlope = 0.01, inplace = false }: Inplace & { negativeSlope?: number } = {},
): Tensor => applied(x, inplace, (t) => T.leakyRelu(t, negativeSlope));
/** x where it is positive, else alpha · (exp(x) − 1). */
export const elu = (
  x: Tensor,
  { alpha = 1, inplace = false }: Inplace & { alpha?: number } = {},
): Tensor => applied(x, inplace, (t) => T.elu(t, alpha));
/** x · Φ(x); with `approximate: "tanh"` by its approximation. */
export function gelu(
  x: Tensor,
  { approximate = "none" }: { approximate?: "none" | "tanh" } = {},
): Tensor {
  if (approximate !== "none" && approximate !== "tanh") {
    throw new DlError(
      "value",
      `gelu: approximate is "none" or "tanh", got ${JSON.stringify(approximate)}`,
    );
  }
  return approximate === "tanh" ? T.geluTanh(x) : T.gelu(x);
}
/** x · sigmoid(x) */
export const silu = (x: Tensor, { inplace = false }: Inplace = {}): Tensor =>
  applied(x, inplace, T.silu);
/** log(1 + exp(beta · x)) / beta, and x itself where beta · x exceeds the threshold. */
export const softplus = (
  x: Tensor,
  { beta = 1, threshold = 20 }: { beta?: number; threshold?: number } = {},
): Tensor => T.softplus(x, beta, threshold);
/** x limited to [minVal, maxVal]. */
export const hardtanh = (
  x: Tensor,
  { minVal = -1, maxVal = 1, inplace = false }: Inplace & { minVal?: number; maxVal?: number } = {},
): Tensor => applied(x, inplace, (t) => T.hardtanh(t, minVal, maxVal));

export interface SoftmaxOptions {
  dim: number;
  dtype?: DType;
}
/** exp(x) / Σ exp(x) along `dim`. */
export const softmax = (
  x: Tensor,
  dim: number | SoftmaxOptions,
  options: { dtype?: DType } = {},
): Tensor => (typeof dim === "number" ? T.softmax(x, dim, options) : T.softmax(x, dim.dim, dim));
/** log softmax along `dim`. */
export const logSoftmax = (
  x: Tensor,
  dim: number | SoftmaxOptions,
  options: { dtype?: DType } = {},
): Tensor =>
  typeof dim === "number" ? T.logSoftmax(x, dim, options) : T.logSoftmax(x, dim.dim, dim);

// ---- distances -----------------------------------------------------------------------------------------------------

/**
 * x / max(‖x‖ₚ, eps) along `dim`.
 *
 * @example
 * normalize(tensor([[3, 4]])) // => [[0.6, 0.8]]
 */
export const normalize = (x: Tensor, { p = 2, dim = 1, eps = 1e-12 } = {}): Tensor =>
  T.scope(() => x.div(x.norm({ p, dim, keepdim: true }).clamp({ min: eps })));
/**
 * Σ a·b / (max(‖a‖, eps) · max(‖b‖, eps)) along `dim`.
 *
 * @example
 * cosineSimilarity(tensor([[1, 0]]), tensor([[1, 1]])) // => [0.707107]
 */
export const cosineSimilarity = (a: Tensor, b: Tensor, { dim = 1, eps = 1e-8 } = {}): Tensor =>
  T.scope(() => normalize(a, { dim, eps }).mul(normalize(b, { dim, eps })).sum(dim));
