/** Reading and writing at positions that are data. */
import { checkIndices, eachRow, type HostView, type ScatterMode } from "@dl/tensor/core";

/** The indexed operand with its axis left to the index. */
const across = ({ strides, offset }: HostView, axis: number) => ({
  strides: strides.map((s, d) => (d === axis ? 0 : s)),
  offset,
});

export function gather(input: HostView, index: HostView, output: HostView, axis: number): void {
  checkIndices("gather", index, input.shape[axis], axis);
  const step = input.strides[axis];
  const operands = [across(input, axis), index, output];
  eachRow(index.shape, operands, ([from, where, to], n, [a, b, c]) => {
    for (let i = 0; i < n; i++)
      output.data[to + i * c] = input.data[from + i * a + index.data[where + i * b] * step];
  });
}

export function scatter(
  target: HostView,
  index: HostView,
  updates: HostView,
  axis: number,
  mode: ScatterMode,
): void {
  checkIndices("scatter", index, target.shape[axis], axis);
  const step = target.strides[axis];
  const { data } = target;
  const operands = [across(target, axis), index, updates];
  eachRow(index.shape, operands, ([to, where, from], n, [a, b, c]) => {
    // A sum of bools is true where one of them is.
    if (mode === "add" && target.dtype === "bool")
      for (let i = 0; i < n; i++)
        data[to + i * a + index.data[where + i * b] * step] |= updates.data[from + i * c];
    else if (mode === "add")
      for (let i = 0; i < n; i++)
        data[to + i * a + index.data[where + i * b] * step] += updates.data[from + i * c];
    else
      for (let i = 0; i < n; i++)
        data[to + i * a + index.data[where + i * b] * step] = updates.data[from + i * c];
  });
}
