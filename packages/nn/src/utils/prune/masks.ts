/** Nothing, or what a mask says, is switched off. */
import { formatShape, ShapeError, sameShape, type Tensor } from "@dl/tensor/core";
import type { Module } from "../../module.ts";
import { fieldOf } from "../derived.ts";
import { applyMethod, BasePruningMethod } from "./method.ts";

/**
 * Switches nothing off.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.Identity.html
 *
 * @example
 * new Identity().prune(tensor([2, -1])) // => [2, -1]
 */
export class Identity extends BasePruningMethod {
  override readonly pruningType = "unstructured";
  override computeMask(_: Tensor, defaultMask: Tensor): Tensor {
    return defaultMask.clone();
  }
}
/**
 * Switches off what a mask says: where it is 0.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.CustomFromMask.html
 *
 * @example
 * new CustomFromMask(tensor([0, 1])).prune(tensor([2, -1])) // => [0, -1]
 */
export class CustomFromMask extends BasePruningMethod {
  override readonly pruningType = "global";
  readonly mask: Tensor;

  constructor(mask: Tensor) {
    super();
    this.mask = mask;
  }
  override computeMask(_: Tensor, defaultMask: Tensor): Tensor {
    return defaultMask.mul(this.mask.to(defaultMask));
  }
}

/**
 * Prepares a parameter for pruning without switching anything off.
 *
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.identity.html
 */
export function identity<M extends Module>(module: M, name: string): M {
  Identity.apply(module, name);
  return module;
}
/**
 * Switches off what a mask says: where it is 0.
 *
 * @throws ShapeError when the mask has another shape than the parameter.
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.custom_from_mask.html
 *
 * @example
 * const layer = customFromMask(new Linear(2, 1), "weight", tensor([[0, 1]]));
 * layer.weight.ne(0).sum() // => 1
 */
export function customFromMask<M extends Module>(module: M, name: string, mask: Tensor): M {
  const shape = fieldOf(module, name)?.shape;
  if (shape && !sameShape(mask.shape, shape))
    throw new ShapeError(
      `customFromMask: the mask has to be ${formatShape(shape)} like ${name}, got ${formatShape(mask.shape)}`,
    );
  applyMethod(new CustomFromMask(mask), module, name);
  return module;
}
