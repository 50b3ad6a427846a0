import { DlError, type Tensor } from "@dl/tensor/core";
import { meanOf } from "./average.ts";
import { type Kind, requireOneOf, type ScoreOptions } from "./inputs.ts";
import { once } from "./metric.ts";
import { countYes, kept, pooledRanking, type Ranking, ScoreMetric, stepsOf } from "./scores.ts";
import { warnOnce } from "./warn.ts";

/** A curve of yes and no, from the highest threshold on. */
export interface ROC {
  /** Of no, the share at or above the threshold: the false alarms. */
  readonly fpr: number[];
  /** Of yes, the share at or above the threshold: what is found. */
  readonly tpr: number[];
  /** Infinity first, where nothing is a yes. */
  readonly thresholds: number[];
}
export interface ROCOptions extends ScoreOptions {
  /** Leave out points on a straight line between others. Default true. */
  dropIntermediate?: boolean;
}

function rocOf(name: string, ranking: Ranking, dropIntermediate: boolean): ROC {
  const all = stepsOf(ranking);
  const bends = (list: readonly number[], i: number) =>
    list[i + 1] - list[i] !== list[i] - list[i - 1];
  const { yes, no, thresholds } = dropIntermediate
    ? kept(all, (i) => bends(all.yes, i) || bends(all.no, i))
    : all;
  const share = (counts: number[], what: string): number[] => {
    const total = counts[counts.length - 1];
    if (total === 0) warnOnce(`${name} ${what}`, `${name}: there is no ${what}, its rate is NaN`);
    return [0, ...counts].map((n) => n / total);
  };
  return {
    fpr: share(no, "negative sample"),
    tpr: share(yes, "positive sample"),
    thresholds: [Number.POSITIVE_INFINITY, ...thresholds],
  };
}

/**
 * The receiver operating characteristic: for each threshold the share of false alarms and the share of what is found. One
 * curve for yes and no; for classes (each against the others) and for labels a list of them.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_curve.html
 *
 * @example
 * const curve = new ROCCurve();
 * curve.update(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]));
 * const { fpr, tpr } = (await curve.compute()) as ROC;
 * fpr // => [0, 0, 0.5, 0.5, 1]
 * tpr // => [0, 0.5, 0.5, 1, 1]
 */
export class ROCCurve extends ScoreMetric<ROC | ROC[]> {
  private readonly dropIntermediate: boolean;

  constructor({ dropIntermediate = true, ...options }: ROCOptions = {}) {
    super(options);
    this.dropIntermediate = dropIntermediate;
  }
  protected fromRankings(rankings: readonly Ranking[], kind: Kind): ROC | ROC[] {
    const curves = rankings.map((r) => rocOf(this.name, r, this.dropIntermediate));
    return kind === "binary" ? curves[0] : curves;
  }
}
/**
 * The ROC curve of data at hand.
 *
 * @example
 * const { thresholds } = (await rocCurve(tensor([0.25, 0.75]), tensor([0, 1]))) as ROC;
 * thresholds // => [Infinity, 0.75, 0.25]
 */
export const rocCurve = (
  prediction: Tensor,
  target: Tensor,
  options: ROCOptions = {},
): Promise<ROC | ROC[]> => once(new ROCCurve(options), prediction, target);

export type ScoreAverage = "macro" | "micro" | "weighted" | "none";

export interface ROCAUCOptions<A extends ScoreAverage = ScoreAverage> extends ScoreOptions {
  /** Over classes or labels: their mean, all counted together, their mean by how often each is true, or a list. Default `"macro"`. */
  average?: A;
  /** Each class against the rest, or (only `"macro"` and `"weighted"`) each against each other. Default `"ovr"`. */
  multiClass?: "ovr" | "ovo";
  /** For yes and no: the area up to this share of false alarms, rescaled so that chance is ½ (McClish, 1989). Default null: all. */
  maxFpr?: number | null;
}

/**
 * The area under the ROC curve: how often a yes has a higher score than a no, ties counting half. NaN where one of the two
 * does not occur.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html
 *
 * @example
 * const auc = new ROCAUC();
 * auc.update(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]));
 * await auc.compute() // => 0.75
 */
export class ROCAUC<A extends ScoreAverage = "macro"> extends ScoreMetric<
  A extends "none" ? number[] : number
