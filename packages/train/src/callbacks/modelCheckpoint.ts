import { DlError } from "@dl/tensor/core";
import type { Callback, Run } from "../callback.ts";
import { type Checkpoint, checkpointOf } from "../checkpoint/checkpoint.ts";
import type { EpochRecord } from "../history.ts";
import type { Awaitable } from "../interfaces.ts";
import { Monitor, type MonitorOptions } from "./monitor.ts";

/** Puts a checkpoint somewhere; training waits for it. */
export type SaveCheckpoint = (
  checkpoint: Checkpoint,
  record: EpochRecord<any>,
) => Awaitable<unknown>;

export interface ModelCheckpointOptions extends MonitorOptions {
  /** Called after each epoch that is better than all before. */
  best?: SaveCheckpoint;
  /** Called after every epoch, or as often as `every` says. */
  last?: SaveCheckpoint;
  /** After how many epochs `last` is called. Default 1. */
  every?: number;
}

/**
 * Hands out the state of training after its epochs: of the best, of the last, or of both. What is handed out is a copy.
 * `checkpointFile(path)` of `@dl/train/node` writes it to disk, and `fit(model, { resume })` goes on from it; a function
 * of your own can do anything else: `best: ({ model }) => saveSafetensors("best.safetensors", model)`.
 *
 * @throws DlError "value" when there is nothing to call, or no such number to watch.
 *
 * @example
 * let best: Checkpoint | undefined;
 * const checkpoint = new ModelCheckpoint({
 *   monitor: "validation.accuracy",
 *   best: (state) => (best = state),
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
        "ModelCheckpoint: nothing would be saved: give best, last or both, functions that are handed a checkpoint",
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
    const { best, last, every = 1 } = this.#options;
    const isBest = best !== undefined && this.#monitor.observe(record);
    const isTime = last !== undefined && run.epoch % every === 0;
    if (!isBest && !isTime) return;
    const checkpoint = checkpointOf(run);
    if (isBest) await best(checkpoint, record);
    if (isTime) await last(checkpoint, record);
  }
}
