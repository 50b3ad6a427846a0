import { formatShape, ones, ShapeError, type Tensor, zeros } from "@dl/tensor/core";
import { checkCounts, checkInput } from "./check.ts";
import { instanceNorm } from "./functional/normalization.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { type LayerOptions, type Parameter, parameterOf } from "./parameter.ts";
import { bool, float } from "./python.ts";
import { warnOnce } from "./quiet.ts";

export interface InstanceNormOptions extends LayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** How far running statistics move towards a batch's. Default 0.1. */
  momentum?: number | null;
  /** Learn a weight and a bias per channel. Default false. */
  affine?: boolean;
  /** With `affine`, `false` learns only the weight. Default true. */
  bias?: boolean;
  /** Keep running statistics and use them in evaluation. Default false. */
  trackRunningStats?: boolean;
}

abstract class InstanceNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  runningMean: Tensor | null;
  runningVar: Tensor | null;
  /** int32; PyTorch has it, and never counts. */
  numBatchesTracked: Tensor | null;

  constructor(
    numFeatures: number,
    {
      eps = 1e-5,
      momentum = 0.1,
      affine = false,
      bias = true,
      trackRunningStats = false,
      dtype,
      device,
    }: InstanceNormOptions = {},
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

  /** Dimensions of a batch. */
  protected abstract readonly rank: number;
  /** The dimensions behind the channels, for messages. */
  protected abstract readonly places: string;

  forward(x: Tensor): Tensor {
    const { weight, bias, eps, runningMean, runningVar, momentum, rank } = this;
    checkInput(this.constructor.name, x, (weight ?? runningMean)?.dtype);
    this._check(x);
    const batch = x.rank === rank ? x : x.unsqueeze(0);
    const y = instanceNorm(batch, {
      weight,
      bias,
      eps,
      runningMean,
      runningVar,
      momentum: momentum ?? 0,
      useInputStats: this.training || !runningMean || !runningVar,
    });
    return x.rank === rank ? y : y.squeeze(0);
  }

  private _check({ shape, rank }: Tensor): void {
    const name = `${this.constructor.name}(${this.numFeatures})`;
    if (rank !== this.rank && rank !== this.rank - 1) {
      const one = `${this.numFeatures}, ${this.places}]`;
      throw new ShapeError(
        `${name}: the input has to be [N, ${one} or [${one}, got ${formatShape(shape)}`,
      );
    }
    const channels = shape[rank - this.rank + 1];
    if (channels === this.numFeatures) return;
    const message = `${name}: the input ${formatShape(shape)} has ${channels} channels, expected ${this.numFeatures}: write new ${this.constructor.name}(${channels})`;
    // Without parameters and statistics any number of channels works.
    if (this.affine || this.runningMean) throw new ShapeError(message);
    warnOnce(`channels of ${name}`, () => message);
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, affine, bias, trackRunningStats } = this;
    return `${numFeatures}, eps=${float(eps)}, momentum=${float(momentum)}, affine=${bool(affine)}, bias=${bool(bias !== null)}, track_running_stats=${bool(trackRunningStats)}`;
  }
}

/**
 * Normalisation of each channel of each sequence.
 *
 *     y = (x − mean) / √(variance + eps) · weight + bias
 *     x [N, C, L] or [C, L] → y of that shape      weight, bias [C]
 *
 * Mean and (biased) variance are those of a sample's channel, in training and in evaluation. By default nothing is
 * learnt; with `affine` weight starts at 1, bias at 0. With `trackRunningStats` averages over samples are kept, as in
 * {@link BatchNorm1d}, and used in evaluation.
 *
 * @throws ShapeError for another number of channels, and for one value per channel.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html
 *
 * @example
 * new InstanceNorm1d(1)(tensor([[[1, 3]], [[10, 30]]])) // => [[[-0.999995, 0.999995]], [[-1, 1]]]
 */
export class InstanceNorm1d extends InstanceNorm {
  protected readonly rank = 3;
  protected readonly places = "L";
}

/**
 * Normalisation of each channel of each image, `[N, C, H, W]` or `[C, H, W]`. All else is as in {@link InstanceNorm1d}.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html
 *
 * @example
 * new InstanceNorm2d(3)(zeros(2, 3, 4, 4)).shape // => [2, 3, 4, 4]
 */
export class InstanceNorm2d extends InstanceNorm {
  protected readonly rank = 4;
  protected readonly places = "H, W";
}

/**
 * Normalisation of each channel of each volume, `[N, C, D, H, W]` or `[C, D, H, W]`. All else is as in
 * {@link InstanceNorm1d}.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html
 *
 * @example
 * new InstanceNorm3d(3)(zeros(2, 3, 4, 4, 4)).shape // => [2, 3, 4, 4, 4]
 */
export class InstanceNorm3d extends InstanceNorm {
  protected readonly rank = 5;
  protected readonly places = "D, H, W";
}
