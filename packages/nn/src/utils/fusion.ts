/** A layer and the batch norm behind it as one layer, for evaluation. */
import {
  DlError,
  defaultGenerator,
  onesLike,
  scope,
  type Tensor,
  zerosLike,
} from "@dl/tensor/core";
import type { ConvNd } from "../convNd.ts";
import { Linear } from "../linear.ts";
import type { Module } from "../module.ts";
import type { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "../norm.ts";
import { Parameter } from "../parameter.ts";
import { quietly } from "../quiet.ts";

type BatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d;
interface BatchNormState {
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;
  readonly eps: number;
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
}

/** weight · γ / √(variance + eps), and (bias − mean) · γ / √(variance + eps) + β. */
function fused(
  weight: Tensor,
  bias: Tensor | null,
  { runningMean: mean, runningVar: variance, eps, weight: gamma, bias: beta }: BatchNormState,
  channel: number,
): [weight: Parameter, bias: Parameter] {
  if (!mean || !variance)
    throw new DlError("value", "fusion: the batch norm has no running statistics");
  const [w, b] = quietly(() =>
    scope(() => {
      const scale = (gamma ?? onesLike(mean)).mul(variance.add(eps).rsqrt());
      const shift = (bias ?? zerosLike(mean)).sub(mean).mul(scale);
      const along = scale.reshape(weight.shape.map((_, d) => (d === channel ? -1 : 1)));
      return [weight.mul(along).to(weight.dtype), beta ? shift.add(beta) : shift];
    }),
  );
  const options = { requiresGrad: weight.requiresGrad };
  return [
    new Parameter(w, options),
    new Parameter(b.to((bias ?? weight).dtype), { requiresGrad: bias?.requiresGrad ?? false }),
  ];
}

/** A layer is made anew without touching the stream of random numbers. */
function remade<M>(make: () => M): M {
  const state = defaultGenerator.getState();
  const made = make();
  defaultGenerator.setState(state);
  return made;
}
function checkEvaluation(name: string, ...modules: Module[]): void {
  if (modules.some((m) => m.training))
    throw new DlError("value", `${name}: both modules have to be in evaluation mode: eval()`);
}

/**
 * A convolution that does what `conv` and then `bn` do in evaluation. Neither is changed.
 *
 * @param options `transpose: true` for transposed convolutions. Default false.
 * @throws DlError "value" in training mode, and without running statistics.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fuse_conv_bn_eval.html
 *
 * @example
 * const conv = new Conv2d(3, 8, 3, { bias: false }).eval();
 * fuseConvBnEval(conv, new BatchNorm2d(8).eval()).bias!.shape // => [8]
 */
export function fuseConvBnEval<M extends ConvNd>(
  conv: M,
  bn: BatchNorm,
  { transpose = false }: { transpose?: boolean } = {},
): M {
  checkEvaluation("fuseConvBnEval", conv, bn);
  const { weight, kernelSize, outputPadding, inChannels, outChannels } = conv;
  const { stride, padding, dilation, groups, paddingMode } = conv;
  const options = { stride, padding, dilation, groups, paddingMode, outputPadding };
  const Layer = conv.constructor as new (...args: unknown[]) => M;
  const placed = { ...options, dtype: weight.dtype, device: weight.device };
  const copy = remade(() => new Layer(inChannels, outChannels, kernelSize, placed)).eval();
  const [w, b] = fused(weight, conv.bias, bn, transpose ? 1 : 0);
  copy.weight = w;
  copy.bias = b;
  return copy;
}
/**
 * Weight and bias of {@link fuseConvBnEval}.
 *
 * @param bias of the convolution, or null
 * @param runningMean of the batch norm, and so are the next
 * @param options `transpose: true` for transposed convolutions. Default false.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fuse_conv_bn_weights.html
 *
 * @example
 * const [weight] = fuseConvBnWeights(ones(1, 1, 1), null, zeros(1), ones(1), 0, tensor([3]), null);
 * weight // => [[[3]]]
 */
export const fuseConvBnWeights = (
  weight: Tensor,
  bias: Tensor | null,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  eps: number,
  bnWeight: Tensor | null,
  bnBias: Tensor | null,
  { transpose = false }: { transpose?: boolean } = {},
): [weight: Parameter, bias: Parameter] =>
  fused(
    weight,
    bias,
    { runningMean, runningVar, eps, weight: bnWeight, bias: bnBias },
    transpose ? 1 : 0,
  );

/**
 * A linear layer that does what `linear` and then `bn` do in evaluation. Neither is changed.
 *
 * @throws DlError "value" in training mode, without running statistics, and for another number of features.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fuse_linear_bn_eval.html
 *
 * @example
 * const layer = fuseLinearBnEval(new Linear(3, 4).eval(), new BatchNorm1d(4).eval());
 * layer.weight.shape // => [4, 3]
 */
export function fuseLinearBnEval(linear: Linear, bn: BatchNorm): Linear {
  checkEvaluation("fuseLinearBnEval", linear, bn);
  const { inFeatures, outFeatures, weight, bias } = linear;
  if (bn.numFeatures !== outFeatures && bn.numFeatures !== 1) {
    throw new DlError(
      "value",
      `fuseLinearBnEval: the batch norm has ${bn.numFeatures} features, expected ${outFeatures} or 1`,
    );
  }
  const options = { dtype: weight.dtype, device: weight.device };
  const copy = remade(() => new Linear(inFeatures, outFeatures, options)).eval();
  [copy.weight, copy.bias] = fused(weight, bias, bn, 0);
  return copy;
}
/**
 * Weight and bias of {@link fuseLinearBnEval}, with the arguments of {@link fuseConvBnWeights}.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fuse_linear_bn_weights.html
 *
 * @example
 * const [, bias] = fuseLinearBnWeights(ones(1, 1), null, tensor([2]), ones(1), 0, ones(1), zeros(1));
 * bias // => [-2]
 */
export const fuseLinearBnWeights = (
  weight: Tensor,
  bias: Tensor | null,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  eps: number,
  bnWeight: Tensor | null,
  bnBias: Tensor | null,
): [weight: Parameter, bias: Parameter] =>
  fused(weight, bias, { runningMean, runningVar, eps, weight: bnWeight, bias: bnBias }, 0);
