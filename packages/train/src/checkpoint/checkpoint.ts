import {
  DlError,
  type GeneratorState,
  getRngState,
  isTensor,
  setRngState,
  type Tensor,
  unscoped,
} from "@dl/tensor/core";
import type { Run } from "../callback.ts";
import type { EpochRecord, History, LossReading } from "../history.ts";
import type { Model, OptimizerLike, SchedulerLike } from "../interfaces.ts";
import { unrecorded } from "../modes.ts";

/** All that it takes to go on with a training as if it had never stopped. */
export interface Checkpoint {
  /** How many epochs are done. */
  readonly epoch: number;
  readonly steps: number;
  readonly totalBatches: number;
  /** The model's state dictionary. */
  readonly model: Record<string, Tensor>;
  /** State dictionaries; null of what has none. */
  readonly optimizer: unknown;
  readonly schedulers: readonly unknown[];
  readonly epochs: readonly EpochRecord<any>[];
  readonly losses: readonly LossReading[];
  /** Where the default generator was: it decides on the next epoch's order. */
  readonly rng: GeneratorState;
}

/**
 * A copy of the state of a training, at the end of an epoch. It stays as it is when training goes on.
 *
 * @throws DlError "value" for a model without `stateDict()`.
 */
export function checkpointOf(run: Run): Checkpoint {
  const { model, optimizer, schedulers, history } = run;
  if (!model.stateDict)
    throw new DlError(
      "value",
      "checkpoint: the model has no stateDict(): give it one, which returns its tensors by name",
    );
  return {
    epoch: run.epoch,
    steps: run.steps,
    totalBatches: run.totalBatches,
    model: copied(model.stateDict()),
    optimizer: copied(optimizer.stateDict?.() ?? null),
    schedulers: schedulers.map((s) => copied(s.stateDict?.() ?? null)),
    epochs: [...history.epochs],
    losses: [...history.losses],
    rng: getRngState(),
  };
}

/** @internal With copies of the tensors, and of the objects and arrays around them. */
export function copied<T>(x: T): T {
  if (isTensor(x)) return unrecorded(() => unscoped(() => x.detach().clone())) as T;
  if (Array.isArray(x)) return x.map(copied) as T;
  if (typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype)
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, copied(v)])) as T;
  return x;
}

/** Puts the state of a checkpoint into what is being trained. */
export function restoreCheckpoint(
  checkpoint: Checkpoint,
  parts: {
    model: Model;
    optimizer?: OptimizerLike;
    schedulers?: readonly SchedulerLike[];
    history?: History<any>;
  },
): void {
  const { model, optimizer, schedulers = [], history } = parts;
  if (typeof checkpoint?.model !== "object" || typeof checkpoint.epoch !== "number")
    throw new DlError("value", "resume: a checkpoint is wanted, as ModelCheckpoint writes it");
  const saved = checkpoint.schedulers.length;
  if (parts.schedulers && saved !== schedulers.length)
    throw new DlError(
      "state-dict",
      `resume: the checkpoint has ${saved} schedulers, fit was given ${schedulers.length}`,
    );
  load("the model", model, checkpoint.model);
  if (optimizer) load("the optimizer", optimizer, checkpoint.optimizer);
  schedulers.forEach((s, i) => {
    load("a scheduler", s, checkpoint.schedulers[i]);
  });
  if (!history) return;
  history.epochs.push(...checkpoint.epochs);
  history.losses.push(...checkpoint.losses);
  setRngState(checkpoint.rng);
}

function load(what: string, into: { loadStateDict?(dict: any): unknown }, dict: unknown): void {
  if (dict === null || dict === undefined) return;
  if (!into.loadStateDict)
    throw new DlError("value", `resume: ${what} has no loadStateDict(dict) to take its state back`);
  into.loadStateDict(dict);
}
