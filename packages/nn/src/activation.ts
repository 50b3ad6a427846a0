/** Activation functions as layers. */
import { DlError, formatShape, ShapeError, type Tensor } from "@dl/tensor/core";
import * as F from "./functional.ts";
import { Module } from "./module.ts";
import { float } from "./python.ts";

/** What is printed: `inplace=True`, after what stands before it. */
export const inplaceRepr = (inplace: boolean, before = ""): string =>
  [...(before ? [before] : []), ...(inplace ? ["inplace=True"] : [])].join(", ");

/**
 * max(x, 0), letting NaN pass; the gradient at 0 is 0.
 *
 * @param options `inplace` writes the result into the input.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 *
 * @example
 * new ReLU()(tensor([-1, 2])) // => [0, 2]
 */
export class ReLU extends Module {
  readonly inplace: boolean;
  constructor({ inplace = false }: F.Inplace = {}) {
    super();
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.relu(x, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace);
  }
}

/**
 * x where it is positive, else negativeSlope · x. Default slope 0.01.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 *
 * @example
 * new LeakyReLU({ negativeSlope: 0.1 })(tensor([-1, 2])) // => [-0.1, 2]
 */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;
  readonly inplace: boolean;
  constructor({
    negativeSlope = 0.01,
    inplace = false,
  }: F.Inplace & { negativeSlope?: number } = {}) {
    super();
    this.negativeSlope = negativeSlope;
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.leakyRelu(x, { negativeSlope: this.negativeSlope, inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace, `negative_slope=${float(this.negativeSlope)}`);
  }
}

/**
 * 1 / (1 + exp(−x))
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 *
 * @example
 * new Sigmoid()(tensor([0, 1])) // => [0.5, 0.731059]
 */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return F.sigmoid(x);
  }
}

/**
 * The hyperbolic tangent.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 *
 * @example
 * new Tanh()(tensor([0, 1])) // => [0, 0.761594]
 */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return F.tanh(x);
  }
}

/** PyTorch guesses a missing dimension; which one is meant is said here. */
function dimOf(options: number | { dim: number }, name: string): number {
  const dim = typeof options === "number" ? options : options?.dim;
  if (!Number.isInteger(dim)) {
    throw new DlError(
      "value",
      `${name}: along which dimension? Write new ${name}({ dim: 1 }) for scores [N, C]`,
    );
  }
  return dim;
}

/**
 * exp(x) / Σ exp(x) along `dim`. Not before `crossEntropy`, which does this itself.
 *
 * @param options `{ dim }`, or the dimension itself
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 *
 * @example
 * new Softmax({ dim: 1 })(tensor([[0, 0], [0, 1]])) // => [[0.5, 0.5], [0.268941, 0.731059]]
 */
