/** In which order kernels loop over dimensions, and how the operands lie in it. */
import { mergeDimensions, type Program, type View, type Walk } from "@dl/tensor/core";
import type { Run } from "./loops.ts";
import { type ElementType, elementBytes, type Kind, kindOf, STRIDED } from "./lowering.ts";
import type { Turning } from "./transpose.ts";

export const kindsAt = (walk: Walk, d: number, types: readonly ElementType[]): Kind[] =>
  types.map((_, k) => kindOf(walk.strides[k][d]));

/** An operand that is contiguous along another dimension than the innermost. */
export interface Turned {
  readonly k: number;
  readonly column: number;
}

/** Below this size everything stays in the cache, in whatever order it is read. */
const TURNING_PAYS = 2048;

/** Another dimension than the innermost along which operand `k` is contiguous, if reading it so pays. */
function contiguousElsewhere(
  { sizes, strides, count }: Walk,
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
  { sizes, strides }: Walk,
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
function byStride(shape: readonly number[], strides: readonly number[]): number[] {
  return shape
    .map((_, d) => d)
    .sort((a, b) => Math.abs(strides[b]) - Math.abs(strides[a]) || a - b);
}

/** Strides of the pseudo-operands whose values are positions. */
const positionStrides = (rank: number, axes: readonly number[]): number[][] =>
  axes.map((axis) => Array.from({ length: rank }, (_, d) => (d === axis ? 1 : 0)));

/** At least so many dimensions, by ones in front. */
function padded({ sizes, strides, count }: Walk, dims: number): Walk {
  const missing = Math.max(0, dims - sizes.length);
  if (missing === 0) return { sizes, strides, count };
  return {
    sizes: [...new Array<number>(missing).fill(1), ...sizes],
    strides: strides.map((s) => [...new Array<number>(missing).fill(0), ...s]),
    count,
  };
}

/** Inner loops over what lies side by side in the operand that has most to read, unless that is too short for vectors. */
function prefersRows(kept: Walk, reduced: Walk, lead: number): boolean {
  const keptSize = kept.sizes.at(-1)!;
  const reducedSize = reduced.sizes.at(-1)!;
  if (keptSize < 4) return true;
  const stride = (p: Walk) => Math.abs(p.strides[lead].at(-1)!) || Number.POSITIVE_INFINITY;
  if (stride(kept) < stride(reduced)) return false;
  return reducedSize >= (stride(reduced) < stride(kept) ? 8 : 8 * keptSize);
}

export interface MapPlan {
  readonly types: readonly ElementType[];
  readonly walk: Walk;
  /** Operands that lie across the order of the loops. */
  readonly turned: readonly Turned[];
  run?: Run;
}

/** Three loops or more, in the order in which the first output lies in memory. */
export function planMap(
  program: Program,
  inputs: readonly View[],
  outputs: readonly View[],
  types: readonly ElementType[],
): MapPlan {
  const { shape, strides: order } = outputs[0];
  const strides = [
    ...inputs.map((v) => v.strides),
    ...positionStrides(shape.length, program.axes),
    ...outputs.map((v) => v.strides),
  ];
  const walk = padded(mergeDimensions(shape, strides, byStride(shape, order)), 3);
  const turned = inputs.flatMap((_, k) => {
    const column = contiguousElsewhere(walk, k, types);
    return column === undefined ? [] : [{ k, column }];
  });
  return { types, walk, turned };
}

export interface ReductionPlan {
  readonly types: readonly ElementType[];
  readonly walk: Walk;
  /** Whether the innermost loop is over what is reduced. */
  readonly isRow: boolean;
  /** How many of the loops that the kernel does not have are over what is reduced. */
  readonly reduced: number;
  run?: Run;
}

/** All loops in one plan: those that the kernel does not have, kept dimensions first, then the kernel's own four. */
export function planReduction(
  program: Program,
  inputs: readonly View[],
  output: View,
  axes: readonly number[],
  types: readonly ElementType[],
): ReductionPlan {
  const { shape } = inputs[0];
  const isReduced = shape.map((_, d) => axes.includes(d));
  const outStrides = output.strides.map((s, d) => (isReduced[d] ? 0 : s));
  const strides = [
    ...inputs.map((v) => v.strides),
    ...positionStrides(shape.length, program.axes),
    outStrides,
  ];
  const moving = (v: View) => v.strides.filter((s) => s !== 0).length;
  const lead = inputs.reduce((best, v, k) => (moving(v) > moving(inputs[best]) ? k : best), 0);
  const order = byStride(shape, inputs[lead].strides);
  const along = (wanted: boolean) =>
    mergeDimensions(
      shape,
      strides,
      order.filter((d) => isReduced[d] === wanted),
    );
  const [kept, reduced] = [along(false), along(true)];
  const isRow = prefersRows(kept, reduced, lead);
  const k = padded(kept, 2);
  const r = padded(reduced, 2);
  const [kn, rn] = [k.sizes.length, r.sizes.length];
  const sequence: [Walk, number][] = [];
  for (let d = 0; d < kn - 2; d++) sequence.push([k, d]);
  for (let d = 0; d < rn - 2; d++) sequence.push([r, d]);
  if (isRow) sequence.push([k, kn - 2], [k, kn - 1], [r, rn - 2], [r, rn - 1]);
  else sequence.push([k, kn - 2], [r, rn - 2], [r, rn - 1], [k, kn - 1]);
  const walk: Walk = {
    sizes: sequence.map(([p, d]) => p.sizes[d]),
    strides: strides.map((_, o) => sequence.map(([p, d]) => p.strides[o][d])),
    count: 0,
  };
  return { types, walk, isRow, reduced: rn - 2 };
}

/** So many plans are kept: a program whose shapes never repeat must not fill the memory with them. */
const MOST_PLANS = 4096;

/** Plans by what they depend on: the kernel, and dtypes, shapes and strides of the operands. */
export class PlanCache {
  private plans = new Map<string, MapPlan | ReductionPlan | null>();

  of<T extends MapPlan | ReductionPlan>(
    name: string,
    inputs: readonly View[],
    outputs: readonly View[],
    make: () => T | null,
  ): T | null {
    let key = name;
    for (const v of inputs) key += `;${v.dtype} ${v.shape} ${v.strides}`;
    for (const v of outputs) key += `;${v.dtype} ${v.shape} ${v.strides}`;
    let found = this.plans.get(key) as T | null | undefined;
    if (found === undefined) {
      if (this.plans.size >= MOST_PLANS) this.plans.clear();
      found = make();
      this.plans.set(key, found);
    }
    return found;
  }
}
