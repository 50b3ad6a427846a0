import { DlError } from "@dl/tensor/core";
import type { Metrics, MetricValues } from "./interfaces.ts";
import { display } from "./notebook.ts";

/** What has been measured on data that are not trained on. */
export interface Measured<M extends Metrics = Metrics> {
  /** The mean over all examples; null without a loss. */
  readonly loss: number | null;
  readonly metrics: MetricValues<M>;
  readonly examples: number;
  readonly seconds: number;
}

export interface EpochRecord<M extends Metrics = Metrics> {
  /** From 1. */
  readonly epoch: number;
  /** The mean over the epoch's examples, of each batch before its step. */
  readonly loss: number;
  /** Of the same outputs, in training mode. */
  readonly metrics: Partial<MetricValues<M>>;
  readonly validation: Measured<M> | null;
  /** The learning rate of the last step, of the first group; null where the optimizer has no groups. */
  readonly lr: number | null;
  /** Of every group. */
  readonly lrs: readonly number[];
  /** Of training, without validation. */
  readonly seconds: number;
  readonly examples: number;
  readonly examplesPerSecond: number;
  readonly batches: number;
  /** Whether it was trained and validated to its end. */
  readonly complete: boolean;
}

/** The loss between two readings. */
export interface LossReading {
  /** How many batches there had been in all epochs. */
  readonly batch: number;
  /** The mean since the last reading. */
  readonly loss: number;
}

/**
 * What came of a training: a record per epoch, and the loss between readings.
 *
 * @example
 * const history = new History();
 * history.epochs.push({ epoch: 1, loss: 0.5, metrics: {}, validation: null, lr: 0.1, lrs: [0.1],
 *   seconds: 2, examples: 100, examplesPerSecond: 50, batches: 4, complete: true });
 * history.get("loss") // => [0.5]
 * history.columns().lr // => [0.1]
 */
export class History<M extends Metrics = Metrics> {
  readonly epochs: EpochRecord<M>[] = [];
  readonly losses: LossReading[] = [];
  /** Why training ended before the last epoch; null if it did not. */
  stopped: string | null = null;

  get last(): EpochRecord<M> | undefined {
    return this.epochs.at(-1);
  }
  /** A number of every epoch: `get("loss")`, `get("validation.accuracy")`. */
  get(name: string): number[] {
    return this.epochs.map((record) => valueOf(record, name, "History.get"));
  }
  /** Every number by its name, as lists: what a chart or a table is drawn from. NaN where an epoch lacks one. */
  columns(): Record<string, number[]> {
    const rows = this.epochs.map(valuesOf);
    const names = new Set(rows.flatMap((row) => Object.keys(row)));
    return Object.fromEntries(
      [...names].map((name) => [name, rows.map((row) => row[name] ?? Number.NaN)]),
    );
  }
  /** How notebooks show it. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return display(this);
  }
}

/** The numbers of an epoch by name: `loss`, `accuracy`, `validation.loss`, `validation.accuracy`, `lr`, `seconds` … */
export function valuesOf(record: EpochRecord<any>): Record<string, number> {
  const { epoch, loss, metrics, validation, lr, seconds, examplesPerSecond } = record;
  const all: Record<string, unknown> = { epoch, loss, ...metrics };
  if (validation) {
    all["validation.loss"] = validation.loss;
    for (const [name, value] of Object.entries(validation.metrics))
      all[`validation.${name}`] = value;
  }
  Object.assign(all, { lr, seconds, examplesPerSecond });
  const numbers = Object.entries(all).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(numbers) as Record<string, number>;
}

/** A number of an epoch. Throws, and names those that there are. */
export function valueOf(record: EpochRecord<any>, name: string, what: string): number {
  const values = valuesOf(record);
  if (name in values) return values[name];
  const isMissingValidation = name.startsWith("validation.") && !record.validation;
  throw new DlError(
    "value",
    `${what}: there is no number "${name}"; there are ${Object.keys(values).join(", ")}. ` +
      (isMissingValidation
        ? "Give fit validation: data that are not trained on"
        : "Give fit a metric of this name, which computes a number"),
  );
}
