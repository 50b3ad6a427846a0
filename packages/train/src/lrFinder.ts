import { DlError, getRngState, setRngState } from "@dl/tensor/core";
import { epochOf } from "./batches.ts";
import type { Callback } from "./callback.ts";
import { copied } from "./copied.ts";
import { type FitOptions, fit } from "./fit.ts";
import type { BatchSource, Model } from "./interfaces.ts";

export interface LrFinderOptions<B>
  extends Pick<
    FitOptions<B>,
    "loss" | "step" | "optimizer" | "train" | "accumulate" | "clipGradNorm" | "signal"
  > {
  /** The first rate. Default 1e-7. */
  startLr?: number;
  /** The last rate. Default 10. */
  endLr?: number;
  /** How many batches; the data are gone through again where they are fewer. Default 100. */
  steps?: number;
  /** How much of the mean of the losses so far stays at each step, from 0 to below 1. Default 0.9. */
  smoothing?: number;
  /** Ends when the smooth loss is so many times the least. Default 4. */
  divergence?: number;
}

export interface LrCurve {
  readonly lrs: readonly number[];
  /** Of the batch at this rate, before its step. */
  readonly losses: readonly number[];
  /** What the suggestion is read from. */
  readonly smoothed: readonly number[];
  /** The rate at which the smooth loss falls most steeply; null where it falls nowhere. */
  readonly suggestion: number | null;
  /** The rate at which the smooth loss is least: more than one should train with. */
  readonly minimum: number;
  /** Whether it ended before the last rate. */
  readonly diverged: boolean;
}

/**
 * Which learning rate to train with: trains for some batches while the rate grows geometrically, until the loss runs away.
 * Model, optimizer and random numbers are then as they were.
 *
 *     lrᵢ = startLr · (endLr / startLr)^(i / (steps − 1))
 *
 * @throws DlError "value" for a model or optimizer whose state cannot be put back, or impossible rates.
 * @see https://arxiv.org/abs/1506.01186
 */
export async function lrFinder<B>(model: Model, options: LrFinderOptions<B>): Promise<LrCurve> {
  const { optimizer, train, startLr = 1e-7, endLr = 10, steps = 100 } = options;
  const { smoothing = 0.9, divergence = 4 } = options;
  check(model, options);
  const groups = optimizer.paramGroups!;
  const restore = stateOf(model, options);
  const lrs: number[] = [];
  const losses: number[] = [];
  const smoothed: number[] = [];
  let mean = 0;
  let least = Infinity;
  const setLr = (i: number) => {
    const lr = startLr * (endLr / startLr) ** (i / (steps - 1));
    for (const group of groups) group.lr = lr;
  };
  const climb: Callback = {
    onTrainStart: () => setLr(0),
    async onStepEnd(run, step) {
      const loss = await step.loss.item();
      mean = smoothing * mean + (1 - smoothing) * loss;
      // The mean begins at 0, which weighs less and less.
      const smooth = mean / (1 - smoothing ** (losses.length + 1));
      if (!Number.isFinite(smooth) || smooth > divergence * least) {
        run.stop("diverged");
        return;
      }
      lrs.push(groups[0].lr);
      losses.push(loss);
      smoothed.push(smooth);
      // The first losses are of few batches: what is least among them may be chance.
      if (losses.length > 1) least = Math.min(least, smooth);
      setLr(losses.length);
    },
  };
  try {
    const { loss, step, accumulate, clipGradNorm, signal } = options;
    const batches = () => cycle(train, steps);
    const rest = { loss, step, accumulate, clipGradNorm, signal };
    const { stopped } = await fit<B>(model, {
      ...rest,
      optimizer,
      train: batches,
      callbacks: [climb],
    });
    const steepest = steepestOf(smoothed);
    return {
      lrs,
      losses,
      smoothed,
      suggestion: steepest === null ? null : lrs[steepest],
      minimum: lrs[smoothed.indexOf(Math.min(...smoothed))],
      diverged: stopped === "diverged",
    };
  } finally {
    restore();
  }
}

/** So many batches, over and over. */
async function* cycle<B>(source: BatchSource<B>, count: number): AsyncGenerator<B> {
  for (let left = count; left > 0; ) {
    const before = left;
    for await (const batch of epochOf(source, "lrFinder: train")) {
      yield batch as B;
      if (--left === 0) return;
    }
    if (left === before) return;
  }
}

/** Where a curve falls most, by central differences; not at its noisy ends. */
function steepestOf(curve: readonly number[]): number | null {
  const skip = Math.min(10, Math.floor(curve.length / 10));
  let best: number | null = null;
  let slope = 0;
  for (let i = Math.max(1, skip); i < curve.length - 1; i++) {
    const here = (curve[i + 1] - curve[i - 1]) / 2;
    if (here < slope) [best, slope] = [i, here];
  }
  return best;
}

/** Takes note of everything that training changes, and gives it back. */
function stateOf<B>(model: Model, { optimizer }: LrFinderOptions<B>): () => void {
  const weights = copied(model.stateDict!());
  const state = copied(optimizer.stateDict!());
  const lrs = optimizer.paramGroups!.map(({ lr }) => lr);
  const rng = getRngState();
  const counted = optimizer as { stepCount?: number };
  const { stepCount } = counted;
  return () => {
    model.loadStateDict!(weights);
    optimizer.loadStateDict!(state);
    optimizer.paramGroups!.forEach((group, i) => {
      group.lr = lrs[i];
    });
    optimizer.zeroGrad();
    // Schedulers look at it.
    if (stepCount !== undefined) counted.stepCount = stepCount;
    setRngState(rng);
    for (const t of Object.values(weights)) t.dispose();
  };
}

function check<B>(model: Model, options: LrFinderOptions<B>): void {
  const { optimizer, startLr = 1e-7, endLr = 10, steps = 100, smoothing = 0.9 } = options;
  const fail = (message: string): never => {
    throw new DlError("value", `lrFinder: ${message}`);
  };
  if (!(startLr > 0 && endLr > startLr))
    fail(`rates go from startLr above 0 up to endLr, got ${startLr} and ${endLr}`);
  if (!Number.isInteger(steps) || steps < 3) fail(`steps is a whole number from 3, got ${steps}`);
  if (!(smoothing >= 0 && smoothing < 1)) fail(`smoothing is from 0 to below 1, got ${smoothing}`);
  if (!model.stateDict || !model.loadStateDict)
    fail("the model needs stateDict() and loadStateDict(dict), to be put back");
  if (!optimizer?.stateDict || !optimizer.loadStateDict || !optimizer.paramGroups)
    fail("the optimizer needs paramGroups, stateDict() and loadStateDict(dict), to be put back");
}
