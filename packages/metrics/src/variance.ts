/** Metrics of means and spreads: R², explained variance, correlation. */
import { cat, scope, stack, type Tensor } from "@dl/tensor/core";
import { once } from "./metric.ts";
import {
  type Multioutput,
  type PerOutput,
  RegressionMetric,
  type RegressionOptions,
} from "./multioutput.ts";
import { warnOnce } from "./warn.ts";

/** Of two variables x and y in each output: means, and sums of products of what differs from them. */
interface Moments {
  readonly count: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

/**
 * Moments of each output, `[6, D]`, combined as Chan, Golub and LeVeque (1979) do: sums of squares would lose what a large
 * mean hides.
 */
abstract class MomentMetric<M extends Multioutput> extends RegressionMetric<M> {
  /** @param target the same shape as prediction: `[N]`, or `[N, D]` for several outputs */
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const [p, t] = this.pair(prediction, target);
      if (p.numel === 0) return;
      const [x, y] = this.variables(p, t);
      const [mx, my] = [x.mean(0), y.mean(0)];
      const [dx, dy] = [x.sub(mx), y.sub(my)];
      const products = [dx.mul(dx), dy.mul(dy), dx.mul(dy)].map((t) => t.sum(0));
      this.add(stack([mx.newFull(mx.shape, p.shape[0]), mx, my, ...products]));
    });
  }
  /** What x and y are. */
  protected abstract variables(prediction: Tensor, target: Tensor): [Tensor, Tensor];

  protected override combine(a: Tensor, b: Tensor): Tensor {
    const [na, nb] = [a.narrow(0, 0, 1), b.narrow(0, 0, 1)];
    const n = na.add(nb);
    const means = a.narrow(0, 1, 2);
    const away = b.narrow(0, 1, 2).sub(means);
    const [dx, dy] = [away.narrow(0, 0, 1), away.narrow(0, 1, 1)];
    const between = cat([dx.mul(dx), dy.mul(dy), dx.mul(dy)]).mul(na.mul(nb).div(n));
    const products = a
      .narrow(0, 3, 3)
      .add(b.narrow(0, 3, 3))
      .add(between);
    return cat([n, means.add(away.mul(nb.div(n))), products]);
  }

  protected abstract fromMoments(outputs: readonly Moments[]): PerOutput<M>;

  protected result(state: ArrayLike<number>, [, outputs]: readonly number[]): PerOutput<M> {
    return this.fromMoments(
      Array.from({ length: outputs }, (_, d) => {
        const [count, x, y, xx, yy, xy] = [0, 1, 2, 3, 4, 5].map((i) => state[i * outputs + d]);
        return { count, x, y, xx, yy, xy };
      }),
    );
  }
}

export interface VarianceOptions<
  M extends Multioutput | "variance_weighted" = Multioutput | "variance_weighted",
> {
  /** Over outputs: their mean, a list, their mean by the targets' variances or by weights of yours. Default `"uniform_average"`. */
  multioutput?: M;
  /** Where targets do not vary: 1 for a perfect prediction and else 0, rather than NaN and −∞. Default true. */
  forceFinite?: boolean;
}
type Outputs<M> = M extends "raw_values" ? "raw_values" : "uniform_average";

/** 1 − (what is left) / (the variance of targets). */
abstract class ExplainedShare<M> extends MomentMetric<Outputs<M>> {
  private readonly forceFinite: boolean;

  constructor({ multioutput, forceFinite = true }: VarianceOptions = {}) {
    super(multioutput);
    this.forceFinite = forceFinite;
  }
  protected variables(prediction: Tensor, target: Tensor): [Tensor, Tensor] {
    return [target.sub(prediction), target];
  }
  protected abstract left(moments: Moments): number;

  protected fromMoments(outputs: readonly Moments[]): PerOutput<Outputs<M>> {
    const shares = outputs.map((m) => {
      const left = this.left(m);
      if (m.yy !== 0 || !this.forceFinite) return 1 - left / m.yy;
      return left === 0 ? 1 : 0;
    });
    const isWeighted = this.multioutput === "variance_weighted";
    return this.overOutputs(shares, isWeighted ? outputs.map((m) => m.yy) : undefined);
  }
}

/**
 * The share of the targets' variance that is not left as error: `1 − Σ (t − p)² / Σ (t − t̄)²`. NaN for fewer than two
 * samples.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.r2_score.html
 *
 * @example
 * const r2 = new R2Score();
 * r2.update(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7]));
 * await r2.compute() // => 0.9486
 */
export class R2Score<
  M extends Multioutput | "variance_weighted" = "uniform_average",
> extends ExplainedShare<M> {
  constructor(options: VarianceOptions<M> = {}) {
    super(options);
  }
  protected left({ count, x, xx }: Moments): number {
    return xx + count * x * x;
  }
  protected override fromMoments(outputs: readonly Moments[]): PerOutput<Outputs<M>> {
    if (outputs[0].count >= 2) return super.fromMoments(outputs);
    warnOnce(this.name, `${this.name}: it is not defined for fewer than two samples: NaN`);
    return this.overOutputs(outputs.map(() => Number.NaN));
  }
}
/**
 * R² of data at hand.
 *
 * @example
 * await r2Score(tensor([1, 2, 3]), tensor([1, 2, 4])) // => 0.7857
 */
