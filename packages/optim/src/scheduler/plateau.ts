import { DlError, type Tensor } from "@dl/tensor/core";
import { type AnyOptimizer, LRScheduler, perGroup } from "./scheduler.ts";

export interface ReduceLROnPlateauOptions {
  /** What is better: less (`"min"`, the default) or more (`"max"`). */
  mode?: "min" | "max";
  /** By which the rate is multiplied; below 1. Default 0.1. */
  factor?: number;
  /** How many steps without progress are allowed. Default 10. */
  patience?: number;
  /** How much is progress. Default 1e-4. */
  threshold?: number;
  /** A part of the best metric (`"rel"`, the default), or an amount (`"abs"`). */
  thresholdMode?: "rel" | "abs";
  /** How many steps after a reduction are not judged. Default 0. */
  cooldown?: number;
  /** The least rate, of all groups or of each. Default 0. */
  minLr?: number | readonly number[];
  /** Reductions by less are not made. Default 1e-8. */
  eps?: number;
}

/**
 * Multiplies the learning rate by a factor when a metric has not improved for longer than `patience` steps.
 *
 * @throws DlError "value" for a factor of 1 or more, an unknown mode, or as many minLr as there are not groups.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 *
 * @example
 * const optimizer = new SGD([zeros(1).requiresGrad_()], { lr: 1 });
 * const scheduler = new ReduceLROnPlateau(optimizer, { patience: 1 });
 * for (const loss of [3, 2, 2, 2]) scheduler.step(loss);
 * optimizer.paramGroups[0].lr // => 0.1
 */
export class ReduceLROnPlateau extends LRScheduler {
  factor: number;
  defaultMinLr: number | null;
  minLrs: number[];
  patience: number;
  cooldown: number;
  eps: number;
  modeWorse: number;
  mode: "min" | "max";
  threshold: number;
  thresholdMode: "rel" | "abs";
  /** The best metric so far. */
  best: number;
  cooldownCounter = 0;
  numBadEpochs = 0;

  constructor(
    optimizer: AnyOptimizer,
    {
      mode = "min",
      factor = 0.1,
      patience = 10,
      threshold = 1e-4,
      thresholdMode = "rel",
      cooldown = 0,
      minLr = 0,
      eps = 1e-8,
    }: ReduceLROnPlateauOptions = {},
  ) {
    super(optimizer);
    if (!(factor < 1))
      throw new DlError("value", `ReduceLROnPlateau: factor is ${factor}, it has to be below 1`);
    requireOneOf("mode", mode, ["min", "max"]);
    requireOneOf("thresholdMode", thresholdMode, ["rel", "abs"]);
    this.factor = factor;
    this.defaultMinLr = typeof minLr === "number" ? minLr : null;
    this.minLrs = perGroup("ReduceLROnPlateau: minLr", optimizer, minLr);
    this.patience = patience;
    this.cooldown = cooldown;
    this.eps = eps;
    this.lastEpoch = 0;
    this.lastLr = this.rates();
    this.modeWorse = mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.mode = mode;
    this.threshold = threshold;
    this.thresholdMode = thresholdMode;
    this.best = this.modeWorse;
  }

  get inCooldown(): boolean {
    return this.cooldownCounter > 0;
  }
  getLr(): number[] {
    return this.rates();
  }
  /** @param metrics a number, or a tensor with one element on a backend that can be read at once. */
  override step(metrics?: number | Tensor | object, { epoch }: { epoch?: number } = {}): void {
    const current = metricOf(metrics);
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    if (this.isBetter(current, this.best)) {
      this.best = current;
      this.numBadEpochs = 0;
    } else {
      this.numBadEpochs++;
    }
    if (this.inCooldown) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      this.reduce();
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this.lastLr = this.rates();
  }
  private isBetter(a: number, best: number): boolean {
    const { mode, threshold } = this;
    if (this.thresholdMode === "rel")
      return mode === "min" ? a < best * (1 - threshold) : a > best * (threshold + 1);
    return mode === "min" ? a < best - threshold : a > best + threshold;
  }
  private reduce(): void {
    const groups = this.optimizer.paramGroups;
    if (this.minLrs.length !== groups.length) {
      if (this.defaultMinLr === null)
        throw new DlError(
          "value",
          `ReduceLROnPlateau: the optimizer has ${groups.length} parameter groups, minLr was given for ${this.minLrs.length}: set scheduler.minLrs`,
        );
      this.minLrs = groups.map(() => this.defaultMinLr!);
    }
    groups.forEach((group, i) => {
      const reduced = Math.max(group.lr * this.factor, this.minLrs[i]);
      if (group.lr - reduced > this.eps) group.lr = reduced;
    });
  }
  override loadStateDict(dict: Record<string, unknown>): void {
    super.loadStateDict(dict);
    this.modeWorse = this.mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    // JSON writes an infinity as null.
    this.best ??= this.modeWorse;
  }
}

function metricOf(metrics: unknown): number {
  if (typeof metrics === "number") return metrics;
  if (typeof metrics === "object" && metrics !== null && "itemSync" in metrics)
    return (metrics as Tensor).itemSync();
  throw new DlError(
    "value",
    `ReduceLROnPlateau.step: a metric is wanted, a number or a tensor with one element, got ${String(metrics)}`,
  );
}
function requireOneOf(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    throw new DlError(
      "value",
      `ReduceLROnPlateau: ${name} "${value}" is not one of ${choices.join(", ")}`,
    );
}
