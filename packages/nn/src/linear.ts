import { formatShape, numelOf, ShapeError, type Tensor } from "@dl/tensor/core";
import { checkCounts, checkInput } from "./check.ts";
import { linear } from "./functional.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { emptyParameter, type LayerOptions, type Parameter } from "./parameter.ts";
import { bool } from "./python.ts";

export interface LinearOptions extends LayerOptions {
  /** Add a learnt bias. Default true. */
  bias?: boolean;
}

/**
 * Affine map over the last axis: `y = x Wᵀ + b`.
 *
 *     x [..., in] → y [..., out]      weight [out, in]      bias [out]
 *
 * Weight and bias start uniform on (−k, k), k = 1/√in.
 *
 * @throws ShapeError when the last axis of the input is not `inFeatures` long.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
 *
 * @example
 * new Linear(3, 2)(zeros(5, 3)).shape // => [5, 2]
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    inFeatures: number,
    outFeatures: number,
    { bias = true, ...options }: LinearOptions = {},
  ) {
    super();
    checkCounts("Linear", { inFeatures, outFeatures });
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = emptyParameter([outFeatures, inFeatures], options);
    this.bias = bias ? emptyParameter([outFeatures], options) : null;
    this.resetParameters();
  }

  /** Draws weight and bias anew. */
  resetParameters(): void {
    init.kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    if (this.bias) init.uniform_(this.bias, { a: -bound, b: bound });
  }

  forward(x: Tensor): Tensor {
    checkInput("Linear", x, this.weight.dtype);
    if (x.shape.at(-1) !== this.inFeatures) throw this._misfit(x);
    return linear(x, this.weight, { bias: this.bias });
  }

  private _misfit({ shape }: Tensor): ShapeError {
    const start = `Linear(inFeatures=${this.inFeatures}): the last dimension of the input ${formatShape(shape)} is`;
    const flat = numelOf(shape.slice(1));
    const isUnflattened = shape.length > 2 && flat === this.inFeatures;
    return new ShapeError(
      isUnflattened
        ? `${start} ${shape.at(-1)}: put new Flatten() before this layer, which makes it [${shape[0]}, ${flat}]`
        : shape.length > 2
          ? `${start} ${shape.at(-1)}: write new Linear(${shape.at(-1)}, ...), or new Flatten() before it and new Linear(${flat}, ...)`
          : `${start} ${shape.at(-1) ?? "missing"}: write new Linear(${shape.at(-1) ?? 1}, ...)`,
    );
  }

  override extraRepr(): string {
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${bool(this.bias !== null)}`;
  }
}
