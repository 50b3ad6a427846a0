import { DlError, scope, type Tensor } from "@dl/tensor/core";
import { type Counts, sum } from "./average.ts";
import { CountMetric } from "./counts.ts";
import { type ClassOptions, classesOf, requireCount, requireOneOf } from "./inputs.ts";
import { Metric, once } from "./metric.ts";

export type Normalize = "true" | "pred" | "all" | null;
export interface ConfusionMatrixOptions extends Omit<ClassOptions, "numClasses" | "numLabels"> {
  /** Shares instead of counts: of each true class, of each predicted class, of all. Default null: counts. */
  normalize?: Normalize;
}

/** What is computed from a confusion matrix, which is summed on the device. */
export abstract class ConfusionMetric<T> extends Metric<T> {
  private readonly options: ClassOptions;

  constructor(options: ClassOptions) {
    super();
    this.options = options;
    if (options.numLabels !== undefined)
      throw new DlError(
        "value",
        `${this.name}: it is for classes: of labels there is MultilabelConfusionMatrix`,
      );
  }

  /**
   * @param prediction scores `[N, C, ...]`, or class numbers in the target's shape
   * @param target class numbers `[N, ...]`
   */
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const { size, predicted, actual } = classesOf(this, prediction, target, this.options);
      if (actual.numel === 0) return;
      const cells = actual.newZeros([size * size]);
      const index = actual.mul(size).add(predicted);
      this.add(cells.scatterAdd(0, index, actual.newFull([actual.numel], 1)));
    });
  }

  /** From the matrix: true classes in rows, predicted ones in columns. */
  protected abstract fromMatrix(matrix: number[][]): T;

  protected result(counts: ArrayLike<number>): T {
    const n = Math.sqrt(counts.length);
    return this.fromMatrix(
      Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => counts[i * n + j])),
    );
  }
}

/**
 * How often which class is taken for which: rows are true classes, columns predicted ones.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.confusion_matrix.html
 *
 * @example
 * const matrix = new ConfusionMatrix(2);
 * matrix.update(tensor([0, 1, 1]), tensor([0, 1, 0]));
 * matrix.computeSync() // => [[1, 1], [0, 1]]
 */
export class ConfusionMatrix extends ConfusionMetric<number[][]> {
  readonly numClasses: number;
  private readonly normalize: Normalize;

  constructor(numClasses: number, { normalize = null, ...options }: ConfusionMatrixOptions = {}) {
    requireCount("ConfusionMatrix", "numClasses", numClasses, 2);
    requireOneOf("ConfusionMatrix", "normalize", normalize, ["true", "pred", "all", null]);
    super({ ...options, numClasses });
    this.numClasses = numClasses;
    this.normalize = normalize;
  }

  protected fromMatrix(rows: number[][]): number[][] {
    if (!this.normalize) return rows;
    const columns = rows.map((_, j) => sum(rows.map((row) => row[j])));
    const all = sum(columns);
    return rows.map((row) => {
      const actual = sum(row);
      return row.map((count, j) => {
        const total =
          this.normalize === "true" ? actual : this.normalize === "pred" ? columns[j] : all;
        return total === 0 ? 0 : count / total;
      });
    });
  }
}
/**
 * The confusion matrix of data at hand.
 *
 * @param options.numClasses default 2, or the scores' classes
 *
 * @example
 * await confusionMatrix(tensor([0.8, 0.7, 0.1]), tensor([1, 0, 0]), { normalize: "true" }) // => [[0.5, 0.5], [0, 1]]
 */
export function confusionMatrix(
  prediction: Tensor,
  target: Tensor,
  { numClasses, ...options }: ConfusionMatrixOptions & { numClasses?: number } = {},
): Promise<number[][]> {
  if (numClasses !== undefined || prediction.rank === target.rank + 1)
    return once(
      new ConfusionMatrix(numClasses ?? prediction.shape[1], options),
      prediction,
      target,
    );
  const input = prediction.dtype.startsWith("float") ? "probabilities" : "classes";
  return once(new ConfusionMatrix(2, { input, ...options }), prediction, target);
}

/**
 * A confusion matrix of each label, or of each class against all others: `[[tn, fp], [fn, tp]]`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.multilabel_confusion_matrix.html
 *
 * @example
 * const matrices = new MultilabelConfusionMatrix({ numLabels: 2 });
 * matrices.update(tensor([[0.9, 0.8], [0.1, 0.7]]), tensor([[1, 0], [0, 1]]));
 * await matrices.compute() // => [[[1, 0], [0, 1]], [[0, 1], [0, 1]]]
 */
export class MultilabelConfusionMatrix extends CountMetric<number[][][]> {
  constructor(options: ClassOptions = {}) {
    super(options);
  }
  protected fromCounts({ hits, predicted, actual, total }: Counts): number[][][] {
    return hits.map((tp, c) => [
      [total - predicted[c] - actual[c] + tp, predicted[c] - tp],
      [actual[c] - tp, tp],
    ]);
  }
}
/**
 * Confusion matrices of labels at hand.
 *
 * @example
 * const options = { numClasses: 3 };
 * await multilabelConfusionMatrix(tensor([0, 2]), tensor([0, 1]), options) // => [[[1, 0], [0, 1]], [[1, 0], [1, 0]], [[1, 1], [0, 0]]]
 */
export const multilabelConfusionMatrix = (
  prediction: Tensor,
  target: Tensor,
  options: ClassOptions = {},
): Promise<number[][][]> => once(new MultilabelConfusionMatrix(options), prediction, target);
