/** Metrics that are made of how often each class is predicted, true, and both. */
import { cat, full, scope, type Tensor } from "@dl/tensor/core";
import type { Counts, Ratio } from "./average.ts";
import { type ClassOptions, classesOf, type Kind } from "./inputs.ts";
import { Metric, wide } from "./metric.ts";

/** What a ratio is in the mean over samples: its sum, and how often it was 0 / 0. */
export interface PerSample {
  readonly sum: number;
  readonly undefined: number;
}

export abstract class CountMetric<T> extends Metric<T> {
  protected readonly options: ClassOptions;
  private readonly perSample: readonly Ratio[];

  /** @param perSample ratios that are also taken sample by sample, over its labels */
  constructor(options: ClassOptions, perSample: readonly Ratio[] = []) {
    super();
    this.options = options;
    this.perSample = perSample;
  }

  protected abstract fromCounts(counts: Counts, kind: Kind, samples: readonly PerSample[]): T;

  /**
   * @param prediction scores `[N, C, ...]`; or a probability, logit or class number for each element of the target
   * @param target class numbers `[N, ...]`, or 0 and 1 `[N, L, ...]` for labels
   */
  update(prediction: Tensor, target: Tensor): void {
    if (target.numel === 0 && target.rank === prediction.rank) return;
    scope(() => {
      const { kind, size, predicted, actual } = classesOf(this, prediction, target, this.options);
      if (actual.numel === 0) return;
      const hits = kind === "multiclass" ? predicted.eq(actual).to("int32") : predicted.mul(actual);
      const counts =
        kind === "multiclass"
          ? tally(hits, predicted, actual, size)
          : cat([hits, predicted, actual].map((t) => t.sum(0).reshape([-1])));
      const total = full([1], actual.shape[0], { dtype: "int32", device: target.device });
      if (this.perSample.length === 0) return this.add(cat([counts, total]));
      const each = [hits, predicted, actual].map((t) => t.sum(1));
      const shares = this.perSample.map((ratio) => perSampleOf(ratio, each, actual.shape[1]));
      this.add(cat([...[counts, total].map((t) => t.to(wide(t))), ...shares]));
    });
  }

  /** The state is hits, predicted and actual of each class (of "yes" alone for yes and no), samples, shares. */
  protected result(state: ArrayLike<number>): T {
    const all = Array.from(state);
    const shares = this.perSample.length;
    const size = (all.length - 1 - 2 * shares) / 3;
    const part = (i: number) => all.slice(i * size, (i + 1) * size);
    const counts = { hits: part(0), predicted: part(1), actual: part(2), total: all[3 * size] };
    const samples = this.perSample.map((_, i) => ({
      sum: all[3 * size + 1 + 2 * i],
      undefined: all[3 * size + 2 + 2 * i],
    }));
    if (this.options.numLabels !== undefined) return this.fromCounts(counts, "multilabel", samples);
    return size === 1
      ? this.fromCounts(bothClasses(counts), "binary", samples)
      : this.fromCounts(counts, "multiclass", samples);
  }
}

/** `[3 size]`: how often each class is hit, predicted, true. */
function tally(hits: Tensor, predicted: Tensor, actual: Tensor, size: number): Tensor {
  const index = cat([actual, predicted.add(size), actual.add(2 * size)]);
  const once = actual.newFull([2 * actual.numel], 1);
  return actual.newZeros([3 * size]).scatterAdd(0, index, cat([hits, once]));
}
/** The sum of a ratio over samples, and how many have 0 / 0. */
function perSampleOf({ over, under }: Ratio, counts: readonly Tensor[], labels: number): Tensor {
  const weigh = (factors: Ratio["over"]) =>
    counts
      .map((t, i) => t.to(wide(t)).mul(factors[i]))
      .reduce((a, b) => a.add(b))
      .add(factors[3] * labels);
  const below = weigh(under);
  const isNone = below.eq(0);
  const share = weigh(over).div(below).maskedFill(isNone, 0).sum();
  return cat([share.reshape([1]), isNone.sum().to(share.dtype).reshape([1])]);
}
/** From what is known of "yes", that of "no" as well. */
function bothClasses({ hits: [h], predicted: [p], actual: [a], total }: Counts): Counts {
  return {
    hits: [total - p - a + h, h],
    predicted: [total - p, p],
    actual: [total - a, a],
    total,
  };
}
