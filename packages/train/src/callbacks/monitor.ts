import { DlError } from "@dl/tensor/core";
import { type EpochRecord, valueOf } from "../history.ts";

export interface MonitorOptions {
  /** A number of the history: `"validation.accuracy"`. Default: the loss of validation, without validation that of training. */
  monitor?: string;
  /** What is better. Default: less of what is called a loss or an error, more of accuracy, precision and the like. */
  mode?: "min" | "max";
  /** What is less of an improvement is none. Default 0. */
  minDelta?: number;
}

const LESS = /loss|err|mse|mae|rmse|mape|perplexity|deviance|distance|divergence/i;
const MORE =
  /acc|precision|recall|f1|fbeta|score|auc|iou|jaccard|dice|kappa|corr|r2|psnr|ssim|bleu|specificity/i;

/** Watches a number of the history. */
export class Monitor {
  best: number | null = null;
  bestEpoch = 0;
  /** How many epochs there have been since the best. */
  waited = 0;
  readonly #owner: string;
  readonly #options: MonitorOptions;

  constructor(owner: string, options: MonitorOptions) {
    this.#owner = owner;
    this.#options = options;
    const { mode, minDelta = 0 } = options;
    if (mode !== undefined && mode !== "min" && mode !== "max")
      throw new DlError("value", `${owner}: mode is "min" or "max", got "${mode}"`);
    if (!(minDelta >= 0))
      throw new DlError("value", `${owner}: minDelta has to be at least 0, got ${minDelta}`);
  }

  nameIn(record: EpochRecord<any>): string {
    const usual = record.validation?.loss == null ? "loss" : "validation.loss";
    return this.#options.monitor ?? usual;
  }
  /** Takes note of an epoch. Is it the best so far? NaN is never. */
  observe(record: EpochRecord<any>): boolean {
    const name = this.nameIn(record);
    const value = valueOf(record, name, this.#owner);
    const { minDelta = 0 } = this.#options;
    const gain =
      this.best === null
        ? Infinity
        : this.#mode(name) === "min"
          ? this.best - value
          : value - this.best;
    if (Number.isNaN(value) || !(gain > minDelta)) {
      this.waited++;
      return false;
    }
    this.best = value;
    this.bestEpoch = record.epoch;
    this.waited = 0;
    return true;
  }
  #mode(name: string): "min" | "max" {
    const { mode } = this.#options;
    if (mode) return mode;
    const [isLess, isMore] = [LESS.test(name), MORE.test(name)];
    if (isLess !== isMore) return isLess ? "min" : "max";
    throw new DlError(
      "value",
      `${this.#owner}: is more or less of "${name}" better? Say mode: "max" or mode: "min"`,
    );
  }
  reset(): void {
    this.best = null;
    this.bestEpoch = this.waited = 0;
  }
}
