/** Differences of neighbours, and integrals by trapezoids. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { scope } from "../scope.ts";
import { wrapDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { logicalXor } from "./binary.ts";
import { cat } from "./join.ts";
import { cumsum } from "./scan.ts";

export interface DiffOptions {
  /** How often. Default 1. */
  n?: number;
  /** Default −1. */
  dim?: number;
  /** What stands before and behind x along `dim`. */
  prepend?: Tensor;
  append?: Tensor;
}
/**
 * xᵢ₊₁ − xᵢ along a dimension, n times over. Of bools: whether they differ.
 *
 * @throws DlError for a negative n or a tensor without dimensions.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.diff.html
 *
 * @example
 * diff(tensor([1, 4, 9, 16]), { n: 2 }) // => [2, 2]
 */
export function diff(x: Tensor, { n = 1, dim = -1, prepend, append }: DiffOptions = {}): Tensor {
  if (x.rank === 0)
    throw new ShapeError("diff: a tensor of at least one dimension is wanted, got []");
  if (!(Number.isInteger(n) && n >= 0))
    throw new DlError("value", `diff: n = ${n} is not a number of times`);
  const axis = wrapDim(dim, x.rank, "diff");
  if (n === 0) return x.clone();
  return scope(() => {
    const parts = [prepend, x, append].filter((t) => t !== undefined);
    let y = parts.length > 1 ? cat(parts, axis) : x;
    for (let i = 0; i < n && y.shape[axis] > 0; i++) y = neighbours(y, axis, difference);
    return y;
  });
}
const difference = (left: Tensor, right: Tensor): Tensor =>
  left.dtype === "bool" ? logicalXor(right, left) : right.sub(left);
function neighbours(x: Tensor, axis: number, fn: (left: Tensor, right: Tensor) => Tensor): Tensor {
  const n = Math.max(x.shape[axis] - 1, 0);
  return fn(x.narrow(axis, 0, n), x.narrow(axis, x.shape[axis] - n, n));
}

export interface TrapezoidOptions {
  /** Where the values are: like y, or one dimension for all. */
  x?: Tensor;
  /** Their distance, if x is left out. Default 1. */
  dx?: number;
  /** Default −1. */
  dim?: number;
}
/** The dimension to integrate along, of which a number has none. */
function lineOf(name: string, y: Tensor, dim = -1): number {
  if (y.rank === 0)
    throw new ShapeError(`${name}: a tensor of at least one dimension is wanted, got []`);
  return wrapDim(dim, y.rank, name);
}
/** The area of each trapezoid along `dim`. */
function areas(name: string, y: Tensor, axis: number, { x, dx = 1 }: TrapezoidOptions): Tensor {
  const twice = neighbours(y, axis, (left, right) => left.add(right));
  if (!x) return twice.mul(dx / 2);
  if (x.shape.at(-1) !== y.shape[axis] && x.rank === 1)
    throw new ShapeError(
      `${name}: x ${formatShape(x.shape)} does not fit dim ${axis} of y ${formatShape(y.shape)}`,
    );
  const along = x.rank === 1 ? x.reshape(y.shape.map((_, d) => (d === axis ? -1 : 1))) : x;
  // An x of fewer dimensions is aligned at the end, as in broadcasting.
  const steps = neighbours(along, axis - (y.rank - along.rank), difference);
  return twice.mul(steps).div(2);
}
/**
 * The integral of y along a dimension by the trapezoidal rule.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.trapezoid.html
 *
 * @example
 * trapezoid(tensor([1, 5, 10]), { x: tensor([1, 3, 6]) }) // => 28.5
 */
export function trapezoid(y: Tensor, options: TrapezoidOptions = {}): Tensor {
  const axis = lineOf("trapezoid", y, options.dim);
  return scope(() => areas("trapezoid", y, axis, options).sum(axis));
}
/**
 * The integral from the first value to each other one.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cumulative_trapezoid.html
 *
 * @example
 * cumulativeTrapezoid(tensor([1, 5, 10])) // => [3, 10.5]
 */
export function cumulativeTrapezoid(y: Tensor, options: TrapezoidOptions = {}): Tensor {
  const axis = lineOf("cumulativeTrapezoid", y, options.dim);
  return scope(() => cumsum(areas("cumulativeTrapezoid", y, axis, options), axis));
}
