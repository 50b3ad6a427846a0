/**
 * Layers as functions of their parameters: PyTorch's `torch.nn.functional`, but for losses, which are in `@dl/losses`.
 *
 * @see https://docs.pytorch.org/docs/stable/nn.functional.html
 */
import * as T from "@dl/tensor/core";
import { DlError, type DType, formatShape, ShapeError, type Tensor } from "@dl/tensor/core";
import { normalizeByBatch, normalizeByStatistics } from "./batchNorm.ts";
import { applied, type Inplace } from "./functional/inplace.ts";

export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  affineGrid,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  channelShuffle,
  col2im as fold,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  gridSample,
  im2col as unfold,
  interpolate,
  layerNorm,
  logSigmoid,
  logSigmoid as logsigmoid,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  oneHot,
  pad,
  pixelShuffle,
  pixelUnshuffle,
  sigmoid,
  tanh,
} from "@dl/tensor/core";

export {
  celu,
  celu_,
  type GumbelSoftmaxOptions,
  glu,
  gumbelSoftmax,
  hardshrink,
  hardsigmoid,
  hardswish,
  mish,
  prelu,
  relu6,
  rrelu,
  rrelu_,
  selu,
  selu_,
  softmin,
  softshrink,
  softsign,
  tanhshrink,
  threshold,
  threshold_,
} from "./functional/activation.ts";
export {
  type AttentionOptions,
  type MultiHeadAttentionOptions,
  multiHeadAttentionForward,
  scaledDotProductAttention,
} from "./functional/attention.ts";
export { bilinear } from "./functional/bilinear.ts";
export {
  cosineSimilarity,
  normalize,
  pairwiseDistance,
  pdist,
} from "./functional/distance.ts";
export {
  alphaDropout,
  checkProbability,
  type DropoutOptions,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from "./functional/dropout.ts";
export {
  type BagMode,
  type EmbeddingBagOptions,
  type EmbeddingLookup,
  embedding,
  embeddingBag,
} from "./functional/embedding.ts";
export {
  type LinearCrossEntropyCall,
  linearCrossEntropy,
} from "./functional/linearCrossEntropy.ts";
export {
  groupNorm,
  type InstanceNormArguments,
  instanceNorm,
  localResponseNorm,
  type ResponseNormOptions,
  rmsNorm,
} from "./functional/normalization.ts";
export type { Inplace };

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

// ---- activations ---------------------------------------------------------------------------------------------------

/** max(x, 0) */
export const relu = (x: Tensor, { inplace = false }: Inplace = {}): Tensor =>
  inplace ? T.relu_(x) : T.relu(x);
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

/** The same, written into the input. */
export const relu_ = (x: Tensor): Tensor => relu(x, { inplace: true });
export const leakyRelu_ = (x: Tensor, options: { negativeSlope?: number } = {}): Tensor =>
  leakyRelu(x, { ...options, inplace: true });
export const elu_ = (x: Tensor, options: { alpha?: number } = {}): Tensor =>
  elu(x, { ...options, inplace: true });
export const hardtanh_ = (x: Tensor, options: { minVal?: number; maxVal?: number } = {}): Tensor =>
  hardtanh(x, { ...options, inplace: true });

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
