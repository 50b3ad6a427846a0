import { DlError } from "@dl/tensor/core";
import { beginMomentum, bounds, setMomentum, usesBeta1 } from "./momentum.ts";
import {
  type AnyOptimizer,
  LRScheduler,
  perGroup,
  requireWhole,
  type SchedulerOptions,
} from "./scheduler.ts";

export interface OneCycleLROptions extends SchedulerOptions {
  /** How many steps the cycle has: this, or `epochs` and `stepsPerEpoch`. */
  totalSteps?: number | null;
  epochs?: number | null;
  stepsPerEpoch?: number | null;
  /** Part of the cycle in which the rate rises. Default 0.3. */
  pctStart?: number;
  /** Along half a cosine (`"cos"`, the default) or a line (`"linear"`). */
  annealStrategy?: "cos" | "linear";
  /** Momentum falls while the rate rises. Default true. */
  cycleMomentum?: boolean;
  /** Default 0.85. */
  baseMomentum?: number | readonly number[];
  /** Default 0.95. */
  maxMomentum?: number | readonly number[];
  /** The first rate is maxLr / divFactor. Default 25. */
  divFactor?: number;
  /** The last rate is the first / finalDivFactor. Default 1e4. */
  finalDivFactor?: number;
  /** Down to the first rate in as many steps as up, and to the last one after that. Default false. */
  threePhase?: boolean;
}

/** In PyTorch's words: a phase is part of the dictionary. */
interface Phase {
  end_step: number;
  start_lr: string;
  end_lr: string;
  start_momentum: string;
  end_momentum: string;
}
/** Which fields of a group a phase goes from and to. */
const FIELDS: Record<string, string> = {
  initial_lr: "initialLr",
  max_lr: "maxLr",
  min_lr: "minLr",
  max_momentum: "maxMomentum",
  base_momentum: "baseMomentum",
};
const phase = (end: number, lrs: [string, string], momenta: [string, string]): Phase => ({
  end_step: end,
  start_lr: `${lrs[0]}_lr`,
  end_lr: `${lrs[1]}_lr`,
  start_momentum: `${momenta[0]}_momentum`,
  end_momentum: `${momenta[1]}_momentum`,
});

const ANNEAL = {
  cos: (from: number, to: number, part: number) =>
    to + ((from - to) / 2) * (Math.cos(Math.PI * part) + 1),
  linear: (from: number, to: number, part: number) => (to - from) * part + from,
};

/**
 * One cycle over the whole training: from a low rate up to maxLr, and down to a much lower one. One step for each batch.
 *
 *     maxLr / divFactor → maxLr → maxLr / divFactor / finalDivFactor
 *
 * @param maxLr the greatest rate, of all groups or of each.
 * @throws DlError "value" without a number of steps, for more steps than that, for pctStart outside 0 … 1, and when
 * momentum is to change that the optimizer lacks.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
 * @see Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates (2019)
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { momentum: 0.9 });
 * const scheduler = new OneCycleLR(optimizer, 1, { totalSteps: 10 });
 * const rates = [0, 1, 2].map(() => {
 *   const [rate] = scheduler.getLastLr();
 *   scheduler.step();
 *   return rate;
 * });
 * rates // => [0.04, 0.52, 1]
 */
export class OneCycleLR extends LRScheduler {
  totalSteps: number;
  schedulePhases: Phase[];
  annealFuncType: "cos" | "linear";
  cycleMomentum: boolean;
  declare useBeta1: boolean;

  constructor(
    optimizer: AnyOptimizer,
    maxLr: number | readonly number[],
    {
      totalSteps,
      epochs,
      stepsPerEpoch,
      pctStart = 0.3,
      annealStrategy = "cos",
      cycleMomentum = true,
      baseMomentum = 0.85,
      maxMomentum = 0.95,
      divFactor = 25,
      finalDivFactor = 1e4,
      threePhase = false,
      lastEpoch = -1,
    }: OneCycleLROptions = {},
  ) {
    super(optimizer);
    const isStart = lastEpoch === -1;
    this.totalSteps = stepsOf(totalSteps, epochs, stepsPerEpoch);
    if (!(pctStart >= 0 && pctStart <= 1))
      throw new DlError("value", `OneCycleLR: pctStart ${pctStart} has to be within 0 … 1`);
    if (!(annealStrategy in ANNEAL))
      throw new DlError(
        "value",
        `OneCycleLR: annealStrategy "${annealStrategy}" is not one of cos, linear`,
      );
    this.schedulePhases = phases(this.totalSteps, pctStart, threePhase);
    this.annealFuncType = annealStrategy;
    const maxLrs = perGroup("OneCycleLR: maxLr", optimizer, maxLr);
    if (isStart)
      optimizer.paramGroups.forEach((group, i) => {
        group.initialLr = maxLrs[i] / divFactor;
        group.maxLr = maxLrs[i];
        group.minLr = group.initialLr / finalDivFactor;
      });
    this.cycleMomentum = cycleMomentum;
    if (cycleMomentum) {
      this.useBeta1 = usesBeta1("OneCycleLR", optimizer);
      const [base, max] = bounds("OneCycleLR", optimizer, baseMomentum, maxMomentum);
      if (isStart) beginMomentum(optimizer, this.useBeta1, base, max);
    }
    this.begin(lastEpoch);
  }
  getLr(): number[] {
    const { lastEpoch, totalSteps, schedulePhases } = this;
    if (lastEpoch > totalSteps)
      throw new DlError(
        "value",
        `OneCycleLR: step ${lastEpoch} of a cycle of ${totalSteps}: give it more totalSteps, or stop calling step()`,
      );
    const last = schedulePhases.length - 1;
    let at = 0;
    while (at < last && lastEpoch > schedulePhases[at].end_step) at++;
    const now = schedulePhases[at];
    const start = at === 0 ? 0 : schedulePhases[at - 1].end_step;
    if (now.end_step === start)
      throw new DlError(
        "value",
        `OneCycleLR: phase ${at} of ${totalSteps} steps has no length: change totalSteps or pctStart`,
      );
    const part = (lastEpoch - start) / (now.end_step - start);
    const anneal = ANNEAL[this.annealFuncType];
    return this.optimizer.paramGroups.map((group) => {
      const between = (from: string, to: string) =>
        anneal(group[FIELDS[from]], group[FIELDS[to]], part);
      if (this.cycleMomentum)
        setMomentum(group, this.useBeta1, between(now.start_momentum, now.end_momentum));
      return between(now.start_lr, now.end_lr);
    });
  }
}

function stepsOf(
  totalSteps?: number | null,
  epochs?: number | null,
  stepsPerEpoch?: number | null,
): number {
  if (typeof totalSteps === "number") {
    requireWhole("OneCycleLR: totalSteps", totalSteps);
    return totalSteps;
  }
  if (typeof epochs !== "number" || typeof stepsPerEpoch !== "number")
    throw new DlError("value", "OneCycleLR: give totalSteps, or epochs and stepsPerEpoch");
  requireWhole("OneCycleLR: epochs", epochs);
  requireWhole("OneCycleLR: stepsPerEpoch", stepsPerEpoch);
  return epochs * stepsPerEpoch;
}

function phases(steps: number, pctStart: number, threePhase: boolean): Phase[] {
  const up = phase(pctStart * steps - 1, ["initial", "max"], ["max", "base"]);
  return threePhase
    ? [
        up,
        phase(2 * pctStart * steps - 2, ["max", "initial"], ["base", "max"]),
        phase(steps - 1, ["initial", "min"], ["max", "max"]),
      ]
    : [up, phase(steps - 1, ["max", "min"], ["base", "max"])];
}
