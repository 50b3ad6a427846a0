/** Normalisation of each sample by itself. */
import {
  DlError,
  formatShape,
  layerNorm,
  ones,
  type Shape,
  ShapeError,
  type Tensor,
  zeros,
} from "@dl/tensor/core";
import { checkCounts, checkInput } from "./check.ts";
import {
  crossMapLRN2d,
  groupNorm,
  localResponseNorm,
  type ResponseNormOptions,
  rmsNorm,
} from "./functional/normalization.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { type LayerOptions, type Parameter, parameterOf } from "./parameter.ts";
import { bool, float, tuple } from "./python.ts";

const shapeOf = (shape: number | Shape): Shape =>
  typeof shape === "number" ? [shape] : [...shape];
const oneAt = (shape: Shape, options: LayerOptions): Parameter => parameterOf(ones(shape, options));
const zeroAt = (shape: Shape, options: LayerOptions): Parameter =>
  parameterOf(zeros(shape, options));

export interface LayerNormModuleOptions extends LayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Learn a weight and a bias per element. Default true. */
  elementwiseAffine?: boolean;
  /** `false` learns only the weight. Default true. */
  bias?: boolean;
}
/**
 * Normalisation of each sample over its last dimensions.
 *
 *     y = (x − mean) / √(variance + eps) · weight + bias
 *     x [..., normalizedShape] → y of that shape      weight, bias [normalizedShape]
 *
 * Mean and (biased) variance are those of each sample. Weight starts at 1, bias at 0.
 *
 * @param normalizedShape the sizes of the last dimensions, or of the last one
 * @throws ShapeError when the input does not end in that shape.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 *
 * @example
 * new LayerNorm(2)(tensor([[1, 3], [10, 30]])) // => [[-0.999995, 0.999995], [-1, 1]]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    normalizedShape: number | Shape,
    { eps = 1e-5, elementwiseAffine = true, bias = true, ...options }: LayerNormModuleOptions = {},
  ) {
    super();
    this.normalizedShape = shapeOf(normalizedShape);
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? oneAt(this.normalizedShape, options) : null;
    this.bias = elementwiseAffine && bias ? zeroAt(this.normalizedShape, options) : null;
  }
  resetParameters(): void {
    if (this.weight) init.ones_(this.weight);
    if (this.bias) init.zeros_(this.bias);
  }
  forward(x: Tensor): Tensor {
    const { normalizedShape, weight, bias, eps } = this;
    checkInput("LayerNorm", x, weight?.dtype);
    return layerNorm(x, normalizedShape, { weight, bias, eps });
  }
  override extraRepr(): string {
    return `${tuple(this.normalizedShape)}, eps=${float(this.eps)}, elementwise_affine=${bool(this.elementwiseAffine)}, bias=${bool(this.bias !== null)}`;
  }
}

/**
 * Each sample divided by its root mean square over the last dimensions.
 *
 *     y = x / √(mean of x² + eps) · weight
 *     x [..., normalizedShape] → y of that shape      weight [normalizedShape]
 *
 * Weight starts at 1. Zhang and Sennrich (2019), https://arxiv.org/abs/1910.07467.
 *
 * @param normalizedShape the sizes of the last dimensions, or of the last one
 * @param options `eps` is by default the dtype's machine epsilon, 1.19e-7 in float32.
 * @throws ShapeError when the input does not end in that shape.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
 *
 * @example
 * new RMSNorm(2)(tensor([[3, 4]])) // => [[0.848528, 1.131371]]
 */
export class RMSNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;

  constructor(
    normalizedShape: number | Shape,
    {
      eps = null,
      elementwiseAffine = true,
      ...options
    }: LayerOptions & { eps?: number | null; elementwiseAffine?: boolean } = {},
  ) {
    super();
    this.normalizedShape = shapeOf(normalizedShape);
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? oneAt(this.normalizedShape, options) : null;
  }
  resetParameters(): void {
    if (this.weight) init.ones_(this.weight);
  }
  forward(x: Tensor): Tensor {
    const { normalizedShape, weight, eps } = this;
    checkInput("RMSNorm", x, weight?.dtype);
    return rmsNorm(x, normalizedShape, { weight, eps });
  }
  override extraRepr(): string {
    return `${tuple(this.normalizedShape)}, eps=${float(this.eps)}, elementwise_affine=${bool(this.elementwiseAffine)}`;
  }
}

