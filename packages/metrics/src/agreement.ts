import type { Tensor } from "@dl/tensor/core";
import { sum } from "./average.ts";
import { ConfusionMetric } from "./confusionMatrix.ts";
import { type ClassOptions, requireOneOf } from "./inputs.ts";
import { once } from "./metric.ts";

export interface CohenKappaOptions extends Omit<ClassOptions, "numLabels"> {
  /** How much worse it is to be further off, for classes in an order: by distance, or by its square. Default null: not. */
  weights?: "linear" | "quadratic" | null;
}

/**
 * Agreement beyond what chance gives: 1 is perfect, 0 is chance. NaN where chance leaves nothing to be wrong.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.cohen_kappa_score.html
 *
 * @example
 * const kappa = new CohenKappa({ numClasses: 3, weights: "quadratic" });
 * kappa.update(tensor([0, 1, 2, 2]), tensor([0, 1, 1, 2]));
 * await kappa.compute() // => 0.8
 */
export class CohenKappa extends ConfusionMetric<number> {
  private readonly weights: CohenKappaOptions["weights"];

  constructor({ weights = null, ...options }: CohenKappaOptions = {}) {
    super(options);
    requireOneOf(this.name, "weights", weights, [null, "linear", "quadratic"]);
    this.weights = weights;
  }
  protected fromMatrix(matrix: number[][]): number {
    const actual = matrix.map(sum);
    const predicted = matrix.map((_, j) => sum(matrix.map((row) => row[j])));
    const cost = (i: number, j: number) =>
      this.weights === "linear"
        ? Math.abs(i - j)
        : this.weights === "quadratic"
          ? (i - j) ** 2
          : Number(i !== j);
    let observed = 0;
    let expected = 0;
    for (let i = 0; i < matrix.length; i++)
      for (let j = 0; j < matrix.length; j++) {
        observed += cost(i, j) * matrix[i][j];
        expected += cost(i, j) * actual[i] * predicted[j];
      }
    return expected === 0 ? Number.NaN : 1 - (observed * sum(actual)) / expected;
  }
}
/**
 * Cohen's kappa of data at hand.
 *
 * @example
 * await cohenKappa(tensor([1, 1, 0, 0]), tensor([1, 0, 0, 0])) // => 0.5
 */
export const cohenKappa = (
  prediction: Tensor,
  target: Tensor,
  options: CohenKappaOptions = {},
): Promise<number> => once(new CohenKappa(options), prediction, target);

/**
 * The correlation of predicted and true classes: 1 is perfect, 0 is chance, and what a prediction of one class gets.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.matthews_corrcoef.html
 *
 * @example
 * const mcc = new MatthewsCorrCoef();
 * mcc.update(tensor([1, 1, 0, 1]), tensor([1, 1, 1, 0]));
 * await mcc.compute() // => -0.3333
 */
export class MatthewsCorrCoef extends ConfusionMetric<number> {
  constructor(options: Omit<ClassOptions, "numLabels"> = {}) {
    super(options);
  }
  protected fromMatrix(matrix: number[][]): number {
    const actual = matrix.map(sum);
    const predicted = matrix.map((_, j) => sum(matrix.map((row) => row[j])));
    const right = sum(matrix.map((row, i) => row[i]));
    const all = sum(actual);
    const products = (a: number[], b: number[]) => sum(a.map((x, i) => x * b[i]));
    const spread = (a: number[]) => all * all - products(a, a);
    const scale = spread(actual) * spread(predicted);
    return scale === 0 ? 0 : (right * all - products(actual, predicted)) / Math.sqrt(scale);
  }
}
/**
 * Matthews' correlation coefficient of data at hand.
 *
 * @example
 * await matthewsCorrCoef(tensor([0, 1, 2, 2]), tensor([0, 1, 1, 2]), { numClasses: 3 }) // => 0.7
 */
export const matthewsCorrCoef = (
  prediction: Tensor,
  target: Tensor,
  options: Omit<ClassOptions, "numLabels"> = {},
): Promise<number> => once(new MatthewsCorrCoef(options), prediction, target);
