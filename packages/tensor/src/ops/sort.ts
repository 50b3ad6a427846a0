/** Order along a dimension. NaN counts as greater than any number. */
import { dispatchAll, type Op } from "../dispatch.ts";
import { DlError, formatShape } from "../errors.ts";
import { wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate } from "../view.ts";
import type { ValuesAndIndices } from "./reduce.ts";

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
    g && g.newZeros(shape(0)).scatter(axis, output(1), g),
  ],
};

/** Values in order, and where they were. Stable. */
export function sort(x: Tensor, { dim = -1, descending = false } = {}): ValuesAndIndices {
  if (x.rank === 0) return { values: x.clone(), indices: x.mul(0).to("int32") };
  const [values, indices] = dispatchAll(sortOp, [x], {
    axis: wrapDim(dim, x.rank, "sort"),
    descending,
  });
  return { values, indices };
}
export const argsort = (x: Tensor, options: { dim?: number; descending?: boolean } = {}): Tensor =>
  sort(x, options).indices;

/** The k largest (or smallest), in order. */
export function topk(x: Tensor, k: number, { dim = -1, largest = true } = {}): ValuesAndIndices {
  const axis = wrapDim(dim, x.rank, "topk");
  const n = x.rank === 0 ? 1 : x.shape[axis];
  if (!(k >= 0 && k <= n))
    throw new DlError(
      "value",
      `topk: k = ${k} is not within 0 … ${n}, the size of dim ${dim} of ${formatShape(x.shape)}`,
    );
  const { values, indices } = sort(x, { dim: axis, descending: largest });
  if (x.rank === 0) return { values, indices };
  return { values: values.narrow(axis, 0, k), indices: indices.narrow(axis, 0, k) };
}
