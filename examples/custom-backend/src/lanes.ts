import {
  computeType,
  elementOffsets,
  type HostKernel,
  type HostView,
  joinFor,
} from "@dl/tensor/core";

/** Calls `visit` with where each lane along the axis begins, in every operand. */
function eachLane(views: readonly HostView[], axis: number, visit: (at: number[]) => void): void {
  const dims = [...views[0].shape.keys()].filter((d) => d !== axis);
  const starts = views.map((v) => elementOffsets(v, { dims }));
  for (let l = 0; l < starts[0].length; l++) visit(starts.map((s) => s[l]));
}

/** NaN is greater than everything. */
const compare = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? +Number.isNaN(a) - +Number.isNaN(b) : a - b;

/** Array.sort is stable: equal values stay in the order of their positions. */
export const sort: HostKernel<"sort"> = (input, values, indices, axis, descending) => {
  const [step, valueStep, indexStep] = [input, values, indices].map((v) => v.strides[axis]);
  const sign = descending ? -1 : 1;
  eachLane([input, values, indices], axis, ([from, toValue, toIndex]) => {
    const lane = Array.from({ length: input.shape[axis] }, (_, i) => input.data[from + i * step]);
    const order = [...lane.keys()].sort((i, j) => sign * compare(lane[i], lane[j]));
    order.forEach((place, i) => {
      values.data[toValue + i * valueStep] = lane[place];
      indices.data[toIndex + i * indexStep] = place;
    });
  });
};

/** output[i] = op of input[0 … i] */
export const scan: HostKernel<"scan"> = (op, input, output, axis) => {
  const join = joinFor(op, computeType([input, output]));
  eachLane([input, output], axis, ([from, to]) => {
    let total = input.data[from];
    for (let i = 0; i < input.shape[axis]; i++) {
      if (i > 0) total = join(total, input.data[from + i * input.strides[axis]]);
      output.data[to + i * output.strides[axis]] = total;
    }
  });
};
