/** A part of a tensor replaced: the part that a view of it would show. */
import { assign, type ViewOp } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { IDENTITY } from "../program.ts";
import { type Shape, sameShape, wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate, denseLike } from "../view.ts";
import { type DiagonalOptions, diagonal, diagonalOp, dimsLast } from "./diagonal.ts";
import { sliceOp, sliceRange } from "./views.ts";

interface ReplaceAttrs {
  readonly view: ViewOp<never>;
  readonly viewAttrs: unknown;
}
/** A copy of x in which what the view shows is the source. */
const replaceOp: Op<ReplaceAttrs> = {
  name: "replace",
  forward([x, source], { view, viewAttrs }) {
    const out = allocate(x.device, x.dtype, x.shape, denseLike(x.shape, x.memory.strides));
    if (out.numel > 0) assign([out], IDENTITY, [x.memory]);
    if (source.numel > 0)
      assign([view.restride(out, viewAttrs as never)], IDENTITY, [source.memory]);
    return [new Tensor(out)];
  },
  gradient([g], { attrs, needs, shape, dtype }) {
    const nothing = () => g!.newZeros([]).expand(shape(1));
    return [
      needs[0] ? dispatch(replaceOp, [g!, nothing()], attrs) : null,
      needs[1] ? dispatch(attrs.view, [g!], attrs.viewAttrs).to(dtype(1)) : null,
    ];
  },
};

function replace<A>(
  name: string,
  x: Tensor,
  source: Tensor,
  shape: Shape,
  view: ViewOp<A>,
  viewAttrs: A,
): Tensor {
  if (!sameShape(source.shape, shape))
    throw new ShapeError(
      `${name}: the source ${formatShape(source.shape)} is to fill a part of shape ${formatShape(shape)} of ${formatShape(x.shape)}`,
    );
  return dispatch(replaceOp, [x, source], { view, viewAttrs });
}

/**
 * A copy of x with `source` at one position of `dim`.
 *
 * @param source x's shape without dimension `dim`.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.select_scatter.html
 *
 * @example
 * selectScatter(zeros(2, 2), ones(2), 1, 0) // => [[1, 0], [1, 0]]
 */
export function selectScatter(x: Tensor, source: Tensor, dim: number, index: number): Tensor {
  if (x.rank === 0)
    throw new ShapeError(
      "selectScatter: a zero-dimensional tensor has no dimension to select from",
    );
  const d = wrapDim(dim, x.rank, "selectScatter");
  const n = x.shape[d];
  const start = index < 0 ? index + n : index;
  if (!Number.isInteger(start) || start < 0 || start >= n)
    throw new DlError(
      "index",
      `selectScatter: index ${index} is out of range for dim ${dim} of ${formatShape(x.shape)}, which has ${n}`,
    );
  const wanted = x.shape.filter((_, k) => k !== d);
  if (!sameShape(source.shape, wanted))
    throw new ShapeError(
      `selectScatter: the source ${formatShape(source.shape)} is to fill a part of shape ${formatShape(wanted)} of ${formatShape(x.shape)}`,
    );
  const part = source.unsqueeze(d);
  return replace("selectScatter", x, part, part.shape, sliceOp, {
    dim: d,
    start,
    length: 1,
    step: 1,
  });
}

export interface SliceScatterOptions {
  /** Default 0. */
  dim?: number;
  /** Default 0. */
  start?: number | null;
  /** Default the size of the dimension. */
  end?: number | null;
  /** Default 1. */
  step?: number;
}
/**
 * A copy of x with `source` at the positions start, start + step, … before end of `dim`.
 *
 * @param source x's shape with as many positions of `dim` as the slice has.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.slice_scatter.html
 *
 * @example
 * sliceScatter(zeros(4), ones(2), { start: 0, end: 4, step: 2 }) // => [1, 0, 1, 0]
 */
export function sliceScatter(
  x: Tensor,
  source: Tensor,
  { dim = 0, start, end, step = 1 }: SliceScatterOptions = {},
): Tensor {
  const d = wrapDim(dim, x.rank, "sliceScatter");
  if (!Number.isInteger(step) || step < 1)
    throw new DlError("value", `sliceScatter: step ${step} has to be a positive whole number`);
  const n = x.shape[d];
  const [from, length] = sliceRange("sliceScatter", n, start, end, step);
  const shape = x.shape.map((size, k) => (k === d ? length : size));
  return replace("sliceScatter", x, source, shape, sliceOp, { dim: d, start: from, length, step });
}

/**
 * A copy of x with `source` on a diagonal.
 *
 * @param source what `diagonal(x, options)` would be.
 * @param options.offset default 0; positive above, negative below the main diagonal.
 * @param options.dim1 default 0.
 * @param options.dim2 default 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.diagonal_scatter.html
 *
 * @example
 * diagonalScatter(zeros(2, 2), tensor([3, 4])) // => [[3, 0], [0, 4]]
 */
export function diagonalScatter(
  x: Tensor,
  source: Tensor,
  { offset = 0, dim1 = 0, dim2 = 1 }: DiagonalOptions = {},
): Tensor {
  const { shape } = diagonal(x.detach(), { offset, dim1, dim2 });
  const [order, back] = dimsLast(x, dim1, dim2, "diagonalScatter");
  return replace("diagonalScatter", x.permute(order), source, shape, diagonalOp, {
    offset,
  }).permute(back);
}