export const r2Score = <M extends Multioutput | "variance_weighted" = "uniform_average">(
  prediction: Tensor,
  target: Tensor,
  options: VarianceOptions<M> = {},
): Promise<PerOutput<Outputs<M>>> => once(new R2Score<M>(options), prediction, target);

/**
 * R² without the mean of the errors: `1 − Var(t − p) / Var(t)`. A constant offset costs nothing.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.explained_variance_score.html
 *
 * @example
 * const metric = new ExplainedVariance();
 * metric.update(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7]));
 * await metric.compute() // => 0.9572
 */
export class ExplainedVariance<
  M extends Multioutput | "variance_weighted" = "uniform_average",
> extends ExplainedShare<M> {
  constructor(options: VarianceOptions<M> = {}) {
    super(options);
  }
  protected left({ xx }: Moments): number {
    return xx;
  }
}
/**
 * The explained variance of data at hand.
 *
 * @example
 * await explainedVariance(tensor([11, 12, 13]), tensor([1, 2, 3])) // => 1
 */
export const explainedVariance = <M extends Multioutput | "variance_weighted" = "uniform_average">(
  prediction: Tensor,
  target: Tensor,
  options: VarianceOptions<M> = {},
): Promise<PerOutput<Outputs<M>>> => once(new ExplainedVariance<M>(options), prediction, target);

const correlation = ({ xx, yy, xy }: Pick<Moments, "xx" | "yy" | "xy">): number =>
  xx === 0 || yy === 0
    ? Number.NaN
    : Math.min(1, Math.max(-1, xy / (Math.sqrt(xx) * Math.sqrt(yy))));

/**
 * Pearson's correlation of predictions and targets, −1 … 1. NaN where one of them does not vary.
 *
 * @see https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.pearsonr.html
 *
 * @example
 * const pearson = new PearsonCorrCoef();
 * pearson.update(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7]));
 * await pearson.compute() // => 0.9849
 */
export class PearsonCorrCoef<M extends Multioutput = "uniform_average"> extends MomentMetric<M> {
  constructor({ multioutput }: RegressionOptions<M> = {}) {
    super(multioutput);
  }
  protected variables(prediction: Tensor, target: Tensor): [Tensor, Tensor] {
    return [prediction, target];
  }
  protected fromMoments(outputs: readonly Moments[]): PerOutput<M> {
    return this.overOutputs(outputs.map(correlation));
  }
}
/**
 * Pearson's correlation of data at hand.
 *
 * @example
 * await pearsonCorrCoef(tensor([1, 2, 3]), tensor([2, 4, 7])) // => 0.9934
 */
export const pearsonCorrCoef = <M extends Multioutput = "uniform_average">(
  prediction: Tensor,
  target: Tensor,
  options: RegressionOptions<M> = {},
): Promise<PerOutput<M>> => once(new PearsonCorrCoef<M>(options), prediction, target);

/**
 * Spearman's correlation: Pearson's of the ranks, equal numbers sharing theirs. Keeps every number.
 *
 * @see https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.spearmanr.html
 *
 * @example
 * const spearman = new SpearmanCorrCoef();
 * spearman.update(tensor([1, 2, 3, 4]), tensor([1, 8, 27, 20]));
 * await spearman.compute() // => 0.8
 */
export class SpearmanCorrCoef<
  M extends Multioutput = "uniform_average",
> extends RegressionMetric<M> {
  protected override readonly keepsBatches = true;

  constructor({ multioutput }: RegressionOptions<M> = {}) {
    super(multioutput);
  }
  /** @param target the same shape as prediction: `[N]`, or `[N, D]` for several outputs */
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const [p, t] = this.pair(prediction, target);
      if (p.numel > 0) this.add(cat([p, t], 1));
    });
  }
  protected result(state: ArrayLike<number>, [samples, width]: readonly number[]): PerOutput<M> {
    const column = (d: number) =>
      Float64Array.from({ length: samples }, (_, i) => state[i * width + d]);
    const outputs = width / 2;
    return this.overOutputs(
      Array.from({ length: outputs }, (_, d) => {
        const [x, y] = [ranksOf(column(d)), ranksOf(column(outputs + d))];
        const products = (a: number[], b: number[]) => a.reduce((s, v, i) => s + v * b[i], 0);
        return correlation({ xx: products(x, x), yy: products(y, y), xy: products(x, y) });
      }),
    );
  }
}
/** Ranks less their mean, equal values sharing theirs; NaN makes all of them NaN. */
function ranksOf(values: Float64Array): number[] {
  const n = values.length;
  if (values.some(Number.isNaN)) return Array(n).fill(Number.NaN);
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const ranks = Array<number>(n);
  for (let first = 0; first < n; ) {
    let end = first + 1;
    while (end < n && values[order[end]] === values[order[first]]) end++;
    for (let k = first; k < end; k++) ranks[order[k]] = (first + end - 1) / 2 - (n - 1) / 2;
    first = end;
  }
  return ranks;
}
/**
 * Spearman's correlation of data at hand.
 *
 * @example
 * await spearmanCorrCoef(tensor([1, 2, 3]), tensor([10, 30, 20])) // => 0.5
 */
export const spearmanCorrCoef = <M extends Multioutput = "uniform_average">(
  prediction: Tensor,
  target: Tensor,
  options: RegressionOptions<M> = {},
): Promise<PerOutput<M>> => once(new SpearmanCorrCoef<M>(options), prediction, target);
