import {
  type AvgPoolOptions,
  adaptiveAvgPool2d,
  avgPool2d,
  type MaxPoolOptions,
  maxPool2d,
  maxPool2dWithIndices,
  type PairArgument,
  type Tensor,
  type ValuesAndIndices,
} from "@dl/tensor";
import { Module } from "./module.ts";
import { bool, tuple } from "./python.ts";

type PoolResult<I extends boolean> = I extends true ? ValuesAndIndices : Tensor;

/**
 * Maxima of windows.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *     OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1, rounded up with ceilMode
 *
 * With `returnIndices` a call gives `{ values, indices }`: where in its [H, W] plane each maximum is. The gradient goes to
 * the first of equal maxima.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
 *
 * @example
 * new MaxPool2d(2)(zeros(1, 3, 4, 6)).shape // => [1, 3, 2, 3]
 */
export class MaxPool2d<I extends boolean = false> extends Module {
  readonly kernelSize: PairArgument;
  readonly stride: PairArgument;
  readonly padding: PairArgument;
  readonly dilation: PairArgument;
  readonly returnIndices: boolean;
  readonly ceilMode: boolean;

  constructor(
    kernelSize: PairArgument,
    {
      stride = kernelSize,
      padding = 0,
      dilation = 1,
      returnIndices,
      ceilMode = false,
    }: MaxPoolOptions & { returnIndices?: I } = {},
  ) {
    super();
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    this.returnIndices = returnIndices ?? false;
    this.ceilMode = ceilMode;
  }

  forward(x: Tensor): PoolResult<I> {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    const pool = this.returnIndices ? maxPool2dWithIndices : maxPool2d;
    return pool(x, kernelSize, { stride, padding, dilation, ceilMode }) as PoolResult<I>;
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return `kernel_size=${tuple(kernelSize)}, stride=${tuple(stride)}, padding=${tuple(padding)}, dilation=${tuple(dilation)}, ceil_mode=${bool(ceilMode)}`;
  }
}

/**
 * Means of windows.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
 *
 * @example
 * new AvgPool2d(2)(tensor([[[1, 2], [3, 6]]])) // => [[[3]]]
 */
export class AvgPool2d extends Module {
  readonly kernelSize: PairArgument;
  readonly stride: PairArgument;
  readonly padding: PairArgument;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | undefined;

  constructor(
    kernelSize: PairArgument,
    {
      stride = kernelSize,
      padding = 0,
      ceilMode = false,
      countIncludePad = true,
      divisorOverride,
    }: AvgPoolOptions = {},
  ) {
    super();
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = padding;
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
    this.divisorOverride = divisorOverride;
  }

  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return avgPool2d(x, kernelSize, {
      stride,
      padding,
      ceilMode,
      countIncludePad,
      divisorOverride,
    });
  }

  override extraRepr(): string {
    return `kernel_size=${tuple(this.kernelSize)}, stride=${tuple(this.stride)}, padding=${tuple(this.padding)}`;
  }
}

/**
 * Means over parts so chosen that the result has the wanted size, whatever the input's.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]      part i spans ⌊i·H/OH⌋ … ⌈(i+1)·H/OH⌉
 *
 * @param outputSize one number for both, or `[OH, OW]` in which null keeps the input's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
 *
 * @example
 * new AdaptiveAvgPool2d(1)(zeros(2, 8, 5, 7)).shape // => [2, 8, 1, 1]
 */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: number | readonly (number | null)[];
  constructor(outputSize: number | readonly (number | null)[]) {
    super();
    this.outputSize = outputSize;
  }
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
  override extraRepr(): string {
    return `output_size=${tuple(this.outputSize)}`;
  }
}
