/** Order along a dimension. NaN counts as greater than any number. */
import { dispatchAll, type Op } from "../dispatch.ts";
import { DlError, formatShape } from "../errors.ts";
import { wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate } from "../view.ts";
import { scatter } from "./indexing.ts";
import { type DimFirst, dimArgument, type ValuesAndIndices } from "./reduce.ts";

const sortOp: Op<{ readonly axis: number; readonly descending: boolean }> = {
  name: "sort",
  forward([x], { axis, descending }) {
    const values = allocate(x.device, x.dtype, x.shape);
    const indices = allocate(x.device, "int32", x.shape);
    if (values.numel > 0) x.device.sort(x.memory, values, indices, axis, descending);
    return [new Tensor(values), new Tensor(indices)];
  },
  saves: () => ({ outputs: [1] }),
  gradient: ([g], { attrs: { axis }, output, shape }) => [
    g && scatter(g.newZeros(shape(0)), axis, output(1), g),
  ],
};

export interface SortOptions {
  /** Default −1. */
  dim?: number;
  /** Default false. */
  descending?: boolean;
  /** Equal elements always stay in their order; the option is here for its name. */
  stable?: boolean;
}
/** Values in order, and where they were. Stable. */
export function sort(x: Tensor, ...args: DimFirst<SortOptions>): ValuesAndIndices {
  const { dim = -1, descending = false } = dimArgument(args);
  const axis = wrapDim(dim, x.rank, "sort");
  if (x.rank === 0) return { values: x.clone(), indices: x.ne(x).to("int32").mul(0) };
  const [values, indices] = dispatchAll(sortOp, [x], { axis, descending });
  return { values, indices };
}
export const argsort = (x: Tensor, ...args: DimFirst<SortOptions>): Tensor =>
  sort(x.detach(), ...args).indices;
/**
 * Sorted along the first dimension.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.msort.html
 *
 * @example
 * msort(tensor([[3, 1], [2, 5]])) // => [[2, 1], [3, 5]]
 */
export const msort = (x: Tensor): Tensor => sort(x, 0).values;

export interface TopkOptions {
  /** Default −1. */
  dim?: number;
  /** The smallest if false. Default true. */
  largest?: boolean;
  /** They are always in order; the option is here for its name. */
  sorted?: boolean;
}
/** The k largest (or smallest), in order. */
export function topk(x: Tensor, k: number, ...args: DimFirst<TopkOptions>): ValuesAndIndices {
  const { dim = -1, largest = true } = dimArgument(args);
  const axis = wrapDim(dim, x.rank, "topk");
  const n = x.rank === 0 ? 1 : x.shape[axis];
  if (!(Number.isInteger(k) && k >= 0 && k <= n))
    throw new DlError(
      "value",
      `topk: k = ${k} is not within 0 … ${n}, the size of dim ${dim} of ${formatShape(x.shape)}`,
    );
  const { values, indices } = sort(x, { dim: axis, descending: largest });
  if (x.rank === 0) return { values, indices };
  return { values: values.narrow(axis, 0, k), indices: indices.narrow(axis, 0, k) };
}
