import type { Tensor } from "@dl/tensor/core";
import { DlError } from "@dl/tensor/core";
import {
  type Average,
  type Averaged,
  type Counts,
  meanOf,
  pooled,
  type Ratio,
  ratiosOf,
  requireZeroDivision,
  type ZeroDivision,
} from "./average.ts";
import { CountMetric, type PerSample } from "./counts.ts";
import { type ClassOptions, type Kind, requireOneOf } from "./inputs.ts";
import { once } from "./metric.ts";

export interface AverageOptions<A extends Average = Average> extends ClassOptions {
  /** Default `"binary"` where data are about yes and no, else `"macro"`. */
  average?: A;
  /** What 0 / 0 counts as: 0, 1, NaN (left out of averages), or `"warn"`: 0, with a warning. Default `"warn"`. */
  zeroDivision?: ZeroDivision;
}
export interface FBetaOptions<A extends Average = Average> extends AverageOptions<A> {
  /** Recall counts beta times as much as precision. */
  beta?: number;
}

/** A ratio of counts of each class, averaged: what precision, recall and their kin have in common. */
abstract class RatioMetric<A extends Average> extends CountMetric<Averaged<A>> {
  private readonly ratio: Ratio;
  private readonly average: Average | undefined;
  private readonly zeroDivision: ZeroDivision;

  constructor(ratio: Ratio, options: AverageOptions<A>) {
    super(options, options.average === "samples" ? [ratio] : []);
    const { average, zeroDivision = "warn" } = options;
    requireAverage(this.name, average, options.numLabels);
    requireZeroDivision(this.name, zeroDivision);
    this.ratio = ratio;
    this.average = average;
    this.zeroDivision = zeroDivision;
  }

  protected fromCounts(counts: Counts, kind: Kind, [perSample]: readonly PerSample[]): Averaged<A> {
    const average = this.average ?? (kind === "binary" ? "binary" : "macro");
    return averaged(
      this,
      this.ratio,
      counts,
      perSample,
      average,
      kind,
      this.zeroDivision,
    ) as Averaged<A>;
  }
}

function requireAverage(name: string, average: Average | undefined, labels?: number): void {
  const all = ["binary", "micro", "macro", "weighted", "samples", "none"] as const;
  if (average !== undefined) requireOneOf(name, "average", average, all);
  if (average === "samples" && labels === undefined)
    throw new DlError("value", `${name}: average "samples" is for labels: give numLabels`);
}

/** A ratio's average, or list. */
export function averaged(
  metric: CountMetric<any>,
  ratio: Ratio,
  counts: Counts,
  perSample: PerSample | undefined,
  average: Average,
  kind: Kind,
  zeroDivision: ZeroDivision,
): number | number[] {
  if (average === "samples" && perSample)
    return meanPerSample(perSample, counts.total, zeroDivision);
  if (average === "micro") return ratiosOf(metric, ratio, pooled(counts), zeroDivision)[0];
  if (average === "binary" && kind !== "binary")
    throw new DlError(
      "value",
      `${metric.name}: average "binary" is for yes and no, these are ${counts.hits.length} ${kind === "multilabel" ? "labels" : "classes"}: "micro", "macro", "weighted" or "none"`,
    );
  if (average === "binary") {
    const yes = [counts.hits, counts.predicted, counts.actual].map((list) => [list[1]]);
    const [hits, predicted, actual] = yes;
    return ratiosOf(
      metric,
      ratio,
      { hits, predicted, actual, total: counts.total },
      zeroDivision,
    )[0];
  }
  const each = ratiosOf(metric, ratio, counts, zeroDivision);
  if (average === "none") return each;
  return meanOf(each, average === "weighted" ? counts.actual : undefined);
}
function meanPerSample(share: PerSample, samples: number, zeroDivision: ZeroDivision): number {
  const filled = zeroDivision === "warn" ? 0 : zeroDivision;
  if (Number.isNaN(filled)) return share.sum / (samples - share.undefined);
  return (share.sum + filled * share.undefined) / samples;
}

export const PRECISION: Ratio = { over: [1, 0, 0, 0], under: [0, 1, 0, 0] };
export const RECALL: Ratio = { over: [1, 0, 0, 0], under: [0, 0, 1, 0] };
export const fBeta = (beta: number): Ratio =>
  beta === Number.POSITIVE_INFINITY
    ? RECALL
    : { over: [1 + beta * beta, 0, 0, 0], under: [0, 1, beta * beta, 0] };
const SPECIFICITY: Ratio = { over: [1, -1, -1, 1], under: [0, 0, -1, 1] };
const JACCARD: Ratio = { over: [1, 0, 0, 0], under: [-1, 1, 1, 0] };

/**
 * The share of what is predicted to be of a class that is of it: `tp / (tp + fp)`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.precision_score.html
 *
 * @example
 * const metric = new Precision({ numClasses: 3, average: "none" });
 * metric.update(tensor([0, 1, 1, 2]), tensor([0, 1, 2, 2]));
 * await metric.compute() // => [1, 0.5, 1]
 */
export class Precision<A extends Average = "macro"> extends RatioMetric<A> {
  constructor(options: AverageOptions<A> = {}) {
    super(PRECISION, options);
  }
}
/**
 * Precision of data at hand.
 *
 * @example
 * await precision(tensor([0.9, 0.6, 0.2]), tensor([1, 0, 1])) // => 0.5
 */
