/**
 * What learning-rate schedulers share. Most of them change the current rate step by step instead of computing it from the
 * first one, as PyTorch does: several schedulers of one optimizer then multiply, and a rate changed by hand stays changed.
 */
import { DlError } from "@dl/tensor/core";
import type { Optimizer } from "../optimizer.ts";
import { adopt, describe, dictionary } from "./state.ts";

export type AnyOptimizer = Optimizer<any>;

export interface SchedulerOptions {
  /**
   * How many epochs are over: to go on without a state dictionary, with an optimizer whose groups have `initialLr`.
   * Default −1, which is a start.
   */
  lastEpoch?: number;
}
/** `step(3)` or `step({ epoch: 3 })`. */
export type EpochArgument = number | { epoch?: number };

/** How many first steps are under way, one within another: those of schedulers that are combined. */
let starting = 0;

export const epochOf = (epoch?: EpochArgument): number | undefined =>
  typeof epoch === "object" ? epoch.epoch : epoch;

/**
 * Sets the learning rates of all groups, once per call of `step()`: usually at the end of an epoch.
 *
 * A schedule of your own has a method `getLr()`, which returns the rates for `lastEpoch`. Its constructor ends with
 * `this.begin(lastEpoch)`, after its fields are set, because that asks for the first rates. Numbers, strings and arrays
 * of them in its fields are saved.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html
 *
 * @example
 * class Halving extends LRScheduler {
 *   constructor(optimizer: SGD) {
 *     super(optimizer);
 *     this.begin();
 *   }
 *   getLr() {
 *     return this.baseLrs.map((lr) => lr / 2 ** this.lastEpoch);
 *   }
 * }
 * const scheduler = new Halving(new SGD([zeros(1).requiresGrad_()], { lr: 0.8 }));
 * scheduler.optimizer.stepCount = 1; // optimizer.step()
 * scheduler.step();
 * scheduler.getLastLr() // => [0.4]
 */
export abstract class LRScheduler {
  readonly optimizer: AnyOptimizer;
  // Declared, not initialised: what a scheduler has is what its dictionary holds, in the order of PyTorch's.
  /** The first rate of each group. */
  declare baseLrs: number[];
  /** The number of the current epoch; 0 before the first `step()`. */
  declare lastEpoch: number;
  /** How often `step()` has run, the one of the constructor included. */
  declare protected stepCount: number;
  /** Whether this is the step of the constructor, which starts at the given rate or goes on from it. */
  declare protected isInitial: boolean;
  declare protected lastLr: number[];

  constructor(optimizer: AnyOptimizer) {
    this.optimizer = optimizer;
  }

  /** The rates of the groups at `lastEpoch`. */
  abstract getLr(): number[];
  /** The same from `baseLrs` alone, where there is a formula: for `step(epoch)`. */
  protected closedForm?(): number[];

  /** Takes note of the first rates and sets those of the first epoch. */
  protected begin(lastEpoch = -1): void {
    const groups = this.optimizer.paramGroups;
    groups.forEach((group, i) => {
      if (lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined)
        throw new DlError(
          "value",
          `${this.constructor.name}: lastEpoch is ${lastEpoch}, but group ${i} of the optimizer has no initialLr to go on from: load the optimizer's state dictionary first, or leave lastEpoch out`,
        );
    });
    this.baseLrs = groups.map((g) => g.initialLr!);
    this.lastEpoch = lastEpoch;
    this.initialStep();
  }
  /** @internal Also by SequentialLR, for the scheduler that comes first. */
  initialStep(): void {
    this.stepCount = 0;
    this.isInitial = true;
    starting++;
    try {
      this.step();
    } finally {
      starting--;
      this.isInitial = false;
    }
  }

  /**
   * Goes on to the next epoch. An epoch may be given, which PyTorch discourages: rates are then computed from the first
   * ones where there is a formula for it.
   */
  step(epoch?: EpochArgument): void {
    if (this.baseLrs === undefined) this.begin();
    if (this.stepCount === 1 && this.optimizer.stepCount === 0 && starting === 0)
      console.warn(
        `${this.constructor.name}.step() before optimizer.step(): the first learning rate is skipped. Call it after the optimizer's step, usually once an epoch.`,
      );
    this.stepCount++;
    this.update(epochOf(epoch));
  }
  /** @internal A step that is not counted. */
  update(epoch?: number): void {
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    this.assign(epoch !== undefined && this.closedForm ? this.closedForm() : this.getLr());
  }
  protected assign(rates: readonly number[]): void {
    const groups = this.optimizer.paramGroups;
    if (rates.length !== groups.length)
      throw new DlError(
        "value",
        `${this.constructor.name}: the optimizer has ${groups.length} parameter groups, it had ${rates.length} when the schedule began: add groups before making the scheduler`,
      );
    groups.forEach((group, i) => {
      group.lr = rates[i];
    });
    this.lastLr = this.rates();
  }
  /** The groups' rates as they are. */
  protected rates(): number[] {
    return this.optimizer.paramGroups.map((g) => g.lr);
  }
  protected times(factor: number): number[] {
    return this.optimizer.paramGroups.map((g) => g.lr * factor);
  }

  /** The rates that the last `step()` set. */
  getLastLr(): number[] {
    return [...(this.lastLr ?? this.rates())];
  }
  /** All fields but the optimizer, by PyTorch's names. Functions are not saved. */
  stateDict(): Record<string, unknown> {
    const own = dictionary(this);
    return "_step_count" in own ? { ...own, _get_lr_called_within_step: false } : own;
  }
  /** Goes on where a dictionary was written. The optimizer's own has to be loaded too: it has the current rates. */
  loadStateDict(dict: Record<string, unknown>): void {
    if (this.lastEpoch !== undefined && typeof dict.last_epoch !== "number")
      throw new DlError(
        "state-dict",
        `${this.constructor.name}.loadStateDict: last_epoch is missing`,
      );
    const groups = this.optimizer.paramGroups.length;
    const rates = dict.base_lrs;
    if (Array.isArray(rates) && rates.length !== groups)
      throw new DlError(
        "state-dict",
        `${this.constructor.name}.loadStateDict: base_lrs are those of ${rates.length} groups, the optimizer has ${groups}`,
      );
    adopt(this, dict);
  }
  toString(): string {
    return `${this.constructor.name}(${describe(this.stateDict())})`;
  }
}

/** Throws unless `value` is a whole number from `least` on. */
export function requireWhole(what: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new DlError("value", `${what} is ${value}, it has to be a whole number from ${least} on`);
}

/** One value per group: the same for all, or a list. */
export function perGroup<T extends number | ((...args: any[]) => any)>(
  what: string,
  optimizer: AnyOptimizer,
  value: T | readonly T[],
): T[] {
  const groups = optimizer.paramGroups.length;
  if (!Array.isArray(value)) return new Array<T>(groups).fill(value as T);
  if (value.length !== groups)
    throw new DlError(
      "value",
      `${what}: ${value.length} values, the optimizer has ${groups} parameter groups`,
    );
  return [...value];
}