> {
  private readonly average: ScoreAverage;
  private readonly multiClass: "ovr" | "ovo";
  private readonly maxFpr: number | null;

  constructor({ average, multiClass = "ovr", maxFpr = null, ...options }: ROCAUCOptions<A> = {}) {
    super(options);
    this.average = average ?? "macro";
    this.multiClass = multiClass;
    this.maxFpr = maxFpr;
    requireOneOf(this.name, "average", this.average, ["macro", "micro", "weighted", "none"]);
    requireOneOf(this.name, "multiClass", multiClass, ["ovr", "ovo"]);
    if (multiClass === "ovo" && !["macro", "weighted"].includes(this.average))
      throw new DlError(
        "value",
        `${this.name}: average "${this.average}" is not for multiClass "ovo": "macro" or "weighted"`,
      );
    if (maxFpr !== null && !(maxFpr > 0 && maxFpr <= 1))
      throw new DlError("value", `${this.name}: maxFpr ${maxFpr} is not within 0 … 1, above 0`);
  }

  protected fromRankings(
    rankings: readonly Ranking[],
    kind: Kind,
  ): A extends "none" ? number[] : number {
    return this.averaged(rankings, kind) as A extends "none" ? number[] : number;
  }
  private averaged(rankings: readonly Ranking[], kind: Kind): number | number[] {
    if (kind === "binary") return this.area(rankings[0]);
    if (kind === "multiclass" && this.maxFpr !== null && this.maxFpr !== 1)
      throw new DlError("value", `${this.name}: maxFpr is for yes and no, and for labels`);
    if (kind === "multiclass" && this.multiClass === "ovo") return this.eachAgainstEach(rankings);
    if (this.average === "micro") return this.area(pooledRanking(rankings));
    const areas = rankings.map((r) => this.area(r));
    if (this.average === "none") return areas;
    return meanByYes(areas, this.average === "weighted" ? rankings.map(countYes) : undefined);
  }
  /** The mean over pairs of classes that occur, both ways round, by how many samples a pair has. */
  private eachAgainstEach(rankings: readonly Ranking[]): number {
    const present = rankings.map((_, c) => c).filter((c) => countYes(rankings[c]) > 0);
    const areas: number[] = [];
    const weights: number[] = [];
    present.forEach((a, i) => {
      for (const b of present.slice(i + 1)) {
        const isEither = (_: number, s: number) => rankings[a].isYes[s] + rankings[b].isYes[s] > 0;
        const pair = [a, b].map((c) =>
          this.area({
            scores: rankings[c].scores.filter(isEither),
            isYes: rankings[c].isYes.filter(isEither),
          }),
        );
        areas.push((pair[0] + pair[1]) / 2);
        weights.push(
          this.average === "weighted" ? countYes(rankings[a]) + countYes(rankings[b]) : 1,
        );
      }
    });
    return meanByYes(areas, weights);
  }
  private area(ranking: Ranking): number {
    const yes = countYes(ranking);
    if (yes === 0 || yes === ranking.isYes.length) {
      warnOnce(
        `${this.name} one class`,
        `${this.name}: with samples of one class only the area is not defined: NaN`,
      );
      return Number.NaN;
    }
    const { fpr, tpr } = rocOf(this.name, ranking, true);
    return this.maxFpr === null || this.maxFpr === 1
      ? trapezoids(fpr, tpr)
      : areaUpTo(this.maxFpr, fpr, tpr);
  }
}

/** Here NaN stays, unless its weight is 0. */
export function meanByYes(values: readonly number[], weights?: readonly number[]): number {
  if (!weights) return values.some(Number.isNaN) ? Number.NaN : meanOf(values);
  const counted = values.map((v, i) => (weights[i] === 0 ? 0 : v));
  if (weights.every((w) => w === 0)) return values.length === 0 ? Number.NaN : 0;
  return counted.some(Number.isNaN) ? Number.NaN : meanOf(counted, weights);
}
function trapezoids(x: readonly number[], y: readonly number[]): number {
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i] - x[i - 1]) * (y[i] + y[i - 1])) / 2;
  return area;
}
function areaUpTo(end: number, x: readonly number[], y: readonly number[]): number {
  const stop = x.findIndex((v) => v > end);
  if (stop < 0) return trapezoids(x, y);
  const [x0, x1, y0, y1] = [x[stop - 1], x[stop], y[stop - 1], y[stop]];
  const atEnd = y0 + ((end - x0) / (x1 - x0)) * (y1 - y0);
  const part = trapezoids([...x.slice(0, stop), end], [...y.slice(0, stop), atEnd]);
  const chance = (end * end) / 2;
  return (1 + (part - chance) / (end - chance)) / 2;
}

/**
 * The area under the ROC curve of data at hand.
 *
 * @example
 * const scores = tensor([[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.2, 0.5, 0.3]]);
 * await rocAuc(scores, tensor([0, 1, 2])) // => 0.75
 */
export const rocAuc = <A extends ScoreAverage = "macro">(
  prediction: Tensor,
  target: Tensor,
  options: ROCAUCOptions<A> = {},
): Promise<A extends "none" ? number[] : number> =>
  once(new ROCAUC<A>(options), prediction, target);
