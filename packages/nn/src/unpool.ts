import {
  type MaxUnpoolOptions,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  type PairArgument,
  pair,
  type Tensor,
} from "@dl/tensor/core";
import { Module } from "./module.ts";
import { tuple } from "./python.ts";

const UNPOOLS = [maxUnpool1d, maxUnpool2d, maxUnpool3d];

abstract class MaxUnpool extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];

  constructor(
    dims: number,
    kernelSize: PairArgument,
    { stride, padding = 0 }: Omit<MaxUnpoolOptions, "outputSize">,
  ) {
    super();
    const name = new.target.name;
    this.kernelSize = pair(kernelSize, `${name}: kernelSize`, dims);
    this.stride = pair(stride ?? kernelSize, `${name}: stride`, dims);
    this.padding = pair(padding, `${name}: padding`, dims);
  }

  forward(
    x: Tensor,
    indices: Tensor,
    { outputSize }: Pick<MaxUnpoolOptions, "outputSize"> = {},
  ): Tensor {
    const { kernelSize, stride, padding } = this;
    const unpool = UNPOOLS[kernelSize.length - 1];
    return unpool(x, indices, kernelSize, { stride, padding, outputSize });
  }

  override extraRepr(): string {
    return `kernel_size=${tuple(this.kernelSize)}, stride=${tuple(this.stride)}, padding=${tuple(this.padding)}`;
  }
}

/**
 * The partial inverse of {@link MaxPool1d}: maxima of sequences back to where they were, zeros elsewhere.
 *
 *     x [N, C, OL] or [C, OL], indices of the same shape → y [N, C, L]
 *     L = (OL − 1)·stride + K − 2·padding, or what the call's `outputSize` says
 *
 * @throws ShapeError when the indices have another shape, DlError "value" for an `outputSize` that cannot be.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html
 *
 * @example
 * const { values, indices } = new MaxPool1d(2, { returnIndices: true })(tensor([[1, 5, 7, 2]]));
 * new MaxUnpool1d(2)(values, indices) // => [[0, 5, 7, 0]]
 */
export class MaxUnpool1d extends MaxUnpool {
  constructor(kernelSize: PairArgument, options: Omit<MaxUnpoolOptions, "outputSize"> = {}) {
    super(1, kernelSize, options);
  }
}

/**
 * The partial inverse of {@link MaxPool2d}: maxima of images back to where they were, zeros elsewhere.
 *
 *     x [N, C, OH, OW] or [C, OH, OW], indices of the same shape → y [N, C, H, W]
 *     H = (OH − 1)·stride + KH − 2·padding, or what the call's `outputSize` says
 *
 * @throws ShapeError when the indices have another shape, DlError "value" for an `outputSize` that cannot be.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html
 *
 * @example
 * new MaxUnpool2d(2)(tensor([[[7]]]), tensor([[[2]]]).to("int32")) // => [[[0, 0], [7, 0]]]
 */
export class MaxUnpool2d extends MaxUnpool {
  constructor(kernelSize: PairArgument, options: Omit<MaxUnpoolOptions, "outputSize"> = {}) {
    super(2, kernelSize, options);
  }
}

/**
 * The partial inverse of {@link MaxPool3d}: maxima of volumes back to where they were, zeros elsewhere.
 *
 *     x [N, C, OD, OH, OW] or [C, OD, OH, OW], indices of the same shape → y [N, C, D, H, W]
 *     D = (OD − 1)·stride + KD − 2·padding, or what the call's `outputSize` says
 *
 * @throws ShapeError when the indices have another shape, DlError "value" for an `outputSize` that cannot be.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html
 *
 * @example
 * new MaxUnpool3d(2)(zeros(1, 2, 2, 2), zeros(1, 2, 2, 2).to("int32")).shape // => [1, 4, 4, 4]
 */
export class MaxUnpool3d extends MaxUnpool {
  constructor(kernelSize: PairArgument, options: Omit<MaxUnpoolOptions, "outputSize"> = {}) {
    super(3, kernelSize, options);
  }
}
