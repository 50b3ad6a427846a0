/** How far numbers are from what they should be. */
import { cat, scope, type Tensor } from "@dl/tensor/core";
import { once } from "./metric.ts";
import {
  type Multioutput,
  type PerOutput,
  RegressionMetric,
  type RegressionOptions,
} from "./multioutput.ts";

/** The mean over samples of what each one adds. */
abstract class MeanError<M extends Multioutput> extends RegressionMetric<M> {
  constructor({ multioutput }: RegressionOptions<M> = {}) {
    super(multioutput);
  }
  /** @param target the same shape as prediction: `[N]`, or `[N, D]` for several outputs */
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const [p, t] = this.pair(prediction, target);
      if (p.numel === 0) return;
      this.add(cat([this.each(p, t).sum(0), p.newFull([1], p.shape[0])]));
    });
  }
  protected abstract each(prediction: Tensor, target: Tensor): Tensor;
  protected finish(mean: number): number {
    return mean;
  }
  protected result(state: ArrayLike<number>): PerOutput<M> {
    const sums = Array.from(state);
    const samples = sums.pop()!;
    return this.overOutputs(sums.map((s) => this.finish(s / samples)));
  }
}

/**
 * The mean of `(prediction − target)²`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.mean_squared_error.html
 *
 * @example
 * const mse = new MeanSquaredError();
 * mse.update(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7]));
 * await mse.compute() // => 0.375
 */
export class MeanSquaredError<M extends Multioutput = "uniform_average"> extends MeanError<M> {
  protected each(prediction: Tensor, target: Tensor): Tensor {
    return prediction.sub(target).square();
  }
}
/**
 * The mean squared error of data at hand.
 *
 * @example
 * const options = { multioutput: "raw_values" } as const;
 * await meanSquaredError(tensor([[1, 2], [3, 4]]), tensor([[1, 0], [3, 4]]), options) // => [0, 2]
 */
export const meanSquaredError = <M extends Multioutput = "uniform_average">(
  prediction: Tensor,
  target: Tensor,
  options: RegressionOptions<M> = {},
): Promise<PerOutput<M>> => once(new MeanSquaredError<M>(options), prediction, target);

/**
 * The root of the mean squared error, output by output.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.root_mean_squared_error.html
 *
 * @example
 * const rmse = new RootMeanSquaredError();
 * rmse.update(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7]));
 * await rmse.compute() // => 0.6124
 */
export class RootMeanSquaredError<
  M extends Multioutput = "uniform_average",
> extends MeanSquaredError<M> {
  protected override finish(mean: number): number {
    return Math.sqrt(mean);
  }
}
/**
 * The root of the mean squared error of data at hand.
 *
 * @example
 * await rootMeanSquaredError(tensor([3, 0]), tensor([0, 4])) // => 3.5355
 */
export const rootMeanSquaredError = <M extends Multioutput = "uniform_average">(
  prediction: Tensor,
  target: Tensor,
  options: RegressionOptions<M> = {},
): Promise<PerOutput<M>> => once(new RootMeanSquaredError<M>(options), prediction, target);

/**
 * The mean of `|prediction − target|`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.mean_absolute_error.html
 *
 * @example
 * const mae = new MeanAbsoluteError();
 * mae.update(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7]));
 * await mae.compute() // => 0.5
 */
export class MeanAbsoluteError<M extends Multioutput = "uniform_average"> extends MeanError<M> {
  protected each(prediction: Tensor, target: Tensor): Tensor {
    return prediction.sub(target).abs();
  }
}
/**
 * The mean absolute error of data at hand.
 *
 * @example
 * await meanAbsoluteError(tensor([3, 0]), tensor([0, 4])) // => 3.5
 */
export const meanAbsoluteError = <M extends Multioutput = "uniform_average">(
  prediction: Tensor,
  target: Tensor,
  options: RegressionOptions<M> = {},
): Promise<PerOutput<M>> => once(new MeanAbsoluteError<M>(options), prediction, target);

