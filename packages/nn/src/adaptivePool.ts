import {
  type AdaptiveSize,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type PoolResult,
  type ReturnIndices,
  type Tensor,
} from "@dl/tensor/core";
import { Module } from "./module.ts";
import { tuple } from "./python.ts";

abstract class AdaptivePool extends Module {
  readonly outputSize: AdaptiveSize;
  constructor(outputSize: AdaptiveSize) {
    super();
    this.outputSize = outputSize;
  }
  override extraRepr(): string {
    return `output_size=${tuple(this.outputSize)}`;
  }
}

/**
 * Means over parts of sequences so chosen that the result has the wanted size, whatever the input's.
 *
 *     x [N, C, L] or [C, L] → y [N, C, OL]      part i spans ⌊i·L/OL⌋ … ⌈(i+1)·L/OL⌉
 *
 * @param outputSize how many parts.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html
 *
 * @example
 * new AdaptiveAvgPool1d(2)(tensor([[1, 2, 3, 6]])) // => [[1.5, 4.5]]
 */
export class AdaptiveAvgPool1d extends AdaptivePool {
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/**
 * Means over parts of images so chosen that the result has the wanted size, whatever the input's.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]      part i spans ⌊i·H/OH⌋ … ⌈(i+1)·H/OH⌉
 *
 * @param outputSize one number for both, or `[OH, OW]` in which null keeps the input's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
 *
 * @example
 * new AdaptiveAvgPool2d(1)(zeros(2, 8, 5, 7)).shape // => [2, 8, 1, 1]
 */
export class AdaptiveAvgPool2d extends AdaptivePool {
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/**
 * Means over parts of volumes so chosen that the result has the wanted size, whatever the input's.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]      part i spans ⌊i·D/OD⌋ … ⌈(i+1)·D/OD⌉
 *
 * @param outputSize one number for all, or `[OD, OH, OW]` in which null keeps the input's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html
 *
 * @example
 * new AdaptiveAvgPool3d([2, null, 3])(zeros(2, 8, 5, 7, 9)).shape // => [2, 8, 2, 7, 3]
 */
export class AdaptiveAvgPool3d extends AdaptivePool {
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.outputSize);
  }
}

abstract class AdaptiveMaxPool<I extends boolean> extends AdaptivePool {
  readonly returnIndices: boolean;
  constructor(outputSize: AdaptiveSize, { returnIndices }: ReturnIndices<I> = {}) {
    super(outputSize);
    this.returnIndices = returnIndices ?? false;
  }
}

/**
 * Maxima of parts of sequences so chosen that the result has the wanted size, whatever the input's.
 *
 *     x [N, C, L] or [C, L] → y [N, C, OL]      part i spans ⌊i·L/OL⌋ … ⌈(i+1)·L/OL⌉
 *
 * With `returnIndices` a call gives `{ values, indices }`: where in its [L] sequence each maximum is.
 *
 * @param outputSize how many parts.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html
 *
 * @example
 * new AdaptiveMaxPool1d(2)(tensor([[1, 2, 3, 6]])) // => [[2, 6]]
 */
export class AdaptiveMaxPool1d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  forward(x: Tensor): PoolResult<I> {
    const { outputSize, returnIndices } = this;
    return adaptiveMaxPool1d(x, outputSize, { returnIndices }) as PoolResult<I>;
  }
}

/**
 * Maxima of parts of images so chosen that the result has the wanted size, whatever the input's.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]      part i spans ⌊i·H/OH⌋ … ⌈(i+1)·H/OH⌉
 *
 * With `returnIndices` a call gives `{ values, indices }`: where in its [H, W] plane each maximum is.
 *
 * @param outputSize one number for both, or `[OH, OW]` in which null keeps the input's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
 *
 * @example
 * new AdaptiveMaxPool2d(1)(zeros(2, 8, 5, 7)).shape // => [2, 8, 1, 1]
 */
export class AdaptiveMaxPool2d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  forward(x: Tensor): PoolResult<I> {
    const { outputSize, returnIndices } = this;
    return adaptiveMaxPool2d(x, outputSize, { returnIndices }) as PoolResult<I>;
  }
}

/**
 * Maxima of parts of volumes so chosen that the result has the wanted size, whatever the input's.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]      part i spans ⌊i·D/OD⌋ … ⌈(i+1)·D/OD⌉
 *
 * With `returnIndices` a call gives `{ values, indices }`: where in its [D, H, W] volume each maximum is.
 *
 * @param outputSize one number for all, or `[OD, OH, OW]` in which null keeps the input's size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html
 *
 * @example
 * new AdaptiveMaxPool3d([2, null, 3])(zeros(2, 8, 5, 7, 9)).shape // => [2, 8, 2, 7, 3]
 */
export class AdaptiveMaxPool3d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  forward(x: Tensor): PoolResult<I> {
    const { outputSize, returnIndices } = this;
    return adaptiveMaxPool3d(x, outputSize, { returnIndices }) as PoolResult<I>;
  }
}
