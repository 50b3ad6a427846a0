/** Work along one axis: sorting and running totals, a lane at a time. */
import type { ScanOp } from "@dl/tensor/core";
import type { Operand } from "./operand.ts";
import { allDimensions, fillOffsets, plan } from "./walk.ts";

/** Where each lane along `axis` begins, in every operand. */
function laneStarts(
  operands: readonly Operand[],
  axis: number,
): { count: number; starts: Int32Array[] } {
  const { shape } = operands[0];
  const others = allDimensions(shape).filter((d) => d !== axis);
  const walk = plan(
    shape,
    others,
    operands.map((v) => v.strides),
  );
  const starts = operands.map((v, k) => {
    const offsets = new Int32Array(walk.count);
    fillOffsets(walk.sizes, walk.strides[k], v.offset, 0, walk.count, offsets);
    return offsets;
  });
  return { count: walk.count, starts };
}

/** NaN after everything. */
const ascending = (a: number, b: number): number =>
  a < b ? -1 : a > b ? 1 : Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : 0;

/** Stable: equal values stay in the order of their positions. */
export function sort(
  input: Operand,
  values: Operand,
  indices: Operand,
  axis: number,
  descending: boolean,
): void {
  const n = input.shape[axis];
  const [step, valueStep, indexStep] = [input, values, indices].map((v) => v.strides[axis]);
  const { count, starts } = laneStarts([input, values, indices], axis);
  const lane = new Float64Array(n);
  const order = new Int32Array(n);
  const compare = descending
    ? (i: number, j: number) => ascending(lane[j], lane[i]) || i - j
    : (i: number, j: number) => ascending(lane[i], lane[j]) || i - j;
  for (let l = 0; l < count; l++) {
    for (let i = 0; i < n; i++) {
      lane[i] = input.data[starts[0][l] + i * step];
      order[i] = i;
    }
    order.sort(compare);
    for (let i = 0; i < n; i++) {
      values.data[starts[1][l] + i * valueStep] = lane[order[i]];
      indices.data[starts[2][l] + i * indexStep] = order[i];
    }
  }
}

const COMBINE: Readonly<Record<ScanOp, (total: number, x: number) => number>> = {
  sum: (t, x) => t + x,
  prod: (t, x) => t * x,
  max: Math.max,
  min: Math.min,
};

/** Totals are rounded to the output's dtype at every step only where they are stored; they run on in double precision. */
export function scan(op: ScanOp, input: Operand, output: Operand, axis: number): void {
  const n = input.shape[axis];
  const combine =
    op === "prod" && (output.dtype === "int32" || output.dtype === "uint8")
      ? Math.imul
      : COMBINE[op];
  const { count, starts } = laneStarts([input, output], axis);
  for (let l = 0; l < count; l++) {
    let total = 0;
    for (let i = 0; i < n; i++) {
      const x = input.data[starts[0][l] + i * input.strides[axis]];
      total = i === 0 ? x : combine(total, x);
      output.data[starts[1][l] + i * output.strides[axis]] = total;
    }
  }
}
