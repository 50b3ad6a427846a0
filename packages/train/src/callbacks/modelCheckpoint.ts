import { DlError } from "@dl/tensor/core";
import type { Callback, Run } from "../callback.ts";
import type { EpochRecord } from "../history.ts";
import type { Awaitable } from "../interfaces.ts";
import type { TrainingParts } from "../parts.ts";
import { Monitor, type MonitorOptions } from "./monitor.ts";

/** Puts the state of a training somewhere; training waits for it. */
export type SaveCheckpoint = (parts: TrainingParts, record: EpochRecord<any>) => Awaitable<unknown>;

export interface ModelCheckpointOptions extends MonitorOptions {
  /** Called after each epoch that is better than all before. */
  best?: SaveCheckpoint;
  /** Called after every epoch, or as often as `every` says. */
  last?: SaveCheckpoint;
  /** After how many epochs `last` is called. Default 1. */
  every?: number;
}

/**
 * Has the state of training saved after its epochs: of the best, of the last, or of both. With @dl/io,
 * `last: (parts) => saveCheckpoint("last.safetensors", parts)` keeps all of it, which
 * `resume: (parts) => loadCheckpoint("last.safetensors", parts)` goes on from; for others to read,
 * `best: ({ model }) => saveSafetensors("best.safetensors", model.stateDict())` keeps the weights alone.
 *
 * An epoch that was broken off is not saved: training goes on from the end of the one before it.
 *
 * @throws DlError "value" when there is nothing to call, no such number to watch, or a part whose state cannot be kept.
 *
 * @example
 * const checkpoint = new ModelCheckpoint({
 *   monitor: "validation.accuracy",
 *   best: ({ model }, { epoch }) => console.log(`epoch ${epoch}`, model.stateDict()),
 * });
 * checkpoint.bestEpoch // => 0
 */
export class ModelCheckpoint implements Callback {
  readonly #options: ModelCheckpointOptions;
  readonly #monitor: Monitor;

  constructor(options: ModelCheckpointOptions) {
    const { best, last, every = 1 } = options;
    if (typeof (best ?? last) !== "function")
      throw new DlError(
        "value",
        "ModelCheckpoint: nothing would be saved: give best, last or both, functions that are handed the parts of the training",
      );
    if (!Number.isInteger(every) || every < 1)
      throw new DlError("value", `ModelCheckpoint: every is a whole number from 1, got ${every}`);
    this.#options = options;
    this.#monitor = new Monitor("ModelCheckpoint", options);
  }

  get best(): number | null {
    return this.#monitor.best;
  }
  get bestEpoch(): number {
    return this.#monitor.bestEpoch;
  }

  onTrainStart(run: Run): void {
    this.#monitor.reset();
    // What has been better before a checkpoint that training goes on from is better now.
    if (this.#options.best) for (const record of run.history.epochs) this.#monitor.observe(record);
  }
  async onEpochEnd(run: Run, record: EpochRecord<any>): Promise<void> {
    // An epoch that was broken off is no place to go on from.
    if (!record.complete) return;
    if (!record.complete) return;
    const { best, last, every = 1 } = this.#options;
    const isBest = best !== undefined && this.#monitor.observe(record);
    const isTime = last !== undefined && run.epoch % every === 0;
    if (isBest) await best(run.parts, record);
    if (isTime) await last(run.parts, record);
  }
}
