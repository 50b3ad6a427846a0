/** Pooling to a wanted size: part i of n along a dimension of size s spans ⌊i·s/n⌋ … ⌈(i+1)·s/n⌉. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { alongDim, constantLike } from "./lines.ts";
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  checkRank,
  type PoolResult,
  type ReturnIndices,
  withoutIndices,
} from "./pool.ts";
import { gatherPositions, planePositions } from "./positions.ts";
import type { ValuesAndIndices } from "./reduce.ts";

/** One number for all dimensions, or one each, in which null keeps the input's size. */
export type AdaptiveSize = number | null | readonly (number | null)[];

function sizesOf(name: string, x: Tensor, dims: number, outputSize: AdaptiveSize): number[] {
  checkRank(name, x, dims);
  const wanted =
    typeof outputSize === "number" || outputSize === null
      ? new Array<number | null>(dims).fill(outputSize)
      : outputSize;
  const input = x.shape.slice(-dims);
  if (
    !Array.isArray(wanted) ||
    wanted.length !== dims ||
    wanted.some((n) => n !== null && !(Number.isInteger(n) && n >= 0))
  )
    throw new DlError(
      "value",
      `${name}: outputSize is ${dims === 1 ? "a whole number" : `a whole number or ${dims} of them (null keeps a size)`}, got ${JSON.stringify(outputSize)}`,
    );
  if (input.some((n) => n === 0))
    throw new ShapeError(`${name}: the input ${formatShape(x.shape)} has nothing to pool`);
  return wanted.map((n, i) => n ?? input[i]);
}

/** From where to where each part spans. */
const parts = (n: number, count: number): [start: number, end: number][] =>
  Array.from({ length: count }, (_, i) => [
    Math.floor((i * n) / count),
    Math.ceil(((i + 1) * n) / count),
  ]);

const AVERAGES = [avgPool1d, avgPool2d, avgPool3d];

function adaptiveAvgPool(name: string, dims: number, x: Tensor, outputSize: AdaptiveSize): Tensor {
  const out = sizesOf(name, x, dims, outputSize);
  const input = x.shape.slice(-dims);
  if (out.every((n, i) => n > 0 && input[i] % n === 0)) {
    return AVERAGES[dims - 1](
      x,
      out.map((n, i) => input[i] / n),
    );
  }
  // Means over unequal parts are products with matrices that hold the weights.
  const average = (n: number, count: number) => {
    const weights = new Float64Array(count * n);
    parts(n, count).forEach(([start, end], i) => {
      weights.fill(1 / (end - start), i * n + start, i * n + end);
    });
    return constantLike(weights, [count, n], x);
  };
  return scope(() =>
    out.reduce((t, count, i) => alongDim(t, x.rank - dims + i, average(input[i], count)), x),
  );
}

/**
 * Means over parts of sequences so chosen that the result has `outputSize`.
 *
 * @param x `[N, C, L]` or `[C, L]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html
 */
export const adaptiveAvgPool1d = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptiveAvgPool("adaptiveAvgPool1d", 1, x, outputSize);

/**
 * Means over parts so chosen that the result has `outputSize` (null keeps a size): part i of n spans ⌊i·H/n⌋ … ⌈(i+1)·H/n⌉.
 *
 * @param x `[N, C, H, W]` or `[C, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
 */
export const adaptiveAvgPool2d = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptiveAvgPool("adaptiveAvgPool2d", 2, x, outputSize);

/**
 * Means over parts of volumes so chosen that the result has `outputSize` (null keeps a size).
 *
 * @param x `[N, C, D, H, W]` or `[C, D, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool3d.html
 */
export const adaptiveAvgPool3d = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptiveAvgPool("adaptiveAvgPool3d", 3, x, outputSize);

/** Maxima of the parts, and where in their plane they are. */
function adaptiveMaxPool(
  name: string,
  dims: number,
  x: Tensor,
  outputSize: AdaptiveSize,
): ValuesAndIndices {
  const out = sizesOf(name, x, dims, outputSize);
  const input = x.shape.slice(-dims);
  // Shorter parts repeat their last element, which is never the first maximum.
  const lines = out.map((count, i) => {
    const spans = parts(input[i], count);
    const longest = Math.max(0, ...spans.map(([start, end]) => end - start));
    return spans.map(([start, end]) =>
      Array.from({ length: longest }, (_, k) => Math.min(start + k, end - 1)),
    );
  });
  return scope(() => gatherPositions(x, dims, out, planePositions(lines, input, x.device)));
}

/**
 * Maxima of parts of sequences so chosen that the result has `outputSize`.
 *
 * @param x `[N, C, L]` or `[C, L]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html
 *
 * @example
 * adaptiveMaxPool1d(tensor([[1, 3, 2, 0, 5]]), 2) // => [[3, 5]]
 */
export const adaptiveMaxPool1d = <I extends boolean = false>(
  x: Tensor,
  outputSize: AdaptiveSize,
  { returnIndices }: ReturnIndices<I> = {},
): PoolResult<I> =>
  withoutIndices(adaptiveMaxPool("adaptiveMaxPool1d", 1, x, outputSize), returnIndices);

/**
 * Maxima of parts so chosen that the result has `outputSize` (null keeps a size).
 *
 * @param x `[N, C, H, W]` or `[C, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
 */
export const adaptiveMaxPool2d = <I extends boolean = false>(
  x: Tensor,
  outputSize: AdaptiveSize,
  { returnIndices }: ReturnIndices<I> = {},
): PoolResult<I> =>
  withoutIndices(adaptiveMaxPool("adaptiveMaxPool2d", 2, x, outputSize), returnIndices);

/**
 * Maxima of parts of volumes so chosen that the result has `outputSize` (null keeps a size).
 *
 * @param x `[N, C, D, H, W]` or `[C, D, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html
 */
export const adaptiveMaxPool3d = <I extends boolean = false>(
  x: Tensor,
  outputSize: AdaptiveSize,
  { returnIndices }: ReturnIndices<I> = {},
): PoolResult<I> =>
  withoutIndices(adaptiveMaxPool("adaptiveMaxPool3d", 3, x, outputSize), returnIndices);
