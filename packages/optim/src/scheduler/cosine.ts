import { DlError } from "@dl/tensor/core";
import {
  type AnyOptimizer,
  type EpochArgument,
  epochOf,
  LRScheduler,
  requireWhole,
  type SchedulerOptions,
} from "./scheduler.ts";

export interface CosineAnnealingLROptions extends SchedulerOptions {
  /** Where the rate ends. Default 0. */
  etaMin?: number;
}

/**
 * Along half a cosine from the first learning rate to etaMin in TMax epochs, and back again in as many.
 *
 *     lr = etaMin + (initial − etaMin) · (1 + cos(π · epoch / TMax)) / 2
 *
 * @throws DlError "value" unless TMax is positive.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 * @see Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017)
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new CosineAnnealingLR(optimizer, 4);
 * for (let epoch = 0; epoch < 2; epoch++) scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.5
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly TMax: number;
  readonly etaMin: number;

  constructor(
    optimizer: AnyOptimizer,
    TMax: number,
    { etaMin = 0, lastEpoch }: CosineAnnealingLROptions = {},
  ) {
    super(optimizer);
    if (!(TMax > 0))
      throw new DlError("value", `CosineAnnealingLR: TMax is ${TMax}, it has to be positive`);
    this.TMax = TMax;
    this.etaMin = etaMin;
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    const { TMax, etaMin, lastEpoch } = this;
    if (this.isInitial) return this.rates();
    if (this.stepCount === 1 && lastEpoch > 0) return this.closedForm();
    const rates = this.rates();
    // At the bottom the quotient below would be 0 / 0.
    if ((lastEpoch - 1 - TMax) % (2 * TMax) === 0) {
      const rise = (1 - Math.cos(Math.PI / TMax)) / 2;
      return rates.map((lr, i) => lr + (this.baseLrs[i] - etaMin) * rise);
    }
    const height = (epoch: number) => 1 + Math.cos((Math.PI * epoch) / TMax);
    const factor = height(lastEpoch) / height(lastEpoch - 1);
    return rates.map((lr) => factor * (lr - etaMin) + etaMin);
  }
  protected override closedForm(): number[] {
    return onCosine(this.baseLrs, this.etaMin, this.lastEpoch / this.TMax);
  }
}

export interface CosineAnnealingWarmRestartsOptions extends SchedulerOptions {
  /** How many times longer each cycle is than the one before. Default 1. */
  TMult?: number;
  /** Another spelling of TMult. */
  tMult?: number;
  /** Where a cycle ends. Default 0. */
  etaMin?: number;
}

/**
 * Along half a cosine from the first learning rate to etaMin in T0 epochs, and again from the start in T0 · TMult, and so
 * on. `step(epoch)` takes fractions, for a rate that changes with every batch.
 *
 *     lr = etaMin + (initial − etaMin) · (1 + cos(π · TCur / Ti)) / 2
 *
 * TCur is the number of epochs since the last restart, Ti that between two of them.
 *
 * @throws DlError "value" unless T0 and TMult are positive whole numbers, and for a negative epoch.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 * @see Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017)
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new CosineAnnealingWarmRestarts(optimizer, 2, { TMult: 2 });
 * const rates = [0.5, 1, 2, 4, 6].map((epoch) => {
 *   scheduler.step(epoch);
 *   return scheduler.getLastLr()[0];
 * });
 * rates // => [0.853553, 0.5, 1, 0.5, 1]
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly T0: number;
  Ti: number;
  readonly TMult: number;
  readonly etaMin: number;
  TCur: number;

  constructor(
    optimizer: AnyOptimizer,
    T0: number,
    {
      tMult = 1,
      TMult = tMult,
      etaMin = 0,
      lastEpoch = -1,
    }: CosineAnnealingWarmRestartsOptions = {},
  ) {
    super(optimizer);
    requireWhole("CosineAnnealingWarmRestarts: T0", T0);
    requireWhole("CosineAnnealingWarmRestarts: TMult", TMult);
    this.T0 = T0;
    this.Ti = T0;
    this.TMult = TMult;
    this.etaMin = etaMin;
    this.TCur = lastEpoch;
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    return onCosine(this.baseLrs, this.etaMin, this.TCur / this.Ti);
  }
  /** Without an epoch to the next one. Like PyTorch's, this does not count its steps. */
  override step(argument?: EpochArgument): void {
    let epoch = epochOf(argument);
    if (epoch === undefined && this.lastEpoch < 0) epoch = 0;
    if (epoch === undefined) {
      epoch = this.lastEpoch + 1;
      this.TCur++;
      if (this.TCur >= this.Ti) {
        this.TCur %= this.Ti;
        this.Ti *= this.TMult;
      }
    } else {
      this.find(epoch);
    }
    this.lastEpoch = Math.floor(epoch);
    this.assign(this.getLr());
  }
  /** The cycle that an epoch is in: the n-th begins after T0 (1 + TMult + … + TMultⁿ⁻¹). */
  private find(epoch: number): void {
    const { T0, TMult } = this;
    if (!(epoch >= 0))
      throw new DlError(
        "value",
        `CosineAnnealingWarmRestarts.step: epoch ${epoch} has to be at least 0`,
      );
    if (epoch < T0) {
      this.Ti = T0;
      this.TCur = epoch;
    } else if (TMult === 1) {
      this.TCur = epoch % T0;
    } else {
      const n = Math.floor(Math.log((epoch / T0) * (TMult - 1) + 1) / Math.log(TMult));
      this.TCur = epoch - (T0 * (TMult ** n - 1)) / (TMult - 1);
      this.Ti = T0 * TMult ** n;
    }
  }
}

/** From each rate to etaMin, `part` of the way from 0 to π. */
const onCosine = (baseLrs: readonly number[], etaMin: number, part: number): number[] =>
  baseLrs.map((lr) => etaMin + ((lr - etaMin) * (1 + Math.cos(Math.PI * part))) / 2);