export const precision = <A extends Average = "macro">(
  prediction: Tensor,
  target: Tensor,
  options: AverageOptions<A> = {},
): Promise<Averaged<A>> => once(new Precision<A>(options), prediction, target);

/**
 * The share of a class that is found: `tp / (tp + fn)`. Of "yes" it is also called sensitivity.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.recall_score.html
 *
 * @example
 * const metric = new Recall({ numClasses: 3, average: "none" });
 * metric.update(tensor([0, 1, 1, 2]), tensor([0, 1, 2, 2]));
 * await metric.compute() // => [1, 1, 0.5]
 */
export class Recall<A extends Average = "macro"> extends RatioMetric<A> {
  constructor(options: AverageOptions<A> = {}) {
    super(RECALL, options);
  }
}
/**
 * Recall of data at hand.
 *
 * @example
 * await recall(tensor([0.9, 0.6, 0.2]), tensor([1, 0, 1])) // => 0.5
 */
export const recall = <A extends Average = "macro">(
  prediction: Tensor,
  target: Tensor,
  options: AverageOptions<A> = {},
): Promise<Averaged<A>> => once(new Recall<A>(options), prediction, target);

/**
 * Precision and recall in one number, recall counting `beta` times as much:
 *
 *     (1 + β²) tp / ((1 + β²) tp + β² fn + fp)
 *
 * @param options.beta default 1; 0 is precision, Infinity recall
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.fbeta_score.html
 *
 * @example
 * const metric = new FBetaScore({ beta: 2 });
 * metric.update(tensor([1, 1, 1, 0]), tensor([1, 0, 1, 0]));
 * await metric.compute() // => 0.9091
 */
export class FBetaScore<A extends Average = "macro"> extends RatioMetric<A> {
  constructor({ beta = 1, ...options }: FBetaOptions<A> = {}) {
    if (!(beta >= 0)) throw new DlError("value", `FBetaScore: beta ${beta} must not be negative`);
    super(fBeta(beta), options as AverageOptions<A>);
  }
}
/**
 * The F-beta score of data at hand.
 *
 * @example
 * await fbetaScore(tensor([1, 1, 1, 0]), tensor([1, 0, 1, 0]), { beta: 0.5 }) // => 0.7143
 */
export const fbetaScore = <A extends Average = "macro">(
  prediction: Tensor,
  target: Tensor,
  options: FBetaOptions<A> = {},
): Promise<Averaged<A>> => once(new FBetaScore<A>(options), prediction, target);

/**
 * The harmonic mean of precision and recall: `2 tp / (2 tp + fn + fp)`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.f1_score.html
 *
 * @example
 * const f1 = new F1Score({ numLabels: 2, average: "samples" });
 * f1.update(tensor([[0.9, 0.8], [0.1, 0.7]]), tensor([[1, 0], [0, 1]]));
 * await f1.compute() // => 0.8333
 */
export class F1Score<A extends Average = "macro"> extends RatioMetric<A> {
  constructor(options: AverageOptions<A> = {}) {
    super(fBeta(1), options);
  }
}
/**
 * The F1 score of data at hand.
 *
 * @example
 * await f1Score(tensor([0, 1, 1, 2]), tensor([0, 1, 2, 2]), { numClasses: 3 }) // => 0.7778
 */
export const f1Score = <A extends Average = "macro">(
  prediction: Tensor,
  target: Tensor,
  options: AverageOptions<A> = {},
): Promise<Averaged<A>> => once(new F1Score<A>(options), prediction, target);

/**
 * The share of what is not of a class that is not predicted to be: `tn / (tn + fp)`.
 *
 * @example
 * const metric = new Specificity();
 * metric.update(tensor([0.9, 0.6, 0.2]), tensor([1, 0, 0]));
 * await metric.compute() // => 0.5
 */
export class Specificity<A extends Average = "macro"> extends RatioMetric<A> {
  constructor(options: AverageOptions<A> = {}) {
    super(SPECIFICITY, options);
  }
}
/**
 * Specificity of data at hand.
 *
 * @example
 * await specificity(tensor([0.9, 0.6, 0.2]), tensor([1, 0, 0])) // => 0.5
 */
export const specificity = <A extends Average = "macro">(
  prediction: Tensor,
  target: Tensor,
  options: AverageOptions<A> = {},
): Promise<Averaged<A>> => once(new Specificity<A>(options), prediction, target);

/**
 * Intersection over union of what is of a class and what is predicted to be: `tp / (tp + fp + fn)`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.jaccard_score.html
 *
 * @example
 * const iou = new JaccardIndex({ numClasses: 2, average: "none" });
 * iou.update(tensor([[0, 1], [1, 1]]), tensor([[0, 1], [0, 1]]));
 * await iou.compute() // => [0.5, 0.6667]
 */
export class JaccardIndex<A extends Average = "macro"> extends RatioMetric<A> {
  constructor(options: AverageOptions<A> = {}) {
    super(JACCARD, options);
  }
}
/**
 * The Jaccard index of data at hand.
 *
 * @example
 * await jaccardIndex(tensor([1, 1, 0]), tensor([1, 0, 0])) // => 0.5
 */
export const jaccardIndex = <A extends Average = "macro">(
  prediction: Tensor,
  target: Tensor,
  options: AverageOptions<A> = {},
): Promise<Averaged<A>> => once(new JaccardIndex<A>(options), prediction, target);
