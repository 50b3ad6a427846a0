/**
 * gather and scatter of elements of four bytes. The same loops as in reference/indexing.ts, over arrays of one type each,
 * which the engine compiles well, and with a row that shares its index moved as a whole: an embedding and its gradient.
 */
import {
  bytesPerElement,
  mergeDimensions,
  type ScatterMode,
  type View,
  type Walk,
} from "@dl/tensor/core";
import type { Memory } from "./memory.ts";

export class Indexing {
  private readonly memory: Memory;

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** Answers false for other dtypes, and where an index is out of range: the reference path says which. */
  gather(input: View, index: View, output: View, axis: number): boolean {
    return this.run(input, index, output, axis, gatherRow);
  }

  scatter(target: View, index: View, updates: View, axis: number, mode: ScatterMode): boolean {
    if (mode === "add" && target.dtype !== "float32") return false;
    return this.run(target, index, updates, axis, mode === "add" ? addRow : setRow);
  }

  private run(indexed: View, index: View, other: View, axis: number, row: Row): boolean {
    if (bytesPerElement(indexed.dtype) !== 4 || other.dtype !== indexed.dtype) return false;
    if (index.dtype !== "int32") return false;
    const from = this.memory.address(indexed.buffer) / 4 + indexed.offset;
    const where = this.memory.address(index.buffer) / 4 + index.offset;
    const to = this.memory.address(other.buffer) / 4 + other.offset;
    const { int32, float32 } = this.memory;
    if (!areInRange(int32, where, index, indexed.shape[axis])) return false;
    const walk = mergeDimensions(index.shape, [
      indexed.strides.map((s, d) => (d === axis ? 0 : s)),
      index.strides,
      other.strides,
    ]);
    const [a, b, c] = walk.strides.map((s) => s.at(-1)!);
    const step = indexed.strides[axis];
    const n = walk.sizes.at(-1)!;
    // Moved, elements are mere bits: as integers, so that no NaN changes its own.
    const data = row === addRow ? float32 : int32;
    eachOuter(walk, (atA, atB, atC) =>
      row(data, int32, n, from + atA, a, where + atB, b, to + atC, c, step),
    );
    return true;
  }
}

/** For n elements: `at` the first one's address, then the stride, of the indexed operand, the index and the other operand. */
type Row = (
  data: Int32Array | Float32Array,
  indices: Int32Array,
  n: number,
  at: number,
  a: number,
  index: number,
  b: number,
  other: number,
  c: number,
  step: number,
) => void;

// Addresses are below 2³⁰. `| 0` and `Math.imul` say so to the engine, which else looks out for more after every operation;
// that and steps in place of products make these loops three times as fast.

const gatherRow: Row = (data, indices, n, at, a, index, b, other, c, step) => {
  if (b === 0) {
    const from = at + indices[index] * step;
    if (a === 1 && c === 1 && n >= 64) data.copyWithin(other, from, from + n);
    else for (let i = 0; i < n; i++) data[other + i * c] = data[from + i * a];
    return;
  }
  for (let i = 0; i < n; i++) {
    data[other] = data[(at + Math.imul(indices[index], step)) | 0];
    at = (at + a) | 0;
    index = (index + b) | 0;
    other = (other + c) | 0;
  }
};

const setRow: Row = (data, indices, n, at, a, index, b, other, c, step) => {
  for (let i = 0; i < n; i++) {
    data[(at + Math.imul(indices[index], step)) | 0] = data[other];
    at = (at + a) | 0;
    index = (index + b) | 0;
    other = (other + c) | 0;
  }
};

const addRow: Row = (data, indices, n, at, a, index, b, other, c, step) => {
  if (b === 0) {
    const to = at + indices[index] * step;
    for (let i = 0; i < n; i++) data[to + i * a] += data[other + i * c];
    return;
  }
  for (let i = 0; i < n; i++) {
    data[(at + Math.imul(indices[index], step)) | 0] += data[other];
    at = (at + a) | 0;
    index = (index + b) | 0;
    other = (other + c) | 0;
  }
};

/** Every index that differs in its place is looked at once. */
function areInRange(indices: Int32Array, where: number, index: View, size: number): boolean {
  const distinct = index.shape.map((_, d) => d).filter((d) => index.strides[d] !== 0);
  if (index.numel === 0) return true;
  const walk = mergeDimensions(index.shape, [index.strides], distinct);
  const step = walk.strides[0].at(-1)!;
  const n = walk.sizes.at(-1)!;
  let isFine = true;
  eachOuter(walk, (at) => {
    isFine &&= isRowInRange(indices, (where + at) | 0, n, step, size);
  });
  return isFine;
}

function isRowInRange(
  indices: Int32Array,
  at: number,
  n: number,
  step: number,
  size: number,
): boolean {
  for (let i = 0; i < n; i++) {
    // Below 0 is beyond everything, without a sign.
    if (indices[at] >>> 0 >= size) return false;
    at = (at + step) | 0;
  }
  return true;
}

/** Offsets of up to three operands, for each position of all dimensions but the innermost. */
function eachOuter(
  { sizes, strides }: Walk,
  visit: (a: number, b: number, c: number) => void,
): void {
  if (sizes.includes(0)) return;
  const outer = sizes.length - 1;
  const at = new Array<number>(outer).fill(0);
  const offsets = [0, 0, 0];
  for (;;) {
    visit(offsets[0], offsets[1], offsets[2]);
    let d = outer - 1;
    for (; d >= 0; d--) {
      const isDone = ++at[d] === sizes[d];
      strides.forEach((s, k) => {
        offsets[k] += isDone ? -s[d] * (sizes[d] - 1) : s[d];
      });
      if (!isDone) break;
      at[d] = 0;
    }
    if (d < 0) return;
  }
}
