/** Systems whose unknowns have several dimensions. */
import { formatShape, ShapeError } from "../../errors.ts";
import { numelOf, wrapDims } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { inv, solve } from "./lu.ts";

/**
 * The inverse under `tensordot`: with the first `ind` dimensions of A as rows and the others as columns, and the shape
 * [columns, rows]. Waits for the device.
 *
 * @param options.ind default 2.
 * @throws ShapeError when rows and columns are not equally many.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.tensorinv.html
 *
 * @example
 * linalg.tensorinv(eye(6).reshape(6, 2, 3), { ind: 1 }).shape // => [2, 3, 6]
 */
export function tensorinv(a: Tensor, { ind = 2 }: { ind?: number } = {}): Tensor {
  const [rows, columns] = [a.shape.slice(0, ind), a.shape.slice(ind)];
  if (!(ind > 0) || numelOf(rows) !== numelOf(columns))
    throw new ShapeError(
      `linalg.tensorinv: of ${formatShape(a.shape)} the first ${ind} dimensions have to have as many elements as the others`,
    );
  return inv(a.reshape(numelOf(rows), numelOf(columns))).reshape([...columns, ...rows]);
}

/**
 * The X with `tensordot(A, X, X.rank) = B`: the first dimensions of A are those of B, the others those of X. Waits for
 * the device.
 *
 * @param options.dims dimensions of A that are moved to its end before.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.tensorsolve.html
 *
 * @example
 * linalg.tensorsolve(eye(4).reshape(2, 2, 4), ones(2, 2)) // => [1, 1, 1, 1]
 */
export function tensorsolve(
  a: Tensor,
  b: Tensor,
  { dims = null }: { dims?: readonly number[] | null } = {},
): Tensor {
  const moved = dims?.length
    ? a.movedim(
        wrapDims(dims, a.rank, "linalg.tensorsolve"),
        dims.map((_, i) => a.rank - dims.length + i),
      )
    : a;
  const unknowns = moved.shape.slice(b.rank);
  const n = numelOf(unknowns);
  if (numelOf(moved.shape) !== n * n || b.numel !== n)
    throw new ShapeError(
      `linalg.tensorsolve: ${formatShape(moved.shape)} and ${formatShape(b.shape)} do not fit: the product of the first ${b.rank} dimensions has to be that of the others, ${n}`,
    );
  return solve(moved.reshape(n, n), b.reshape(n)).reshape(unknowns);
}
