/**
 * Walking several operands through one shape. Dimensions that lie behind one another in all of them are merged, and
 * positions are visited in row-major order, a block at a time.
 */

/** So many elements are worked on at a time: enough to hide what a block costs, few enough to stay in the cache. */
export const BLOCK = 512;

export interface Plan {
  readonly sizes: readonly number[];
  /** By operand, then dimension. */
  readonly strides: readonly (readonly number[])[];
  readonly count: number;
}

/** `order`: which dimensions, outermost first. */
export function plan(
  shape: readonly number[],
  order: readonly number[],
  strides: readonly (readonly number[])[],
): Plan {
  const sizes: number[] = [];
  const merged: number[][] = strides.map(() => []);
  let count = 1;
  for (const d of order) {
    const n = shape[d];
    count *= n;
    if (n === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((s, k) => merged[k][last] === s[d] * n)) {
      sizes[last] *= n;
      strides.forEach((s, k) => {
        merged[k][last] = s[d];
      });
    } else {
      sizes.push(n);
      strides.forEach((s, k) => {
        merged[k].push(s[d]);
      });
    }
  }
  if (sizes.length === 0) {
    sizes.push(count);
    for (const s of merged) s.push(0);
  }
  return { sizes, strides: merged, count };
}

export const allDimensions = (shape: readonly number[]): number[] => shape.map((_, d) => d);

/**
 * Runs of equal stride within the block that starts at linear position `start`: `visit(offset, stride, length, at)`,
 * where `at` counts elements from the block's beginning.
 */
export function eachRun(
  sizes: readonly number[],
  strides: readonly number[],
  offset: number,
  start: number,
  count: number,
  visit: (offset: number, stride: number, length: number, at: number) => void,
): void {
  const inner = sizes.length - 1;
  const n = sizes[inner];
  const stride = strides[inner];
  for (let done = 0; done < count; ) {
    let rest = start + done;
    const first = rest % n;
    rest = (rest - first) / n;
    let from = offset + first * stride;
    for (let d = inner - 1; d >= 0; d--) {
      const i = rest % sizes[d];
      rest = (rest - i) / sizes[d];
      from += i * strides[d];
    }
    const length = Math.min(n - first, count - done);
    visit(from, stride, length, done);
    done += length;
  }
}

/** Offsets of the block's elements. */
export function fillOffsets(
  sizes: readonly number[],
  strides: readonly number[],
  offset: number,
  start: number,
  count: number,
  out: Int32Array,
): void {
  eachRun(sizes, strides, offset, start, count, (from, stride, length, at) => {
    for (let i = 0; i < length; i++) out[at + i] = from + i * stride;
  });
}

/** Rows of the innermost dimension: `visit` gets the offset of each operand at the row's beginning, and its length. */
export function eachRow(
  { sizes, strides }: Plan,
  offsets: readonly number[],
  visit: (at: readonly number[], length: number) => void,
): void {
  if (sizes.includes(0)) return;
  const inner = sizes.length - 1;
  const at = offsets.slice();
  const position = sizes.map(() => 0);
  for (;;) {
    visit(at, sizes[inner]);
    let d = inner - 1;
    for (; d >= 0; d--) {
      const isWithin = ++position[d] < sizes[d];
      const by = isWithin ? 1 : 1 - sizes[d];
      for (let k = 0; k < at.length; k++) at[k] += by * strides[k][d];
      if (isWithin) break;
      position[d] = 0;
    }
    if (d < 0) return;
  }
}
