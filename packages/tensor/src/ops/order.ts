/** Elements by rank: median, quantiles, the k-th smallest, the most frequent. */
import { defineMap } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { isFloating } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { scope } from "../scope.ts";
import { wrapDim } from "../shape.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import { lerp } from "./binary.ts";
import { pad } from "./join.ts";
import { type DimFirst, dimArgument, type OneDimOptions, type ValuesAndIndices } from "./reduce.ts";
import { cummax, cumsum } from "./scan.ts";
import { sort } from "./sort.ts";

/** What stands at `rank` of the sorted elements, and where that is in x; the gradient goes there. */
function atRank(
  x: Tensor,
  axis: number,
  keepdim: boolean,
  rank: (sorted: Tensor) => Tensor,
): ValuesAndIndices {
  return scope(() => {
    const { values, indices } = sort(x.detach(), { dim: axis });
    const position = indices.gather(axis, rank(values));
    const result = x.gather(axis, position);
    return keepdim
      ? { values: result, indices: position }
      : { values: result.squeeze(axis), indices: position.squeeze(axis) };
  });
}
function requireElements(name: string, x: Tensor, axis: number): void {
  if (x.rank > 0 && x.shape[axis] === 0)
    throw new ShapeError(`${name}: ${formatShape(x.shape)} has no elements along dim ${axis}`);
}

/** Half of the numbers that are not NaN, rounded down; from their count. */
const middle = defineMap<[Tensor]>("median", (count) =>
  E.max(E.trunc(E.div(E.sub(count, 1), 2)), 0),
);
/** The lower median of sorted elements; for `median` the first NaN where there is one. */
function medianRank(sorted: Tensor, axis: number, ignoresNaN: boolean): Tensor {
  const n = sorted.shape[axis];
  const count = sorted.isnan().logicalNot().sum(axis, { keepdim: true });
  if (ignoresNaN) return middle(count);
  return count
    .lt(n)
    .where(count, Math.floor((n - 1) / 2))
    .to("int32");
}

/** The value, with the gradient shared by all elements that are equal to it. */
const sharedOp: Op<undefined> = {
  name: "median",
  forward: ([, value]) => [value.clone()],
  saves: () => ({ inputs: [0, 1] }),
  gradient([g], { input }) {
    const [x, value] = [input(0), input(1)];
    const isHit = x.eq(value).logicalOr(x.isnan().logicalAnd(value.isnan()));
    return [isHit.to(g!.dtype).mul(g!.div(isHit.sum())), null];
  },
};

