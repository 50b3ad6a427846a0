/** Do events of probability p happen in a share p of cases? */
import { cat, DlError, scope, searchsorted, type Tensor, tensor } from "@dl/tensor/core";
import { sum } from "./average.ts";
import { requireCount, requireOneOf, type ScoreOptions, scoresOf } from "./inputs.ts";
import { Metric, once, wide } from "./metric.ts";

export interface CalibrationOptions extends Omit<ScoreOptions, "numLabels"> {
  /** Of equal width. One holds its upper edge, the first also 0. */
  numBins?: number;
}
/** Probabilities by bin. In a bin without samples means are NaN. */
export interface Reliability {
  /** Of the bins: `numBins + 1` numbers from 0 to 1. */
  readonly edges: number[];
  readonly counts: number[];
  /** The mean probability in each bin. */
  readonly predicted: number[];
  /** How often it came true. */
  readonly observed: number[];
}

/** Sums by bin: of yes for yes and no, and of the class with the highest probability for classes. */
abstract class BinMetric<T> extends Metric<T> {
  private readonly options: ScoreOptions;
  protected readonly numBins: number;

  constructor(numBins: number, options: ScoreOptions) {
    super();
    requireCount(this.name, "numBins", numBins, 1);
    if (options.numLabels !== undefined)
      throw new DlError(
        "value",
        `${this.name}: it is for yes and no and for classes, not for labels`,
      );
    this.options = options;
    this.numBins = numBins;
  }

  /**
   * @param prediction probabilities (or logits) of yes in the target's shape, or of each class `[N, C, ...]`
   * @param target class numbers `[N, ...]`
   */
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const { kind, scores, actual } = scoresOf(this, prediction, target, this.options);
      if (actual.numel === 0) return;
      const isLogits = this.options.input === "logits";
      const [p, isTrue] =
        kind === "binary"
          ? [isLogits ? scores.sigmoid() : scores, actual]
          : [(isLogits ? scores.softmax(1) : scores).amax(1), scores.argmax(1).eq(actual)];
      this.add(this.binned(p, isTrue));
    });
  }
  /** `[3, bins]`: counts, sums of probabilities, how many came true. */
  private binned(p: Tensor, isTrue: Tensor): Tensor {
    const dtype = wide(p);
    const n = this.numBins;
    const x = p.to(dtype);
    const edges = tensor(edgesOf(n).slice(1, -1), { dtype, device: p.device });
    const bin = searchsorted(edges, x);
    const index = cat([bin, bin.add(n), bin.add(2 * n)]);
    const values = cat([x.mul(0).add(1), x, isTrue.to(dtype)]);
    return x.newZeros([3 * n]).scatterAdd(0, index, values);
  }

  protected abstract fromBins(bins: Reliability): T;

  protected result(state: ArrayLike<number>): T {
    const n = this.numBins;
    const all = Array.from(state);
    const counts = all.slice(0, n);
    const mean = (sums: number[]) => sums.map((s, i) => s / counts[i]);
    return this.fromBins({
      edges: edgesOf(n),
      counts,
      predicted: mean(all.slice(n, 2 * n)),
      observed: mean(all.slice(2 * n)),
    });
  }
}

const edgesOf = (n: number): number[] => [...Array(n).keys()].map((i) => i * (1 / n)).concat(1);

export interface CalibrationErrorOptions extends CalibrationOptions {
  /** The mean over samples of the distance in their bin (expected calibration error), the root of its mean square, or the greatest. Default `"l1"`. */
  norm?: "l1" | "l2" | "max";
}
/**
 * The expected calibration error (Guo et al., 2017): by how much probabilities differ from how often they come true, in
 * bins.
 *
 *     Σ_b n_b / n · |observed_b − predicted_b|
 *
 * @param options.numBins default 15
 * @see https://lightning.ai/docs/torchmetrics/stable/classification/calibration_error.html
 *
 * @example
 * const metric = new CalibrationError({ numBins: 2 });
 * metric.update(tensor([0.25, 0.25, 0.75, 0.75]), tensor([0, 1, 1, 1]));
 * await metric.compute() // => 0.25
 */
export class CalibrationError extends BinMetric<number> {
  private readonly norm: "l1" | "l2" | "max";

  constructor({ numBins = 15, norm = "l1", ...options }: CalibrationErrorOptions = {}) {
    super(numBins, options);
    requireOneOf(this.name, "norm", norm, ["l1", "l2", "max"]);
    this.norm = norm;
  }
  protected fromBins({ counts, predicted, observed }: Reliability): number {
    const filled = counts.map((_, b) => b).filter((b) => counts[b] > 0);
    const distance = (b: number) => Math.abs(observed[b] - predicted[b]);
    if (this.norm === "max") return Math.max(...filled.map(distance));
    const power = this.norm === "l1" ? 1 : 2;
    const mean = sum(filled.map((b) => counts[b] * distance(b) ** power)) / sum(counts);
    return mean ** (1 / power);
  }
}
/**
 * The calibration error of data at hand.
 *
 * @example
 * await calibrationError(tensor([[0.75, 0.25], [0.25, 0.75]]), tensor([0, 1])) // => 0.25
 */
export const calibrationError = (
  prediction: Tensor,
  target: Tensor,
  options: CalibrationErrorOptions = {},
): Promise<number> => once(new CalibrationError(options), prediction, target);

/**
 * What a reliability diagram shows: by bins of the predicted probability, how often it came true.
 *
 * @param options.numBins default 5
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.calibration.calibration_curve.html
 *
 * @example
 * const curve = new ReliabilityCurve({ numBins: 2 });
 * curve.update(tensor([0.25, 0.25, 0.75, 0.75]), tensor([0, 1, 1, 1]));
 * await curve.compute() // => { edges: [0, 0.5, 1], counts: [2, 2], predicted: [0.25, 0.75], observed: [0.5, 1] }
 */
export class ReliabilityCurve extends BinMetric<Reliability> {
  constructor({ numBins = 5, ...options }: CalibrationOptions = {}) {
    super(numBins, options);
  }
  protected fromBins(bins: Reliability): Reliability {
    return bins;
  }
}
/**
 * The reliability curve of data at hand.
 *
 * @example
 * const { observed } = await reliabilityCurve(tensor([0.25, 0.25, 0.75]), tensor([0, 1, 1]), { numBins: 2 });
 * observed // => [0.5, 1]
 */
export const reliabilityCurve = (
  prediction: Tensor,
  target: Tensor,
  options: CalibrationOptions = {},
): Promise<Reliability> => once(new ReliabilityCurve(options), prediction, target);
