import { cat, formatShape, full, ShapeError, scope, type Tensor } from "@dl/tensor";
import { classesOf } from "./classes.ts";
import { Metric } from "./metric.ts";

export interface AccuracyOptions {
  /** Count a sample as right when its class is among the k highest scores. Default 1. */
  topK?: number;
  /** For predictions of one number per sample: at least this much is class 1. Default 0.5, for probabilities; use 0 for logits. */
  threshold?: number;
}

/**
 * The share of samples that are predicted right.
 *
 * @example
 * const accuracy = new Accuracy();
 * accuracy.update(tensor([[2, 1], [0, 3], [5, 4]]), tensor([0, 1, 1]));
 * accuracy.computeSync() // => 0.6667
 */
export class Accuracy extends Metric<number> {
  private readonly topK: number;
  private readonly threshold: number;

  constructor({ topK = 1, threshold = 0.5 }: AccuracyOptions = {}) {
    super(2);
    this.topK = topK;
    this.threshold = threshold;
  }

  /**
   * @param prediction scores `[N, C, ...]`, or one probability or class number per sample, in the target's shape
   * @param target class numbers `[N, ...]`
   */
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const hit = this.hits(prediction, target);
      this.add(
        cat([
          hit.sum().reshape([1]),
          full([1], target.numel, { dtype: "int32", device: target.device }),
        ]),
      );
    });
  }

  private hits(prediction: Tensor, target: Tensor): Tensor {
    const isScores = prediction.rank === target.rank + 1;
    if (isScores && this.topK > 1) {
      const best = prediction.detach().topk(this.topK, { dim: 1 }).indices;
      if (target.rank !== 1)
        throw new ShapeError(
          `Accuracy: topK is for scores [N, C], got ${formatShape(prediction.shape)}`,
        );
      return best.eq(target.to("int32").unsqueeze(1)).any(1);
    }
    const isProbability =
      !isScores && (prediction.dtype === "float32" || prediction.dtype === "float64");
    const { predicted, actual } = classesOf(
      "Accuracy",
      isProbability ? prediction.detach().ge(this.threshold) : prediction,
      target,
    );
    return predicted.eq(actual);
  }

  protected result([right, all]: ArrayLike<number> & Iterable<number>): number {
    return all === 0 ? Number.NaN : right / all;
  }
}
