/** Reading and writing at positions that are data. */
import type { ScatterMode } from "@dl/tensor";
import type { Operand } from "./operand.ts";
import { allDimensions, BLOCK, fillOffsets, plan } from "./walk.ts";

const zeroed = (strides: readonly number[], axis: number): number[] =>
  strides.map((s, d) => (d === axis ? 0 : s));

/** Offsets of a block of positions, in operands that may be walked together. */
function eachBlock(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  offsets: readonly number[],
  visit: (n: number, at: readonly Int32Array[], start: number) => void,
): void {
  const walk = plan(shape, allDimensions(shape), strides);
  const at = strides.map(() => new Int32Array(BLOCK));
  for (let start = 0; start < walk.count; start += BLOCK) {
    const n = Math.min(BLOCK, walk.count - start);
    at.forEach((out, k) => fillOffsets(walk.sizes, walk.strides[k], offsets[k], start, n, out));
    visit(n, at, start);
  }
}

/** Throws before anything is written. */
export function checkIndices(name: string, index: Operand, size: number, axis: number): void {
  eachBlock(index.shape, [index.strides], [index.offset], (n, [at], start) => {
    for (let i = 0; i < n; i++) {
      const value = index.data[at[i]];
      if (value >= 0 && value < size) continue;
      throw new RangeError(
        `${name}: index ${value} at position [${positionOf(start + i, index.shape).join(", ")}] is out of range for axis ${axis} of size ${size}`,
      );
    }
  });
}
function positionOf(linear: number, shape: readonly number[]): number[] {
  let rest = linear;
  return shape
    .toReversed()
    .map((n) => {
      const i = rest % n;
      rest = (rest - i) / n;
      return i;
    })
    .reverse();
}

export function gather(input: Operand, index: Operand, output: Operand, axis: number): void {
  checkIndices("gather", index, input.shape[axis], axis);
  const step = input.strides[axis];
  eachBlock(
    output.shape,
    [zeroed(input.strides, axis), index.strides, output.strides],
    [input.offset, index.offset, output.offset],
    (n, [from, where, to]) => {
      for (let i = 0; i < n; i++)
        output.data[to[i]] = input.data[from[i] + index.data[where[i]] * step];
    },
  );
}

export function scatter(
  target: Operand,
  index: Operand,
  updates: Operand,
  axis: number,
  mode: ScatterMode,
): void {
  checkIndices("scatter", index, target.shape[axis], axis);
  const step = target.strides[axis];
  eachBlock(
    index.shape,
    [zeroed(target.strides, axis), index.strides, updates.strides],
    [target.offset, index.offset, updates.offset],
    (n, [to, where, from]) => {
      if (mode === "add")
        for (let i = 0; i < n; i++)
          target.data[to[i] + index.data[where[i]] * step] += updates.data[from[i]];
      else
        for (let i = 0; i < n; i++)
          target.data[to[i] + index.data[where[i]] * step] = updates.data[from[i]];
    },
  );
}
