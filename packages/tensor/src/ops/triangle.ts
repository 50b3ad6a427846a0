/** Triangles of matrices. */
import type { Backend } from "../backend.ts";
import { adoptArray } from "../create.ts";
import { assign } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import type { DType } from "../dtype.ts";
import { formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { program } from "../program.ts";
import { requireCount, requireWhole } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate } from "../view.ts";

const triangleOp: Op<{ readonly lower: boolean; readonly diagonal: number }> = {
  name: "tril",
  forward([x], { lower, diagonal }) {
    const out = allocate(x.device, x.dtype, x.shape);
    const distance = E.sub(E.index(x.rank - 1), E.add(E.index(x.rank - 2), E.scalar(0)));
    const inside = lower ? E.le(distance, 0) : E.ge(distance, 0);
    if (out.numel > 0)
      assign([out], program([E.select(inside, E.input(0), 0)], 1, 1), [x.memory], [diagonal]);
    return [new Tensor(out)];
  },
  gradient: ([g], { attrs }) => [dispatch(triangleOp, [g!], attrs)],
};
const triangle = (x: Tensor, lower: boolean, diagonal: number): Tensor => {
  if (x.rank < 2)
    throw new ShapeError(
      `${lower ? "tril" : "triu"}: at least 2 dimensions are wanted, got ${formatShape(x.shape)}`,
    );
  requireWhole(lower ? "tril" : "triu", "diagonal", diagonal);
  return dispatch(triangleOp, [x], { lower, diagonal });
};

/**
 * The lower triangle of the last two dimensions, zero above the given diagonal.
 *
 * @param options.diagonal 0 (default) is the main one, positive numbers lie above it.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.tril.html
 *
 * @example
 * tril(tensor([[1, 2], [3, 4]])) // => [[1, 0], [3, 4]]
 */
export const tril = (x: Tensor, { diagonal = 0 } = {}): Tensor => triangle(x, true, diagonal);
/**
 * The upper triangle of the last two dimensions, zero below the given diagonal.
 *
 * @param options.diagonal 0 (default) is the main one, positive numbers lie above it.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.triu.html
 *
 * @example
 * triu(tensor([[1, 2], [3, 4]]), { diagonal: 1 }) // => [[0, 2], [0, 0]]
 */
export const triu = (x: Tensor, { diagonal = 0 } = {}): Tensor => triangle(x, false, diagonal);

export interface TriangleIndicesOptions {
  /** 0 (default) is the main diagonal, positive numbers lie above it. */
  offset?: number;
  /** Default int32. */
  dtype?: DType;
  device?: Backend;
}

/**
 * Rows and columns of the lower triangle of a `row` × `col` matrix, row by row: int32 `[2, n]`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.tril_indices.html
 *
 * @example
 * trilIndices(2, 3) // => [[0, 1, 1], [0, 0, 1]]
 */
export const trilIndices = (
  row: number,
  col: number,
  options: TriangleIndicesOptions = {},
): Tensor => indices("trilIndices", row, col, (i, j, offset) => j - i <= offset, options);
/**
 * Rows and columns of the upper triangle of a `row` × `col` matrix, row by row: int32 `[2, n]`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.triu_indices.html
 *
 * @example
 * triuIndices(2, 3, { offset: 1 }) // => [[0, 0, 1], [1, 2, 2]]
 */
export const triuIndices = (
  row: number,
  col: number,
  options: TriangleIndicesOptions = {},
): Tensor => indices("triuIndices", row, col, (i, j, offset) => j - i >= offset, options);

function indices(
  name: string,
  row: number,
  col: number,
  isInside: (i: number, j: number, offset: number) => boolean,
  { offset = 0, dtype = "int32", device }: TriangleIndicesOptions,
): Tensor {
  requireCount(name, "row", row);
  requireCount(name, "col", col);
  requireWhole(name, "offset", offset);
  const rows: number[] = [];
  const columns: number[] = [];
  for (let i = 0; i < row; i++)
    for (let j = 0; j < col; j++) {
      if (!isInside(i, j, offset)) continue;
      rows.push(i);
      columns.push(j);
    }
  const data = Int32Array.from([...rows, ...columns]);
  return adoptArray(data, "int32", [2, rows.length], device).to(dtype);
}
