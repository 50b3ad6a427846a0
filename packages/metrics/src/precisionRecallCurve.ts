import type { Tensor } from "@dl/tensor/core";
import { type Kind, requireOneOf, type ScoreOptions } from "./inputs.ts";
import { once } from "./metric.ts";
import { meanByYes, type ScoreAverage } from "./roc.ts";
import { countYes, kept, pooledRanking, type Ranking, ScoreMetric, stepsOf } from "./scores.ts";
import { warnOnce } from "./warn.ts";

/** From the lowest threshold on, with 1 and 0 at the end, which have no threshold. */
export interface PrecisionRecall {
  readonly precision: number[];
  readonly recall: number[];
  readonly thresholds: number[];
}
export interface PrecisionRecallOptions extends ScoreOptions {
  /** Leave out thresholds at which recall does not change. Default false. */
  dropIntermediate?: boolean;
}

function curveOf(name: string, ranking: Ranking, dropIntermediate: boolean): PrecisionRecall {
  const all = stepsOf(ranking);
  const { yes, no, thresholds } = dropIntermediate
    ? kept(all, (i) => all.yes[i] !== all.yes[i - 1] || all.yes[i + 1] !== all.yes[i])
    : all;
  const total = yes[yes.length - 1];
  if (total === 0)
    warnOnce(`${name} yes`, `${name}: there is no positive sample, recall is 1 at every threshold`);
  return {
    precision: [...yes.map((n, i) => n / (n + no[i])).reverse(), 1],
    recall: [...yes.map((n) => (total === 0 ? 1 : n / total)).reverse(), 0],
    thresholds: [...thresholds].reverse(),
  };
}

/**
 * Precision and recall at each threshold. One curve for yes and no; for classes (each against the others) and for labels a
 * list of them.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.precision_recall_curve.html
 *
 * @example
 * const curve = new PrecisionRecallCurve();
 * curve.update(tensor([0.125, 0.5, 0.25, 0.75]), tensor([0, 0, 1, 1]));
 * const { precision, recall, thresholds } = (await curve.compute()) as PrecisionRecall;
 * precision // => [0.5, 0.6667, 0.5, 1, 1]
 * recall // => [1, 1, 0.5, 0.5, 0]
 * thresholds // => [0.125, 0.25, 0.5, 0.75]
 */
export class PrecisionRecallCurve extends ScoreMetric<PrecisionRecall | PrecisionRecall[]> {
  private readonly dropIntermediate: boolean;

  constructor({ dropIntermediate = false, ...options }: PrecisionRecallOptions = {}) {
    super(options);
    this.dropIntermediate = dropIntermediate;
  }
  protected fromRankings(
    rankings: readonly Ranking[],
    kind: Kind,
  ): PrecisionRecall | PrecisionRecall[] {
    const curves = rankings.map((r) => curveOf(this.name, r, this.dropIntermediate));
    return kind === "binary" ? curves[0] : curves;
  }
}
/**
 * The precision–recall curve of data at hand.
 *
 * @example
 * const { recall } = (await precisionRecallCurve(tensor([0.25, 0.75]), tensor([0, 1]))) as PrecisionRecall;
 * recall // => [1, 1, 0]
 */
export const precisionRecallCurve = (
  prediction: Tensor,
  target: Tensor,
  options: PrecisionRecallOptions = {},
): Promise<PrecisionRecall | PrecisionRecall[]> =>
  once(new PrecisionRecallCurve(options), prediction, target);

export interface AveragePrecisionOptions<A extends ScoreAverage = ScoreAverage>
  extends ScoreOptions {
  /** Over classes or labels: their mean, all counted together, their mean by how often each is true, or a list. Default `"macro"`. */
  average?: A;
}

/**
 * Precision at each threshold, weighted by what recall gains there: `Σ (Rₙ − Rₙ₋₁) Pₙ`. 0 where there is no positive
 * sample.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.average_precision_score.html
 *
 * @example
 * const ap = new AveragePrecision();
 * ap.update(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]));
 * await ap.compute() // => 0.8333
 */
export class AveragePrecision<A extends ScoreAverage = "macro"> extends ScoreMetric<
  A extends "none" ? number[] : number
> {
  private readonly average: ScoreAverage;

  constructor({ average, ...options }: AveragePrecisionOptions<A> = {}) {
    super(options);
    this.average = average ?? "macro";
    requireOneOf(this.name, "average", this.average, ["macro", "micro", "weighted", "none"]);
  }
  protected fromRankings(
    rankings: readonly Ranking[],
    kind: Kind,
  ): A extends "none" ? number[] : number {
    return this.averaged(rankings, kind) as A extends "none" ? number[] : number;
  }
  private averaged(rankings: readonly Ranking[], kind: Kind): number | number[] {
    if (kind === "binary") return this.area(rankings[0]);
    if (this.average === "micro") return this.area(pooledRanking(rankings));
    const areas = rankings.map((r) => this.area(r));
    if (this.average === "none") return areas;
    return meanByYes(areas, this.average === "weighted" ? rankings.map(countYes) : undefined);
  }
  private area(ranking: Ranking): number {
    const { precision, recall } = curveOf(this.name, ranking, false);
    let area = 0;
    for (let i = 0; i + 1 < recall.length; i++) area += (recall[i] - recall[i + 1]) * precision[i];
    return area;
  }
}
/**
 * Average precision of data at hand.
 *
 * @example
 * await averagePrecision(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1])) // => 0.8333
 */
export const averagePrecision = <A extends ScoreAverage = "macro">(
  prediction: Tensor,
  target: Tensor,
  options: AveragePrecisionOptions<A> = {},
): Promise<A extends "none" ? number[] : number> =>
  once(new AveragePrecision<A>(options), prediction, target);
