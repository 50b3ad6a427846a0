import { DlError } from "@dl/tensor/core";
import { beginMomentum, bounds, setMomentum, usesBeta1 } from "./momentum.ts";
import { type AnyOptimizer, LRScheduler, perGroup, type SchedulerOptions } from "./scheduler.ts";

export type CyclicMode = "triangular" | "triangular2" | "exp_range";

export interface CyclicLROptions extends SchedulerOptions {
  /** Steps from baseLr to maxLr. Default 2000. */
  stepSizeUp?: number;
  /** Steps back. Default: as many. */
  stepSizeDown?: number | null;
  /**
   * The height of the cycles: all equal (`"triangular"`, the default), each half of the one before (`"triangular2"`), or
   * gamma^step of the first (`"exp_range"`).
   */
  mode?: CyclicMode;
  /** Default 1. */
  gamma?: number;
  /** The height, instead of a mode. */
  scaleFn?: (x: number) => number;
  /** What scaleFn is given: the number of the cycle, from 1 (`"cycle"`, the default), or of the step (`"iterations"`). */
  scaleMode?: "cycle" | "iterations";
  /** Momentum falls while the rate rises. Default true. */
  cycleMomentum?: boolean;
  /** Default 0.8. */
  baseMomentum?: number | readonly number[];
  /** Default 0.9. */
  maxMomentum?: number | readonly number[];
}

const SCALES: Record<
  CyclicMode,
  { scaleMode: "cycle" | "iterations"; scale: (x: number, gamma: number) => number }
> = {
  triangular: { scaleMode: "cycle", scale: () => 1 },
  triangular2: { scaleMode: "cycle", scale: (x) => 1 / 2 ** (x - 1) },
  exp_range: { scaleMode: "iterations", scale: (x, gamma) => gamma ** x },
};

/**
 * Up and down between two learning rates, linearly; usually one step for each batch.
 *
 *     cycle = ⌊1 + step / (stepSizeUp + stepSizeDown)⌋
 *     lr    = baseLr + (maxLr − baseLr) · part of the way up · height of the cycle
 *
 * @param baseLr the least rate, of all groups or of each; it becomes the groups' first one.
 * @param maxLr the greatest rate, of all groups or of each.
 * @throws DlError "value" for an unknown mode without scaleFn, and when momentum is to change that the optimizer lacks.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html
 * @see Smith, Cyclical learning rates for training neural networks (2017)
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { momentum: 0.9 });
 * const scheduler = new CyclicLR(optimizer, 0.1, 0.5, { stepSizeUp: 4 });
 * scheduler.step();
 * const [{ lr, momentum }] = optimizer.paramGroups;
 * [lr, momentum] // => [0.2, 0.875]
 */
export class CyclicLR extends LRScheduler {
  maxLrs: number[];
  totalSize: number;
  stepRatio: number;
  mode: CyclicMode;
  gamma: number;
  readonly scaleFnCustom: ((x: number) => number) | undefined;
  scaleMode: "cycle" | "iterations";
  cycleMomentum: boolean;
  declare useBeta1: boolean;
  declare baseMomentums: number[];
  declare maxMomentums: number[];

  constructor(
    optimizer: AnyOptimizer,
    baseLr: number | readonly number[],
    maxLr: number | readonly number[],
    {
      stepSizeUp = 2000,
      stepSizeDown,
      mode = "triangular",
      gamma = 1,
      scaleFn,
      scaleMode = "cycle",
      cycleMomentum = true,
      baseMomentum = 0.8,
      maxMomentum = 0.9,
      lastEpoch = -1,
    }: CyclicLROptions = {},
  ) {
    super(optimizer);
    const isStart = lastEpoch === -1;
    const baseLrs = perGroup("CyclicLR: baseLr", optimizer, baseLr);
    this.maxLrs = perGroup("CyclicLR: maxLr", optimizer, maxLr);
    if (!scaleFn && !(mode in SCALES))
      throw new DlError(
        "value",
        `CyclicLR: mode "${mode}" is not one of ${Object.keys(SCALES).join(", ")}: choose one, or give scaleFn`,
      );
    if (isStart)
      optimizer.paramGroups.forEach((group, i) => {
        group.lr = baseLrs[i];
      });
    this.totalSize = stepSizeUp + (stepSizeDown ?? stepSizeUp);
    this.stepRatio = stepSizeUp / this.totalSize;
    this.mode = mode;
    this.gamma = gamma;
    this.scaleFnCustom = scaleFn;
    this.scaleMode = scaleFn ? scaleMode : SCALES[mode].scaleMode;
    this.cycleMomentum = cycleMomentum;
    if (cycleMomentum) {
      this.useBeta1 = usesBeta1("CyclicLR", optimizer);
      [this.baseMomentums, this.maxMomentums] = bounds(
        "CyclicLR",
        optimizer,
        baseMomentum,
        maxMomentum,
      );
      if (isStart) beginMomentum(optimizer, this.useBeta1, this.baseMomentums, this.maxMomentums);
    }
    this.begin(lastEpoch);
    this.baseLrs = baseLrs;
  }
  /** The height of a cycle: of its number, or of the step's. */
  scaleFn(x: number): number {
    return this.scaleFnCustom ? this.scaleFnCustom(x) : SCALES[this.mode].scale(x, this.gamma);
  }
  getLr(): number[] {
    const { lastEpoch, totalSize, stepRatio } = this;
    const cycle = Math.floor(1 + lastEpoch / totalSize);
    const x = 1 + lastEpoch / totalSize - cycle;
    const up = x <= stepRatio ? x / stepRatio : (x - 1) / (stepRatio - 1);
    const height = this.scaleFn(this.scaleMode === "cycle" ? cycle : lastEpoch);
    if (this.cycleMomentum)
      this.optimizer.paramGroups.forEach((group, i) => {
        const [base, max] = [this.baseMomentums[i], this.maxMomentums[i]];
        setMomentum(group, this.useBeta1, max - (max - base) * up * height);
      });
    return this.baseLrs.map((base, i) => base + (this.maxLrs[i] - base) * up * height);
  }
  /** A scaleFn is not saved: the scheduler that a dictionary is loaded into has to be made with it. */
  override stateDict(): Record<string, unknown> {
    const { scale_fn_custom, ...rest } = super.stateDict();
    return { ...rest, _scale_fn_custom: null };
  }
}
