import { DlError } from "@dl/tensor/core";
import {
  type AnyOptimizer,
  LRScheduler,
  perGroup,
  requireWhole,
  type SchedulerOptions,
} from "./scheduler.ts";

export interface SWALROptions extends SchedulerOptions {
  /** In how many epochs swaLr is reached. Default 10. */
  annealEpochs?: number;
  /** Along half a cosine (`"cos"`, the default) or a line (`"linear"`). */
  annealStrategy?: "cos" | "linear";
}

const ANNEAL = {
  cos: (part: number) => (1 - Math.cos(Math.PI * part)) / 2,
  linear: (part: number) => part,
};

/**
 * From the current learning rate to one that stays: for the epochs whose weights are averaged.
 *
 * @param swaLr where the rate ends, of all groups or of each.
 * @throws DlError "value" unless annealEpochs is a whole number from 0 on.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.SWALR.html
 * @see Izmailov et al., Averaging weights leads to wider optima and better generalization (2018)
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new SWALR(optimizer, 0.2, { annealEpochs: 4, annealStrategy: "linear" });
 * scheduler.step();
 * optimizer.paramGroups[0].lr // => 0.8
 */
export class SWALR extends LRScheduler {
  annealStrategy: "cos" | "linear";
  annealEpochs: number;

  constructor(
    optimizer: AnyOptimizer,
    swaLr: number | readonly number[],
    { annealEpochs = 10, annealStrategy = "cos", lastEpoch }: SWALROptions = {},
  ) {
    super(optimizer);
    const rates = perGroup("SWALR: swaLr", optimizer, swaLr);
    if (!(annealStrategy in ANNEAL))
      throw new DlError(
        "value",
        `SWALR: annealStrategy "${annealStrategy}" is not one of cos, linear`,
      );
    requireWhole("SWALR: annealEpochs", annealEpochs, 0);
    optimizer.paramGroups.forEach((group, i) => {
      group.swaLr = rates[i];
    });
    this.annealStrategy = annealStrategy;
    this.annealEpochs = annealEpochs;
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    const { annealEpochs } = this;
    const step = annealEpochs === 0 ? Math.max(1, this.stepCount - 1) : this.stepCount - 1;
    const weight = (n: number) =>
      ANNEAL[this.annealStrategy](Math.max(0, Math.min(1, n / Math.max(1, annealEpochs))));
    const before = weight(step - 1);
    const now = weight(step);
    return this.optimizer.paramGroups.map(({ lr, swaLr }) => {
      // The rate that the current one is a mixture of, with `before` as swaLr's part.
      const start = before === 1 ? swaLr : (lr - before * swaLr) / (1 - before);
      return swaLr * now + start * (1 - now);
    });
  }
}
