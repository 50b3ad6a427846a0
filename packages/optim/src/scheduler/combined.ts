import { DlError } from "@dl/tensor/core";
import { ReduceLROnPlateau } from "./plateau.ts";
import { type AnyOptimizer, LRScheduler, type SchedulerOptions } from "./scheduler.ts";
import { dictionary } from "./state.ts";

/** Schedulers of one optimizer as one scheduler. */
abstract class Combined extends LRScheduler {
  readonly schedulers: readonly LRScheduler[];

  constructor(optimizer: AnyOptimizer, schedulers: readonly LRScheduler[], name: string) {
    super(optimizer);
    if (schedulers.length === 0) throw new DlError("value", `${name}: there are no schedulers`);
    schedulers.forEach((s, i) => {
      if (s instanceof ReduceLROnPlateau)
        throw new DlError(
          "value",
          `${name}: scheduler ${i} is ReduceLROnPlateau, whose step() needs a metric: call its step(metric) beside this one`,
        );
      if (s.optimizer !== optimizer)
        throw new DlError(
          "value",
          `${name}: scheduler ${i}, ${s.constructor.name}, belongs to another optimizer`,
        );
    });
    this.schedulers = [...schedulers];
  }
  getLr(): number[] {
    throw new DlError(
      "value",
      `${this.constructor.name}: as a later part of SequentialLR it would have to begin anew, which it cannot: only as the first`,
    );
  }
  override stateDict(): Record<string, unknown> {
    return { ...dictionary(this), _schedulers: this.schedulers.map((s) => s.stateDict()) };
  }
  override loadStateDict(dict: Record<string, unknown>): void {
    const parts = dict._schedulers as Record<string, unknown>[] | undefined;
    if (parts?.length !== this.schedulers.length)
      throw new DlError(
        "state-dict",
        `${this.constructor.name}.loadStateDict: ${parts?.length ?? "no"} _schedulers, this has ${this.schedulers.length}`,
      );
    super.loadStateDict(dict);
    this.schedulers.forEach((s, i) => {
      s.loadStateDict(parts[i]);
    });
  }
  override toString(): string {
    return super.toString().replace(/\)$/, `, schedulers=[${this.schedulers.join(", ")}])`);
  }
}

/**
 * One scheduler after another: the i-th until the epoch `milestones[i]`, at which the next one begins with its epoch 0.
 *
 * A scheduler that goes on from the rate as it is, such as StepLR, begins with the rate that the one before has reached
 * unless it can be computed from the first rate.
 *
 * @param schedulers of the same optimizer; ReduceLROnPlateau cannot be among them.
 * @param milestones rising, one fewer than schedulers.
 * @throws DlError "value" when these do not fit together.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const warmup = new ConstantLR(optimizer, { factor: 0.1, totalIters: 2 });
 * const decay = new ExponentialLR(optimizer, 0.5);
 * const scheduler = new SequentialLR(optimizer, [warmup, decay], [2]);
 * const rates = [0, 1, 2, 3].map(() => {
 *   const [rate] = scheduler.getLastLr();
 *   scheduler.step();
 *   return rate;
 * });
 * rates // => [0.1, 0.1, 1, 0.5]
 */
export class SequentialLR extends Combined {
  milestones: number[];

  constructor(
    optimizer: AnyOptimizer,
    schedulers: readonly LRScheduler[],
    milestones: readonly number[],
    { lastEpoch = -1 }: SchedulerOptions = {},
  ) {
    super(optimizer, schedulers, "SequentialLR");
    if (milestones.length !== schedulers.length - 1)
      throw new DlError(
        "value",
        `SequentialLR: ${schedulers.length} schedulers want ${schedulers.length - 1} milestones, got ${milestones.length}`,
      );
    this.milestones = [...milestones];
    this.lastEpoch = lastEpoch + 1;
    // Each scheduler has set its first rate when it was made: back, and again for the one that begins.
    for (const group of optimizer.paramGroups) group.lr = group.initialLr;
    undo(this);
    const first = this.schedulers[this.partAt(0)];
    first.initialStep();
    this.lastLr = first.getLastLr();
  }
  private partAt(epoch: number): number {
    let part = 0;
    while (part < this.milestones.length && this.milestones[part] <= epoch) part++;
    return part;
  }
  override step(): void {
    this.lastEpoch++;
    const part = this.partAt(this.lastEpoch);
    const scheduler = this.schedulers[part];
    if (part > 0 && this.milestones[part - 1] === this.lastEpoch) scheduler.update(0);
    else scheduler.step();
    this.lastLr = scheduler.getLastLr();
  }
  override stateDict(): Record<string, unknown> {
    const { milestones, ...rest } = super.stateDict();
    return { _milestones: milestones, ...rest };
  }
  override loadStateDict(dict: Record<string, unknown>): void {
    super.loadStateDict(dict);
    if (Array.isArray(dict._milestones)) this.milestones = [...dict._milestones];
  }
}

function undo(scheduler: LRScheduler): void {
  if (scheduler instanceof Combined) scheduler.schedulers.forEach(undo);
  else scheduler.lastEpoch--;
}

/**
 * Several schedulers of one optimizer at once, each in turn at every step: factors multiply.
 *
 * @param options `optimizer`: default that of the first scheduler.
 * @throws DlError "value" when the schedulers are of different optimizers, or ReduceLROnPlateau is among them.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new ChainedScheduler([
 *   new ConstantLR(optimizer, { factor: 0.5, totalIters: 4 }),
 *   new ExponentialLR(optimizer, 0.5),
 * ]);
 * scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.25
 */
export class ChainedScheduler extends Combined {
  constructor(
    schedulers: readonly LRScheduler[],
    { optimizer = schedulers[0]?.optimizer }: { optimizer?: AnyOptimizer } = {},
  ) {
    super(optimizer, schedulers, "ChainedScheduler");
    this.lastLr = this.rates();
  }
  override step(): void {
    for (const scheduler of this.schedulers) scheduler.step();
    this.lastLr = this.rates();
  }
}
