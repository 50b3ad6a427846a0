import { DlError } from "@dl/tensor/core";
import { requireCount, type Sized } from "../sampler.ts";
import { type Fold, range, requireSplits, samplesOf } from "./fold.ts";

export interface TimeSeriesSplitOptions {
  /** How many folds. Default 5. */
  nSplits?: number;
  /** Train on no more than the last so many before the test. Default: on all. */
  maxTrainSize?: number;
  /** How many are tested on in a fold. Default: `⌊n / (nSplits + 1)⌋`. */
  testSize?: number;
  /** How many are left out between those to train on and those to test on. Default 0. */
  gap?: number;
}

/**
 * For samples in order of time: every fold tests on what comes after what it trains on, and each fold on later samples
 * than the one before it.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.TimeSeriesSplit.html
 *
 * @example
 * [...new TimeSeriesSplit({ nSplits: 2 }).split(6)]
 * // => [{ train: [0, 1], test: [2, 3] }, { train: [0, 1, 2, 3], test: [4, 5] }]
 */
export class TimeSeriesSplit {
  readonly nSplits: number;
  readonly maxTrainSize: number | undefined;
  readonly testSize: number | undefined;
  readonly gap: number;

  constructor({ nSplits = 5, maxTrainSize, testSize, gap = 0 }: TimeSeriesSplitOptions = {}) {
    requireSplits(nSplits, "TimeSeriesSplit");
    if (maxTrainSize !== undefined) requireCount(maxTrainSize, "TimeSeriesSplit: maxTrainSize");
    if (testSize !== undefined) requireCount(testSize, "TimeSeriesSplit: testSize");
    if (!Number.isInteger(gap) || gap < 0)
      throw new DlError(
        "value",
        `TimeSeriesSplit: gap is a whole number from 0, got ${String(gap)}`,
      );
    this.nSplits = nSplits;
    this.maxTrainSize = maxTrainSize;
    this.testSize = testSize;
    this.gap = gap;
  }
  /** @param x the dataset, or how many samples it has. */
  *split(x: Sized | number): IterableIterator<Fold> {
    const n = samplesOf(x, "TimeSeriesSplit");
    const { nSplits, gap, maxTrainSize = n } = this;
    const testSize = this.testSize ?? Math.floor(n / (nSplits + 1));
    const first = n - nSplits * testSize;
    if (testSize === 0 || first - gap <= 0)
      throw new DlError(
        "value",
        `TimeSeriesSplit: ${nSplits} folds of ${Math.max(1, testSize)} samples to test on` +
          `${gap > 0 ? ` after a gap of ${gap}` : ""} leave nothing of ${n} samples to train on: lower nSplits`,
      );
    for (let start = first; start < n; start += testSize) {
      const end = start - gap;
      yield {
        train: range(Math.max(0, end - maxTrainSize), end),
        test: range(start, start + testSize),
      };
    }
  }
}
