/** Work along one axis: sorting and running totals, a lane at a time. */
import { computeType, elementOffsets, type HostView, joinFor, type ScanOp } from "@dl/tensor/core";

/** Where each lane along `axis` begins, in every operand. */
function laneStarts(operands: readonly HostView[], axis: number): Int32Array[] {
  const dims = operands[0].shape.map((_, d) => d).filter((d) => d !== axis);
  return operands.map((v) => elementOffsets(v, { dims }));
}

/** NaN after everything. */
const ascending = (a: number, b: number): number =>
  a < b ? -1 : a > b ? 1 : Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : 0;

/** Stable: equal values stay in the order of their positions. */
export function sort(
  input: HostView,
  values: HostView,
  indices: HostView,
  axis: number,
  descending: boolean,
): void {
  const n = input.shape[axis];
  const [step, valueStep, indexStep] = [input, values, indices].map((v) => v.strides[axis]);
  const starts = laneStarts([input, values, indices], axis);
  const lane = new Float64Array(n);
  const order = new Int32Array(n);
  const compare = descending
    ? (i: number, j: number) => ascending(lane[j], lane[i]) || i - j
    : (i: number, j: number) => ascending(lane[i], lane[j]) || i - j;
  for (let l = 0; l < starts[0].length; l++) {
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

/** Totals are rounded to the output's dtype at every step only where they are stored; they run on in double precision. */
export function scan(op: ScanOp, input: HostView, output: HostView, axis: number): void {
  const n = input.shape[axis];
  const join = joinFor(op, computeType([input, output]));
  const starts = laneStarts([input, output], axis);
  for (let l = 0; l < starts[0].length; l++) {
    let total = 0;
    for (let i = 0; i < n; i++) {
      const x = input.data[starts[0][l] + i * input.strides[axis]];
      total = i === 0 ? x : join(total, x);
      output.data[starts[1][l] + i * output.strides[axis]] = total;
    }
  }
}
