import {
  DlError,
  type FractionalMaxPoolOptions,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  type Generator,
  type PairArgument,
  type PoolResult,
  pair,
  type ReturnIndices,
  type Tensor,
} from "@dl/tensor/core";
import { Module } from "./module.ts";

abstract class FractionalMaxPool<I extends boolean> extends Module {
  readonly kernelSize: readonly number[];
  readonly outputSize: readonly number[] | null;
  readonly outputRatio: readonly number[] | null;
  readonly returnIndices: boolean;
  _randomSamples: Tensor | null;
  private readonly _generator: Generator | undefined;

  constructor(
    dims: number,
    kernelSize: PairArgument,
    {
      outputSize = null,
      outputRatio = null,
      returnIndices,
      _randomSamples = null,
      generator,
    }: FractionalMaxPoolOptions & ReturnIndices<I>,
  ) {
    super();
    const name = new.target.name;
    if ((outputSize === null) === (outputRatio === null))
      throw new DlError("value", `${name}: one of outputSize and outputRatio is needed`);
    this.kernelSize = pair(kernelSize, `${name}: kernelSize`, dims);
    this.outputSize = outputSize === null ? null : pair(outputSize, `${name}: outputSize`, dims);
    this.outputRatio =
      typeof outputRatio === "number" ? new Array<number>(dims).fill(outputRatio) : outputRatio;
    if (this.outputRatio && !this.outputRatio.every((ratio) => ratio > 0 && ratio < 1))
      throw new DlError(
        "value",
        `${name}: outputRatio has to be between 0 and 1, got ${JSON.stringify(outputRatio)}`,
      );
    this.returnIndices = returnIndices ?? false;
    this._randomSamples = this.registerBuffer("_randomSamples", _randomSamples, {
      key: "_random_samples",
    });
    this._generator = generator;
  }

  protected get options(): FractionalMaxPoolOptions & ReturnIndices<boolean> {
    const { outputSize, outputRatio, returnIndices, _randomSamples } = this;
    return { outputSize, outputRatio, returnIndices, _randomSamples, generator: this._generator };
  }
}

/**
 * Maxima of windows of images at random places (Graham 2014), so that sizes shrink by a factor that is no whole number:
 * from one window to the next there are steps of two lengths, in random order. New places in every call, for every channel.
 *
 *     x [N, C, H, W] or [C, H, W] → y [N, C, OH, OW]
 *
 * `outputSize` or `outputRatio` says how large the result is. After `manualSeed(n)` the places are PyTorch's.
 * With `returnIndices` a call gives `{ values, indices }`: where in its [H, W] plane each maximum is.
 *
 * @throws DlError "value" unless one of `outputSize` and `outputRatio` is given, ShapeError when the windows do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool2d.html
 *
 * @example
 * new FractionalMaxPool2d(2, { outputRatio: 0.7 })(zeros(1, 10, 10)).shape // => [1, 7, 7]
 */
export class FractionalMaxPool2d<I extends boolean = false> extends FractionalMaxPool<I> {
  constructor(kernelSize: PairArgument, options: FractionalMaxPoolOptions & ReturnIndices<I> = {}) {
    super(2, kernelSize, options);
  }
  forward(x: Tensor): PoolResult<I> {
    return fractionalMaxPool2d(x, this.kernelSize, this.options) as PoolResult<I>;
  }
}

/**
 * Maxima of windows of volumes at random places (Graham 2014), so that sizes shrink by a factor that is no whole number:
 * from one window to the next there are steps of two lengths, in random order. New places in every call, for every channel.
 *
 *     x [N, C, D, H, W] or [C, D, H, W] → y [N, C, OD, OH, OW]
 *
 * `outputSize` or `outputRatio` says how large the result is. After `manualSeed(n)` the places are PyTorch's.
 * With `returnIndices` a call gives `{ values, indices }`: where in its [D, H, W] volume each maximum is.
 *
 * @throws DlError "value" unless one of `outputSize` and `outputRatio` is given, ShapeError when the windows do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool3d.html
 *
 * @example
 * new FractionalMaxPool3d(2, { outputRatio: 0.7 })(zeros(1, 10, 10, 10)).shape // => [1, 7, 7, 7]
 */
export class FractionalMaxPool3d<I extends boolean = false> extends FractionalMaxPool<I> {
  constructor(kernelSize: PairArgument, options: FractionalMaxPoolOptions & ReturnIndices<I> = {}) {
    super(3, kernelSize, options);
  }
  forward(x: Tensor): PoolResult<I> {
    return fractionalMaxPool3d(x, this.kernelSize, this.options) as PoolResult<I>;
  }
}
