import { DlError, formatShape, ShapeError, type Tensor } from "@dl/tensor/core";
import {
  type LinearCrossEntropyCall,
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
  printedCall,
} from "./functional/linearCrossEntropy.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import type { LayerOptions } from "./parameter.ts";
import { bool, tuple } from "./python.ts";

export interface LinearCrossEntropyLossOptions
  extends LayerOptions,
    Omit<LinearCrossEntropyCall, "linearBias"> {
  /** Dimensions d₁, … of the outputs beside the classes. Default: none. */
  outFeatures?: readonly number[];
  /** Add a learnt bias to the logits. Default false. */
  bias?: boolean;
}

/**
 * A linear layer to the logits of classes, and cross-entropy: the last layer of a model, and its loss. It has parameters,
 * and so is here and not in @dl/losses.
 *
 *     input [N, in] or [in]      target [N, d₁, …] class indices, or [N, C, d₁, …] probabilities
 *
 * Its linear layer starts like {@link Linear}. For many classes `options: new LinearCrossEntropyOptions()` computes the
 * logits of some rows at a time, and again in the backward pass, instead of keeping them all.
 *
 * @throws ShapeError when the shapes do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LinearCrossEntropyLoss.html
 *
 * @example
 * const loss = new LinearCrossEntropyLoss(5, 10);
 * loss(zeros(2, 5), tensor([1, 7])) // => 2.30259
 */
export class LinearCrossEntropyLoss extends Module {
  readonly numClasses: number;
  readonly outFeatures: readonly number[];
  weight: Tensor | null;
  reduction: "none" | "mean" | "sum";
  ignoreIndex: number | null;
  labelSmoothing: number;
  linear: Linear;
  options: LinearCrossEntropyOptions | null;

  constructor(
    inFeatures: number,
    numClasses: number,
    {
      outFeatures = [],
      bias = false,
      weight = null,
      reduction = "mean",
      ignoreIndex = null,
      labelSmoothing = 0,
      options = null,
      dtype,
      device,
    }: LinearCrossEntropyLossOptions = {},
  ) {
    super();
    if (weight && (weight.rank !== 1 || weight.numel !== numClasses))
      throw new ShapeError(
        `LinearCrossEntropyLoss: weight has to be [${numClasses}], got ${formatShape(weight.shape)}`,
      );
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
      throw new DlError(
        "value",
        `LinearCrossEntropyLoss: labelSmoothing ${labelSmoothing} has to be within 0 … 1`,
      );
    this.weight = this.registerBuffer("weight", weight);
    this.numClasses = numClasses;
    this.outFeatures = outFeatures;
    this.reduction = reduction;
    this.ignoreIndex = ignoreIndex;
    this.labelSmoothing = labelSmoothing;
    const outputs = outFeatures.reduce((a, b) => a * b, numClasses);
    this.linear = new Linear(inFeatures, outputs, { bias, dtype, device });
    this.options = options;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, bias } = this.linear;
    const outputs = [this.numClasses, ...this.outFeatures];
    const { weight: classWeight, reduction, ignoreIndex, labelSmoothing, options } = this;
    return linearCrossEntropy(input, weight.reshape([...outputs, -1]), target, {
      linearBias: bias?.reshape(outputs),
      weight: classWeight,
      reduction,
      ignoreIndex,
      labelSmoothing,
      options,
    });
  }
  override extraRepr(): string {
    const { inFeatures, bias } = this.linear;
    return `in_features=${inFeatures}, num_classes=${this.numClasses}, out_features=${tuple(this.outFeatures)}, bias=${bool(bias !== null)}, ${printedCall(this)}`;
  }
}
