/** Walking operands of any strides, in row-major order. Dimensions that lie behind one another are merged. */
import type { View } from "../backend.ts";

/** Sizes of nested loops, outermost first, and the strides of each operand in them. Always one loop at least. */
export interface Walk {
  readonly sizes: readonly number[];
  /** By operand, then loop. */
  readonly strides: readonly (readonly number[])[];
  /** How often the innermost loop's body runs. */
  readonly count: number;
}

/** Where elements lie: all that walking needs to know of a view. */
export type Layout = Pick<View, "strides" | "offset">;

export const allDimensions = (shape: readonly number[]): number[] => shape.map((_, d) => d);

/**
 * The fewest loops that walk operands of one shape together: dimensions of size 1 are left out, and those that lie behind
 * one another in every operand become one.
 *
 * @param strides of each operand
 * @param order which dimensions, outermost first. Default: all of them, row-major
 *
 * @example
 * mergeDimensions([2, 3, 4], [[12, 4, 1], [12, 4, 1]]).sizes // => [24]
 * mergeDimensions([2, 3, 4], [[12, 4, 1], [0, 4, 1]]).sizes // => [2, 12]
 */
export function mergeDimensions(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  order: readonly number[] = allDimensions(shape),
): Walk {
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

/**
 * Walks operands of one shape row by row: `visit` gets where the row begins in each operand, its length, and how far its
 * elements lie apart in each operand. Rows are the innermost of the merged loops; there are none where a size is 0. The
 * arrays are used again for the next row.
 *
 * @example
 * const rows: string[] = [];
 * const columns = { offset: 0, strides: [1, 2] };
 * eachRow([2, 3], [columns], ([at], length, [step]) => rows.push(`${at} by ${step}, ${length} times`));
 * rows // => ["0 by 2, 3 times", "1 by 2, 3 times"]
 */
export function eachRow(
  shape: readonly number[],
  operands: readonly Layout[],
  visit: (at: readonly number[], length: number, steps: readonly number[]) => void,
): void {
  const { sizes, strides } = mergeDimensions(
    shape,
    operands.map((v) => v.strides),
  );
  if (sizes.includes(0)) return;
  const inner = sizes.length - 1;
  const steps = strides.map((s) => s[inner]);
  const at = operands.map((v) => v.offset);
  const position = sizes.map(() => 0);
  for (;;) {
    visit(at, sizes[inner], steps);
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

/**
 * Where every element lies, in row-major order.
 *
 * @param options.dims walked, the others staying at 0: where lanes along the others, or matrices of a batch, begin. Default: all
 *
 * @example
 * elementOffsets({ shape: [2, 3], strides: [1, 2], offset: 10 }) // => [10, 12, 14, 11, 13, 15]
 * elementOffsets({ shape: [2, 3], strides: [1, 2], offset: 10 }, { dims: [1] }) // => [10, 12, 14]
 */
export function elementOffsets(
  view: Pick<View, "shape" | "strides" | "offset">,
  { dims }: { dims?: readonly number[] } = {},
): Int32Array {
  const loops = mergeDimensions(view.shape, [view.strides], dims);
  const out = new Int32Array(loops.count);
  eachRun(loops, view.offset, 0, loops.count, (from, stride, length, at) => {
    for (let i = 0; i < length; i++) out[at + i] = from + i * stride;
  });
  return out;
}

/**
 * Runs of equal stride of the first operand, within `count` elements from linear position `start`:
 * `visit(offset, stride, length, at)`, where `at` counts elements from `start`.
 */
export function eachRun(
  { sizes, strides: [strides] }: Walk,
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
