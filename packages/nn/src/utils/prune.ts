/**
 * Switching off parts of a parameter by a mask. The parameter becomes `weight_orig`, the mask is the buffer
 * `weight_mask`, and `weight` is their product. Which elements go is decided on the host, which waits for the device.
 *
 * An amount that is a whole number counts elements (or channels); one between 0 and 1 is a part of them. Pruning again
 * takes its amount of what is left.
 *
 * @see https://docs.pytorch.org/docs/stable/nn.html#utilities
 */
import {
  DlError,
  defaultGenerator,
  formatShape,
  numelOf,
  type Shape,
  ShapeError,
  sameShape,
  type Tensor,
  tensor,
} from "@dl/tensor/core";
import type { Module } from "../module.ts";
import type { Parameter } from "../parameter.ts";
import { quietly } from "../quiet.ts";
import { derivationOf, derive, parameterIn, removeFields, restore, underive } from "./derived.ts";

interface Pruned {
  readonly key: string;
  readonly original: Parameter;
}
const pruned = new WeakMap<Module, Map<string, Pruned>>();

/** Elements of a tensor on the host, row-major. */
type Numbers = ArrayLike<number>;
/** From how important each element is and which are there, which are to be there. */
type Decision = (scores: Float64Array, mask: Float64Array, shape: Shape) => Float64Array;

const field = (module: Module, name: string): Tensor =>
  (module as unknown as Record<string, Tensor>)[name];
const maskField = (name: string): string => `${name}Mask`;
const originalField = (name: string): string => `${name}Orig`;

function apply<M extends Module>(
  caller: string,
  module: M,
  name: string,
  decide: Decision,
  importance?: Tensor | null,
): M {
  const before = pruned.get(module)?.get(name);
  if (!before && derivationOf(module, name))
    throw new DlError("value", `${caller}: ${name} is computed in another way already`);
  const current = quietly(() => (before ? field(module, name) : undefined));
  const { key, original } = before ?? renamed(caller, module, name);
  const scores = importance ?? current ?? original;
  const { shape } = original;
  if (!sameShape(scores.shape, shape))
    throw new ShapeError(
      `${caller}: importanceScores have to be ${formatShape(shape)} like ${name}, got ${formatShape(scores.shape)}`,
    );
  const old = before
    ? Float64Array.from(field(module, maskField(name)).dataSync())
    : new Float64Array(numelOf(shape)).fill(1);
  const values = decide(Float64Array.from(scores.dataSync()), old, shape);
  const mask = tensor(values, { shape, dtype: original.dtype, device: original.device });
  if (!before) {
    removeFields(module, name);
    module.registerParameter(originalField(name), original, { key: `${key}_orig` });
  }
  module.registerBuffer(maskField(name), mask, { key: `${key}_mask` });
  if (!before) {
    derive(module, name, { compute: () => field(module, maskField(name)).mul(original) });
    const all = pruned.get(module) ?? new Map<string, Pruned>();
    pruned.set(module, all.set(name, { key, original }));
  }
  return module;
}
const renamed = (caller: string, module: Module, name: string): Pruned => {
  const { parameter, key } = parameterIn(caller, module, name);
  return { key, original: parameter };
};

/** How many of `size`. */
function countOf(caller: string, amount: number, size: number): number {
  const isCount = Number.isInteger(amount);
  if (!(amount >= 0) || (!isCount && amount > 1) || (isCount && amount > size)) {
    throw new DlError(
      "value",
      `${caller}: amount ${amount} is to be a part from 0 to 1, or a whole number up to ${size}`,
    );
  }
  return isCount ? amount : roundHalfEven(amount * size);
}
/** As Python rounds. */
function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  return x - low === 0.5 ? low + (low % 2) : Math.round(x);
}
/** Positions by rising (or falling) value; equal ones in order. */
const ranked = (values: Numbers, positions: readonly number[], descending = false): number[] =>
  [...positions].sort((a, b) => (descending ? values[b] - values[a] : values[a] - values[b]));

/** Single elements, of those that are there. */
const unstructured =
  (
    caller: string,
    amount: number,
    choose: (scores: Float64Array, there: number[]) => number[],
  ): Decision =>
  (scores, mask) => {
    const there = [...mask.keys()].filter((i) => mask[i] === 1);
    const result = mask.slice();
    const count = countOf(caller, amount, there.length);
    if (count > 0) for (const i of choose(scores, there).slice(0, count)) result[i] = 0;
    return result;
  };

