import {
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PairArgument,
  type PoolResult,
  pair,
  type ReturnIndices,
  type Tensor,
} from "@dl/tensor/core";
import { Module } from "./module.ts";
import { bool, tuple } from "./python.ts";

const MAXIMA = [maxPool1d, maxPool2d, maxPool3d];

abstract class MaxPool<I extends boolean> extends Module {
  readonly kernelSize: PairArgument;
  readonly stride: PairArgument;
  readonly padding: PairArgument;
  readonly dilation: PairArgument;
  readonly returnIndices: boolean;
  readonly ceilMode: boolean;
  protected abstract readonly dims: number;

  constructor(
    kernelSize: PairArgument,
    {
      stride,
      padding = 0,
      dilation = 1,
      returnIndices,
      ceilMode = false,
    }: MaxPoolOptions & ReturnIndices<I> = {},
  ) {
    super();
    this.kernelSize = kernelSize;
    this.stride = stride ?? kernelSize;
    this.padding = padding;
    this.dilation = dilation;
    this.returnIndices = returnIndices ?? false;
    this.ceilMode = ceilMode;
  }

  forward(x: Tensor): PoolResult<I> {
    const { kernelSize, stride, padding, dilation, ceilMode, returnIndices } = this;
    return MAXIMA[this.dims - 1](x, kernelSize, {
      stride,
      padding,
      dilation,
      ceilMode,
      returnIndices,
    }) as PoolResult<I>;
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return `kernel_size=${tuple(kernelSize)}, stride=${tuple(stride)}, padding=${tuple(padding)}, dilation=${tuple(dilation)}, ceil_mode=${bool(ceilMode)}`;
  }
}

/**
 * Maxima of windows of sequences.
 *
 *     x [N, C, L] or [C, L] → y [N, C, OL]
 *     OL = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1, rounded up with ceilMode
 *
 * With `returnIndices` a call gives `{ values, indices }`: where in its [L] sequence each maximum is. The gradient goes to
 * the first of equal maxima.
 *
 * @throws ShapeError when no window fits, DlError "value" for more padding than half a window.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html
 *
 * @example
 * new MaxPool1d(3, { stride: 2 })(tensor([[1, 5, 2, 0, 3]])) // => [[5, 3]]
 */
export class MaxPool1d<I extends boolean = false> extends MaxPool<I> {
  protected get dims(): number {
    return 1;
  }
}

/**
 * Maxima of windows of images.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *     OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1, rounded up with ceilMode
 *
 * With `returnIndices` a call gives `{ values, indices }`: where in its [H, W] plane each maximum is. The gradient goes to
 * the first of equal maxima.
 *
 * @throws ShapeError when no window fits, DlError "value" for more padding than half a window.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
 *
 * @example
 * new MaxPool2d(2)(zeros(1, 3, 4, 6)).shape // => [1, 3, 2, 3]
 */
export class MaxPool2d<I extends boolean = false> extends MaxPool<I> {
  protected get dims(): number {
    return 2;
  }
}

/**
 * Maxima of windows of volumes.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]
 *     OD = ⌊(D + 2·padding − dilation·(KD − 1) − 1) / stride⌋ + 1, rounded up with ceilMode
 *
 * With `returnIndices` a call gives `{ values, indices }`: where in its [D, H, W] volume each maximum is. The gradient goes to
 * the first of equal maxima.
 *
 * @throws ShapeError when no window fits, DlError "value" for more padding than half a window.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html
 *
 * @example
 * new MaxPool3d([1, 2, 2])(zeros(1, 3, 4, 4, 6)).shape // => [1, 3, 4, 2, 3]
 */
export class MaxPool3d<I extends boolean = false> extends MaxPool<I> {
  protected get dims(): number {
    return 3;
  }
}

const AVERAGES = [avgPool1d, avgPool2d, avgPool3d];

abstract class AvgPool extends Module {
  readonly kernelSize: PairArgument;
  readonly stride: PairArgument;
  readonly padding: PairArgument;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;
  protected abstract readonly dims: number;

  constructor(
    kernelSize: PairArgument,
    {
      stride,
      padding = 0,
      ceilMode = false,
      countIncludePad = true,
      divisorOverride = null,
    }: AvgPoolOptions = {},
  ) {
    super();
    this.kernelSize = kernelSize;
    this.stride = stride ?? kernelSize;
    this.padding = padding;
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
    this.divisorOverride = divisorOverride;
  }

  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return AVERAGES[this.dims - 1](x, kernelSize, {
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
 * Means of windows of sequences.
 *
 *     x [N, C, L] or [C, L] → y [N, C, OL]
 *
 * With `countIncludePad` (the default) zeros of the padding count as elements; what `ceilMode` adds behind it never does.
 *
 * @throws ShapeError when no window fits, DlError "value" for more padding than half a window.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html
 *
 * @example
 * new AvgPool1d(2)(tensor([[1, 2, 3, 6]])) // => [[1.5, 4.5]]
 */
export class AvgPool1d extends AvgPool {
  constructor(kernelSize: PairArgument, options: Omit<AvgPoolOptions, "divisorOverride"> = {}) {
    const { stride, padding = 0, ...rest } = options;
    // PyTorch prints these as tuples.
    super(pair(kernelSize, "AvgPool1d: kernelSize", 1), {
      stride: pair(stride ?? kernelSize, "AvgPool1d: stride", 1),
      padding: pair(padding, "AvgPool1d: padding", 1),
      ...rest,
    });
  }
  protected get dims(): number {
    return 1;
  }
}

/**
 * Means of windows of images.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *
 * With `divisorOverride` sums are divided by that number. With `countIncludePad` (the default) zeros of the padding count as
 * elements; what `ceilMode` adds behind it never does.
 *
 * @throws ShapeError when no window fits, DlError "value" for more padding than half a window.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
 *
 * @example
 * new AvgPool2d(2)(tensor([[[1, 2], [3, 6]]])) // => [[[3]]]
 */
export class AvgPool2d extends AvgPool {
  protected get dims(): number {
    return 2;
  }
}

/**
 * Means of windows of volumes.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]
 *
 * With `divisorOverride` sums are divided by that number. With `countIncludePad` (the default) zeros of the padding count as
 * elements; what `ceilMode` adds behind it never does.
 *
 * @throws ShapeError when no window fits, DlError "value" for more padding than half a window.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html
 *
 * @example
 * new AvgPool3d(2)(zeros(1, 3, 4, 4, 6)).shape // => [1, 3, 2, 2, 3]
 */
export class AvgPool3d extends AvgPool {
  protected get dims(): number {
    return 3;
  }
}
