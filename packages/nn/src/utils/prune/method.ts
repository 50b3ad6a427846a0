/** How pruning is applied to a parameter, whichever method chooses what goes. */
import {
  DlError,
  formatShape,
  onesLike,
  ShapeError,
  sameShape,
  type Tensor,
  tensor,
} from "@dl/tensor/core";
import type { Module } from "../../module.ts";
import type { Parameter } from "../../parameter.ts";
import { quietly } from "../../quiet.ts";
import {
  type Derivation,
  derivationOf,
  derivationsOf,
  derive,
  fieldOf,
  parameterIn,
  removeFields,
  restore,
  underive,
} from "../derived.ts";
import { type Numbers, onHost, presentChannels } from "./choice.ts";

/**
 * What a method looks at when a parameter is pruned again: the single elements that are left, as a vector
 * ("unstructured"); the indices of its dimension of which anything is left ("structured"); or everything ("global").
 */
export type PruningType = "unstructured" | "structured" | "global";

export interface ImportanceOptions {
  /** How important each element is, instead of the parameter's own values. */
  importanceScores?: Tensor | null;
}
export interface PruneOptions extends ImportanceOptions {
  /** Which elements are there. Default: all. */
  defaultMask?: Tensor | null;
}

const KIND = "prune";
interface Pruning extends Derivation {
  readonly method: BasePruningMethod;
}
const maskField = (name: string): string => `${name}Mask`;
const originalField = (name: string): string => `${name}Orig`;
const pruningOf = (module: Module, name: string): Pruning | undefined => {
  const found = derivationOf(module, name);
  return found?.kind === KIND ? (found as Pruning) : undefined;
};

/**
 * A way to choose what is switched off. One of your own extends this class and says in `computeMask` what stays;
 * `Own.apply(module, "weight", ...)` makes one with the other arguments and prunes a parameter.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.BasePruningMethod.html
 *
 * @example
 * class EveryOther extends BasePruningMethod {
 *   override readonly pruningType = "unstructured";
 *   override computeMask(t: Tensor): Tensor {
 *     return arange(t.numel).remainder(2).reshape(t.shape);
 *   }
 * }
 * const layer = new Linear(4, 1);
 * EveryOther.apply(layer, "weight");
 * layer.getBuffer("weight_mask") // => [[0, 1, 0, 1]]
 */
export abstract class BasePruningMethod {
  abstract readonly pruningType: PruningType;
  /** The field of the module that is pruned. */
  tensorName = "";

  /**
   * Which elements are there from now on: 1 or 0.
   *
   * @param t how important each is
   * @param defaultMask which there are now
   */
  abstract computeMask(t: Tensor, defaultMask: Tensor): Tensor;

  /** The parameter with zeros where it is switched off. */
  applyMask(module: Module): Tensor {
    const { tensorName: name } = this;
    if (!pruningOf(module, name))
      throw new DlError(
        "value",
        `applyMask: "${name}" of ${module.constructor.name} is not pruned`,
      );
    return fieldOf(module, name);
  }
  /** Any tensor as this method prunes it. */
  prune(t: Tensor, { importanceScores, defaultMask }: PruneOptions = {}): Tensor {
    const scores = importanceScores ?? t;
    requireShape(this.constructor.name, "importanceScores", scores, t);
    return t.mul(this.computeMask(scores, defaultMask ?? onesLike(t)));
  }
  /** Makes the parameter a plain one again, as the function `remove` does. */
  remove(module: Module): void {
    remove(module, this.tensorName);
  }

  /** Prunes a parameter by a new method of this class, made with `args`. */
  static apply(module: Module, name: string, ...args: any[]): BasePruningMethod {
    // biome-ignore lint/complexity/noThisInStatic: the class that it is called on
    const Method = this as unknown as new (...args: unknown[]) => BasePruningMethod;
    return applyMethod(new Method(...args), module, name);
  }
}
function requireShape(caller: string, what: string, given: Tensor, { shape }: Tensor): void {
  if (!sameShape(given.shape, shape))
    throw new ShapeError(
      `${caller}: ${what} have to be ${formatShape(shape)} like what is pruned, got ${formatShape(given.shape)}`,
    );
}

/**
 * Methods one after another, each on what those before it left: what a parameter has that was pruned several times.
 * `computeMask` is that of the last one.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.PruningContainer.html
 *
 * @example
 * const { L1Unstructured } = utils.prune;
 * new PruningContainer(new L1Unstructured(1), new L1Unstructured(2)).length // => 2
 */
