import { type AnyOptimizer, LRScheduler, perGroup, type SchedulerOptions } from "./scheduler.ts";

/** A factor for an epoch. */
export type LrLambda = (epoch: number) => number;

abstract class WithLambdas extends LRScheduler {
  readonly lrLambdas: LrLambda[];

  constructor(
    optimizer: AnyOptimizer,
    lrLambda: LrLambda | readonly LrLambda[],
    { lastEpoch }: SchedulerOptions,
  ) {
    super(optimizer);
    this.lrLambdas = perGroup(`${this.constructor.name}: lrLambda`, optimizer, lrLambda);
    this.begin(lastEpoch);
  }
  /** Functions are not saved: the scheduler that a dictionary is loaded into has to be made with them. */
  override stateDict(): Record<string, unknown> {
    return { ...super.stateDict(), lr_lambdas: this.lrLambdas.map(() => null) };
  }
  override toString(): string {
    return super.toString().replace(/lr_lambdas=\[[^\]]*\], /, "");
  }
}

/**
 * The first learning rate times what a function says of the epoch.
 *
 *     lr = initial · lrLambda(epoch)
 *
 * @param lrLambda one function, or one for each parameter group.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new LambdaLR(optimizer, (epoch) => 1 / (1 + epoch));
 * for (let epoch = 0; epoch < 3; epoch++) scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.25
 */
export class LambdaLR extends WithLambdas {
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: LrLambda | readonly LrLambda[],
    options: SchedulerOptions = {},
  ) {
    super(optimizer, lrLambda, options);
  }
  getLr(): number[] {
    return this.baseLrs.map((lr, i) => lr * this.lrLambdas[i](this.lastEpoch));
  }
}

/**
 * Multiplies the learning rate by what a function says of the epoch, at every step but the first.
 *
 * @param lrLambda one function, or one for each parameter group.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new MultiplicativeLR(optimizer, () => 0.5);
 * for (let epoch = 0; epoch < 3; epoch++) scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.125
 */
export class MultiplicativeLR extends WithLambdas {
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: LrLambda | readonly LrLambda[],
    options: SchedulerOptions = {},
  ) {
    super(optimizer, lrLambda, options);
  }
  getLr(): number[] {
    const rates = this.rates();
    return this.isInitial ? rates : rates.map((lr, i) => lr * this.lrLambdas[i](this.lastEpoch));
  }
}
