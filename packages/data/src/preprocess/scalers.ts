import { DlError } from "@dl/tensor/core";
import {
  type Columns,
  columnName,
  columnsOf,
  fittedColumns,
  type Numbers,
  present,
  withColumns,
} from "./numbers.ts";

export interface ScalerOptions {
  /** Of a table: which columns. Default: all of numbers; truth values and texts stay as they are. */
  columns?: readonly string[];
}

/** What is fitted once, on the samples to train on, and then applied to these and to others. NaN is left out, and stays. */
abstract class Scaler {
  /** The columns that it was fitted on: names, or numbers of a tensor's columns. */
  names: readonly string[] | undefined;
  readonly #columns: readonly string[] | undefined;

  constructor({ columns }: ScalerOptions = {}) {
    this.#columns = columns;
  }
  protected abstract learn(values: Float64Array): void;
  protected abstract forget(): void;
  /** What `value` of column `k` becomes. */
  protected abstract apply(value: number, k: number): number;
  protected abstract undo(value: number, k: number): number;

  /** Learns from the samples to train on. Returns itself. */
  fit(x: Numbers): this {
    const op = `${this.constructor.name}.fit`;
    const { names, values } = columnsOf(x, this.#columns, op);
    this.forget();
    for (const [k, column] of values.entries()) {
      const there = present(column);
      if (there.length === 0)
        throw new DlError("data", `${op}: ${columnName(x, names[k])} has no values: leave it out`);
      if (there.some((v) => !Number.isFinite(v)))
        throw new DlError("data", `${op}: ${columnName(x, names[k])} has an infinite value`);
      this.learn(there);
    }
    this.names = names;
    return this;
  }
  /** The samples scaled: a tensor of a tensor, a table of a table. */
  transform<X extends Numbers>(x: X): X {
    return this.#each(x, "transform", (v, k) => this.apply(v, k));
  }
  /** `fit`, and `transform` of the same samples. */
  fitTransform<X extends Numbers>(x: X): X {
    return this.fit(x).transform(x);
  }
  /** From scaled samples to what they were. */
  inverseTransform<X extends Numbers>(x: X): X {
    return this.#each(x, "inverseTransform", (v, k) => this.undo(v, k));
  }
  #each<X extends Numbers>(x: X, op: string, f: (v: number, k: number) => number): X {
    const { names, values } = fittedColumns(x, this.names, `${this.constructor.name}.${op}`);
    const out: Columns = { names, values: values.map((column, k) => column.map((v) => f(v, k))) };
    return withColumns(x, out);
  }
}

export interface StandardScalerOptions extends ScalerOptions {
  /** Subtract the mean. Default true. */
  withMean?: boolean;
  /** Divide by the standard deviation. Default true. */
  withStd?: boolean;
}

/**
 * Each column less its mean, divided by its standard deviation (of the whole, not of a sample: by `n`). A column that is
 * constant is not divided.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.StandardScaler.html
 *
 * @example
 * const scaler = new StandardScaler().fit(tensor([[1, 10], [3, 30]]));
 * scaler.mean // => [2, 20]
 * scaler.transform(tensor([[5, 20]])) // => [[3, 0]]
 */
export class StandardScaler extends Scaler {
  /** Of each column. */
  mean: number[] = [];
  /** What each column is divided by. */
  scale: number[] = [];
  readonly withMean: boolean;
  readonly withStd: boolean;

  constructor({ withMean = true, withStd = true, ...options }: StandardScalerOptions = {}) {
    super(options);
    this.withMean = withMean;
    this.withStd = withStd;
  }
  protected forget(): void {
    this.mean = [];
    this.scale = [];
  }
  protected learn(values: Float64Array): void {
    const n = values.length;
    const mean = values.reduce((a, b) => a + b, 0) / n;
    // With the sum of the differences, which rounding leaves, taken off.
    let [squares, rest] = [0, 0];
    for (const v of values) {
      squares += (v - mean) ** 2;
      rest += v - mean;
    }
    const variance = (squares - rest ** 2 / n) / n;
    // As small as rounding makes it when all values are equal.
    const constant = variance <= n * Number.EPSILON * variance + (n * mean * Number.EPSILON) ** 2;
    this.mean.push(this.withMean ? mean : 0);
    this.scale.push(this.withStd && !constant ? Math.sqrt(variance) : 1);
  }
  protected apply(value: number, k: number): number {
    return (value - this.mean[k]) / this.scale[k];
  }
  protected undo(value: number, k: number): number {
    return value * this.scale[k] + this.mean[k];
  }
}

export interface MinMaxScalerOptions extends ScalerOptions {
  /** What the least and the greatest value become. Default `[0, 1]`. */
  featureRange?: readonly [number, number];
  /** Keep other samples within that range as well. Default false. */
  clip?: boolean;
}

/**
 * Each column from its least and greatest value to `featureRange`. A column that is constant becomes the lower end.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.MinMaxScaler.html
 *
 * @example
 * new MinMaxScaler().fit(tensor([[1], [3]])).transform(tensor([[2], [5]])) // => [[0.5], [2]]
 */
export class MinMaxScaler extends Scaler {
  /** Of each column, in the samples to train on. */
  dataMin: number[] = [];
  dataMax: number[] = [];
  readonly featureRange: readonly [number, number];
  readonly clip: boolean;

  constructor({ featureRange = [0, 1], clip = false, ...options }: MinMaxScalerOptions = {}) {
    super(options);
    if (!(featureRange[0] < featureRange[1]))
      throw new DlError(
        "value",
        `MinMaxScaler: featureRange is two numbers, the lower one first, got [${featureRange.join(", ")}]`,
      );
    this.featureRange = featureRange;
    this.clip = clip;
  }
  protected forget(): void {
    this.dataMin = [];
    this.dataMax = [];
  }
  protected learn(values: Float64Array): void {
    this.dataMin.push(values.reduce((a, b) => Math.min(a, b)));
    this.dataMax.push(values.reduce((a, b) => Math.max(a, b)));
  }
  #scale(k: number): number {
    const range = this.dataMax[k] - this.dataMin[k];
    const [low, high] = this.featureRange;
    return (high - low) / (range === 0 ? 1 : range);
  }
  protected apply(value: number, k: number): number {
    const [low, high] = this.featureRange;
    const scaled = value * this.#scale(k) + (low - this.dataMin[k] * this.#scale(k));
    return this.clip ? Math.min(high, Math.max(low, scaled)) : scaled;
  }
  protected undo(value: number, k: number): number {
    return (value - (this.featureRange[0] - this.dataMin[k] * this.#scale(k))) / this.#scale(k);
  }
}
