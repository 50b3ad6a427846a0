import type { Backend } from "../backend.ts";
import { assign } from "../define.ts";
import type { DType } from "../dtype.ts";
import { scalar } from "../expr.ts";
import { program } from "../program.ts";
import { contiguousStrides, requireSizes, type Shape } from "../shape.ts";
import { allocate, View } from "../view.ts";

const FILL = program([scalar(0)], 0, 1);

/** Writes one number everywhere. */
export const fillView = (v: View, value: number): void => assign([v], FILL, [], [value]);

/** New memory with one number everywhere. */
export function filledView(
  backend: Backend,
  dtype: DType,
  shape: Shape,
  value: number,
  strides?: readonly number[],
): View {
  requireSizes("full", shape);
  const v = allocate(backend, dtype, shape, strides);
  // Filled as one run of memory, whatever the dimension order.
  if (v.numel > 0)
    fillView(new View(v.storage, dtype, [v.numel], contiguousStrides([v.numel]), 0, true), value);
  return v;
}
