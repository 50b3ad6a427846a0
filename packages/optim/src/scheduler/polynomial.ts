import { type AnyOptimizer, LRScheduler, type SchedulerOptions } from "./scheduler.ts";

export interface PolynomialLROptions extends SchedulerOptions {
  /** After how many epochs the rate is 0. Default 5. */
  totalIters?: number;
  /** Default 1. */
  power?: number;
}

/**
 * Down to 0 along a power.
 *
 *     lr = initial · (1 − min(epoch, totalIters) / totalIters)^power
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new PolynomialLR(optimizer, { totalIters: 4, power: 2 });
 * scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.5625
 */
export class PolynomialLR extends LRScheduler {
  readonly totalIters: number;
  readonly power: number;

  constructor(
    optimizer: AnyOptimizer,
    { totalIters = 5, power = 1, lastEpoch }: PolynomialLROptions = {},
  ) {
    super(optimizer);
    this.totalIters = totalIters;
    this.power = power;
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    const { totalIters, lastEpoch } = this;
    if (this.isInitial || lastEpoch > totalIters) return this.rates();
    const now = 1 - lastEpoch / totalIters;
    const before = 1 - (lastEpoch - 1) / totalIters;
    return this.times((now / before) ** this.power);
  }
  protected override closedForm(): number[] {
    const { totalIters, power } = this;
    const left = 1 - Math.min(totalIters, this.lastEpoch) / totalIters;
    return this.baseLrs.map((lr) => lr * left ** power);
  }
}