export interface GroupNormOptions extends LayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Learn a weight and a bias per channel. Default true. */
  affine?: boolean;
  /** `false` learns only the weight. Default true. */
  bias?: boolean;
}
/**
 * Normalisation of groups of channels of each sample: one group is all channels together, as many groups as channels
 * each by itself.
 *
 *     y = (x − mean) / √(variance + eps) · weight + bias
 *     x [N, C, ...] → y of that shape      weight, bias [C]
 *
 * Weight starts at 1, bias at 0.
 *
 * @throws DlError "value" when the channels do not divide into that many groups, ShapeError for another number of them.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
 *
 * @example
 * new GroupNorm(2, 4)(tensor([[1, 3, 10, 30]])) // => [[-0.999995, 0.999995, -1, 1]]
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    numGroups: number,
    numChannels: number,
    { eps = 1e-5, affine = true, bias = true, ...options }: GroupNormOptions = {},
  ) {
    super();
    checkCounts("GroupNorm", { numGroups, numChannels });
    if (numChannels % numGroups !== 0) {
      throw new DlError(
        "value",
        `GroupNorm: ${numChannels} channels do not divide into ${numGroups} groups`,
      );
    }
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.affine = affine;
    this.weight = affine ? oneAt([numChannels], options) : null;
    this.bias = affine && bias ? zeroAt([numChannels], options) : null;
  }
  resetParameters(): void {
    if (this.weight) init.ones_(this.weight);
    if (this.bias) init.zeros_(this.bias);
  }
  forward(x: Tensor): Tensor {
    const { numGroups, numChannels, weight, bias, eps } = this;
    checkInput("GroupNorm", x, weight?.dtype);
    if (affineMisfit(x, numChannels) && this.affine) {
      throw new ShapeError(
        `GroupNorm(${numGroups}, ${numChannels}): the input has to be [N, ${numChannels}, ...], got ${formatShape(x.shape)}`,
      );
    }
    return groupNorm(x, numGroups, { weight, bias, eps });
  }
  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${float(this.eps)}, affine=${bool(this.affine)}, bias=${bool(this.bias !== null)}`;
  }
}
const affineMisfit = ({ rank, shape }: Tensor, channels: number): boolean =>
  rank < 2 || shape[1] !== channels;

/**
 * Each element divided by how strong its neighbouring channels are.
 *
 *     y = x / (k + alpha · mean of x² over `size` neighbouring channels)^beta
 *     x [N, C, ...] → y of that shape
 *
 * Channels beyond the ends count as zero.
 *
 * @param options `alpha` 1e-4, `beta` 0.75, `k` 1
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html
 *
 * @example
 * new LocalResponseNorm(2, { alpha: 1, beta: 1 })(tensor([[[2], [4]]])) // => [[[0.666667], [0.363636]]]
 */
export class LocalResponseNorm extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
  constructor(size: number, { alpha = 1e-4, beta = 0.75, k = 1 }: ResponseNormOptions = {}) {
    super();
    checkCounts("LocalResponseNorm", { size });
    this.size = size;
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }
  forward(x: Tensor): Tensor {
    const { size, alpha, beta, k } = this;
    checkInput("LocalResponseNorm", x, undefined);
    return localResponseNorm(x, size, { alpha, beta, k });
  }
  override extraRepr(): string {
    return `${this.size}, alpha=${float(this.alpha)}, beta=${float(this.beta)}, k=${float(this.k)}`;
  }
}

/**
 * The older form of {@link LocalResponseNorm}, for images `[N, C, H, W]`. It has the numbers of PyTorch's, with their
 * two peculiarities: the first channel counts in the sums of all channels beyond its reach too, and the gradient sums
 * over a window that lies one channel lower.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossMapLRN2d.html
 *
 * @example
 * new CrossMapLRN2d(3)(zeros(1, 4, 2, 2)).shape // => [1, 4, 2, 2]
 */
export class CrossMapLRN2d extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
  constructor(size: number, { alpha = 1e-4, beta = 0.75, k = 1 }: ResponseNormOptions = {}) {
    super();
    checkCounts("CrossMapLRN2d", { size });
    this.size = size;
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }
  forward(x: Tensor): Tensor {
    const { size, alpha, beta, k } = this;
    checkInput("CrossMapLRN2d", x, undefined);
    if (x.rank !== 4)
      throw new ShapeError(
        `CrossMapLRN2d: the input has to be [N, C, H, W], got ${formatShape(x.shape)}`,
      );
    return crossMapLRN2d(x, { size, alpha, beta, k });
  }
  override extraRepr(): string {
    return `${this.size}, alpha=${float(this.alpha)}, beta=${float(this.beta)}, k=${this.k}`;
  }
}
