import type { Generator, Tensor } from "@dl/tensor/core";
import {
  alphaDropout,
  checkProbability,
  type DropoutOptions,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from "./functional/dropout.ts";
import { Module } from "./module.ts";
import { bool, float } from "./python.ts";
import { warnIfNotRecording } from "./where.ts";

export interface DropoutModuleOptions {
  /** How likely an element, or a channel, is dropped. Default 0.5. */
  p?: number;
  /** Write the result into the input. Default false. */
  inplace?: boolean;
  /** What draws the mask. Default: the one that `manualSeed` starts. */
  generator?: Generator;
}

abstract class DropoutModule extends Module {
  readonly p: number;
  readonly inplace: boolean;
  private readonly _generator: Generator | undefined;

  constructor(options: number | DropoutModuleOptions = {}) {
    super();
    const {
      p = 0.5,
      inplace = false,
      generator,
    } = typeof options === "number" ? { p: options } : options;
    checkProbability(p, new.target.name);
    this.p = p;
    this.inplace = inplace;
    this._generator = generator;
  }

  protected abstract drop(x: Tensor, options: DropoutOptions): Tensor;

  forward(x: Tensor): Tensor {
    const { p, training, inplace } = this;
    if (training && p > 0) warnIfNotRecording(this);
    return this.drop(x, { p, training, inplace, generator: this._generator });
  }

  override extraRepr(): string {
    return `p=${float(this.p)}, inplace=${bool(this.inplace)}`;
  }
}

/**
 * In training, each element becomes 0 with probability p, and the others are divided by 1 − p; in evaluation everything
 * passes.
 *
 *     y = x · mask / (1 − p)
 *
 * The mask comes from a counter-based generator on the device, the same on each of our backends for one seed.
 *
 * @param options `p`, how likely an element is dropped, or that number itself. Default 0.5.
 * @throws DlError "value" when p is outside 0 … 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 *
 * @example
 * new Dropout({ p: 0.5 }).eval()(tensor([1, 2, 3])) // => [1, 2, 3]
 */
export class Dropout extends DropoutModule {
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return dropout(x, options);
  }
}

/**
 * {@link Dropout} of whole channels of sequences, `[N, C, L]` or `[C, L]`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html
 *
 * @example
 * new Dropout1d().eval()(ones(2, 3)) // => [[1, 1, 1], [1, 1, 1]]
 */
export class Dropout1d extends DropoutModule {
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return dropout1d(x, options);
  }
}

/**
 * {@link Dropout} of whole channels of images, `[N, C, H, W]`. Three dimensions are taken as `[N, C, L]`, as PyTorch
 * does.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html
 *
 * @example
 * new Dropout2d({ p: 1 })(ones(1, 1, 2, 2)) // => [[[[0, 0], [0, 0]]]]
 */
export class Dropout2d extends DropoutModule {
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return dropout2d(x, options);
  }
}

/**
 * {@link Dropout} of whole channels of volumes, `[N, C, D, H, W]` or `[C, D, H, W]`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html
 *
 * @example
 * new Dropout3d({ p: 1 })(ones(1, 1, 1, 1, 2)) // => [[[[[0, 0]]]]]
 */
export class Dropout3d extends DropoutModule {
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return dropout3d(x, options);
  }
}

/**
 * Dropout for networks of `SELU`: in training a dropped element becomes −1.7581, what SELU saturates at, and the result
 * is scaled and moved so that mean 0 and variance 1 stay (Klambauer et al., 2017).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html
 *
 * @example
 * new AlphaDropout().eval()(tensor([1, 2, 3])) // => [1, 2, 3]
 */
export class AlphaDropout extends DropoutModule {
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return alphaDropout(x, options);
  }
}

/**
 * {@link AlphaDropout} of whole channels, `[N, C, ...]`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html
 *
 * @example
 * new FeatureAlphaDropout().eval()(ones(1, 3)) // => [[1, 1, 1]]
 */
export class FeatureAlphaDropout extends DropoutModule {
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return featureAlphaDropout(x, options);
  }
}
