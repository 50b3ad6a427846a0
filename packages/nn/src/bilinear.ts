import type { Tensor } from "@dl/tensor/core";
import { checkCounts, checkInput } from "./check.ts";
import { bilinear } from "./functional/bilinear.ts";
import * as init from "./init.ts";
import type { LinearOptions } from "./linear.ts";
import { Module } from "./module.ts";
import { emptyParameter, type Parameter } from "./parameter.ts";
import { bool } from "./python.ts";

/**
 * A bilinear form of two inputs for each output: `y[..., o] = x1ᵀ W[o] x2 + b[o]`.
 *
 *     x1 [..., in1], x2 [..., in2] → y [..., out]      weight [out, in1, in2]      bias [out]
 *
 * Weight and bias start uniform on (−k, k), k = 1/√in1.
 *
 * @throws ShapeError when the inputs do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Bilinear.html
 *
 * @example
 * new Bilinear(3, 4, 2)(zeros(5, 3), zeros(5, 4)).shape // => [5, 2]
 */
export class Bilinear extends Module {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    { bias = true, ...options }: LinearOptions = {},
  ) {
    super();
    checkCounts("Bilinear", { in1Features, in2Features, outFeatures });
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    this.weight = emptyParameter([outFeatures, in1Features, in2Features], options);
    this.bias = bias ? emptyParameter([outFeatures], options) : null;
    this.resetParameters();
  }

  /** Draws weight and bias anew. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    init.uniform_(this.weight, { a: -bound, b: bound });
    if (this.bias) init.uniform_(this.bias, { a: -bound, b: bound });
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    checkInput("Bilinear", x1, this.weight.dtype);
    checkInput("Bilinear", x2, this.weight.dtype);
    return bilinear(x1, x2, this.weight, { bias: this.bias });
  }
  override extraRepr(): string {
    return `in1_features=${this.in1Features}, in2_features=${this.in2Features}, out_features=${this.outFeatures}, bias=${bool(this.bias !== null)}`;
  }
}
