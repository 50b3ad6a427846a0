import {
  cat,
  DlError,
  defineMap,
  expr as E,
  formatShape,
  full,
  ShapeError,
  scope,
  type Tensor,
} from "@dl/tensor/core";
import { type Counts, sum } from "./average.ts";
import { CountMetric } from "./counts.ts";
import { type Classes, type ClassOptions, classesOf, columns, requireCount } from "./inputs.ts";
import { Metric, once } from "./metric.ts";
import { warnOnce } from "./warn.ts";

export interface AccuracyOptions extends ClassOptions {
  /** Count a sample as right when its class is among the k highest scores. Of equal scores the first class counts as higher. Default 1. */
  topK?: number;
}

/** The share of samples for which something holds. */
abstract class Share extends Metric<number> {
  protected addShare(holds: Tensor): void {
    if (holds.numel === 0) return;
    const all = full([1], holds.numel, { dtype: "int32", device: holds.device });
    this.add(cat([holds.sum().reshape([1]), all]));
  }
  protected result([count, all]: ArrayLike<number> & Iterable<number>): number {
    return count / all;
  }
}

/**
 * The share that is predicted right: of samples, or of all labels of all samples.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.accuracy_score.html
 *
 * @example
 * const accuracy = new Accuracy();
 * accuracy.update(tensor([[2, 1], [0, 3], [5, 4]]), tensor([0, 1, 1]));
 * accuracy.computeSync() // => 0.6667
 */
export class Accuracy extends Share {
  private readonly options: ClassOptions;
  private readonly topK: number;

  constructor({ topK = 1, ...options }: AccuracyOptions = {}) {
    super();
    requireCount(this.name, "topK", topK, 1);
    this.topK = topK;
    this.options = options;
  }

  /**
   * @param prediction scores `[N, C, ...]`, or one probability, logit or class number per sample, in the target's shape
   * @param target class numbers `[N, ...]`
   */
  update(prediction: Tensor, target: Tensor): void {
    scope(() => this.addShare(this.hits(prediction, target)));
  }

  private hits(prediction: Tensor, target: Tensor): Tensor {
    const { predicted, actual, size, kind } = this.classes(prediction, target);
    if (this.topK === 1) return predicted.eq(actual);
    if (prediction.rank !== target.rank + 1)
      throw new ShapeError(
        `${this.name}: topK is for scores [N, C, ...], got ${formatShape(prediction.shape)}`,
      );
    if (kind === "multiclass" && this.topK > size)
      throw new DlError("value", `${this.name}: topK ${this.topK} of only ${size} classes`);
    return isAmongBest(columns(prediction), actual, this.topK);
  }
  /** Class numbers need no numClasses here. */
  private classes(prediction: Tensor, target: Tensor): Classes {
    const { numClasses, numLabels, input } = this.options;
    const isAnyClass =
      numClasses === undefined &&
      numLabels === undefined &&
      prediction.rank === target.rank &&
      (input === "classes" || (input === undefined && !prediction.dtype.startsWith("float")));
    const largest = { numClasses: 2 ** 24, input: "classes" } as const;
    return classesOf(this, prediction, target, isAnyClass ? largest : this.options);
  }
}

/** Does one score come before another: it is greater, or equal and earlier. */
const isBefore = defineMap<[Tensor, Tensor, Tensor]>(
  "isBefore",
  (score, own, at) => E.or(E.lt(own, score), E.and(E.eq(own, score), E.lt(E.index(1), at))),
  { result: "bool" },
);
/** Is the class `[N]` among the k highest of scores `[N, C]`? */
function isAmongBest(scores: Tensor, classes: Tensor, k: number): Tensor {
  const at = classes.unsqueeze(1);
  return isBefore(scores, scores.gather(1, at), at).sum(1).lt(k);
}

/**
 * Accuracy of data at hand.
 *
 * @example
 * await accuracy(tensor([0.2, 0.7, 0.5]), tensor([0, 1, 0])) // => 0.6667
 */
export const accuracy = (
  prediction: Tensor,
  target: Tensor,
  options: AccuracyOptions = {},
): Promise<number> => once(new Accuracy(options), prediction, target);

export interface TopKOptions extends ClassOptions {
  /** Default 2. */
  k?: number;
}
/**
 * The share of samples whose class is among the `k` highest scores.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.top_k_accuracy_score.html
 *
 * @example
 * await topKAccuracy(tensor([[3, 2, 1], [3, 2, 1]]), tensor([1, 2])) // => 0.5
 */
