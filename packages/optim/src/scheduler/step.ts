import {
  type AnyOptimizer,
  LRScheduler,
  requireWhole,
  type SchedulerOptions,
} from "./scheduler.ts";

/**
 * Multiplies the learning rate by gamma every stepSize epochs.
 *
 *     lr = initial · gamma^⌊epoch / stepSize⌋
 *
 * @param options `gamma`: default 0.1.
 * @throws DlError "value" unless stepSize is a positive whole number.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 0.5 });
 * const scheduler = new StepLR(optimizer, 2);
 * for (let epoch = 0; epoch < 2; epoch++) scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.05
 */
export class StepLR extends LRScheduler {
  readonly stepSize: number;
  readonly gamma: number;

  constructor(
    optimizer: AnyOptimizer,
    stepSize: number,
    { gamma = 0.1, lastEpoch }: SchedulerOptions & { gamma?: number } = {},
  ) {
    super(optimizer);
    requireWhole("StepLR: stepSize", stepSize);
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    const isDue = this.lastEpoch !== 0 && this.lastEpoch % this.stepSize === 0;
    return isDue ? this.times(this.gamma) : this.rates();
  }
  protected override closedForm(): number[] {
    const factor = this.gamma ** Math.floor(this.lastEpoch / this.stepSize);
    return this.baseLrs.map((lr) => lr * factor);
  }
}

/**
 * Multiplies the learning rate by gamma at each of the given epochs; twice at one that is named twice.
 *
 * @param options `gamma`: default 0.1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 0.5 });
 * const scheduler = new MultiStepLR(optimizer, [1, 3]);
 * for (let epoch = 0; epoch < 3; epoch++) scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.005
 */
export class MultiStepLR extends LRScheduler {
  /** How often each epoch was named: PyTorch's `Counter`. */
  readonly milestones: Record<number, number> = {};
  readonly gamma: number;

  constructor(
    optimizer: AnyOptimizer,
    milestones: Iterable<number>,
    { gamma = 0.1, lastEpoch }: SchedulerOptions & { gamma?: number } = {},
  ) {
    super(optimizer);
    for (const epoch of milestones) this.milestones[epoch] = (this.milestones[epoch] ?? 0) + 1;
    this.gamma = gamma;
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    const times = this.milestones[this.lastEpoch];
    return times === undefined ? this.rates() : this.times(this.gamma ** times);
  }
  protected override closedForm(): number[] {
    let passed = 0;
    for (const [epoch, times] of Object.entries(this.milestones))
      if (Number(epoch) <= this.lastEpoch) passed += times;
    return this.baseLrs.map((lr) => lr * this.gamma ** passed);
  }
}
