import {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  DlError,
  formatShape,
  type PairArgument,
  type Tensor,
} from "@dl/tensor/core";
import { type ConvLayerOptions, ConvNd } from "./convNd.ts";

export interface ConvTransposeLayerOptions
  extends Omit<ConvLayerOptions, "padding" | "paddingMode"> {
  /** Cut off the result on both sides. Default 0. */
  padding?: PairArgument;
  /** Added to the result's size on one side, where several sizes are possible. Default 0. */
  outputPadding?: PairArgument;
  /** Only "zeros". */
  paddingMode?: "zeros";
}
/** Options of a call. */
export interface ConvTransposeCall {
  /** The result's size in space, or its whole shape, instead of `outputPadding`. */
  outputSize?: readonly number[] | null;
}

const TRANSPOSES = [convTranspose1d, convTranspose2d, convTranspose3d];

abstract class ConvTranspose extends ConvNd {
  declare readonly padding: readonly number[];

  constructor(
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PairArgument,
    { outputPadding = 0, ...options }: ConvTransposeLayerOptions,
  ) {
    const { paddingMode = "zeros", padding } = options as ConvLayerOptions;
    if (paddingMode !== "zeros" || typeof padding === "string")
      throw new DlError(
        "value",
        `${new.target.name}: padding is numbers that cut the result, with paddingMode "zeros" alone, got ${JSON.stringify(typeof padding === "string" ? padding : paddingMode)}`,
      );
    super(dims, inChannels, outChannels, kernelSize, {
      ...options,
      transposed: true,
      outputPadding,
    });
  }

  forward(x: Tensor, { outputSize = null }: ConvTransposeCall = {}): Tensor {
    this.check(x);
    const { weight, bias, stride, padding, dilation, groups, kernelSize } = this;
    const outputPadding = outputSize ? this._extra(x, outputSize) : this.outputPadding;
    return TRANSPOSES[kernelSize.length - 1](x, weight, {
      bias,
      stride,
      padding,
      outputPadding,
      dilation,
      groups,
    });
  }

  /** The output padding that makes the result have this size. */
  private _extra(x: Tensor, outputSize: readonly number[]): number[] {
    const { stride, padding, dilation, kernelSize, inChannels, outChannels } = this;
    const dims = kernelSize.length;
    const name = `${this.constructor.name}(${inChannels}, ${outChannels})`;
    const size = outputSize.length === x.rank ? outputSize.slice(-dims) : outputSize;
    if (size.length !== dims)
      throw new DlError(
        "value",
        `${name}: outputSize has ${dims} sizes (or ${x.rank}, a whole shape), got ${formatShape(outputSize)}`,
      );
    const least = x.shape
      .slice(-dims)
      .map((n, i) => (n - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernelSize[i] - 1) + 1);
    const most = least.map((n, i) => n + stride[i] - 1);
    if (size.some((n, i) => n < least[i] || n > most[i]))
      throw new DlError(
        "value",
        `${name}: outputSize ${formatShape(size)} is not between ${formatShape(least)} and ${formatShape(most)}, which the input ${formatShape(x.shape)} can come from`,
      );
    return size.map((n, i) => n - least[i]);
  }
}

/**
 * The transpose of {@link Conv1d}: sequences become longer by `stride`.
 *
 *     x [N, in, L] or [in, L] → y [N, out, OL]
 *     weight [in, out / groups, K]      bias [out]
 *     OL = (L − 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1
 *
 * Weight and bias start uniform on (−k, k), k = 1/√(out / groups · K).
 *
 * @throws ShapeError when the input's channels are not `inChannels`, DlError "value" for an `outputSize` that cannot be.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
 *
 * @example
 * new ConvTranspose1d(4, 2, 3, { stride: 2 })(zeros(1, 4, 5)).shape // => [1, 2, 11]
 */
export class ConvTranspose1d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PairArgument,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * The transpose of {@link Conv2d}: what flows back through a convolution, used forwards. Images become larger by `stride`.
 *
 *     x [N, in, H, W] or [in, H, W] → y [N, out, OH, OW]
 *     weight [in, out / groups, KH, KW]      bias [out]
 *     OH = (H − 1)·stride − 2·padding + dilation·(KH − 1) + outputPadding + 1
 *
 * A call may choose among the sizes that a convolution would bring to the input's: `up(x, { outputSize: [12, 12] })`.
 *
 * Weight and bias start uniform on (−k, k), k = 1/√(out / groups · KH · KW).
 *
 * @throws ShapeError when the input's channels are not `inChannels`, DlError "value" for an `outputSize` that cannot be.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 *
 * @example
 * new ConvTranspose2d(8, 4, 3, { stride: 2, padding: 1, outputPadding: 1 })(zeros(1, 8, 7, 7)).shape // => [1, 4, 14, 14]
 */
export class ConvTranspose2d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PairArgument,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * The transpose of {@link Conv3d}: volumes become larger by `stride`.
 *
 *     x [N, in, D, H, W] or [in, D, H, W] → y [N, out, OD, OH, OW]
 *     weight [in, out / groups, KD, KH, KW]      bias [out]
 *
 * @throws ShapeError when the input's channels are not `inChannels`, DlError "value" for an `outputSize` that cannot be.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html
 *
 * @example
 * new ConvTranspose3d(2, 1, 2, { stride: 2 })(zeros(2, 2, 3, 4)).shape // => [1, 4, 6, 8]
 */
export class ConvTranspose3d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PairArgument,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}
