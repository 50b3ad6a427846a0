import { formatShape, ones, ShapeError, type Tensor, zeros } from "@dl/tensor/core";
import { increment, normalizeByBatch, normalizeByStatistics } from "./batchNorm.ts";
import { checkCounts, checkInput } from "./check.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { type LayerOptions, type Parameter, parameterOf } from "./parameter.ts";
import { bool, float } from "./python.ts";
import { warnIfNotRecording } from "./where.ts";

export interface BatchNormOptions extends LayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** How far running statistics move towards a batch's; null averages over all batches. Default 0.1. */
  momentum?: number | null;
  /** Learn a weight and a bias per channel. Default true. */
  affine?: boolean;
  /** `false` learns only the weight. Default true. */
  bias?: boolean;
  /** Keep running statistics for evaluation. Default true; without them each batch's own are used always. */
  trackRunningStats?: boolean;
}

/**
 * A property of everything that keeps running averages over batches, whose `momentum` may be null and whose
 * `resetRunningStats()` forgets them: what `updateBn` of @dl/optim looks for, which does not know this package. A layer of
 * your own gets it by `readonly [Symbol.for("@dl/nn.BatchNorm")] = true`.
 */
const BATCH_NORM = Symbol.for("@dl/nn.BatchNorm");

abstract class BatchNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  runningMean: Tensor | null;
  runningVar: Tensor | null;
  /** int32; how many batches have been seen in training. */
  numBatchesTracked: Tensor | null;

  constructor(
    numFeatures: number,
    {
      eps = 1e-5,
      momentum = 0.1,
      affine = true,
      bias = true,
      trackRunningStats = true,
      dtype,
      device,
    }: BatchNormOptions = {},
  ) {
    super();
    const options = { dtype, device };
    checkCounts(new.target.name, { numFeatures });
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    this.weight = affine ? parameterOf(ones([numFeatures], options)) : null;
    this.bias = affine && bias ? parameterOf(zeros([numFeatures], options)) : null;
    const track = (make: () => Tensor) => (trackRunningStats ? make() : null);
    this.runningMean = this.registerBuffer(
      "runningMean",
      track(() => zeros([numFeatures], options)),
      { key: "running_mean" },
    );
    this.runningVar = this.registerBuffer(
      "runningVar",
      track(() => ones([numFeatures], options)),
      { key: "running_var" },
    );
    this.numBatchesTracked = this.registerBuffer(
      "numBatchesTracked",
      track(() => zeros([], { dtype: "int32", device })),
      { key: "num_batches_tracked" },
    );
  }

  /** Forgets what was seen. */
  resetRunningStats(): void {
    if (this.runningMean) init.zeros_(this.runningMean);
    if (this.runningVar) init.ones_(this.runningVar);
    if (this.numBatchesTracked) init.zeros_(this.numBatchesTracked);
  }
  /** Weight 1, bias 0, statistics forgotten. */
  resetParameters(): void {
    this.resetRunningStats();
    if (this.weight) init.ones_(this.weight);
    if (this.bias) init.zeros_(this.bias);
  }

  /** Which shapes it takes. */
  protected abstract accepts(rank: number): boolean;
  protected abstract wanted(): string;

  forward(x: Tensor): Tensor {
    checkInput(this.constructor.name, x, (this.weight ?? this.runningMean)?.dtype);
    this._check(x);
    const { weight, bias, eps, runningMean, runningVar, numBatchesTracked, momentum } = this;
    const affine = { weight, bias };
    if (!this.training && runningMean && runningVar)
      return normalizeByStatistics(x, runningMean, runningVar, affine, eps);
    if (this.training) warnIfNotRecording(this);
    const name = `${this.constructor.name}(${this.numFeatures})`;
    if (!this.training || !runningMean || !runningVar)
      return normalizeByBatch(x, affine, eps, undefined, name);
    if (numBatchesTracked) increment(numBatchesTracked);
    const factor = momentum ?? numBatchesTracked ?? 0;
    return normalizeByBatch(
      x,
      affine,
      eps,
      { mean: runningMean, variance: runningVar, factor },
      name,
    );
  }

  private _check({ shape, rank }: Tensor): void {
    const name = `${this.constructor.name}(${this.numFeatures})`;
    if (!this.accepts(rank)) {
      throw new ShapeError(
        `${name}: the input has to be ${this.wanted()}, got ${formatShape(shape)}`,
      );
    }
    if (shape[1] !== this.numFeatures) {
      throw new ShapeError(
        `${name}: the input ${formatShape(shape)} has ${shape[1]} channels, expected ${this.numFeatures}: write new ${this.constructor.name}(${shape[1]})`,
      );
    }
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, affine, bias, trackRunningStats } = this;
    return `${numFeatures}, eps=${float(eps)}, momentum=${float(momentum)}, affine=${bool(affine)}, bias=${bool(bias !== null)}, track_running_stats=${bool(trackRunningStats)}`;
  }
}

Object.defineProperty(BatchNorm.prototype, BATCH_NORM, { value: true });

/**
 * Batch normalisation of vectors or sequences, per channel.
 *
 *     y = (x − mean) / √(variance + eps) · weight + bias
 *     x [N, C] or [N, C, L] → y of that shape      weight, bias [C]
 *
 * In training mean and variance are those of the batch, and running ones move towards them (the variance's unbiased):
 * `running ← (1 − momentum) · running + momentum · batch`. In evaluation the running ones are used. Weight starts at 1,
 * bias at 0.
 *
 * @throws ShapeError for another number of channels, and in training for a batch with one value per channel.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
 *
 * @example
 * new BatchNorm1d(2, { affine: false })(tensor([[1, 0], [3, 4]])) // => [[-0.999995, -0.999999], [0.999995, 0.999999]]
 */
export class BatchNorm1d extends BatchNorm {
  protected accepts(rank: number): boolean {
    return rank === 2 || rank === 3;
  }
  protected wanted(): string {
    return `[N, ${this.numFeatures}] or [N, ${this.numFeatures}, L]`;
  }
}

/**
 * Batch normalisation of images, per channel.
 *
 *     y = (x − mean) / √(variance + eps) · weight + bias
 *     x [N, C, H, W] → y [N, C, H, W]      weight, bias [C]
 *
 * Statistics, starting values and errors are those of {@link BatchNorm1d}.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
 *
 * @example
 * new BatchNorm2d(8)(zeros(4, 8, 3, 3)).shape // => [4, 8, 3, 3]
 */
export class BatchNorm2d extends BatchNorm {
  protected accepts(rank: number): boolean {
    return rank === 4;
  }
  protected wanted(): string {
    return `[N, ${this.numFeatures}, H, W]`;
  }
}

/**
 * Batch normalisation of volumes, per channel.
 *
 *     y = (x − mean) / √(variance + eps) · weight + bias
 *     x [N, C, D, H, W] → y [N, C, D, H, W]      weight, bias [C]
 *
 * Statistics, starting values and errors are those of {@link BatchNorm1d}.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html
 *
 * @example
 * new BatchNorm3d(8)(zeros(4, 8, 3, 3, 3)).shape // => [4, 8, 3, 3, 3]
 */
export class BatchNorm3d extends BatchNorm {
  protected accepts(rank: number): boolean {
    return rank === 5;
  }
  protected wanted(): string {
    return `[N, ${this.numFeatures}, D, H, W]`;
  }
}