/**
 * The mean of `|prediction − target| / |target|`: 1 is 100 %. Targets of 0 count as 2⁻⁵², which makes it huge.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.mean_absolute_percentage_error.html
 *
 * @example
 * const mape = new MeanAbsolutePercentageError();
 * mape.update(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7]));
 * await mape.compute() // => 0.3274
 */
export class MeanAbsolutePercentageError<
  M extends Multioutput = "uniform_average",
> extends MeanError<M> {
  protected each(prediction: Tensor, target: Tensor): Tensor {
    return prediction
      .sub(target)
      .abs()
      .div(target.abs().clamp({ min: 2 ** -52 }));
  }
}
/**
 * The mean absolute percentage error of data at hand.
 *
 * @example
 * await meanAbsolutePercentageError(tensor([11, 90]), tensor([10, 100])) // => 0.1
 */
export const meanAbsolutePercentageError = <M extends Multioutput = "uniform_average">(
  prediction: Tensor,
  target: Tensor,
  options: RegressionOptions<M> = {},
): Promise<PerOutput<M>> => once(new MeanAbsolutePercentageError<M>(options), prediction, target);

/**
 * The median of `|prediction − target|`, the mean of both in the middle for an even number. Keeps every error.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.median_absolute_error.html
 *
 * @example
 * const metric = new MedianAbsoluteError();
 * metric.update(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7]));
 * await metric.compute() // => 0.5
 */
export class MedianAbsoluteError<
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
      if (p.numel > 0) this.add(p.sub(t).abs());
    });
  }
  protected result(state: ArrayLike<number>, [, outputs]: readonly number[]): PerOutput<M> {
    const all = Float64Array.from(state);
    return this.overOutputs(
      Array.from({ length: outputs }, (_, d) => medianOf(all.filter((_, i) => i % outputs === d))),
    );
  }
}
function medianOf(list: Float64Array): number {
  if (list.some(Number.isNaN)) return Number.NaN;
  list.sort();
  const half = Math.floor(list.length / 2);
  return list.length % 2 === 1 ? list[half] : (list[half - 1] + list[half]) / 2;
}
/**
 * The median absolute error of data at hand.
 *
 * @example
 * await medianAbsoluteError(tensor([1, 2, 10]), tensor([1, 0, 0])) // => 2
 */
export const medianAbsoluteError = <M extends Multioutput = "uniform_average">(
  prediction: Tensor,
  target: Tensor,
  options: RegressionOptions<M> = {},
): Promise<PerOutput<M>> => once(new MedianAbsoluteError<M>(options), prediction, target);

/**
 * The greatest `|prediction − target|`, of all samples and outputs.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.max_error.html
 *
 * @example
 * const metric = new MaxError();
 * metric.update(tensor([4, 2, 7, 1]), tensor([3, 2, 7, 1]));
 * await metric.compute() // => 1
 */
export class MaxError extends RegressionMetric<"uniform_average"> {
  constructor() {
    super("uniform_average");
  }
  /** @param target the same shape as prediction: `[N]`, or `[N, D]` for several outputs */
  update(prediction: Tensor, target: Tensor): void {
    scope(() => {
      const [p, t] = this.pair(prediction, target);
      if (p.numel > 0) this.add(p.sub(t).abs().amax().reshape([1]));
    });
  }
  protected override combine(a: Tensor, b: Tensor): Tensor {
    return a.maximum(b);
  }
  protected result([largest]: ArrayLike<number> & Iterable<number>): number {
    return largest;
  }
}
/**
 * The greatest error of data at hand.
 *
 * @example
 * await maxError(tensor([3, 0]), tensor([0, 4])) // => 4
 */
export const maxError = (prediction: Tensor, target: Tensor): Promise<number> =>
  once(new MaxError(), prediction, target);
