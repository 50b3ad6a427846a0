import type { Tensor } from "@dl/tensor/core";
import type { EpochRecord, History } from "./history.ts";
import type { Awaitable, Model, OptimizerLike, SchedulerLike } from "./interfaces.ts";
import type { TrainingParts } from "./parts.ts";

/** A training that is under way. */
export interface Run {
  readonly model: Model;
  readonly optimizer: OptimizerLike;
  readonly schedulers: readonly SchedulerLike[];
  readonly history: History<any>;
  /** How many epochs there are to be. */
  readonly epochs: number;
  /** The current one, from 1. */
  readonly epoch: number;
  /** The current batch of the epoch, from 1. */
  readonly batch: number;
  /** How many batches the epoch has, if that is known. */
  readonly batches: number | null;
  /** The batches of all epochs so far. */
  readonly totalBatches: number;
  /** How often the optimizer has changed the parameters. */
  readonly steps: number;
  /** How many batches make one step. May be set at the start of an epoch. */
  accumulate: number;
  /** What a checkpoint is made of, at the end of an epoch. */
  readonly parts: TrainingParts;
  /** Ends training after the current batch, or, when an epoch has ended, before the next. */
  stop(reason: string): void;
  /** Why it is about to end. */
  readonly stopped: string | null;
}

/** A batch of a training. */
export interface Step {
  readonly batch: unknown;
  /** Of this batch, on the device. */
  readonly loss: Tensor;
  readonly output: unknown;
  readonly target: unknown;
  readonly size: number;
  /** The mean loss of the epoch so far, every `readEvery` batches; null at the others, where nothing is read. */
  readonly meanLoss: number | null;
  /** Computes the outcome of this batch again: for looking closer. */
  again(): unknown;
}

/** Called by `fit`, in the order given. Every method is optional; promises are awaited. */
export interface Callback {
  onTrainStart?(run: Run): Awaitable<unknown>;
  onEpochStart?(run: Run): Awaitable<unknown>;
  /**
   * Gradients are there, the optimizer has not used them yet; once per step of the optimizer. After `run.stop()` it does
   * not use them at all.
   */
  onGradients?(run: Run, step: Step): Awaitable<unknown>;
  /** After each batch. */
  onStepEnd?(run: Run, step: Step): Awaitable<unknown>;
  onEpochEnd?(run: Run, record: EpochRecord<any>): Awaitable<unknown>;
  /** Also when training ends early, not when it fails. */
  onTrainEnd?(run: Run): Awaitable<unknown>;
  /** An error ends training; it is thrown afterwards. */
  onTrainError?(run: Run, error: unknown): Awaitable<unknown>;
  /** What it remembers beside the history: checkpoints keep it, and `onTrainStart` comes after it is loaded. */
  stateDict?(): unknown;
  /** Copies what it is given, and changes nothing if it throws. */
  loadStateDict?(state: any): unknown;
}