interface Median {
  (x: Tensor): Tensor;
  (x: Tensor, dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  (x: Tensor, options: OneDimOptions & { dim: number }): ValuesAndIndices;
}
const medianBy = (name: string, ignoresNaN: boolean): Median =>
  ((x: Tensor, ...args: DimFirst) => {
    const { dim, keepdim = false } = dimArgument(args);
    if (dim !== undefined) {
      const axis = wrapDim(dim, x.rank, name);
      requireElements(name, x, axis);
      if (x.rank === 0) return { values: x.clone(), indices: x.ne(x).to("int32").mul(0) };
      return atRank(x, axis, keepdim, (sorted) => medianRank(sorted, axis, ignoresNaN));
    }
    if (x.numel === 0)
      return isFloating(x.dtype) ? x.newFull([], Number.NaN) : x.newFull([], -(2 ** 31));
    return scope(() => {
      const flat = x.detach().reshape([-1]);
      const { values } = atRank(flat, 0, false, (sorted) => medianRank(sorted, 0, ignoresNaN));
      return dispatch(sharedOp, [x, values]);
    });
  }) as Median;

/**
 * The middle element, of an even number the lower one; NaN if there is one. Of all elements (the gradient is shared by equal
 * ones), or along a dimension, with positions.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.median.html
 *
 * @example
 * median(tensor([[4, 1, 3, 2], [9, 8, 7, 6]]), 1) // => { values: [2, 7], indices: [3, 2] }
 */
export const median = medianBy("median", false);
/**
 * `median` of what is not NaN.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nanmedian.html
 *
 * @example
 * nanmedian(tensor([1, NaN, 3, 2])) // => 2
 */
export const nanmedian = medianBy("nanmedian", true);

/**
 * The k-th smallest element along a dimension, k from 1, and where it is.
 *
 * @param options.dim default −1.
 * @throws DlError for a k outside 1 … n.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.kthvalue.html
 *
 * @example
 * kthvalue(tensor([5, 1, 4]), 2) // => { values: 4, indices: 2 }
 */
export function kthvalue(x: Tensor, k: number, ...args: DimFirst): ValuesAndIndices {
  const { dim = -1, keepdim = false } = dimArgument(args);
  const axis = wrapDim(dim, x.rank, "kthvalue");
  const n = x.rank === 0 ? 1 : x.shape[axis];
  if (!(Number.isInteger(k) && k >= 1 && k <= n))
    throw new DlError(
      "value",
      `kthvalue: k = ${k} is not within 1 … ${n}, the size of dim ${dim} of ${formatShape(x.shape)}`,
    );
  if (x.rank === 0) return { values: x.clone(), indices: x.ne(x).to("int32").mul(0) };
  return atRank(x, axis, keepdim, (sorted) =>
    sorted
      .narrow(axis, 0, 1)
      .isnan()
      .to("int32")
      .mul(0)
      .add(k - 1),
  );
}

/**
 * The most frequent element along a dimension, the least of several, and where it stands last.
 *
 * @param options.dim default −1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.mode.html
 *
 * @example
 * mode(tensor([3, 1, 3, 1, 2])) // => { values: 1, indices: 3 }
 */
export function mode(x: Tensor, ...args: DimFirst): ValuesAndIndices {
  const { dim = -1, keepdim = false } = dimArgument(args);
  const axis = wrapDim(dim, x.rank, "mode");
  requireElements("mode", x, axis);
  if (x.rank === 0) return { values: x.clone(), indices: x.ne(x).to("int32").mul(0) };
  return atRank(x, axis, keepdim, (sorted) => {
    // Where a run of equals starts, its position; the distance from the last start is the length so far.
    const n = x.shape[axis];
    const padding = [...x.shape.slice(axis + 1).flatMap(() => [0, 0]), 1, 0];
    const isStart = pad(
      sorted
        .narrow(axis, 1, n - 1)
        .ne(sorted.narrow(axis, 0, n - 1))
        .to("int32"),
      padding,
    );
    const position = cumsum(isStart.mul(0).add(1), axis).sub(1);
    const length = position.sub(cummax(position.mul(isStart), axis).values);
    return length.argmax(axis, { keepdim: true });
  });
}

export type Interpolation = "linear" | "lower" | "higher" | "midpoint" | "nearest";
const INTERPOLATIONS: readonly Interpolation[] = [
  "linear",
  "lower",
  "higher",
  "midpoint",
  "nearest",
];
export interface QuantileOptions {
  /** Along which dimension; of all elements if left out. */
  dim?: number;
  keepdim?: boolean;
  /** Between the two nearest elements. Default "linear". */
  interpolation?: Interpolation;
}
function quantileBy(
  name: string,
  x: Tensor,
  q: number | Tensor,
  { dim, keepdim = false, interpolation = "linear" }: QuantileOptions,
  ignoresNaN: boolean,
): Tensor {
  if (!INTERPOLATIONS.includes(interpolation))
    throw new DlError(
      "value",
      `${name}: interpolation is "${interpolation}", one of ${INTERPOLATIONS.join(", ")} is wanted`,
    );
  if (!isFloating(x.dtype))
    throw new DlError("dtype", `${name}: the tensor is ${x.dtype}: x.to("float32")`);
  if (isTensor(q) && (q.rank > 1 || q.dtype !== x.dtype))
    throw new DlError(
      "value",
      `${name}: q is ${q.dtype} ${formatShape(q.shape)}, a number or at most one dimension of ${x.dtype} is wanted`,
    );
  if (!isTensor(q) && !(q >= 0 && q <= 1))
    throw new DlError("value", `${name}: q = ${q} is not within 0 … 1`);
  if (x.numel === 0) throw new ShapeError(`${name}: ${formatShape(x.shape)} has no elements`);
  const axis = dim === undefined ? 0 : wrapDim(dim, x.rank, name);
  return scope(() => {
    const last = dim === undefined || x.rank === 0 ? x.reshape([-1]) : x.movedim(axis, -1);
    const sorted = sort(last).values;
    const quantiles = (isTensor(q) ? q : x.newFull([], q)).reshape([-1]);
    const isNumber = sorted.detach().isnan().logicalNot();
    const top = sorted.shape.at(-1)! - 1;
    // NaN is sorted last: there a quantile of a row with NaN is taken.
    const ranks = ignoresNaN
      ? quantiles.mul(isNumber.sum(-1, { keepdim: true }).sub(1)).clamp({ min: 0 })
      : isNumber.all(-1, { keepdim: true }).where(quantiles.mul(top), top);
    const values = interpolate(sorted, ranks, interpolation);
    const isScalar = !isTensor(q) || q.rank === 0;
    let result = values;
    if (keepdim) {
      const kept = dim === undefined ? x.shape.map(() => 1) : undefined;
      // [..., Q] → [Q, ..., 1, ...]
      result = values.movedim(-1, 0);
      result = kept
        ? result.reshape([quantiles.numel, ...kept])
        : x.rank === 0
          ? result
          : result.unsqueeze(axis + 1);
      return isScalar ? result.squeeze(0) : result;
    }
    return isScalar ? result.squeeze(-1) : result.movedim(-1, 0);
  });
}
function interpolate(sorted: Tensor, ranks: Tensor, interpolation: Interpolation): Tensor {
  const at = (r: Tensor) => sorted.gather(-1, r.to("int32"));
  if (interpolation === "lower") return at(ranks.floor());
  if (interpolation === "higher") return at(ranks.ceil());
  if (interpolation === "nearest") return at(ranks.round());
  const below = ranks.floor();
  const weight = interpolation === "midpoint" ? 0.5 : ranks.sub(below);
  return lerp(at(below), at(ranks.ceil()), weight);
}
/**
 * Quantiles of all elements or along a dimension; NaN where there is a NaN.
 *
 * @param q within 0 … 1: a number, or one dimension of them, which comes first in the result.
 * @throws DlError for an integer tensor, a q out of range or another interpolation.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.quantile.html
 *
 * @example
 * quantile(tensor([0, 1, 2, 3]), tensor([0.25, 0.5])) // => [0.75, 1.5]
 */
export const quantile = (
  x: Tensor,
  q: number | Tensor,
  ...args: DimFirst<QuantileOptions>
): Tensor => quantileBy("quantile", x, q, dimArgument(args), false);
/**
 * `quantile` of what is not NaN.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nanquantile.html
 *
 * @example
 * nanquantile(tensor([0, NaN, 1]), 0.5) // => 0.5
 */
export const nanquantile = (
  x: Tensor,
  q: number | Tensor,
  ...args: DimFirst<QuantileOptions>
): Tensor => quantileBy("nanquantile", x, q, dimArgument(args), true);