export const topKAccuracy = (
  prediction: Tensor,
  target: Tensor,
  { k = 2, ...options }: TopKOptions = {},
): Promise<number> => once(new Accuracy({ ...options, topK: k }), prediction, target);

/**
 * The share that is predicted wrong: of samples, or of all labels of all samples.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.hamming_loss.html
 *
 * @example
 * const metric = new HammingLoss({ numLabels: 2 });
 * metric.update(tensor([[0.9, 0.8], [0.1, 0.7]]), tensor([[1, 0], [0, 1]]));
 * await metric.compute() // => 0.25
 */
export class HammingLoss extends Share {
  private readonly options: ClassOptions;

  constructor(options: ClassOptions = {}) {
    super();
    this.options = options;
  }
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const { predicted, actual } = classesOf(this, prediction, target, this.options);
      this.addShare(predicted.ne(actual));
    });
  }
}
/**
 * The Hamming loss of data at hand.
 *
 * @example
 * await hammingLoss(tensor([[1, 0], [0, 1]]), tensor([[1, 1], [0, 1]]), { numLabels: 2 }) // => 0.25
 */
export const hammingLoss = (
  prediction: Tensor,
  target: Tensor,
  options: ClassOptions = {},
): Promise<number> => once(new HammingLoss(options), prediction, target);

/**
 * The share of samples all labels of which are predicted right.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.accuracy_score.html
 *
 * @example
 * const metric = new SubsetAccuracy({ numLabels: 2 });
 * metric.update(tensor([[0.9, 0.8], [0.1, 0.7]]), tensor([[1, 0], [0, 1]]));
 * await metric.compute() // => 0.5
 */
export class SubsetAccuracy extends Share {
  private readonly options: ClassOptions;

  constructor(options: ClassOptions = {}) {
    super();
    this.options = options;
  }
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const { predicted, actual } = classesOf(this, prediction, target, this.options);
      const isRight = predicted.eq(actual);
      this.addShare(isRight.rank === 2 ? isRight.all(1) : isRight);
    });
  }
}
/**
 * The subset accuracy of data at hand.
 *
 * @example
 * await subsetAccuracy(tensor([[1, 0], [0, 1]]), tensor([[1, 1], [0, 1]]), { numLabels: 2 }) // => 0.5
 */
export const subsetAccuracy = (
  prediction: Tensor,
  target: Tensor,
  options: ClassOptions = {},
): Promise<number> => once(new SubsetAccuracy(options), prediction, target);

export interface BalancedAccuracyOptions extends ClassOptions {
  /** Rescaled, so that chance gives 0 and a perfect prediction 1. Default false. */
  adjusted?: boolean;
}
/**
 * The mean of recall over the classes that occur.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.balanced_accuracy_score.html
 *
 * @example
 * const metric = new BalancedAccuracy();
 * metric.update(tensor([1, 1, 1, 1]), tensor([1, 1, 1, 0]));
 * await metric.compute() // => 0.5
 */
export class BalancedAccuracy extends CountMetric<number> {
  private readonly adjusted: boolean;

  constructor({ adjusted = false, ...options }: BalancedAccuracyOptions = {}) {
    super(options);
    this.adjusted = adjusted;
    if (options.numLabels !== undefined)
      throw new DlError("value", `${this.name}: it is for classes, not for labels`);
  }
  protected fromCounts({ hits, predicted, actual }: Counts): number {
    const present = actual.map((_, c) => c).filter((c) => actual[c] > 0);
    if (actual.some((n, c) => n === 0 && predicted[c] > 0))
      warnOnce(
        this.name,
        `${this.name}: classes are predicted that do not occur, they are left out`,
      );
    const mean = sum(present.map((c) => hits[c] / actual[c])) / present.length;
    const chance = 1 / present.length;
    return this.adjusted ? (mean - chance) / (1 - chance) : mean;
  }
}
/**
 * Balanced accuracy of data at hand.
 *
 * @example
 * await balancedAccuracy(tensor([0, 1, 1]), tensor([0, 1, 2]), { numClasses: 3 }) // => 0.6667
 */
export const balancedAccuracy = (
  prediction: Tensor,
  target: Tensor,
  options: BalancedAccuracyOptions = {},
): Promise<number> => once(new BalancedAccuracy(options), prediction, target);
