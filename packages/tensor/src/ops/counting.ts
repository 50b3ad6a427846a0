/** How often values occur. */
import { defineMap } from "../define.ts";
import { isFloating } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { scope } from "../scope.ts";
import { requireCount } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

export interface BincountOptions {
  /** Of each element, instead of 1. */
  weights?: Tensor | null;
  /** Of the result, at least. Default 0. */
  minlength?: number;
}
/**
 * How often each of 0, 1, 2, … occurs among whole numbers. The size of the result is the largest one plus 1: it is read
 * back.
 *
 * @returns int32; with weights their sums, in float32 for float32 weights and else float64.
 * @throws DlError for floating point, negative or not one-dimensional numbers.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bincount.html
 *
 * @example
 * bincount(tensor([0, 2, 2], { dtype: "int32" }), { minlength: 4 }) // => [1, 0, 2, 0]
 */
export function bincount(
  x: Tensor,
  { weights = null, minlength = 0 }: BincountOptions = {},
): Tensor {
  if (isFloating(x.dtype) || x.rank !== 1)
    throw new DlError(
      "dtype",
      `bincount: one dimension of whole numbers is wanted, got ${x.dtype} ${formatShape(x.shape)}`,
    );
  if (weights && (weights.rank !== 1 || weights.numel !== x.numel))
    throw new ShapeError(
      `bincount: weights ${formatShape(weights.shape)} do not fit ${formatShape(x.shape)}`,
    );
  requireCount("bincount", "minlength", minlength);
  return scope(() => {
    let largest = -1;
    x.dataSync().forEach((value: number, i: number) => {
      if (value < 0) throw new DlError("value", `bincount: ${value} at position ${i} is negative`);
      largest = Math.max(largest, value);
    });
    const size = Math.max(largest + 1, minlength);
    const index = x.to("int32");
    if (!weights) return index.newZeros([size]).scatterAdd(0, index, index.mul(0).add(1));
    const w = weights.detach().to(weights.dtype === "float32" ? "float32" : "float64");
    return w.newZeros([size]).scatterAdd(0, index, w);
  });
}

/** The bin of each element; `bins` for those outside, NaN included. */
const binOf = defineMap<[Tensor, Tensor, Tensor, number]>("histc", (x, low, high, bins) => {
  const at = E.trunc(E.mul(E.div(E.sub(x, low), E.sub(high, low)), bins));
  const isInside = E.and(E.le(low, x), E.le(x, high));
  return E.select(isInside, E.min(at, E.sub(bins, 1)), bins);
});
/**
 * A histogram of `bins` equal bins between `min` and `max`; elements outside are not counted. Where both are equal, the
 * extremes of the data are taken, and if these are equal too, one less and one more.
 *
 * @param options default bins 100, min 0, max 0.
 * @returns counts, in the dtype of x.
 * @throws DlError for integers, or when max is below min.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.histc.html
 *
 * @example
 * histc(tensor([1, 2, 1]), { bins: 4, min: 0, max: 3 }) // => [0, 2, 1, 0]
 */
export function histc(x: Tensor, { bins = 100, min = 0, max = 0 } = {}): Tensor {
  if (!isFloating(x.dtype))
    throw new DlError("dtype", `histc: the tensor is ${x.dtype}: x.to("float32")`);
  if (!(Number.isInteger(bins) && bins > 0 && max >= min))
    throw new DlError(
      "value",
      `histc: bins = ${bins} has to be positive and max = ${max} not below min = ${min}`,
    );
  return scope(() => {
    const flat = x.detach().reshape([-1]);
    const isGiven = min !== max || flat.numel === 0;
    const low = isGiven ? flat.newFull([], min) : flat.amin();
    const high = isGiven ? flat.newFull([], max) : flat.amax();
    const isPoint = low.eq(high);
    const from = isPoint.where(low.sub(1), low);
    const to = isPoint.where(high.add(1), high);
    const index = binOf(flat, from, to, bins).to("int32");
    const counts = flat.newZeros([bins + 1]).scatterAdd(0, index, flat.newFull([flat.numel], 1));
    return counts.narrow(0, 0, bins).clone();
  });
}
