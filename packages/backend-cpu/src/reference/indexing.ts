/** Reading and writing at positions that are data. */
import type { ScatterMode } from "@dl/tensor/core";
import type { Operand } from "./operand.ts";
import { allDimensions, eachRow, type Plan, plan } from "./walk.ts";

const zeroed = (strides: readonly number[], axis: number): number[] =>
  strides.map((s, d) => (d === axis ? 0 : s));

/** Throws before anything is written. */
export function checkIndices(name: string, index: Operand, size: number, axis: number): void {
  let position = 0;
  const walk = plan(index.shape, allDimensions(index.shape), [index.strides]);
  const step = walk.strides[0].at(-1)!;
  eachRow(walk, [index.offset], ([from], n) => {
    for (let i = 0; i < n; i++) {
      const value = index.data[from + i * step];
      if (value >= 0 && value < size) continue;
      const at = positionOf(position + i, index.shape).join(", ");
      throw new RangeError(
        `${name}: index ${value} at position [${at}] is out of range for axis ${axis} of size ${size}`,
      );
    }
    position += n;
  });
}
function positionOf(linear: number, shape: readonly number[]): number[] {
  let rest = linear;
  const at: number[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    at[d] = rest % shape[d];
    rest = (rest - at[d]) / shape[d];
  }
  return at;
}

/** The indexed operand first, with its axis left to the index. */
const indexPlan = (indexed: Operand, index: Operand, other: Operand, axis: number): Plan =>
  plan(index.shape, allDimensions(index.shape), [
    zeroed(indexed.strides, axis),
    index.strides,
    other.strides,
  ]);

export function gather(input: Operand, index: Operand, output: Operand, axis: number): void {
  checkIndices("gather", index, input.shape[axis], axis);
  const walk = indexPlan(input, index, output, axis);
  const [a, b, c] = walk.strides.map((s) => s.at(-1)!);
  const step = input.strides[axis];
  eachRow(walk, [input.offset, index.offset, output.offset], ([from, where, to], n) => {
    for (let i = 0; i < n; i++)
      output.data[to + i * c] = input.data[from + i * a + index.data[where + i * b] * step];
  });
}

export function scatter(
  target: Operand,
  index: Operand,
  updates: Operand,
  axis: number,
  mode: ScatterMode,
): void {
  checkIndices("scatter", index, target.shape[axis], axis);
  const walk = indexPlan(target, index, updates, axis);
  const [a, b, c] = walk.strides.map((s) => s.at(-1)!);
  const step = target.strides[axis];
  const { data } = target;
  eachRow(walk, [target.offset, index.offset, updates.offset], ([to, where, from], n) => {
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
