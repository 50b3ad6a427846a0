/** What of a training a checkpoint is made of. */
import { DlError, defaultGenerator, type Generator } from "@dl/tensor/core";
import type { Model, OptimizerLike, SchedulerLike } from "./interfaces.ts";

/** Says its state, and goes on from one. */
export interface HasStateDict {
  stateDict(): unknown;
  loadStateDict(state: any): unknown;
}

/**
 * Everything that a training goes on from, at the end of an epoch. `saveCheckpoint(path, parts)` and
 * `loadCheckpoint(path, parts)` of @dl/io keep it in a file, `writeCheckpoint` and `readCheckpoint` in bytes. These are
 * the objects that are trained, not copies: to keep a state in memory, write it.
 */
export interface TrainingParts {
  readonly model: Model & HasStateDict;
  readonly optimizer: OptimizerLike & HasStateDict;
  /** Several by their places. */
  readonly scheduler?: HasStateDict | Record<string, HasStateDict>;
  /** What `fit` is given as `train`, if it has a state. */
  readonly loader?: HasStateDict;
  /** The default one, which decides on initialisation, dropout and the order of samples. */
  readonly generator: Generator;
  /** Epochs, steps, the history, and the states of callbacks that have one. */
  readonly run: HasStateDict;
}

export function partsOf(
  run: HasStateDict,
  trained: {
    model: Model;
    optimizer: OptimizerLike;
    schedulers: readonly SchedulerLike[];
    train: unknown;
  },
): TrainingParts {
  const { model, optimizer, schedulers, train } = trained;
  requireState("the model", model);
  requireState("the optimizer", optimizer);
  for (const scheduler of schedulers) requireState("a scheduler", scheduler);
  const several = Object.fromEntries(schedulers.entries()) as Record<string, HasStateDict>;
  return {
    model,
    optimizer,
    ...(schedulers.length > 0 && { scheduler: schedulers.length > 1 ? several : several[0] }),
    ...(hasState(train) && { loader: train }),
    generator: defaultGenerator,
    run,
  };
}

function requireState<T>(what: string, part: T): asserts part is T & HasStateDict {
  if (hasState(part)) return;
  throw new DlError(
    "value",
    `checkpoint: ${what} has no stateDict() and loadStateDict(), so its state cannot be kept: give it both`,
  );
}
const hasState = (x: any): x is HasStateDict =>
  typeof x?.stateDict === "function" && typeof x.loadStateDict === "function";
