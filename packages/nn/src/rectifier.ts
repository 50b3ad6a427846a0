/** Activation functions as layers: those made of pieces. */
import { DlError, full, type Generator, type Tensor } from "@dl/tensor/core";
import { inplaceRepr } from "./activation.ts";
import { checkCounts, checkInput } from "./check.ts";
import * as F from "./functional.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { type LayerOptions, type Parameter, parameterOf } from "./parameter.ts";
import { float } from "./python.ts";
import { warnIfNotRecording } from "./where.ts";

/**
 * x where it exceeds the threshold, else the value.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Threshold.html
 *
 * @example
 * new Threshold(0.1, 20)(tensor([0, 0.1, 0.5])) // => [20, 20, 0.5]
 */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;
  readonly inplace: boolean;
  constructor(threshold: number, value: number, { inplace = false }: F.Inplace = {}) {
    super();
    this.threshold = threshold;
    this.value = value;
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.threshold(x, this.threshold, this.value, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace, `threshold=${this.threshold}, value=${this.value}`);
  }
}

/**
 * min(max(x, 0), 6); no gradient at 0 and at 6.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
 *
 * @example
 * new ReLU6()(tensor([-1, 2, 8])) // => [0, 2, 6]
 */
export class ReLU6 extends Module {
  readonly inplace: boolean;
  constructor({ inplace = false }: F.Inplace = {}) {
    super();
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.relu6(x, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace);
  }
}

/**
 * x where it is positive, else x times a slope: in training one per element, uniform on [lower, upper); in evaluation
 * their mean (lower + upper) / 2. Defaults 1/8 and 1/3.
 *
 * The slopes come from a counter-based generator on the device, the same on each of our backends for one seed.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.RReLU.html
 *
 * @example
 * new RReLU({ lower: 0.1, upper: 0.3 }).eval()(tensor([-1, 2])) // => [-0.2, 2]
 */
export class RReLU extends Module {
  readonly lower: number;
  readonly upper: number;
  readonly inplace: boolean;
  private readonly _generator: Generator | undefined;
  constructor({
    lower = 1 / 8,
    upper = 1 / 3,
    inplace = false,
    generator,
  }: F.Inplace & { lower?: number; upper?: number; generator?: Generator } = {}) {
    super();
    this.lower = lower;
    this.upper = upper;
    this.inplace = inplace;
    this._generator = generator;
  }
  forward(x: Tensor): Tensor {
    const { lower, upper, training, inplace } = this;
    if (training) warnIfNotRecording(this);
    return F.rrelu(x, { lower, upper, training, inplace, generator: this._generator });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace, `lower=${float(this.lower)}, upper=${float(this.upper)}`);
  }
}

/**
 * max(0, x) + min(0, alpha · (exp(x / alpha) − 1)). Default alpha 1.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.CELU.html
 *
 * @example
 * new CELU({ alpha: 2 })(tensor([-1, 2])) // => [-0.786939, 2]
 */
export class CELU extends Module {
  readonly alpha: number;
  readonly inplace: boolean;
  constructor({ alpha = 1, inplace = false }: F.Inplace & { alpha?: number } = {}) {
    super();
    if (alpha === 0) throw new DlError("value", "CELU: alpha cannot be 0, it divides");
    this.alpha = alpha;
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.celu(x, { alpha: this.alpha, inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace, `alpha=${float(this.alpha)}`);
  }
}

/**
 * 1.0507 · x where it is positive, else 1.0507 · 1.6733 · (exp(x) − 1): with weights of variance 1/fanIn, activations
 * keep mean 0 and variance 1.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.SELU.html
 *
 * @example
 * new SELU()(tensor([-1, 1])) // => [-1.111331, 1.050701]
 */
export class SELU extends Module {
  readonly inplace: boolean;
  constructor({ inplace = false }: F.Inplace = {}) {
    super();
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.selu(x, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace);
  }
}

/**
 * x where it is positive, else weight · x, with a weight that is learnt: one for all, or one per channel.
 *
 *     x [N, C, ...] → y of that shape      weight [numParameters]
 *
 * @param options `numParameters` is 1 (default) or the number of channels; `init` is where the weight starts: 0.25.
 * @throws ShapeError when there are neither one weight nor as many as channels.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.PReLU.html
 *
 * @example
 * new PReLU()(tensor([-1, 2])) // => [-0.25, 2]
 */
export class PReLU extends Module {
  readonly numParameters: number;
  readonly init: number;
  weight: Parameter;
  constructor({
    numParameters = 1,
    init: start = 0.25,
    ...options
  }: LayerOptions & { numParameters?: number; init?: number } = {}) {
    super();
    checkCounts("PReLU", { numParameters });
    this.numParameters = numParameters;
    this.init = start;
    this.weight = parameterOf(full([numParameters], start, options));
  }
  resetParameters(): void {
    init.constant_(this.weight, this.init);
  }
  forward(x: Tensor): Tensor {
    checkInput("PReLU", x, this.weight.dtype);
    return F.prelu(x, this.weight);
  }
  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`;
  }
}

/**
 * A line from 0 at −3 to 1 at 3: min(max(x + 3, 0), 6) / 6.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
 *
 * @example
 * new Hardsigmoid()(tensor([-4, 0, 1.5])) // => [0, 0.5, 0.75]
 */
export class Hardsigmoid extends Module {
  readonly inplace: boolean;
  constructor({ inplace = false }: F.Inplace = {}) {
    super();
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.hardsigmoid(x, { inplace: this.inplace });
  }
}

/**
 * x · hardsigmoid(x).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
 *
 * @example
 * new Hardswish()(tensor([-4, 1.5, 4])) // => [0, 1.125, 4]
 */
export class Hardswish extends Module {
  readonly inplace: boolean;
  constructor({ inplace = false }: F.Inplace = {}) {
    super();
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.hardswish(x, { inplace: this.inplace });
  }
}

/**
 * 0 within ±lambd, else x. Default 0.5.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html
 *
 * @example
 * new Hardshrink()(tensor([-1, 0.3, 0.6])) // => [-1, 0, 0.6]
 */
export class Hardshrink extends Module {
  readonly lambd: number;
  constructor({ lambd = 0.5 }: { lambd?: number } = {}) {
    super();
    this.lambd = lambd;
  }
  forward(x: Tensor): Tensor {
    return F.hardshrink(x, { lambd: this.lambd });
  }
  override extraRepr(): string {
    return float(this.lambd);
  }
}

/**
 * x moved towards 0 by lambd, and 0 within ±lambd. Default 0.5.
 *
 * @throws DlError "value" when lambd is negative.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Softshrink.html
 *
 * @example
 * new Softshrink()(tensor([-1, 0.3, 0.75])) // => [-0.5, 0, 0.25]
 */
export class Softshrink extends Module {
  readonly lambd: number;
  constructor({ lambd = 0.5 }: { lambd?: number } = {}) {
    super();
    this.lambd = lambd;
  }
  forward(x: Tensor): Tensor {
    return F.softshrink(x, { lambd: this.lambd });
  }
  override extraRepr(): string {
    return float(this.lambd);
  }
}
