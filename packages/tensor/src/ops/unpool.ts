/** The partial inverse of max pooling: maxima back to where they were, zeros elsewhere. */
import { isFloating } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { scope } from "../scope.ts";
import { numelOf, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type PairArgument, pair } from "./conv.ts";
import { scatter } from "./indexing.ts";
import { checkRank } from "./pool.ts";

export interface MaxUnpoolOptions {
  /** Default: the window's size. */
  stride?: PairArgument | null;
  /** Default 0. */
  padding?: PairArgument;
  /** The result's size in space, or its whole shape, where pooling several sizes gives the same. */
  outputSize?: readonly number[] | null;
}

function maxUnpool(
  name: string,
  dims: number,
  x: Tensor,
  indices: Tensor,
  kernelSize: PairArgument,
  options: MaxUnpoolOptions,
): Tensor {
  checkRank(name, x, dims);
  if (!sameShape(x.shape, indices.shape))
    throw new ShapeError(
      `${name}: the indices ${formatShape(indices.shape)} have to be those of the input, ${formatShape(x.shape)}`,
    );
  if (isFloating(indices.dtype))
    throw new DlError(
      "dtype",
      `${name}: the indices are ${indices.dtype}, whole numbers are wanted: those that pooling with returnIndices gave, or indices.to("int32")`,
    );
  const size = pair(kernelSize, `${name}: kernelSize`, dims);
  const stride = pair(options.stride ?? size, `${name}: stride`, dims);
  const padding = pair(options.padding ?? 0, `${name}: padding`, dims);
  const lead = x.shape.slice(0, -dims);
  const usual = x.shape.slice(-dims).map((n, i) => (n - 1) * stride[i] + size[i] - 2 * padding[i]);
  const out = outputSizes(name, dims, usual, stride, options.outputSize);
  return scope(() => {
    const flat = (t: Tensor) => t.reshape([...lead, -1]);
    return scatter(
      x.newZeros([...lead, numelOf(out)]),
      lead.length,
      flat(indices),
      flat(x),
    ).reshape([...lead, ...out]);
  });
}

function outputSizes(
  name: string,
  dims: number,
  usual: readonly number[],
  stride: readonly number[],
  outputSize: readonly number[] | null | undefined,
): readonly number[] {
  if (!outputSize) return usual;
  const wanted = outputSize.length === dims + 2 ? outputSize.slice(2) : outputSize;
  if (wanted.length !== dims)
    throw new DlError(
      "value",
      `${name}: outputSize has ${dims} sizes (or ${dims + 2}, a whole shape), got ${formatShape(outputSize)}`,
    );
  if (wanted.some((n, i) => Math.abs(n - usual[i]) >= stride[i]))
    throw new DlError(
      "value",
      `${name}: outputSize ${formatShape(wanted)} has to differ from ${formatShape(usual)} by less than the stride ${formatShape(stride)}`,
    );
  return wanted;
}

/**
 * Values at the positions that `maxPool1dWithIndices` gave, zeros elsewhere.
 *
 * @param x `[N, C, L]` or `[C, L]`
 * @param indices of the same shape
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool1d.html
 *
 * @example
 * maxUnpool1d(tensor([[5, 7]]), tensor([[1, 2]]).to("int32"), 2) // => [[0, 5, 7, 0]]
 */
export const maxUnpool1d = (
  x: Tensor,
  indices: Tensor,
  kernelSize: PairArgument,
  options: MaxUnpoolOptions = {},
): Tensor => maxUnpool("maxUnpool1d", 1, x, indices, kernelSize, options);

/**
 * {@link maxUnpool1d} of images, `[N, C, H, W]` or `[C, H, W]`: indices count in the [H, W] plane of the result.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool2d.html
 */
export const maxUnpool2d = (
  x: Tensor,
  indices: Tensor,
  kernelSize: PairArgument,
  options: MaxUnpoolOptions = {},
): Tensor => maxUnpool("maxUnpool2d", 2, x, indices, kernelSize, options);

/**
 * {@link maxUnpool1d} of volumes, `[N, C, D, H, W]` or `[C, D, H, W]`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool3d.html
 */
export const maxUnpool3d = (
  x: Tensor,
  indices: Tensor,
  kernelSize: PairArgument,
  options: MaxUnpoolOptions = {},
): Tensor => maxUnpool("maxUnpool3d", 3, x, indices, kernelSize, options);
