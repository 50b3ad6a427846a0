/** Elements in another order, by views and joints. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { broadcastShapes, requireWhole, type Shape, wrapDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { separate } from "./cast.ts";
import { cat } from "./join.ts";
import { flip } from "./views.ts";

export interface RollOptions {
  /** Default: the flattened tensor. */
  dims?: number | readonly number[];
}
/**
 * Rotated: what is pushed out at the end comes in at the beginning. Without `dims` the flattened tensor is rotated.
 *
 * @param shifts how far, for each of `dims`; negative numbers go the other way.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.roll.html
 *
 * @example
 * roll(tensor([1, 2, 3, 4]), 1) // => [4, 1, 2, 3]
 */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  options: number | readonly number[] | RollOptions = {},
): Tensor {
  const dims =
    typeof options === "object" && !Array.isArray(options)
      ? (options as RollOptions).dims
      : (options as number | readonly number[]);
  const by = [shifts].flat() as number[];
  for (const shift of by) requireWhole("roll", "shifts", shift);
  if (dims === undefined) {
    if (by.length !== 1)
      throw new DlError(
        "value",
        `roll: ${by.length} shifts need as many dims: roll([1, 2], { dims: [0, 1] })`,
      );
    return separate(rollOne(x.reshape([x.numel]), by[0], 0).reshape(x.shape), x);
  }
  const axes = [dims].flat() as number[];
  if (axes.length !== by.length)
    throw new DlError(
      "value",
      `roll: shifts ${formatShape(by)} and dims ${formatShape(axes)} have to be equally many`,
    );
  const turned = by.reduce((t, shift, i) => rollOne(t, shift, wrapDim(axes[i], x.rank, "roll")), x);
  return separate(turned, x);
}
function rollOne(x: Tensor, shift: number, axis: number): Tensor {
  const n = x.shape[axis];
  const by = n > 0 ? ((shift % n) + n) % n : 0;
  if (by === 0) return x;
  return cat([x.narrow(axis, n - by, by), x.narrow(axis, 0, n - by)], axis);
}

export interface Rot90Options {
  /** How many quarter turns, from the first of `dims` towards the second. Default 1. */
  k?: number;
  /** The plane. Default [0, 1]. */
  dims?: readonly [number, number];
}
/**
 * Turned by quarters in a plane.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.rot90.html
 *
 * @example
 * rot90(tensor([[1, 2], [3, 4]])) // => [[2, 4], [1, 3]]
 */
export function rot90(x: Tensor, { k = 1, dims = [0, 1] }: Rot90Options = {}): Tensor {
  if (x.rank < 2)
    throw new ShapeError(`rot90: at least 2 dimensions are wanted, got ${formatShape(x.shape)}`);
  const [a, b] = dims.map((d) => wrapDim(d, x.rank, "rot90"));
  if (dims.length !== 2 || a === b)
    throw new DlError("value", `rot90: dims ${formatShape(dims)} have to be two different ones`);
  requireWhole("rot90", "k", k);
  const turns = ((k % 4) + 4) % 4;
  if (turns === 1) return flip(x, b).transpose(a, b).clone();
  if (turns === 2) return flip(x, [a, b]).clone();
  if (turns === 3) return flip(x, a).transpose(a, b).clone();
  return x.clone();
}

/**
 * The columns (dimension 1) in reverse. A view.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.fliplr.html
 *
 * @example
 * fliplr(tensor([[1, 2], [3, 4]])) // => [[2, 1], [4, 3]]
 */
export function fliplr(x: Tensor): Tensor {
  if (x.rank < 2)
    throw new ShapeError(`fliplr: at least 2 dimensions are wanted, got ${formatShape(x.shape)}`);
  return flip(x, 1);
}
/**
 * The rows (dimension 0) in reverse. A view.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.flipud.html
 *
 * @example
 * flipud(tensor([[1, 2], [3, 4]])) // => [[3, 4], [1, 2]]
 */
export function flipud(x: Tensor): Tensor {
  if (x.rank < 1) throw new ShapeError("flipud: at least 1 dimension is wanted, got a number");
  return flip(x, 0);
}

/**
 * One dimension, whatever the rank was. A view where strides allow it.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.ravel.html
 *
 * @example
 * ravel(tensor([[1, 2], [3, 4]])) // => [1, 2, 3, 4]
 */
export const ravel = (x: Tensor): Tensor => x.reshape([x.numel]);

/**
 * The last two dimensions exchanged, as for matrices of real numbers. A view.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.adjoint.html
 *
 * @example
 * adjoint(tensor([[1, 2], [3, 4]])) // => [[1, 3], [2, 4]]
 */
export const adjoint = (x: Tensor): Tensor => x.transpose(-2, -1);

/** One tensor, several, or a list of them: PyTorch's atleast functions take each. */
type AtLeast = {
  (x: Tensor): Tensor;
  (x: readonly Tensor[]): Tensor[];
  (...x: Tensor[]): Tensor[];
};
const atLeast = (raise: (x: Tensor) => Tensor): AtLeast =>
  ((...args: (Tensor | readonly Tensor[])[]) => {
    const [first] = args;
    if (Array.isArray(first)) return first.map(raise);
    return args.length === 1 ? raise(first as Tensor) : (args as Tensor[]).map(raise);
  }) as AtLeast;

/**
 * A number as a vector of one; anything else as it is.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.atleast_1d.html
 *
 * @example
 * atleast1d(tensor(3)) // => [3]
 */
export const atleast1d: AtLeast = atLeast((x) => (x.rank === 0 ? x.reshape([1]) : x));
/**
 * A number or a vector as one row; anything else as it is.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.atleast_2d.html
 *
 * @example
 * atleast2d(tensor([1, 2])) // => [[1, 2]]
 */
export const atleast2d: AtLeast = atLeast(raised2d);
function raised2d(x: Tensor): Tensor {
  return x.rank >= 2 ? x : x.reshape([1, x.numel]);
}
/**
 * At least three dimensions: a vector of n becomes [1, n, 1], a matrix [m, n] becomes [m, n, 1].
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.atleast_3d.html
 *
 * @example
 * atleast3d(tensor([1, 2])).shape // => [1, 2, 1]
 */
export const atleast3d: AtLeast = atLeast(raised3d);
function raised3d(x: Tensor): Tensor {
  return x.rank >= 3 ? x : x.reshape([...raised2d(x).shape, 1]);
}

/**
 * All in their common shape. Views.
 *
 * @throws ShapeError for shapes that do not broadcast.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.broadcast_tensors.html
 *
 * @example
 * broadcastTensors(tensor([1, 2]), tensor([[3], [4]])) // => [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
 */
export function broadcastTensors(
  ...args: readonly Tensor[] | readonly [readonly Tensor[]]
): Tensor[] {
  const tensors = args.flat() as Tensor[];
  const shape = tensors.length
    ? broadcastShapes(
        tensors.map((t) => t.shape),
        "broadcastTensors",
      )
    : [];
  return tensors.map((t) => t.expand(shape));
}
/**
 * x in a larger shape that it broadcasts to: `expand`. A view.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.broadcast_to.html
 *
 * @example
 * broadcastTo(tensor([1, 2]), [2, 2]) // => [[1, 2], [1, 2]]
 */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => x.expand(shape);