/** Whole indices of a dimension, of those of which anything is there. */
const structured =
  (
    caller: string,
    amount: number,
    dim: number,
    choose: (slices: Float64Array[], count: number) => number[],
  ): Decision =>
  (scores, mask, shape) => {
    const axis = dim < 0 ? dim + shape.length : dim;
    if (shape.length < 2 || !(axis >= 0 && axis < shape.length))
      throw new ShapeError(
        `${caller}: a parameter of at least 2 dimensions is wanted, with a dimension ${dim}, got ${formatShape(shape)}`,
      );
    const inner = numelOf(shape.slice(axis + 1));
    const indexOf = (i: number) => Math.floor(i / inner) % shape[axis];
    const slices = (values: Float64Array) =>
      Array.from({ length: shape[axis] }, (_, c) => values.filter((_v, i) => indexOf(i) === c));
    const masks = slices(mask);
    const there = [...masks.keys()].filter((c) => masks[c].some((x) => x !== 0));
    const count = countOf(caller, amount, there.length);
    if (count === 0) return mask;
    const all = slices(scores);
    const gone = new Set(
      choose(
        there.map((c) => all[c]),
        count,
      ).map((k) => there[k]),
    );
    return mask.map((x, i) => (gone.has(indexOf(i)) ? 0 : x));
  };

export interface ImportanceOptions {
  /** How important each element is, instead of the parameter's own values. */
  importanceScores?: Tensor | null;
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
export const l1Unstructured = <M extends Module>(
  module: M,
  name: string,
  amount: number,
  { importanceScores }: ImportanceOptions = {},
): M => {
  const caller = "l1Unstructured";
  const smallest = (scores: Float64Array, there: number[]) => ranked(scores.map(Math.abs), there);
  return apply(caller, module, name, unstructured(caller, amount, smallest), importanceScores);
};

/**
 * Switches off elements at random: those of PyTorch after the same seed.
 *
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.random_unstructured.html
 */
export const randomUnstructured = <M extends Module>(
  module: M,
  name: string,
  amount: number,
): M => {
  const caller = "randomUnstructured";
  const largestDraws = (_: Float64Array, there: number[]) => {
    const draws = drawn(there.length, field(module, name).dtype === "float64");
    const order = ranked(draws, [...there.keys()], true);
    return order.map((k) => there[k]);
  };
  return apply(caller, module, name, unstructured(caller, amount, largestDraws));
};
function drawn(n: number, isDouble = false): Numbers {
  const out = isDouble ? new Float64Array(n) : new Float32Array(n);
  defaultGenerator.fillUniform(out);
  return out;
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
export const lnStructured = <M extends Module>(
  module: M,
  name: string,
  amount: number,
  n: number,
  dim: number,
  { importanceScores }: ImportanceOptions = {},
): M => {
  const caller = "lnStructured";
  const weakest = (slices: Float64Array[], count: number) => {
    const norms = slices.map((x) => normOf(x, n));
    return ranked(norms, [...norms.keys()]).slice(0, count);
  };
  return apply(caller, module, name, structured(caller, amount, dim, weakest), importanceScores);
};
function normOf(x: Float64Array, n: number): number {
  const sizes = x.map(Math.abs);
  if (n === Infinity) return Math.max(...sizes);
  if (n === -Infinity) return Math.min(...sizes);
  if (n === 0) return sizes.filter((v) => v !== 0).length;
  return sizes.reduce((sum, v) => sum + v ** n, 0) ** (1 / n);
}

/**
 * Switches off whole indices of a dimension at random: those of PyTorch after the same seed.
 *
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.random_structured.html
 */
export const randomStructured = <M extends Module>(
  module: M,
  name: string,
  amount: number,
  dim: number,
): M => {
  const caller = "randomStructured";
  const smallestDraws = (slices: Float64Array[], count: number) => {
    const draws = drawn(slices.length);
    return ranked(draws, [...slices.keys()]).slice(0, count);
  };
  return apply(caller, module, name, structured(caller, amount, dim, smallestDraws));
};

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
export const customFromMask = <M extends Module>(module: M, name: string, mask: Tensor): M =>
  apply("customFromMask", module, name, (_, old, shape) => {
    if (!sameShape(mask.shape, shape))
      throw new ShapeError(
        `customFromMask: the mask has to be ${formatShape(shape)} like ${name}, got ${formatShape(mask.shape)}`,
      );
    const given = mask.dataSync();
    return old.map((x, i) => x * Number(given[i]));
  });

/**
 * Prepares a parameter for pruning without switching anything off.
 *
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.identity.html
 */
export const identity = <M extends Module>(module: M, name: string): M =>
  apply("identity", module, name, (_, mask) => mask);

/**
 * Makes the pruned parameter a plain one again, with zeros where it was switched off.
 *
 * @throws DlError "value" when it is not pruned.
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.remove.html
 */
export function remove<M extends Module>(module: M, name: string): M {
  const found = pruned.get(module)?.get(name);
  if (!found)
    throw new DlError("value", `remove: "${name}" of ${module.constructor.name} is not pruned`);
  const { original, key } = found;
  quietly(() => {
    const value = field(module, name);
    original.copy_(value);
    value.dispose();
  });
  underive(module, name);
  pruned.get(module)!.delete(name);
  removeFields(module, originalField(name), maskField(name));
  restore(module, name, original, key);
  return module;
}

/**
 * Whether anything in the module is pruned.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.is_pruned.html
 */
export const isPruned = (module: Module): boolean =>
  module.modules().some((m) => (pruned.get(m)?.size ?? 0) > 0);
