import { conv1d, conv2d, conv3d, type PairArgument, type Tensor } from "@dl/tensor/core";
import { type ConvLayerOptions, ConvNd } from "./convNd.ts";

export type Conv1dOptions = ConvLayerOptions;
export type Conv2dOptions = ConvLayerOptions;
export type Conv3dOptions = ConvLayerOptions;

const CONVOLUTIONS = [conv1d, conv2d, conv3d];

abstract class Conv extends ConvNd {
  constructor(
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PairArgument,
    options: ConvLayerOptions,
  ) {
    super(dims, inChannels, outChannels, kernelSize, {
      ...options,
      transposed: false,
      outputPadding: 0,
    });
  }

  forward(x: Tensor): Tensor {
    this.check(x);
    const { weight, bias, stride, dilation, groups, paddingMode, kernelSize } = this;
    const padding = paddingMode === "zeros" ? this.padding : 0;
    return CONVOLUTIONS[kernelSize.length - 1](this.padded(x), weight, {
      bias,
      stride,
      padding,
      dilation,
      groups,
    });
  }
}

/**
 * Convolution of sequences (as everywhere in deep learning: cross-correlation).
 *
 *     y[n, o, i] = b[o] + Σ_{c,p} W[o, c, p] · x[n, c, i·stride + p·dilation − padding]
 *     x [N, in, L] or [in, L] → y [N, out, OL]
 *     weight [out, in / groups, K]      bias [out]
 *     OL = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1
 *
 * Weight and bias start uniform on (−k, k), k = 1/√(in / groups · K).
 *
 * @throws ShapeError when the input's channels are not `inChannels`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
 *
 * @example
 * new Conv1d(4, 8, 3, { stride: 2 })(zeros(2, 4, 50)).shape // => [2, 8, 24]
 */
export class Conv1d extends Conv {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PairArgument,
    options: Conv1dOptions = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Convolution of images (as everywhere in deep learning: cross-correlation).
 *
 *     y[n, o, i, j] = b[o] + Σ_{c,p,q} W[o, c, p, q] · x[n, c, i·stride + p·dilation − padding, …]
 *     x [N, in, H, W] or [in, H, W] → y [N, out, OH, OW]
 *     weight [out, in / groups, KH, KW]      bias [out]
 *     OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1
 *
 * Weight and bias start uniform on (−k, k), k = 1/√(in / groups · KH · KW).
 *
 * @throws ShapeError when the input's channels are not `inChannels`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 *
 * @example
 * new Conv2d(1, 8, 3, { padding: 1 })(zeros(2, 1, 28, 28)).shape // => [2, 8, 28, 28]
 */
export class Conv2d extends Conv {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PairArgument,
    options: Conv2dOptions = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Convolution of volumes: {@link Conv2d} in three dimensions.
 *
 *     x [N, in, D, H, W] or [in, D, H, W] → y [N, out, OD, OH, OW]
 *     weight [out, in / groups, KD, KH, KW]      bias [out]
 *
 * @throws ShapeError when the input's channels are not `inChannels`.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv3d.html
 *
 * @example
 * new Conv3d(1, 2, [1, 3, 3], { padding: "same" })(zeros(1, 1, 4, 5, 6)).shape // => [1, 2, 4, 5, 6]
 */
export class Conv3d extends Conv {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PairArgument,
    options: Conv3dOptions = {},
  ) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}
