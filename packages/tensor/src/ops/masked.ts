/** Elements where a mask holds. How many these are depends on data, so most of this waits for the device. */

import type { TypedArray } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { broadcastShapes } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { cumsum } from "./scan.ts";

function counted(name: string, t: Tensor): TypedArray {
  if (!t.memory.storage.host && !t.device.readSync)
    throw new DlError(
      "no-sync",
      `${name}: the result's shape depends on data, and ${t.device.name} cannot be read without waiting: use where or maskedFill, or compute on data from await t.data()`,
    );
  return t.detach().dataSync();
}

/** Positions in row-major order of what is not 0. */
function positions(name: string, t: Tensor): Int32Array {
  const values = counted(name, t);
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) found.push(i);
  return Int32Array.from(found);
}

/**
 * Where x is not 0: int32 `[n, rank]`, a row for each such element. With `asTuple` a vector for each dimension instead.
 * Waits for the device, since n is data.
 *
 * @param options.asTuple default false.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nonzero.html
 *
 * @example
 * nonzero(tensor([[0, 7], [8, 0]])) // => [[0, 1], [1, 0]]
 */
export function nonzero(x: Tensor, options?: { asTuple?: false }): Tensor;
export function nonzero(x: Tensor, options: { asTuple: true }): Tensor[];
export function nonzero(x: Tensor, options?: { asTuple?: boolean }): Tensor | Tensor[];
export function nonzero(
  x: Tensor,
  { asTuple = false }: { asTuple?: boolean } = {},
): Tensor | Tensor[] {
  // A tuple needs a vector even for a number.
  const shape = asTuple && x.rank === 0 ? [1] : x.shape;
  const flat = positions("nonzero", x);
  const n = flat.length;
  const columns = shape.map(() => new Int32Array(n));
  flat.forEach((at, i) => {
    for (let d = shape.length - 1, rest = at; d >= 0; d--) {
      columns[d][i] = rest % shape[d];
      rest = Math.floor(rest / shape[d]);
    }
  });
  if (asTuple) return columns.map((c) => Tensor.from(c, [n], x.device));
  const rows = new Int32Array(n * shape.length);
  columns.forEach((c, d) => c.forEach((at, i) => (rows[i * shape.length + d] = at)));
  return Tensor.from(rows, [n, shape.length], x.device);
}

/**
 * Where x is not 0: the same as `nonzero(x)`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.argwhere.html
 *
 * @example
 * argwhere(tensor([0, 3, 4])) // => [[1], [2]]
 */
export const argwhere = (x: Tensor): Tensor => nonzero(x);

/**
 * The elements of x where the mask holds, as a vector. x and mask broadcast. Waits for the device, since the length is
 * data.
 *
 * @throws DlError "dtype" for a mask that is not bool.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.masked_select.html
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * maskedSelect(x, x.gt(2)) // => [3, 4]
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  requireMask("maskedSelect", mask);
  const shape = broadcastShapes([x.shape, mask.shape], "maskedSelect");
  const flat = positions("maskedSelect", mask.expand(shape));
  return x
    .expand(shape)
    .reshape([mask.expand(shape).numel])
    .gather(0, Tensor.from(flat, [flat.length], x.device));
}

/**
 * A copy of x with elements of `source`, in their order, where the mask holds. The mask broadcasts to x.
 *
 * @throws ShapeError when the mask holds more often than `source` has elements, on a device that can be read at once.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_scatter_.html
 *
 * @example
 * const mask = tensor([true, false, true]);
 * maskedScatter(zeros(3), mask, tensor([5, 6, 7])) // => [5, 0, 6]
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  requireMask("maskedScatter", mask);
  if (source.dtype !== x.dtype)
    throw new DlError(
      "dtype",
      `maskedScatter: the source is ${source.dtype}, the tensor ${x.dtype}: convert with .to("${x.dtype}")`,
    );
  const shape = broadcastShapes([x.shape, mask.shape], "maskedScatter");
  const [target, where] = [x.expand(shape), mask.expand(shape)];
  if (mask.memory.storage.host || mask.device.readSync) {
    const wanted = positions("maskedScatter", where).length;
    if (wanted > source.numel)
      throw new ShapeError(
        `maskedScatter: the mask holds at ${wanted} places, the source ${formatShape(source.shape)} has ${source.numel} elements`,
      );
  }
  if (target.numel === 0 || source.numel === 0) return target.clone();
  // The n-th place where the mask holds takes element n.
  const rank = cumsum(where.reshape([target.numel]), 0).sub(1);
  const taken = source
    .reshape([source.numel])
    .gather(0, rank.clamp({ min: 0, max: source.numel - 1 }).to("int32"));
  return where.where(taken.reshape(shape), target);
}

function requireMask(name: string, mask: Tensor): void {
  if (mask.dtype !== "bool")
    throw new DlError(
      "dtype",
      `${name}: the mask is ${mask.dtype}, a bool tensor is wanted: mask.ne(0)`,
    );
}
