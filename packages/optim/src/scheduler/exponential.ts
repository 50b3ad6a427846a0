import { type AnyOptimizer, LRScheduler, type SchedulerOptions } from "./scheduler.ts";

/**
 * Multiplies the learning rate by gamma at every step: `lr = initial · gamma^epoch`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new ExponentialLR(optimizer, 0.5);
 * for (let epoch = 0; epoch < 3; epoch++) scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.125
 */
export class ExponentialLR extends LRScheduler {
  readonly gamma: number;

  constructor(optimizer: AnyOptimizer, gamma: number, { lastEpoch }: SchedulerOptions = {}) {
    super(optimizer);
    this.gamma = gamma;
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    return this.isInitial ? this.rates() : this.times(this.gamma);
  }
  protected override closedForm(): number[] {
    return this.baseLrs.map((lr) => lr * this.gamma ** this.lastEpoch);
  }
}
