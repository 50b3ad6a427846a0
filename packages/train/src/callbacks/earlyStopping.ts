import { DlError, type Tensor } from "@dl/tensor/core";
import type { Callback, Run } from "../callback.ts";
import { copied } from "../copied.ts";
import type { EpochRecord } from "../history.ts";
import type { Model } from "../interfaces.ts";
import { Monitor, type MonitorOptions } from "./monitor.ts";

export interface EarlyStoppingOptions extends MonitorOptions {
  /** After how many epochs without an improvement training ends. Default 3. */
  patience?: number;
  /** Give the model the weights of its best epoch at the end. Default false. */
  restoreBestWeights?: boolean;
}

/**
 * Ends training when a number has not improved for `patience` epochs. With `restoreBestWeights` the model ends with the
 * parameters and buffers of the best epoch, also when all epochs have been trained.
 *
 * @throws DlError "value" when there is no such number, or when it is not known whether more or less of it is better.
 *
 * @example
 * const stopping = new EarlyStopping({ monitor: "validation.accuracy", patience: 5, restoreBestWeights: true });
 * stopping.bestEpoch // => 0
 */
export class EarlyStopping implements Callback {
  readonly patience: number;
  readonly restoreBestWeights: boolean;
  readonly #monitor: Monitor;
  #weights: Record<string, Tensor> | null = null;

  constructor(options: EarlyStoppingOptions = {}) {
    const { patience = 3, restoreBestWeights = false } = options;
    if (!Number.isInteger(patience) || patience < 1)
      throw new DlError(
        "value",
        `EarlyStopping: patience has to be a whole number from 1, got ${patience}`,
      );
    this.patience = patience;
    this.restoreBestWeights = restoreBestWeights;
    this.#monitor = new Monitor("EarlyStopping", options);
  }

  /** The best number so far; null before there is one. */
  get best(): number | null {
    return this.#monitor.best;
  }
  get bestEpoch(): number {
    return this.#monitor.bestEpoch;
  }

  /** The weights of the best epoch, if they are to be restored: the history tells the rest. */
  stateDict(): { weights: Record<string, Tensor> | null } {
    return { weights: this.#weights };
  }
  loadStateDict({ weights }: { weights: Record<string, Tensor> | null }): void {
    const loaded = this.restoreBestWeights && weights ? copied(weights) : null;
    this.#dispose();
    this.#weights = loaded;
  }
  onTrainStart({ model, history, epoch }: Run): void {
    this.#monitor.reset();
    if (this.restoreBestWeights) requireState(model);
    // Epochs before a checkpoint that training goes on from.
    for (const record of history.epochs) this.#monitor.observe(record);
    // The checkpoint may be older than what is known of its own epoch: callbacks are called one after another.
    if (this.restoreBestWeights && epoch > 0 && this.bestEpoch === epoch) this.#keep(model);
  }
  onEpochEnd(run: Run, record: EpochRecord<any>): void {
    // An epoch that was broken off has not been validated.
    if (!record.complete) return;
    if (this.#monitor.observe(record)) {
      if (this.restoreBestWeights) this.#keep(run.model);
      return;
    }
    if (this.#monitor.waited < this.patience) return;
    const since = this.bestEpoch > 0 ? ` since epoch ${this.bestEpoch}` : "";
    run.stop(`EarlyStopping: ${this.#monitor.nameIn(record)} has not improved${since}`);
  }
  onTrainEnd({ model }: Run): void {
    if (this.#weights) model.loadStateDict!(this.#weights);
    this.#dispose();
  }
  onTrainError(): void {
    this.#dispose();
  }

  #keep(model: Model): void {
    this.#dispose();
    this.#weights = copied({ ...model.stateDict!() });
  }
  #dispose(): void {
    for (const t of Object.values(this.#weights ?? {})) t.dispose();
    this.#weights = null;
  }
}

function requireState(model: Model): void {
  if (model.stateDict && model.loadStateDict) return;
  throw new DlError(
    "value",
    "EarlyStopping: restoreBestWeights needs a model with stateDict() and loadStateDict(dict)",
  );
}
