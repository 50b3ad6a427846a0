/** In which order kernels loop over dimensions, and how the operands lie in it. */
import type { Plan } from "../reference/walk.ts";
import { type ElementType, elementBytes, type Kind, kindOf, STRIDED } from "./lowering.ts";
import type { Turning } from "./transpose.ts";

export const kindsAt = (walk: Plan, d: number, types: readonly ElementType[]): Kind[] =>
  types.map((_, k) => kindOf(walk.strides[k][d]));

/** An operand that is contiguous along another dimension than the innermost. */
export interface Turned {
  readonly k: number;
  readonly column: number;
}

/** Below this size everything stays in the cache, in whatever order it is read. */
const TURNING_PAYS = 2048;

/** Another dimension than the innermost along which operand `k` is contiguous, if reading it so pays. */
export function contiguousElsewhere(
  { sizes, strides, count }: Plan,
  k: number,
  types: readonly ElementType[],
): number | undefined {
  const inner = sizes.length - 1;
  if (count < TURNING_PAYS || sizes[inner] < 4 || elementBytes(types[k]) !== 4) return undefined;
  if (kindOf(strides[k][inner]) !== STRIDED) return undefined;
  const column = strides[k].findIndex((stride, d) => stride === 1 && sizes[d] >= 4);
  return column < 0 ? undefined : column;
}

export const turning = (
  { sizes, strides }: Plan,
  source: number,
  target: number,
  targetStrides: readonly number[],
  { k, column }: Turned,
): Turning => ({
  sizes,
  source,
  sourceStrides: strides[k],
  target,
  targetStrides,
  column,
  row: sizes.length - 1,
});

/** Row-major strides without gaps; what was broadcast stays so. */
export function compact(
  sizes: readonly number[],
  like: readonly number[],
): { strides: number[]; count: number } {
  const strides: number[] = [];
  let count = 1;
  for (let d = sizes.length - 1; d >= 0; d--) {
    strides[d] = like[d] === 0 ? 0 : count;
    if (like[d] !== 0) count *= sizes[d];
  }
  return { strides, count };
}

/** Dimensions by falling stride: memory is walked in its own order. */
export function byStride(shape: readonly number[], strides: readonly number[]): number[] {
  return shape
    .map((_, d) => d)
    .sort((a, b) => Math.abs(strides[b]) - Math.abs(strides[a]) || a - b);
}

/** At least so many dimensions, by ones in front. */
export function padded({ sizes, strides, count }: Plan, dims: number): Plan {
  const missing = Math.max(0, dims - sizes.length);
  if (missing === 0) return { sizes, strides, count };
  return {
    sizes: [...new Array<number>(missing).fill(1), ...sizes],
    strides: strides.map((s) => [...new Array<number>(missing).fill(0), ...s]),
    count,
  };
}

/** Inner loops over what lies side by side in the operand that has most to read, unless that is too short for vectors. */
export function prefersRows(kept: Plan, reduced: Plan, lead: number): boolean {
  const keptSize = kept.sizes.at(-1)!;
  const reducedSize = reduced.sizes.at(-1)!;
  if (keptSize < 4) return true;
  const stride = (p: Plan) => Math.abs(p.strides[lead].at(-1)!) || Number.POSITIVE_INFINITY;
  if (stride(kept) < stride(reduced)) return false;
  return reducedSize >= (stride(reduced) < stride(kept) ? 8 : 8 * keptSize);
}
