import { DlError } from "@dl/tensor/core";
import { type AnyOptimizer, LRScheduler, type SchedulerOptions } from "./scheduler.ts";

export interface ConstantLROptions extends SchedulerOptions {
  /** Default ⅓. */
  factor?: number;
  /** For how many epochs. Default 5. */
  totalIters?: number;
}

/**
 * The learning rate times a factor, until totalIters epochs are over.
 *
 * @throws DlError "value" unless the factor is within 0 … 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
 * const rates = [0, 1, 2].map(() => {
 *   const [rate] = scheduler.getLastLr();
 *   scheduler.step();
 *   return rate;
 * });
 * rates // => [0.5, 0.5, 1]
 */
export class ConstantLR extends LRScheduler {
  readonly factor: number;
  readonly totalIters: number;

  constructor(
    optimizer: AnyOptimizer,
    { factor = 1 / 3, totalIters = 5, lastEpoch }: ConstantLROptions = {},
  ) {
    super(optimizer);
    requireFactor("ConstantLR: factor", factor);
    this.factor = factor;
    this.totalIters = totalIters;
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    const { factor, totalIters } = this;
    if (this.lastEpoch === 0) return this.times(factor);
    if (this.lastEpoch !== totalIters) return this.rates();
    // A division, as in PyTorch: from nothing there is no way back.
    if (factor === 0)
      throw new DlError(
        "value",
        `ConstantLR: after ${totalIters} epochs the rate is divided by the factor, which is 0: use a small one, or LambdaLR`,
      );
    return this.times(1 / factor);
  }
  protected override closedForm(): number[] {
    const factor = this.lastEpoch >= this.totalIters ? 1 : this.factor;
    return this.baseLrs.map((lr) => lr * factor);
  }
}

export interface LinearLROptions extends SchedulerOptions {
  /** Default ⅓. */
  startFactor?: number;
  /** Default 1. */
  endFactor?: number;
  /** In how many epochs. Default 5. */
  totalIters?: number;
}

/**
 * The learning rate times a factor that changes linearly: a warm-up.
 *
 *     lr = initial · (startFactor + (endFactor − startFactor) · min(epoch, totalIters) / totalIters)
 *
 * @throws DlError "value" unless startFactor is on (0, 1] and endFactor on [0, 1].
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new LinearLR(optimizer, { startFactor: 0.5, totalIters: 4 });
 * scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.625
 */
export class LinearLR extends LRScheduler {
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalIters: number;

  constructor(
    optimizer: AnyOptimizer,
    { startFactor = 1 / 3, endFactor = 1, totalIters = 5, lastEpoch }: LinearLROptions = {},
  ) {
    super(optimizer);
    requireFactor("LinearLR: startFactor", startFactor);
    if (startFactor === 0)
      throw new DlError(
        "value",
        "LinearLR: startFactor is 0, from which no multiplication leads on: use a small one",
      );
    requireFactor("LinearLR: endFactor", endFactor);
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    const { startFactor, endFactor, totalIters, lastEpoch } = this;
    if (lastEpoch === 0) return this.times(startFactor);
    if (this.isInitial || lastEpoch > totalIters) return this.rates();
    const rise = endFactor - startFactor;
    return this.times(1 + rise / (totalIters * startFactor + (lastEpoch - 1) * rise));
  }
  protected override closedForm(): number[] {
    const { startFactor, endFactor, totalIters } = this;
    const passed = Math.min(totalIters, this.lastEpoch);
    return this.baseLrs.map(
      (lr) => lr * (startFactor + ((endFactor - startFactor) * passed) / totalIters),
    );
  }
}

function requireFactor(what: string, factor: number): void {
  if (!(factor >= 0 && factor <= 1))
    throw new DlError("value", `${what} is ${factor}, it has to be within 0 … 1`);
}
