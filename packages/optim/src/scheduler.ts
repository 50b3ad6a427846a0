import { DlError } from "@dl/tensor";
import type { Optimizer } from "./optimizer.ts";

type AnyOptimizer = Optimizer<any>;

/** Sets the learning rates of all groups, once per call of `step()`: usually at the end of an epoch. */
export abstract class LRScheduler {
  readonly optimizer: AnyOptimizer;
  /** How often `step()` has run. */
  lastEpoch = 0;
  protected readonly baseLrs: number[];
  private isWarned = false;

  constructor(optimizer: AnyOptimizer) {
    this.optimizer = optimizer;
    for (const group of optimizer.paramGroups) group.initialLr ??= group.lr;
    this.baseLrs = optimizer.paramGroups.map((g) => g.initialLr!);
  }

  /** The learning rate of a group whose first one was `baseLr`, after `lastEpoch` steps. */
  protected abstract rate(baseLr: number): number;

  step(): void {
    if (this.lastEpoch === 0 && this.optimizer.stepCount === 0 && !this.isWarned) {
      this.isWarned = true;
      console.warn(
        `${this.constructor.name}.step() before optimizer.step(): the first learning rate is skipped. Call it after the optimizer's step, usually once an epoch.`,
      );
    }
    this.lastEpoch++;
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = this.rate(this.baseLrs[i]);
    });
  }
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((g) => g.lr);
  }
  stateDict(): Record<string, unknown> {
    return { last_epoch: this.lastEpoch, base_lrs: [...this.baseLrs] };
  }
  loadStateDict(dict: Record<string, unknown>): void {
    if (typeof dict.last_epoch !== "number")
      throw new DlError(
        "state-dict",
        `${this.constructor.name}.loadStateDict: last_epoch is missing`,
      );
    this.lastEpoch = dict.last_epoch;
  }
}

/**
 * Multiplies the learning rate by gamma every stepSize steps.
 *
 *     lr = initial · gamma^⌊epoch / stepSize⌋
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 */
export class StepLR extends LRScheduler {
  readonly stepSize: number;
  readonly gamma: number;
  constructor(optimizer: AnyOptimizer, stepSize: number, { gamma = 0.1 }: { gamma?: number } = {}) {
    super(optimizer);
    if (!(Number.isInteger(stepSize) && stepSize > 0))
      throw new DlError("value", `StepLR: stepSize ${stepSize} has to be a positive whole number`);
    this.stepSize = stepSize;
    this.gamma = gamma;
  }
  protected rate(baseLr: number): number {
    return baseLr * this.gamma ** Math.floor(this.lastEpoch / this.stepSize);
  }
}

/**
 * Multiplies the learning rate by gamma at every step.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 */
export class ExponentialLR extends LRScheduler {
  readonly gamma: number;
  constructor(optimizer: AnyOptimizer, gamma: number) {
    super(optimizer);
    this.gamma = gamma;
  }
  protected rate(baseLr: number): number {
    return baseLr * this.gamma ** this.lastEpoch;
  }
}
