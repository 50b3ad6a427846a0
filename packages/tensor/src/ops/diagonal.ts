/** Diagonals: taken from matrices, and made into them. */
import { assign, defineMap, defineView, type ViewOp } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { IDENTITY } from "../program.ts";
import { requireWhole, type Shape, wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { filledView } from "./fill.ts";
import { change } from "./inplace.ts";

/** @internal Of the last two dimensions. */
export const diagonalOp: ViewOp<{ offset: number }> = defineView<{ offset: number }>(
  "diagonal",
  (v, { offset }) => {
    const [rows, columns] = v.shape.slice(-2);
    const lead = v.shape.length - 2;
    const length = Math.max(0, Math.min(rows + Math.min(offset, 0), columns - Math.max(offset, 0)));
    const start = offset >= 0 ? offset * v.strides[lead + 1] : -offset * v.strides[lead];
    return v.with(
      [...v.shape.slice(0, lead), length],
      [...v.strides.slice(0, lead), v.strides[lead] + v.strides[lead + 1]],
      length ? v.offset + start : v.offset,
    );
  },
  (g, attrs, shape) => dispatch(diagonalEmbedOp, [g], { ...attrs, shape }),
);
/** Zeros of `shape` with g on the diagonal of the last two dimensions. */
const diagonalEmbedOp: Op<{ offset: number; shape: Shape }> = {
  name: "diagEmbed",
  forward([g], attrs) {
    const out = filledView(g.device, g.dtype, attrs.shape, 0);
    if (g.numel > 0) assign([diagonalOp.restride(out, attrs)], IDENTITY, [g.memory]);
    return [new Tensor(out)];
  },
  gradient: ([g], { attrs }) => [dispatch(diagonalOp, [g!], { offset: attrs.offset })],
};

export interface DiagonalOptions {
  /** 0 (default) is the main diagonal, positive numbers lie above it. */
  offset?: number;
  /** The rows' dimension. */
  dim1?: number;
  /** The columns' dimension. */
  dim2?: number;
}

/** @internal The order of dimensions that puts two of them last, and the one that undoes it. */
export function dimsLast(
  x: Tensor,
  dim1: number,
  dim2: number,
  name: string,
): [order: number[], back: number[]] {
  if (x.rank < 2)
    throw new ShapeError(`${name}: at least 2 dimensions are wanted, got ${formatShape(x.shape)}`);
  const a = wrapDim(dim1, x.rank, name);
  const b = wrapDim(dim2, x.rank, name);
  if (a === b)
    throw new DlError(
      "value",
      `${name}: dim1 (${dim1}) and dim2 (${dim2}) name the same dimension`,
    );
  const order = [...x.shape.map((_, d) => d).filter((d) => d !== a && d !== b), a, b];
  return [order, order.map((_, d) => order.indexOf(d))];
}

/**
 * The diagonal of two dimensions, which becomes the last dimension of the result. A view.
 *
 * @param options.offset default 0; positive above, negative below the main diagonal.
 * @param options.dim1 default 0.
 * @param options.dim2 default 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.diagonal.html
 *
 * @example
 * diagonal(tensor([[1, 2], [3, 4]])) // => [1, 4]
 */
export function diagonal(
  x: Tensor,
  { offset = 0, dim1 = 0, dim2 = 1 }: DiagonalOptions = {},
): Tensor {
  const [order] = dimsLast(x, dim1, dim2, "diagonal");
  requireWhole("diagonal", "offset", offset);
  return dispatch(diagonalOp, [x.permute(order)], { offset });
}

/**
 * Matrices with the last dimension of x on a diagonal, and zeros elsewhere.
 *
 * @param options.offset default 0; positive above, negative below the main diagonal.
 * @param options.dim1 default −2: where the rows stand in the result.
 * @param options.dim2 default −1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.diag_embed.html
 *
 * @example
 * diagEmbed(tensor([1, 2])) // => [[1, 0], [0, 2]]
 */
export function diagEmbed(
  x: Tensor,
  { offset = 0, dim1 = -2, dim2 = -1 }: DiagonalOptions = {},
): Tensor {
  if (x.rank === 0) throw new ShapeError("diagEmbed: at least 1 dimension is wanted, got a number");
  requireWhole("diagEmbed", "offset", offset);
  const n = x.shape.at(-1)! + Math.abs(offset);
  const out: Tensor = dispatch(diagonalEmbedOp, [x], {
    offset,
    shape: [...x.shape.slice(0, -1), n, n],
  });
  const [, back] = dimsLast(out, dim1, dim2, "diagEmbed");
  return out.permute(back);
}

/**
 * Of a vector the matrix with it on a diagonal, of a matrix a copy of the diagonal.
 *
 * @param options.diagonal default 0; positive above, negative below the main diagonal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.diag.html
 *
 * @example
 * diag(tensor([1, 2])) // => [[1, 0], [0, 2]]
 */
export function diag(x: Tensor, { diagonal: offset = 0 } = {}): Tensor {
  if (x.rank !== 1 && x.rank !== 2)
    throw new ShapeError(
      `diag: a vector or a matrix is wanted, got ${formatShape(x.shape)}: diagonal and diagEmbed take any rank`,
    );
  return x.rank === 1 ? diagEmbed(x, { offset }) : diagonal(x, { offset }).clone();
}

/**
 * The matrix with all elements of x on a diagonal.
 *
 * @param options.offset default 0; positive above, negative below the main diagonal.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.diagflat.html
 *
 * @example
 * diagflat(tensor([[1], [2]])) // => [[1, 0], [0, 2]]
 */
export const diagflat = (x: Tensor, { offset = 0 } = {}): Tensor =>
  diagEmbed(x.reshape([x.numel]), { offset });

/**
 * The sum of a matrix's diagonal.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.trace.html
 *
 * @example
 * trace(tensor([[1, 2], [3, 4]])) // => 5
 */
export function trace(x: Tensor): Tensor {
  if (x.rank !== 2)
    throw new ShapeError(
      `trace: a matrix is wanted, got ${formatShape(x.shape)}: diagonal(…).sum(-1) takes batches`,
    );
  return diagonal(x).sum();
}

const diagonalOf = (rank: number, period: E.Expr): E.Expr => {
  const difference = (d: number) => E.sub(E.index(0), E.index(d));
  let isOn: E.Expr = E.eq(E.rem(difference(1), period), 0);
  for (let d = 2; d < rank; d++) isOn = E.and(isOn, E.eq(difference(d), 0));
  return isOn;
};
const fills: ((x: Tensor, value: number, period: number) => Tensor)[] = [];
/**
 * Writes a number where all positions are equal.
 *
 * @param options.wrap begin anew below a square of a tall matrix, a row later. Default false.
 * @throws ShapeError for fewer than two dimensions, or for more that differ in size.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html
 *
 * @example
 * fillDiagonal_(zeros(4, 2), 7, { wrap: true }) // => [[7, 0], [0, 7], [0, 0], [7, 0]]
 */
export function fillDiagonal_<T extends Tensor>(x: T, value: number, { wrap = false } = {}): T {
  const { rank, shape } = x;
  if (rank < 2 || (rank > 2 && shape.some((n) => n !== shape[0])))
    throw new ShapeError(
      `fillDiagonal_: a matrix, or more dimensions of one size, is wanted, got ${formatShape(shape)}`,
    );
  fills[rank] ??= defineMap<[Tensor, number, number]>("fillDiagonal_", (t, v, period) =>
    E.select(diagonalOf(rank, period), v, t),
  );
  // Row r has its element in column r, modulo a period; without wrapping that is beyond all rows and columns.
  const period = wrap && rank === 2 ? shape[1] + 1 : shape[0] + shape[1];
  return change(x, "fillDiagonal_", (t) => fills[rank](t, value, period).to(t.dtype), []);
}