export class PruningContainer extends BasePruningMethod {
  override readonly pruningType = "global";
  readonly #methods: BasePruningMethod[] = [];

  constructor(...methods: BasePruningMethod[]) {
    super();
    if (methods[0]) this.tensorName = methods[0].tensorName;
    for (const method of methods) this.addPruningMethod(method);
  }
  get length(): number {
    return this.#methods.length;
  }
  at(i: number): BasePruningMethod | undefined {
    return this.#methods.at(i);
  }
  [Symbol.iterator](): Iterator<BasePruningMethod> {
    return this.#methods.values();
  }
  /** @throws DlError "value" for a method that prunes another field. */
  addPruningMethod(method: BasePruningMethod): void {
    if (method.tensorName !== this.tensorName)
      throw new DlError(
        "value",
        `PruningContainer: its methods prune "${this.tensorName}", this one "${method.tensorName}"`,
      );
    this.#methods.push(method);
  }

  override computeMask(t: Tensor, defaultMask: Tensor): Tensor {
    const method = this.at(-1);
    if (!method) throw new DlError("value", "PruningContainer: it has no method");
    if (method.pruningType === "global") return method.computeMask(t, defaultMask);
    const [scores, mask] = [onHost(t), onHost(defaultMask)];
    const { places, shape } =
      method.pruningType === "unstructured"
        ? { places: [...mask.keys()].filter((i) => mask[i] === 1), shape: undefined }
        : presentChannels(mask, t.shape, (method as unknown as { dim: number }).dim, method);
    const part = (values: Numbers, like: Tensor) =>
      tensor(
        places.map((i) => values[i]),
        { shape: shape ?? [places.length], dtype: like.dtype, device: like.device },
      );
    const chosen = onHost(method.computeMask(part(scores, t), part(mask, defaultMask)));
    const all = mask.slice();
    places.forEach((place, i) => {
      all[place] = chosen[i];
    });
    const { dtype, device } = defaultMask;
    return tensor(all, { shape: t.shape, dtype, device });
  }
}

/** Prunes by a method; a parameter that was pruned before, on top of it. */
export function applyMethod<T extends BasePruningMethod>(
  method: T,
  module: Module,
  name: string,
  { importanceScores }: ImportanceOptions = {},
): T | PruningContainer {
  const caller = method.constructor.name;
  const before = pruningOf(module, name);
  if (!before && derivationOf(module, name))
    throw new DlError("value", `${caller}: ${name} is computed in another way already`);
  method.tensorName = name;
  let all: T | PruningContainer = method;
  if (before) {
    const old = before.method;
    // A new one: a copy of the module may share the old one.
    all = new PruningContainer(...(old instanceof PruningContainer ? old : [old]), method);
  }
  const current = quietly(() => fieldOf(module, name));
  const { key, parameter } = before
    ? { key: before.key, parameter: fieldOf(module, originalField(name)) as Parameter }
    : parameterIn(caller, module, name);
  if (importanceScores) requireShape(caller, "importanceScores", importanceScores, parameter);
  const mask = quietly(() =>
    all.computeMask(
      importanceScores ?? current,
      before ? fieldOf(module, maskField(name)) : onesLike(parameter),
    ),
  );
  if (!before) {
    removeFields(module, name);
    module.registerParameter(originalField(name), parameter, { key: `${key}_orig` });
  }
  module.registerBuffer(maskField(name), mask, { key: `${key}_mask` });
  const compute = (m: Module) => fieldOf(m, maskField(name)).mul(fieldOf(m, originalField(name)));
  const derivation: Pruning = { kind: KIND, key, compute, method: all };
  derive(module, name, derivation);
  return all;
}

/**
 * Makes the pruned parameter a plain one again, with zeros where it was switched off.
 *
 * @throws DlError "value" when it is not pruned.
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.remove.html
 */
export function remove<M extends Module>(module: M, name: string): M {
  const found = pruningOf(module, name);
  if (!found)
    throw new DlError("value", `remove: "${name}" of ${module.constructor.name} is not pruned`);
  const original = fieldOf(module, originalField(name));
  quietly(() => {
    const value = fieldOf(module, name);
    original.copy_(value);
    value.dispose();
  });
  underive(module, name);
  removeFields(module, originalField(name), maskField(name));
  restore(module, name, original, found.key);
  return module;
}

/**
 * Whether anything in the module is pruned.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.is_pruned.html
 */
export const isPruned = (module: Module): boolean =>
  module.modules().some((m) => derivationsOf(m, KIND).length > 0);
