/** Reading and writing whole positions of one dimension, named by a vector of indices. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { wrapDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { gatherAs, requirePositions, scatterAs, wholeNumbers, wrapIndex } from "./indexing.ts";
import { type ScatterReduceOptions, scatterReduceAs } from "./scatterReduce.ts";

function checkVector(name: string, index: Tensor): Tensor {
  if (index.rank > 1)
    throw new ShapeError(
      `${name}: the index is to be a vector, got ${formatShape(index.shape)}: flatten() it`,
    );
  return wholeNumbers(name, index).reshape([index.numel]);
}
/** The vector along `axis`, the same at every position of the other dimensions. */
const along = (index: Tensor, axis: number, shape: readonly number[]): Tensor =>
  index.reshape(shape.map((_, d) => (d === axis ? index.numel : 1))).expand(shape);

/**
 * The positions of `dim` that a vector of indices names, in that order.
 *
 * @param index int32, `0 … size − 1`; a position may occur several times.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.index_select.html
 *
 * @example
 * indexSelect(tensor([[1, 2], [3, 4]]), 0, tensor([1, 1, 0], { dtype: "int32" })) // => [[3, 4], [3, 4], [1, 2]]
 */
export const indexSelect = (x: Tensor, dim: number, index: Tensor): Tensor =>
  indexSelectAs("indexSelect", x, dim, index);

/** The same for another op, which messages name. */
export function indexSelectAs(caller: string, x: Tensor, dim: number, index: Tensor): Tensor {
  const axis = wrapDim(dim, x.rank, caller);
  const vector = checkVector(caller, index);
  if (x.rank === 0) return gatherAs(caller, x.reshape([1]), 0, vector).reshape([]);
  const shape = x.shape.map((n, d) => (d === axis ? index.numel : n));
  return gatherAs(caller, x, axis, along(vector, axis, shape));
}

/** Vector and source, checked, in a form that scatter takes. */
function updates(
  name: string,
  x: Tensor,
  axis: number,
  index: Tensor,
  source: Tensor,
): { index: Tensor; source: Tensor } {
  const vector = checkVector(name, index);
  requirePositions(name, x, axis, vector);
  const wanted = x.shape.map((n, d) => (d === axis ? vector.numel : n));
  const isNumber = source.rank === 0 && wanted.every((n) => n === 1);
  if (!isNumber && (source.rank !== x.rank || source.shape.some((n, d) => n !== wanted[d])))
    throw new ShapeError(
      `${name}: the source ${formatShape(source.shape)} should be ${formatShape(wanted)}: the tensor's shape ${formatShape(x.shape)} with the length of the index, ${vector.numel}, in dimension ${axis}`,
    );
  if (source.dtype !== x.dtype)
    throw new DlError(
      "dtype",
      `${name}: the source is ${source.dtype}, the tensor ${x.dtype}: convert with .to("${x.dtype}")`,
    );
  return { index: along(vector, axis, wanted), source: source.reshape(wanted) };
}

/** A number has one position. */
const asVector = (x: Tensor): Tensor => (x.rank === 0 ? x.reshape([1]) : x);

/**
 * A copy of x to which `alpha · source` is added at the positions of `dim` that the index names; what is named several
 * times gets all of it.
 *
 * @param index int32 `[n]`.
 * @param source x's shape with n in dimension `dim`.
 * @param options.alpha default 1.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.index_add.html
 *
 * @example
 * indexAdd(zeros(3), 0, tensor([2, 2], { dtype: "int32" }), tensor([1, 4])) // => [0, 0, 5]
 */
export function indexAdd(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  { alpha = 1 } = {},
): Tensor {
  const axis = wrapDim(dim, x.rank, "indexAdd");
  const target = asVector(x);
  const to = updates("indexAdd", target, axis, index, source);
  const scaled = alpha === 1 ? to.source : to.source.mul(alpha).to(x.dtype);
  return scatterAs("indexAdd", "add", target, axis, to.index, scaled).reshape(x.shape);
}

/**
 * A copy of x with `source` at the positions of `dim` that the index names. What is named several times holds the last.
 *
 * @param index int32 `[n]`.
 * @param source x's shape with n in dimension `dim`.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.index_copy.html
 *
 * @example
 * indexCopy(zeros(3), 0, tensor([2, 0], { dtype: "int32" }), tensor([1, 4])) // => [4, 0, 1]
 */
export function indexCopy(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  const axis = wrapDim(dim, x.rank, "indexCopy");
  const target = asVector(x);
  const to = updates("indexCopy", target, axis, index, source);
  return scatterAs("indexCopy", "set", target, axis, to.index, to.source).reshape(x.shape);
}

/**
 * A copy of x with one number at the positions of `dim` that the index names. Negative positions count from the end.
 *
 * @param value a number or a zero-dimensional tensor, which may require a gradient.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_fill_.html
 *
 * @example
 * indexFill(zeros(3), 0, tensor([-1, 0], { dtype: "int32" }), 7) // => [7, 0, 7]
 */
export function indexFill(x: Tensor, dim: number, index: Tensor, value: Tensor | number): Tensor {
  const axis = wrapDim(dim, x.rank, "indexFill");
  if (typeof value !== "number" && value.rank > 0)
    throw new ShapeError(
      `indexFill: the value is to be a number, or a tensor without dimensions, got ${formatShape(value.shape)}`,
    );
  const target = asVector(x);
  requirePositions("indexFill", target, axis, index);
  const n = target.shape[axis];
  const vector = wrapIndex("indexFill", checkVector("indexFill", index), n);
  // As a mask, so that a position that is named twice counts once in the value's gradient.
  const named = scatterAs(
    "indexFill",
    "set",
    vector.newZeros([n]),
    0,
    vector,
    vector.newFull([], 1).expand([vector.numel]),
  );
  const mask = along(named.to("bool"), axis, target.shape);
  return target.maskedFill(mask, value).reshape(x.shape);
}

/**
 * A copy of x in which what `source` brings to a position of `dim` is reduced, with that position itself unless
 * `includeSelf` is false.
 *
 * @param index int32 `[n]`.
 * @param source x's shape with n in dimension `dim`.
 * @param options.includeSelf default true.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html
 *
 * @example
 * const index = tensor([0, 0, 1], { dtype: "int32" });
 * indexReduce(ones(3), 0, index, tensor([2, 5, 3]), "prod") // => [10, 3, 1]
 */
export function indexReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduce: "prod" | "mean" | "amax" | "amin",
  options: ScatterReduceOptions = {},
): Tensor {
  const axis = wrapDim(dim, x.rank, "indexReduce");
  const target = asVector(x);
  const to = updates("indexReduce", target, axis, index, source);
  return scatterReduceAs("indexReduce", target, axis, to.index, to.source, reduce, options).reshape(
    x.shape,
  );
}
