/** How good probabilities are: means of what each sample adds. */
import { cat, DlError, full, logSigmoid, scope, type Tensor } from "@dl/tensor/core";
import { type ScoreOptions, type Scores, scoresOf } from "./inputs.ts";
import { Metric, once, wide } from "./metric.ts";

/** A mean over samples, or over all labels of all samples. */
abstract class ProbabilityMetric extends Metric<number> {
  private readonly options: ScoreOptions;

  constructor(options: ScoreOptions) {
    super();
    this.options = options;
  }

  /**
   * @param prediction probabilities (or logits) in the target's shape, or of each class `[N, C, ...]`
   * @param target class numbers `[N, ...]`, or 0 and 1 `[N, L, ...]` for labels
   */
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const scores = scoresOf(this, prediction, target, this.options);
      if (scores.actual.numel === 0) return;
      const each = this.each(scores, this.options.input === "logits");
      const dtype = wide(each);
      const count = full([1], each.numel, { dtype, device: each.device });
      this.add(cat([each.to(dtype).sum().reshape([1]), count]));
    });
  }
  protected abstract each(scores: Scores, isLogits: boolean): Tensor;

  protected result([total, count]: ArrayLike<number> & Iterable<number>): number {
    return total / count;
  }
}

/**
 * The negative log-likelihood of what is true, in nats: cross-entropy, as a metric. Probabilities are kept `eps` of their
 * dtype away from 0 and 1; logits need no such care.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html
 *
 * @example
 * const metric = new LogLoss();
 * metric.update(tensor([0.9, 0.1, 0.2, 0.65]), tensor([1, 0, 0, 1]));
 * await metric.compute() // => 0.216162
 */
export class LogLoss extends ProbabilityMetric {
  constructor(options: ScoreOptions = {}) {
    super(options);
  }
  protected each({ kind, scores, actual }: Scores, isLogits: boolean): Tensor {
    if (kind === "multiclass") {
      const logs = isLogits ? scores.logSoftmax(1) : clipped(scores).log();
      return logs.gather(1, actual.unsqueeze(1)).neg();
    }
    const isYes = actual.to("bool");
    if (isLogits) return logSigmoid(isYes.where(scores, scores.neg())).neg();
    return clipped(isYes.where(scores, scores.neg().add(1)))
      .log()
      .neg();
  }
}
function clipped(p: Tensor): Tensor {
  const eps = p.dtype === "float64" ? 2 ** -52 : 2 ** -23;
  return p.clamp({ min: eps, max: 1 - eps });
}
/**
 * The log loss of data at hand.
 *
 * @example
 * await logLoss(tensor([[2, -1], [-1, 2]]), tensor([0, 1]), { input: "logits" }) // => 0.0485874
 */
export const logLoss = (
  prediction: Tensor,
  target: Tensor,
  options: ScoreOptions = {},
): Promise<number> => once(new LogLoss(options), prediction, target);

export interface BrierScoreOptions extends ScoreOptions {
  /** Half of the sum over classes, as it is for yes and no. Default `"auto"`: where there are two. */
  scaleByHalf?: boolean | "auto";
}
/**
 * The mean squared distance of probabilities from what is true: `(p − y)²` for yes and no, the sum of it over classes.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.brier_score_loss.html
 *
 * @example
 * const metric = new BrierScore();
 * metric.update(tensor([0.1, 0.9, 0.8, 0.3]), tensor([0, 1, 1, 0]));
 * await metric.compute() // => 0.0375
 */
export class BrierScore extends ProbabilityMetric {
  private readonly scaleByHalf: boolean | "auto";

  constructor({ scaleByHalf = "auto", ...options }: BrierScoreOptions = {}) {
    super(options);
    this.scaleByHalf = scaleByHalf;
    if (scaleByHalf !== "auto" && options.numLabels !== undefined)
      throw new DlError("value", `${this.name}: scaleByHalf is not for labels`);
  }
  protected each({ kind, size, scores, actual }: Scores, isLogits: boolean): Tensor {
    const p = scores.to(wide(scores));
    const isHalf = this.scaleByHalf === "auto" ? size < 3 : this.scaleByHalf;
    if (kind !== "multiclass") {
      const each = (isLogits ? p.sigmoid() : p).sub(actual.to(p.dtype)).square();
      return kind === "binary" && !isHalf ? each.mul(2) : each;
    }
    const shares = isLogits ? p.softmax(1) : p;
    const own = shares.gather(1, actual.unsqueeze(1)).squeeze(1);
    // Σ p² − 2 p_true + 1 would cancel.
    const rest = shares.square().sum(1).sub(own.square());
    const each = rest.add(own.sub(1).square());
    return isHalf ? each.div(2) : each;
  }
}
/**
 * The Brier score of data at hand.
 *
 * @example
 * await brierScore(tensor([[0.8, 0.1, 0.1], [0.2, 0.2, 0.6]]), tensor([0, 1])) // => 0.55
 */
export const brierScore = (
  prediction: Tensor,
  target: Tensor,
  options: BrierScoreOptions = {},
): Promise<number> => once(new BrierScore(options), prediction, target);
