import { DlError } from "@dl/tensor/core";
import { type EpochRecord, valueOf } from "./history.ts";
import type { SchedulerLike } from "./interfaces.ts";

export interface SchedulerRule {
  readonly scheduler: SchedulerLike;
  /** When it steps: after every epoch (the default), or after every step of the optimizer. */
  readonly interval?: "epoch" | "step";
  /**
   * The number that `step` is given, by its name in the history. Default: for a scheduler with `patience` the loss of
   * validation, without validation that of training; for others nothing.
   */
  readonly monitor?: string;
}
export type SchedulerArgument =
  | SchedulerLike
  | SchedulerRule
  | readonly (SchedulerLike | SchedulerRule)[];

export function rulesOf(argument: SchedulerArgument | undefined): SchedulerRule[] {
  const list = argument === undefined ? [] : Array.isArray(argument) ? argument : [argument];
  return list.map((entry: SchedulerLike | SchedulerRule) => {
    const rule: SchedulerRule = "scheduler" in entry ? entry : { scheduler: entry };
    const { scheduler, interval = "epoch", monitor } = rule;
    if (typeof scheduler?.step !== "function")
      throw new DlError("value", "fit: a scheduler has to have a method step()");
    if (interval !== "epoch" && interval !== "step")
      throw new DlError(
        "value",
        `fit: the interval of a scheduler is "epoch" or "step", got "${interval}"`,
      );
    if (interval === "step" && (monitor !== undefined || watches(scheduler)))
      throw new DlError(
        "value",
        "fit: a scheduler that watches a number steps once an epoch, when the number is known: leave out interval",
      );
    return { scheduler, interval, monitor };
  });
}

const watches = (scheduler: SchedulerLike): boolean => "patience" in scheduler;

export function stepEach(rules: readonly SchedulerRule[]): void {
  for (const { scheduler, interval } of rules) if (interval === "step") scheduler.step();
}
export function epochEach(rules: readonly SchedulerRule[], record: EpochRecord<any>): void {
  for (const { scheduler, interval, monitor } of rules) {
    if (interval === "step") continue;
    const usual = record.validation?.loss == null ? "loss" : "validation.loss";
    const name = monitor ?? (watches(scheduler) ? usual : undefined);
    if (name === undefined) scheduler.step();
    else scheduler.step(valueOf(record, name, "fit: the scheduler's monitor"));
  }
}
