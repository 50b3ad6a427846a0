/** Pooling by the p-norm of each window. */
import { scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { type PairArgument, pair } from "./conv.ts";
import { avgPool1d, avgPool2d, avgPool3d, maxPool1d, maxPool2d, maxPool3d } from "./pool.ts";

export interface LPPoolOptions {
  /** Default: the window's size. */
  stride?: PairArgument | null;
  /** Round the output's size up instead of down. Default false. */
  ceilMode?: boolean;
}

const AVERAGES = [avgPool1d, avgPool2d, avgPool3d];
const MAXIMA = [maxPool1d, maxPool2d, maxPool3d];

function lpPool(
  dims: number,
  x: Tensor,
  normType: number,
  kernelSize: PairArgument,
  { stride, ceilMode = false }: LPPoolOptions,
): Tensor {
  const options = { stride: stride ?? kernelSize, ceilMode };
  return scope(() => {
    if (normType === Infinity) return MAXIMA[dims - 1](x.abs(), kernelSize, options);
    if (normType === -Infinity) return MAXIMA[dims - 1](x.abs().neg(), kernelSize, options).neg();
    const elements = pair(kernelSize, `lpPool${dims}d: kernelSize`, dims).reduce((a, b) => a * b);
    const mean = AVERAGES[dims - 1](x.pow(normType), kernelSize, options);
    // The sign times the size is the mean itself, but has gradient 0 where the root's is infinite.
    return mean
      .sign()
      .mul(mean.abs().relu())
      .mul(elements)
      .pow(1 / normType);
  });
}

/**
 * (Σ xᵖ)^(1/p) of windows of sequences. Without absolute values: an odd p of negative numbers gives NaN, as in PyTorch.
 * What `ceilMode` adds to the last window counts as the mean of its elements.
 *
 * @param x `[N, C, L]` or `[C, L]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool1d.html
 *
 * @example
 * lpPool1d(tensor([[3, 4, 0, 2]]), 2, 2) // => [[5, 2]]
 */
export const lpPool1d = (
  x: Tensor,
  normType: number,
  kernelSize: PairArgument,
  options: LPPoolOptions = {},
): Tensor => lpPool(1, x, normType, kernelSize, options);

/**
 * {@link lpPool1d} of images, `[N, C, H, W]` or `[C, H, W]`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool2d.html
 */
export const lpPool2d = (
  x: Tensor,
  normType: number,
  kernelSize: PairArgument,
  options: LPPoolOptions = {},
): Tensor => lpPool(2, x, normType, kernelSize, options);

/**
 * {@link lpPool1d} of volumes, `[N, C, D, H, W]` or `[C, D, H, W]`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool3d.html
 */
export const lpPool3d = (
  x: Tensor,
  normType: number,
  kernelSize: PairArgument,
  options: LPPoolOptions = {},
): Tensor => lpPool(3, x, normType, kernelSize, options);
