import { arange, DlError, scope, type Tensor } from "@dl/tensor";
import { classesOf, requireClasses } from "./classes.ts";
import { Metric } from "./metric.ts";

export interface ConfusionMatrixOptions {
  /** Shares instead of counts: of each true class, of each predicted class, of all. Default null: counts. */
  normalize?: "true" | "pred" | "all" | null;
}

/**
 * How often which class is taken for which: rows are true classes, columns predicted ones.
 *
 * @example
 * const matrix = new ConfusionMatrix(2);
 * matrix.update(tensor([0, 1, 1]), tensor([0, 1, 0]));
 * matrix.computeSync() // => [[1, 1], [0, 1]]
 */
export class ConfusionMatrix extends Metric<number[][]> {
  readonly numClasses: number;
  private readonly normalize: ConfusionMatrixOptions["normalize"];

  constructor(numClasses: number, { normalize = null }: ConfusionMatrixOptions = {}) {
    requireClasses("ConfusionMatrix", numClasses);
    super(numClasses * numClasses);
    this.numClasses = numClasses;
    this.normalize = normalize;
  }

  /**
   * @param prediction scores `[N, C, ...]`, or class numbers in the target's shape
   * @param target class numbers `[N, ...]`
   */
  update(prediction: Tensor, target: Tensor): void {
    const n = this.numClasses;
    scope(() => {
      const { predicted, actual } = classesOf("ConfusionMatrix", prediction, target);
      for (const [what, classes] of [
        ["prediction", predicted],
        ["target", actual],
      ] as const)
        this.requireInRange(what, classes);
      const cells = arange(n * n, { device: target.device });
      this.add(actual.mul(n).add(predicted).unsqueeze(1).eq(cells).sum(0));
    });
  }

  private requireInRange(what: string, classes: Tensor): void {
    if (!classes.device.readSync) return;
    const wrong = (classes.dataSync() as Int32Array).find((c) => c < 0 || c >= this.numClasses);
    if (wrong !== undefined)
      throw new DlError(
        "index",
        `ConfusionMatrix: ${what} ${wrong} is not one of the classes 0 … ${this.numClasses - 1}`,
      );
  }

  protected result(counts: ArrayLike<number>): number[][] {
    const n = this.numClasses;
    const rows = Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_, j) => counts[i * n + j]),
    );
    if (!this.normalize) return rows;
    const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
    const all = sum(rows.flat());
    return rows.map((row) =>
      row.map((count, j) => {
        const total =
          this.normalize === "true"
            ? sum(row)
            : this.normalize === "pred"
              ? sum(rows.map((r) => r[j]))
              : all;
        return total === 0 ? 0 : count / total;
      }),
    );
  }
}
