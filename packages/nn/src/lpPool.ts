import {
  type LPPoolOptions,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  type PairArgument,
  type Tensor,
} from "@dl/tensor/core";
import { Module } from "./module.ts";
import { bool, tuple } from "./python.ts";

abstract class LPPool extends Module {
  readonly normType: number;
  readonly kernelSize: PairArgument;
  readonly stride: PairArgument | null;
  readonly ceilMode: boolean;

  constructor(
    normType: number,
    kernelSize: PairArgument,
    { stride = null, ceilMode = false }: LPPoolOptions = {},
  ) {
    super();
    this.normType = normType;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.ceilMode = ceilMode;
  }

  override extraRepr(): string {
    return `norm_type=${this.normType}, kernel_size=${tuple(this.kernelSize)}, stride=${tuple(this.stride)}, ceil_mode=${bool(this.ceilMode)}`;
  }
}

/**
 * The p-norm of windows of sequences: their sum for p = 1, nearer to their maximum the larger p.
 *
 *     y = (Σ xᵖ)^(1/p)
 *     x [N, C, L] or [C, L] → y [N, C, OL]
 *
 * Without absolute values: an odd p of negative numbers gives NaN. The gradient of a window of zeros is zero.
 *
 * @param normType p.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html
 *
 * @example
 * new LPPool1d(2, 2)(tensor([[3, 4, 0, 2]])) // => [[5, 2]]
 */
export class LPPool1d extends LPPool {
  forward(x: Tensor): Tensor {
    const { normType, kernelSize, stride, ceilMode } = this;
    return lpPool1d(x, normType, kernelSize, { stride, ceilMode });
  }
}

/**
 * The p-norm of windows of images: their sum for p = 1, nearer to their maximum the larger p.
 *
 *     y = (Σ xᵖ)^(1/p)
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *
 * Without absolute values: an odd p of negative numbers gives NaN. The gradient of a window of zeros is zero.
 *
 * @param normType p.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html
 *
 * @example
 * new LPPool2d(1, 2)(tensor([[[1, 2], [3, 6]]])) // => [[[12]]]
 */
export class LPPool2d extends LPPool {
  forward(x: Tensor): Tensor {
    const { normType, kernelSize, stride, ceilMode } = this;
    return lpPool2d(x, normType, kernelSize, { stride, ceilMode });
  }
}

/**
 * The p-norm of windows of volumes: their sum for p = 1, nearer to their maximum the larger p.
 *
 *     y = (Σ xᵖ)^(1/p)
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]
 *
 * Without absolute values: an odd p of negative numbers gives NaN. The gradient of a window of zeros is zero.
 *
 * @param normType p.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html
 *
 * @example
 * new LPPool3d(2, 2)(zeros(1, 4, 4, 6)).shape // => [1, 2, 2, 3]
 */
export class LPPool3d extends LPPool {
  forward(x: Tensor): Tensor {
    const { normType, kernelSize, stride, ceilMode } = this;
    return lpPool3d(x, normType, kernelSize, { stride, ceilMode });
  }
}
