import { col2im, type FoldOptions, im2col, type PairArgument, type Tensor } from "@dl/tensor/core";
import { Module } from "./module.ts";
import { tuple } from "./python.ts";

abstract class Folding extends Module {
  readonly kernelSize: PairArgument;
  readonly dilation: PairArgument;
  readonly padding: PairArgument;
  readonly stride: PairArgument;

  constructor(
    kernelSize: PairArgument,
    { dilation = 1, padding = 0, stride = 1 }: FoldOptions = {},
  ) {
    super();
    this.kernelSize = kernelSize;
    this.dilation = dilation;
    this.padding = padding;
    this.stride = stride;
  }

  override extraRepr(): string {
    const { kernelSize, dilation, padding, stride } = this;
    return `kernel_size=${tuple(kernelSize)}, dilation=${tuple(dilation)}, padding=${tuple(padding)}, stride=${tuple(stride)}`;
  }
}

/**
 * Windows of images as columns, so that a convolution is a product with a matrix.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C·KH·KW, L]
 *     L = Π ⌊(size + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1
 *
 * @throws ShapeError when no window fits.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html
 *
 * @example
 * new Unfold([2, 3])(zeros(2, 5, 3, 4)).shape // => [2, 30, 4]
 */
export class Unfold extends Folding {
  forward(x: Tensor): Tensor {
    const { kernelSize, dilation, padding, stride } = this;
    return im2col(x, kernelSize, { dilation, padding, stride });
  }
}

/**
 * The adjoint of {@link Unfold}: columns added where their windows were, so that elements of several windows are sums.
 *
 *     x [N, C·KH·KW, L] or [C·KH·KW, L] → y [N, C, H, W]
 *
 * @param outputSize `[H, W]`, or one number for both.
 * @throws ShapeError when L is not the number of windows of an image of that size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Fold.html
 *
 * @example
 * new Fold([4, 5], [2, 2])(zeros(1, 12, 12)).shape // => [1, 3, 4, 5]
 */
export class Fold extends Folding {
  readonly outputSize: PairArgument;

  constructor(outputSize: PairArgument, kernelSize: PairArgument, options: FoldOptions = {}) {
    super(kernelSize, options);
    this.outputSize = outputSize;
  }

  forward(x: Tensor): Tensor {
    const { outputSize, kernelSize, dilation, padding, stride } = this;
    return col2im(x, outputSize, kernelSize, { dilation, padding, stride });
  }

  override extraRepr(): string {
    return `output_size=${tuple(this.outputSize)}, ${super.extraRepr()}`;
  }
}
