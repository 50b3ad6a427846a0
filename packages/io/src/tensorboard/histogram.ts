import { DlError } from "@dl/tensor/core";

/** How values are divided: TensorFlow's bins, so many of equal width, or limits in ascending order. */
export type HistogramBins = "tensorflow" | number | readonly number[];

export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** The upper limit of each bucket; the first bucket is empty, so that the lower limit of the next is there. */
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

/** From 1e-12 to 1e20, each 1.1 times the one before it, the same below 0, and 0. */
function tensorflowLimits(): readonly number[] {
  const positive: number[] = [];
  for (let v = 1e-12; v < 1e20; v *= 1.1) positive.push(v);
  return [...positive.toReversed().map((v) => -v), 0, ...positive];
}
let tensorflow: readonly number[] | undefined;

/**
 * Counts values in buckets as PyTorch's writer does: a bucket has its lower limit and not its upper one, except for the
 * last; empty buckets at either end are left out.
 */
export function histogramOf(values: ArrayLike<number>, bins: HistogramBins, op: string): Histogram {
  const num = values.length;
  if (num === 0) throw new DlError("value", `${op}: there are no values`);
  let [min, max, sum, sumSquares] = [values[0], values[0], 0, 0];
  for (let i = 0; i < num; i++) {
    const v = values[i];
    // As NumPy: one NaN makes all of it NaN.
    if (v < min || Number.isNaN(v)) min = v;
    if (v > max || Number.isNaN(v)) max = v;
    sum += v;
    sumSquares += v * v;
  }
  const edges = edgesOf(bins, min, max, op);
  const all = new Array<number>(edges.length - 1).fill(0);
  for (let i = 0; i < num; i++) {
    const at = bucketOf(values[i], edges);
    if (at >= 0) all[at]++;
  }
  const first = all.findIndex((n) => n > 0);
  if (first < 0) {
    throw new DlError(
      "value",
      `${op}: no value is within the bins, which go from ${edges[0]} to ${edges.at(-1)}`,
    );
  }
  const end = all.findLastIndex((n) => n > 0) + 1;
  return {
    ...{ min, max, num, sum, sumSquares },
    limits: edges.slice(first, end + 1),
    counts: [0, ...all.slice(first, end)],
  };
}

function edgesOf(bins: HistogramBins, min: number, max: number, op: string): readonly number[] {
  if (bins === "tensorflow") return (tensorflow ??= tensorflowLimits());
  if (typeof bins === "number") {
    if (!Number.isInteger(bins) || bins < 1) {
      throw new DlError("value", `${op}: bins is ${bins}, a whole number from 1 is wanted`);
    }
    if (!Number.isFinite(max - min)) {
      throw new DlError(
        "value",
        `${op}: the values go from ${min} to ${max}: bins of equal width need finite ones`,
      );
    }
    const [low, high] = min === max ? [min - 0.5, max + 0.5] : [min, max];
    const width = (high - low) / bins;
    return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : i * width + low));
  }
  if (!Array.isArray(bins) || bins.length < 2 || bins.some((b, i) => i > 0 && !(b > bins[i - 1]))) {
    throw new DlError(
      "value",
      `${op}: bins is "tensorflow", a number, or at least two limits that ascend`,
    );
  }
  return bins;
}

/** −1 for what is outside. */
function bucketOf(value: number, edges: readonly number[]): number {
  const last = edges.length - 1;
  if (!(value >= edges[0] && value <= edges[last])) return -1;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value >= edges[middle]) low = middle;
    else high = middle;
  }
  return low;
}
