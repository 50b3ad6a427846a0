/** Running totals along a dimension. */
import type { ScanOp } from "../backend.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { type DType, isFloating } from "../dtype.ts";
import { wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate } from "../view.ts";

const scanOp: Op<{ readonly scanOp: ScanOp; readonly axis: number; readonly dtype: DType }> = {
  name: "scan",
  forward([x], { scanOp: op, axis, dtype }) {
    const out = allocate(x.device, dtype, x.shape);
    if (out.numel > 0) x.device.scan(op, x.memory, out, axis);
    return [new Tensor(out)];
  },
  gradient: ([g], { attrs: { axis }, dtype }) => [
    cumsum(g!.flip(axis), axis).flip(axis).to(dtype(0)),
  ],
};

/** x₀, x₀ + x₁, … along `dim`. */
export function cumsum(x: Tensor, dim: number, { dtype }: { dtype?: DType } = {}): Tensor {
  const type = dtype ?? (isFloating(x.dtype) ? x.dtype : "int32");
  const axis = wrapDim(dim, x.rank, "cumsum");
  return x.rank === 0 ? x.to(type) : dispatch(scanOp, [x], { scanOp: "sum", axis, dtype: type });
}
