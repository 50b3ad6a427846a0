/** Metrics that need every score: curves and their areas. */
import { cat, scope, type Tensor } from "@dl/tensor/core";
import { type Kind, type ScoreOptions, scoresOf } from "./inputs.ts";
import { Metric } from "./metric.ts";

/** What is known of one question of yes and no: scores, and which samples are yes. */
export interface Ranking {
  readonly scores: Float64Array;
  readonly isYes: Uint8Array;
}

/** Keeps the scores of all batches: of each sample as many as there are classes, and what is true. */
export abstract class ScoreMetric<T> extends Metric<T> {
  protected override readonly keepsBatches = true;
  protected readonly options: ScoreOptions;

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
      const { kind, scores, actual } = scoresOf(this, prediction, target, this.options);
      if (actual.numel === 0) return;
      const shares =
        kind === "multiclass" && this.options.input === "logits" ? scores.softmax(1) : scores;
      const parts = [shares, actual.to(shares.dtype)];
      this.add(
        cat(
          parts.map((t) => (t.rank === 1 ? t.unsqueeze(1) : t)),
          1,
        ),
      );
    });
  }

  /** One ranking for yes and no; else one for each class against the others, or each label. */
  protected abstract fromRankings(rankings: readonly Ranking[], kind: Kind): T;

  /** A row of the state is a sample: its scores, and the class number, or for labels 0 and 1 of each. */
  protected result(state: ArrayLike<number>, [samples, width]: readonly number[]): T {
    const isLabels = this.options.numLabels !== undefined;
    const size = isLabels ? width / 2 : width - 1;
    const isYes = (i: number, c: number): boolean =>
      isLabels || size === 1 ? state[i * width + size + c] === 1 : state[i * width + size] === c;
    const rankings = Array.from({ length: size }, (_, c) => ({
      scores: Float64Array.from({ length: samples }, (_, i) => state[i * width + c]),
      isYes: Uint8Array.from({ length: samples }, (_, i) => Number(isYes(i, c))),
    }));
    const kind = isLabels ? "multilabel" : size === 1 ? "binary" : "multiclass";
    return this.fromRankings(rankings, kind);
  }
}

/** How many yes and no are at or above each distinct score, from the highest on. */
export interface Steps {
  readonly thresholds: number[];
  readonly yes: number[];
  readonly no: number[];
}
export function stepsOf({ scores, isYes }: Ranking): Steps {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  const steps: Steps = { thresholds: [], yes: [], no: [] };
  let yes = 0;
  order.forEach((i, k) => {
    yes += isYes[i];
    if (k + 1 < order.length && scores[order[k + 1]] === scores[i]) return;
    steps.thresholds.push(scores[i]);
    steps.yes.push(yes);
    steps.no.push(k + 1 - yes);
  });
  return steps;
}
/** All rankings as one. */
export function pooledRanking(rankings: readonly Ranking[]): Ranking {
  const size = rankings.reduce((n, { scores }) => n + scores.length, 0);
  const all = { scores: new Float64Array(size), isYes: new Uint8Array(size) };
  let at = 0;
  for (const { scores, isYes } of rankings) {
    all.scores.set(scores, at);
    all.isYes.set(isYes, at);
    at += scores.length;
  }
  return all;
}
export const countYes = ({ isYes }: Ranking): number => isYes.reduce((n, yes) => n + yes, 0);

/** The first step, the last, and those between that are to be kept. */
export function kept(steps: Steps, isKept: (i: number) => boolean): Steps {
  const last = steps.thresholds.length - 1;
  const ends = (_: number, i: number) => i === 0 || i === last || isKept(i);
  return {
    thresholds: steps.thresholds.filter(ends),
    yes: steps.yes.filter(ends),
    no: steps.no.filter(ends),
  };
}
