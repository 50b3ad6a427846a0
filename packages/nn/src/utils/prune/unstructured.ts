/** Single elements that are switched off. */
import { type Tensor, tensor } from "@dl/tensor/core";
import type { Module } from "../../module.ts";
import { countOf, drawn, onHost, ranked, requireAmount } from "./choice.ts";
import { applyMethod, BasePruningMethod, type ImportanceOptions } from "./method.ts";

abstract class Unstructured extends BasePruningMethod {
  override readonly pruningType = "unstructured";
  readonly amount: number;

  /** @param amount a part from 0 to 1, or a whole number of elements */
  constructor(amount: number) {
    super();
    requireAmount(new.target.name, amount);
    this.amount = amount;
  }
  /** Positions of all elements, the first to go first. */
  protected abstract order(t: Tensor): number[];

  override computeMask(t: Tensor, defaultMask: Tensor): Tensor {
    const mask = onHost(defaultMask);
    const count = countOf(this.constructor.name, this.amount, t.numel);
    if (count > 0) for (const i of this.order(t).slice(0, count)) mask[i] = 0;
    const { dtype, device } = defaultMask;
    return tensor(mask, { shape: t.shape, dtype, device });
  }
}

/**
 * Chooses the elements with the smallest absolute values.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.L1Unstructured.html
 *
 * @example
 * new L1Unstructured(1).prune(tensor([2, -1, 3])) // => [2, 0, 3]
 */
export class L1Unstructured extends Unstructured {
  protected order(t: Tensor): number[] {
    return ranked(onHost(t).map(Math.abs));
  }
  static override apply(
    module: Module,
    name: string,
    amount: number,
    options?: ImportanceOptions,
  ): BasePruningMethod {
    return applyMethod(new L1Unstructured(amount), module, name, options);
  }
}
/**
 * Chooses elements at random: those of PyTorch after the same seed.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.RandomUnstructured.html
 *
 * @example
 * new RandomUnstructured(2).prune(ones(5)).sum() // => 3
 */
export class RandomUnstructured extends Unstructured {
  protected order(t: Tensor): number[] {
    return ranked(drawn(t.numel, t.dtype === "float64"), true);
  }
  static override apply(module: Module, name: string, amount: number): BasePruningMethod {
    return applyMethod(new RandomUnstructured(amount), module, name);
  }
}

/**
 * Switches off the elements with the smallest absolute values.
 *
 * @param amount a part from 0 to 1, or a whole number of elements
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.l1_unstructured.html
 *
 * @example
 * const layer = l1Unstructured(new Linear(4, 2), "weight", 0.5);
 * Object.keys(layer.stateDict()) // => ["bias", "weight_orig", "weight_mask"]
 * layer.weight.ne(0).sum() // => 4
 */
export function l1Unstructured<M extends Module>(
  module: M,
  name: string,
  amount: number,
  options: ImportanceOptions = {},
): M {
  L1Unstructured.apply(module, name, amount, options);
  return module;
}
/**
 * Switches off elements at random: those of PyTorch after the same seed.
 *
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.random_unstructured.html
 */
export function randomUnstructured<M extends Module>(module: M, name: string, amount: number): M {
  RandomUnstructured.apply(module, name, amount);
  return module;
}
