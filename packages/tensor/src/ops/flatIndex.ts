/** Positions in a tensor seen as one row of numbers, and gather that broadcasts. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { broadcastShapes, wrapDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { gatherAs, scatterAs, wrapIndex } from "./indexing.ts";

/**
 * Elements of the flattened tensor.
 *
 *     out[i][j] = x.flatten()[index[i][j]]
 *
 * @param index int32 of any shape, which is the result's; negative positions count from the end.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.take.html
 *
 * @example
 * take(tensor([[1, 2], [3, 4]]), tensor([2, -1], { dtype: "int32" })) // => [3, 4]
 */
export function take(x: Tensor, index: Tensor): Tensor {
  const flat = wrapIndex("take", index, x.numel).reshape([index.numel]);
  return gatherAs("take", x.reshape([x.numel]), 0, flat).reshape(index.shape);
}

/**
 * A copy of x with `source` written (or, with `accumulate`, added) at positions of the flattened tensor. Without
 * `accumulate`, what is named several times holds the last.
 *
 * @param index int32 of any shape; negative positions count from the end.
 * @param source as many elements as the index.
 * @param options.accumulate default false.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.put_.html
 *
 * @example
 * put(zeros(2, 2), tensor([1, -1], { dtype: "int32" }), tensor([5, 6])) // => [[0, 5], [0, 6]]
 */
export function put(x: Tensor, index: Tensor, source: Tensor, { accumulate = false } = {}): Tensor {
  if (source.numel !== index.numel)
    throw new ShapeError(
      `put: the index ${formatShape(index.shape)} and the source ${formatShape(source.shape)} need equally many elements`,
    );
  const n = index.numel;
  return scatterAs(
    "put",
    accumulate ? "add" : "set",
    x.reshape([x.numel]),
    0,
    wrapIndex("put", index, x.numel).reshape([n]),
    source.reshape([n]),
  ).reshape(x.shape);
}

/**
 * `gather` in which x and the index broadcast against each other, but for `dim`; so the result of `argsort` or `argmax`
 * (with keepdim) picks the values. Without `dim` both are flattened.
 *
 * @param index int32, as many dimensions as x; negative positions count from the end.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.take_along_dim.html
 *
 * @example
 * const x = tensor([[10, 30, 20], [60, 40, 50]]);
 * takeAlongDim(x, x.argmax(1, { keepdim: true }), { dim: 1 }) // => [[30], [60]]
 */
export function takeAlongDim(
  x: Tensor,
  index: Tensor,
  options: number | { dim?: number } = {},
): Tensor {
  const dim = typeof options === "number" ? options : options.dim;
  if (dim === undefined)
    return gatherAs(
      "takeAlongDim",
      x.reshape([x.numel]),
      0,
      wrapIndex("takeAlongDim", index, x.numel).reshape([index.numel]),
    );
  const axis = wrapDim(dim, x.rank, "takeAlongDim");
  if (index.rank !== x.rank)
    throw new DlError(
      "shape",
      `takeAlongDim: the index ${formatShape(index.shape)} needs as many dimensions as the tensor ${formatShape(x.shape)}`,
    );
  const others = broadcastShapes(
    [x, index].map((t) => t.shape.map((n, d) => (d === axis ? 1 : n))),
    "takeAlongDim",
  );
  const stretched = (t: Tensor) => t.expand(others.map((n, d) => (d === axis ? t.shape[d] : n)));
  return gatherAs(
    "takeAlongDim",
    stretched(x),
    axis,
    stretched(wrapIndex("takeAlongDim", index, x.shape[axis])),
  );
}