export class Softmax extends Module {
  readonly dim: number;
  constructor(options: number | { dim: number }) {
    super();
    this.dim = dimOf(options, "Softmax");
  }
  forward(x: Tensor): Tensor {
    return F.softmax(x, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * x − log Σ exp(x) along `dim`: the logarithm of softmax, without overflow.
 *
 * @param options `{ dim }`, or the dimension itself
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 *
 * @example
 * new LogSoftmax({ dim: 1 })(tensor([[0, 0]])) // => [[-0.693147, -0.693147]]
 */
export class LogSoftmax extends Module {
  readonly dim: number;
  constructor(options: number | { dim: number }) {
    super();
    this.dim = dimOf(options, "LogSoftmax");
  }
  forward(x: Tensor): Tensor {
    return F.logSoftmax(x, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * x · Φ(x), by the error function; with `approximate: "tanh"` ½x(1 + tanh(√(2/π)(x + 0.044715x³))).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.GELU.html
 *
 * @example
 * new GELU()(tensor([-1, 0, 1])) // => [-0.158655, 0, 0.841345]
 */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";
  constructor({ approximate = "none" }: { approximate?: "none" | "tanh" } = {}) {
    super();
    this.approximate = approximate;
  }
  forward(x: Tensor): Tensor {
    return F.gelu(x, { approximate: this.approximate });
  }
  override extraRepr(): string {
    return `approximate='${this.approximate}'`;
  }
}

/**
 * x · sigmoid(x), also called swish.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.SiLU.html
 *
 * @example
 * new SiLU()(tensor([0, 1])) // => [0, 0.731059]
 */
export class SiLU extends Module {
  readonly inplace: boolean;
  constructor({ inplace = false }: F.Inplace = {}) {
    super();
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.silu(x, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace);
  }
}

/**
 * x where it is positive, else alpha · (exp(x) − 1). Default alpha 1.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.ELU.html
 *
 * @example
 * new ELU()(tensor([-1, 2])) // => [-0.632121, 2]
 */
export class ELU extends Module {
  readonly alpha: number;
  readonly inplace: boolean;
  constructor({ alpha = 1, inplace = false }: F.Inplace & { alpha?: number } = {}) {
    super();
    this.alpha = alpha;
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.elu(x, { alpha: this.alpha, inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace, `alpha=${float(this.alpha)}`);
  }
}

/**
 * log(1 + exp(beta · x)) / beta, and x itself where beta · x exceeds the threshold. Defaults 1 and 20.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 *
 * @example
 * new Softplus()(tensor([0, 30])) // => [0.693147, 30]
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;
  constructor({ beta = 1, threshold = 20 }: { beta?: number; threshold?: number } = {}) {
    super();
    this.beta = beta;
    this.threshold = threshold;
  }
  forward(x: Tensor): Tensor {
    return F.softplus(x, { beta: this.beta, threshold: this.threshold });
  }
  override extraRepr(): string {
    return `beta=${float(this.beta)}, threshold=${float(this.threshold)}`;
  }
}

/**
 * x limited to [minVal, maxVal]; no gradient outside and at the ends. Defaults −1 and 1.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
 *
 * @example
 * new Hardtanh()(tensor([-2, 0.5, 3])) // => [-1, 0.5, 1]
 */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;
  readonly inplace: boolean;
  constructor({
    minVal = -1,
    maxVal = 1,
    inplace = false,
  }: F.Inplace & { minVal?: number; maxVal?: number } = {}) {
    super();
    if (!(maxVal > minVal))
      throw new DlError("value", `Hardtanh: maxVal ${maxVal} has to be above minVal ${minVal}`);
    this.minVal = minVal;
    this.maxVal = maxVal;
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.hardtanh(x, { minVal: this.minVal, maxVal: this.maxVal, inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(
      this.inplace,
      `min_val=${float(this.minVal)}, max_val=${float(this.maxVal)}`,
    );
  }
}

/**
 * x · tanh(log(1 + exp(x))).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Mish.html
 *
 * @example
 * new Mish()(tensor([-1, 1])) // => [-0.303401, 0.865098]
 */
export class Mish extends Module {
  readonly inplace: boolean;
  constructor({ inplace = false }: F.Inplace = {}) {
    super();
    this.inplace = inplace;
  }
  forward(x: Tensor): Tensor {
    return F.mish(x, { inplace: this.inplace });
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace);
  }
}

/**
 * log(1 / (1 + exp(−x))), without overflow.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 *
 * @example
 * new LogSigmoid()(tensor([0, -100])) // => [-0.693147, -100]
 */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return F.logSigmoid(x);
  }
}

/**
 * x / (1 + |x|).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Softsign.html
 *
 * @example
 * new Softsign()(tensor([-3, 1])) // => [-0.75, 0.5]
 */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return F.softsign(x);
  }
}

/**
 * x − tanh(x).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html
 *
 * @example
 * new Tanhshrink()(tensor([0, 1])) // => [0, 0.238406]
 */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    return F.tanhshrink(x);
  }
}

/**
 * The first half along `dim`, times the sigmoid of the second. Default: the last dimension.
 *
 * @throws ShapeError when that dimension is odd.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.GLU.html
 *
 * @example
 * new GLU()(tensor([3, 4, 0, 0])) // => [1.5, 2]
 */
export class GLU extends Module {
  readonly dim: number;
  constructor({ dim = -1 }: { dim?: number } = {}) {
    super();
    this.dim = dim;
  }
  forward(x: Tensor): Tensor {
    return F.glu(x, { dim: this.dim });
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * exp(−x) / Σ exp(−x) along `dim`.
 *
 * @param options `{ dim }`, or the dimension itself
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmin.html
 *
 * @example
 * new Softmin({ dim: 1 })(tensor([[0, 1]])) // => [[0.731059, 0.268941]]
 */
export class Softmin extends Module {
  readonly dim: number;
  constructor(options: number | { dim: number }) {
    super();
    this.dim = dimOf(options, "Softmin");
  }
  forward(x: Tensor): Tensor {
    return F.softmin(x, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * Softmax over the channels at every place of an image, `[N, C, H, W]` or `[C, H, W]`.
 *
 * @throws ShapeError for another number of dimensions.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax2d.html
 *
 * @example
 * new Softmax2d()(zeros(2, 1, 1)) // => [[[0.5]], [[0.5]]]
 */
export class Softmax2d extends Module {
  forward(x: Tensor): Tensor {
    if (x.rank !== 3 && x.rank !== 4) {
      throw new ShapeError(
        `Softmax2d: the input has to be [N, C, H, W] or [C, H, W], got ${formatShape(x.shape)}`,
      );
    }
    return F.softmax(x, -3);
  }
}
