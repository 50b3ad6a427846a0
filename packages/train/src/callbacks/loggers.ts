import { DlError } from "@dl/tensor/core";
import type { Callback, Run, Step } from "../callback.ts";
import { type EpochRecord, valuesOf } from "../history.ts";
import type { Awaitable } from "../interfaces.ts";

/** Takes text that ends with a line break: `textFile(path)` of `@dl/train/node`, or a function of your own. */
export type Write = (text: string) => Awaitable<unknown>;

/**
 * A line of JSON for every epoch, and with `steps` for every reading of the loss. NaN and infinities are null.
 *
 * @example
 * const lines: string[] = [];
 * new JsonLinesLogger((text) => lines.push(text));
 */
export class JsonLinesLogger implements Callback {
  readonly #write: Write;
  readonly #steps: boolean;

  constructor(write: Write, { steps = false }: { steps?: boolean } = {}) {
    this.#write = write;
    this.#steps = steps;
  }
  onStepEnd({ epoch, totalBatches }: Run, { meanLoss }: Step): Awaitable<unknown> {
    if (!this.#steps || meanLoss === null) return;
    return this.#line({ event: "step", epoch, batch: totalBatches, loss: meanLoss });
  }
  onEpochEnd(_: Run, record: EpochRecord<any>): Awaitable<unknown> {
    return this.#line({ event: "epoch", ...valuesOf(record) });
  }
  onTrainEnd({ stopped }: Run): Awaitable<unknown> {
    return this.#line({ event: "end", stopped });
  }
  #line(what: Record<string, unknown>): Awaitable<unknown> {
    return this.#write(`${JSON.stringify(what)}\n`);
  }
}

/**
 * A table of comma-separated values: a line of names, then one for every epoch. The columns are those of the first epoch.
 * A training that goes on from a checkpoint writes the epochs before it once more, into a table of its own.
 */
export class CSVLogger implements Callback {
  readonly #write: Write;
  readonly #separator: string;
  #columns: string[] | null = null;

  constructor(write: Write, { separator = "," }: { separator?: string } = {}) {
    this.#write = write;
    this.#separator = separator;
  }
  async onTrainStart(run: Run): Promise<void> {
    for (const record of run.history.epochs) await this.onEpochEnd(run, record);
  }
  async onEpochEnd(_: Run, record: EpochRecord<any>): Promise<void> {
    const values = valuesOf(record);
    if (!this.#columns) {
      this.#columns = Object.keys(values);
      await this.#row(this.#columns);
    }
    await this.#row(this.#columns.map((name) => String(values[name] ?? "")));
  }
  #row(cells: readonly string[]): Awaitable<unknown> {
    const quoted = cells.map((cell) =>
      cell.includes(this.#separator) || /["\n\r]/.test(cell)
        ? `"${cell.replaceAll('"', '""')}"`
        : cell,
    );
    return this.#write(`${quoted.join(this.#separator)}\n`);
  }
}

export interface LearningRateEntry {
  /** The epoch, or the number of the optimizer's step, from 1. */
  readonly at: number;
  /** Of each group of parameters. */
  readonly lrs: readonly number[];
}

/** Keeps the learning rates that steps were made with, every epoch or every step. */
export class LearningRateLogger implements Callback {
  readonly interval: "epoch" | "step";
  readonly entries: LearningRateEntry[] = [];
  readonly #onEntry: ((entry: LearningRateEntry) => unknown) | undefined;
  #next: number[] = [];

  constructor({
    interval = "epoch",
    onEntry,
  }: { interval?: "epoch" | "step"; onEntry?: (entry: LearningRateEntry) => unknown } = {}) {
    if (interval !== "epoch" && interval !== "step")
      throw new DlError(
        "value",
        `LearningRateLogger: interval is "epoch" or "step", got "${interval}"`,
      );
    this.interval = interval;
    this.#onEntry = onEntry;
  }
  onTrainStart({ optimizer }: Run): void {
    if (!optimizer.paramGroups)
      throw new DlError(
        "value",
        "LearningRateLogger: the optimizer has no paramGroups, lists of { lr }, to read rates from",
      );
  }
  // Before the step: a scheduler changes the rates after it.
  onGradients({ optimizer }: Run): void {
    this.#next = optimizer.paramGroups!.map(({ lr }) => lr);
  }
  onStepEnd({ steps }: Run): void {
    if (this.interval === "step" && steps > (this.entries.at(-1)?.at ?? 0))
      this.#add({ at: steps, lrs: this.#next });
  }
  onEpochEnd(_: Run, { epoch, lrs }: EpochRecord<any>): void {
    if (this.interval === "epoch") this.#add({ at: epoch, lrs });
  }
  #add(entry: LearningRateEntry): void {
    this.entries.push(entry);
    this.#onEntry?.(entry);
  }
}
