/** Whole indices of a dimension that are switched off. */
import { type Tensor, tensor } from "@dl/tensor/core";
import type { Module } from "../../module.ts";
import { axisOf, channelIndex, countOf, drawn, onHost, ranked, requireAmount } from "./choice.ts";
import { applyMethod, BasePruningMethod, type ImportanceOptions } from "./method.ts";

export interface StructuredOptions {
  /** Which dimension. Default −1. */
  dim?: number;
}

abstract class Structured extends BasePruningMethod {
  override readonly pruningType = "structured";
  readonly amount: number;
  readonly dim: number;

  constructor(amount: number, dim: number) {
    super();
    requireAmount(new.target.name, amount);
    this.amount = amount;
    this.dim = dim;
  }
  /** How much each index counts, of `count`. */
  protected abstract weights(count: number, slice: (c: number) => Float64Array): Float64Array;

  override computeMask(t: Tensor, defaultMask: Tensor): Tensor {
    const caller = this.constructor.name;
    const axis = axisOf(caller, t.shape, this.dim);
    const size = t.shape[axis];
    const channel = channelIndex(t.shape, axis);
    const mask = onHost(defaultMask);
    const count = countOf(caller, this.amount, size);
    if (count > 0) {
      const values = onHost(t);
      const slice = (c: number) => values.filter((_, i) => channel(i) === c);
      const gone = new Set(ranked(this.weights(size, slice)).slice(0, count));
      mask.forEach((_, i) => {
        if (gone.has(channel(i))) mask[i] = 0;
      });
    }
    const { dtype, device } = defaultMask;
    return tensor(mask, { shape: t.shape, dtype, device });
  }
}

/**
 * Chooses the indices with the smallest norm.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.LnStructured.html
 *
 * @example
 * new LnStructured(1, 2, { dim: 0 }).prune(tensor([[1, 2], [2, 0]])) // => [[1, 2], [0, 0]]
 */
export class LnStructured extends Structured {
  readonly n: number;

  /**
   * @param amount a part from 0 to 1, or a whole number of indices
   * @param n the order of the norm: 1, 2, Infinity, …
   */
  constructor(amount: number, n: number, { dim = -1 }: StructuredOptions = {}) {
    super(amount, dim);
    this.n = n;
  }
  protected weights(count: number, slice: (c: number) => Float64Array): Float64Array {
    return Float64Array.from({ length: count }, (_, c) => normOf(slice(c), this.n));
  }
  static override apply(
    module: Module,
    name: string,
    amount: number,
    n: number,
    dim: number,
    options?: ImportanceOptions,
  ): BasePruningMethod {
    return applyMethod(new LnStructured(amount, n, { dim }), module, name, options);
  }
}
function normOf(x: Float64Array, n: number): number {
  const sizes = x.map(Math.abs);
  if (n === Infinity) return Math.max(...sizes);
  if (n === -Infinity) return Math.min(...sizes);
  if (n === 0) return sizes.filter((v) => v !== 0).length;
  return sizes.reduce((sum, v) => sum + v ** n, 0) ** (1 / n);
}
/**
 * Chooses indices at random: those of PyTorch after the same seed.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.RandomStructured.html
 *
 * @example
 * new RandomStructured(1, { dim: 1 }).prune(ones(2, 3)).sum() // => 4
 */
export class RandomStructured extends Structured {
  /** @param amount a part from 0 to 1, or a whole number of indices */
  constructor(amount: number, { dim = -1 }: StructuredOptions = {}) {
    super(amount, dim);
  }
  protected weights(count: number): Float64Array {
    return drawn(count);
  }
  static override apply(
    module: Module,
    name: string,
    amount: number,
    { dim = -1 }: StructuredOptions = {},
  ): BasePruningMethod {
    return applyMethod(new RandomStructured(amount, { dim }), module, name);
  }
}

/**
 * Switches off whole indices of a dimension, those with the smallest norm.
 *
 * @param amount a part from 0 to 1, or a whole number of indices
 * @param n the order of the norm: 1, 2, Infinity, …
 * @param dim which dimension
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.ln_structured.html
 *
 * @example
 * const layer = lnStructured(new Linear(4, 2), "weight", 1, 2, 0);
 * layer.getBuffer("weight_mask").sum() // => 4
 */
export function lnStructured<M extends Module>(
  module: M,
  name: string,
  amount: number,
  n: number,
  dim: number,
  options: ImportanceOptions = {},
): M {
  LnStructured.apply(module, name, amount, n, dim, options);
  return module;
}
/**
 * Switches off whole indices of a dimension at random: those of PyTorch after the same seed.
 *
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.random_structured.html
 */
export function randomStructured<M extends Module>(
  module: M,
  name: string,
  amount: number,
  dim: number,
): M {
  RandomStructured.apply(module, name, amount, { dim });
  return module;
}
