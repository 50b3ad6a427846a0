/**
 * Parameters that are computed by modules from others.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html
 */
import {
  DlError,
  formatShape,
  keep,
  sameShape,
  scope,
  type Tensor,
  unscoped,
} from "@dl/tensor/core";
import { ModuleDict, ModuleList } from "../containers.ts";
import type { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { quietly } from "../quiet.ts";
import { derivationOf, derive, parameterIn, removeFields, restore, underive } from "./derived.ts";

/** A module that computes a parameter from one tensor, or from the several that `rightInverse` gives. */
export type Parametrization = Module & {
  /** From a parameter's value, what `forward` is to be given to make it. */
  rightInverse?(value: Tensor): Tensor | readonly Tensor[];
};

/** The modules that compute a parameter, in order, and what they start from: `original`, or `original0`, `original1`, … */
export class ParametrizationList extends ModuleList<Parametrization> {
  /** @internal The parameter that was replaced. */
  readonly replaced: { readonly parameter: Parameter };
  readonly #originals: Parameter[] = [];
  readonly isSingle: boolean;

  constructor(first: Parametrization, parameter: Parameter) {
    super([first]);
    // In an object, so that it is not found as a parameter.
    this.replaced = { parameter };
    const start = quietly(() => first.rightInverse?.(parameter) ?? parameter);
    this.isSingle = !Array.isArray(start);
    if (this.isSingle) {
      if (start !== parameter) parameter.set_(start as Tensor);
      this.#add("original", parameter);
    } else {
      const { requiresGrad } = parameter;
      (start as readonly Tensor[]).forEach((value, i) => {
        this.#add(`original${i}`, new Parameter(value, { requiresGrad }));
      });
    }
  }
  #add(name: string, parameter: Parameter): void {
    this.registerParameter(name, parameter);
    this.#originals.push(parameter);
  }

  /** The parameter's value. */
  compute(): Tensor {
    const [first, ...others] = this;
    return others.reduce((x, module) => module(x) as Tensor, first(...this.#originals) as Tensor);
  }
  /** Makes the parameter's value this, by the inverses of its modules. */
  assign(value: Tensor): void {
    quietly(() => {
      let x: Tensor | readonly Tensor[] = value;
      for (const module of [...this].reverse()) {
        if (!module.rightInverse)
          throw new DlError(
            "value",
            `parametrize: ${module.constructor.name} has no rightInverse, so the parameter cannot be set`,
          );
        x = module.rightInverse(x as Tensor);
      }
      const values = Array.isArray(x) ? (x as readonly Tensor[]) : [x as Tensor];
      this.#originals.forEach((original, i) => {
        original.copy_(values[i]);
      });
    });
  }
}

interface Parametrized {
  parametrizations: ModuleDict<Record<string, ParametrizationList>>;
}
/** The key in the state dictionary of a parametrized field. */
const keys = new WeakMap<Module, Map<string, string>>();
const listOf = (module: Module, field: string): ParametrizationList | undefined => {
  const key = keys.get(module)?.get(field);
  return key === undefined
    ? undefined
    : (module as unknown as Parametrized).parametrizations.get(key);
};

/** Values that are computed once while `cached` runs. */
let cache: Map<ParametrizationList, Tensor> | null = null;
const valueOf = (list: ParametrizationList): Tensor => {
  if (!cache) return list.compute();
  let value = cache.get(list);
  if (!value) {
    value = unscoped(() => keep(list.compute()));
    cache.set(list, value);
  }
  return value;
};

/**
 * Computes a parameter from what `parametrization` is given: `module.weight` becomes `parametrization(original)`, and
 * `original` is what is learnt, under the key `parametrizations.weight.original`. A parametrization with a method
 * `rightInverse(value)` starts from what that gives: a tensor, or several (`original0`, `original1`, …). Registering
 * another one on the same field applies it after those there are.
 *
 * During a call of the module the parameter is computed once; otherwise whenever it is looked at.
 *
 * @param field the field of the module that holds the parameter
 * @param options `unsafe: true` lets the shape change. Default false.
 * @returns the module
 * @throws DlError "value" when there is no such parameter, ShapeError when the shape would change.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html
 *
 * @example
 * class Symmetric extends Module {
 *   forward(x: Tensor) {
 *     return x.triu().add(x.triu({ diagonal: 1 }).t());
 *   }
 * }
 * const layer = registerParametrization(new Linear(3, 3), "weight", new Symmetric());
 * Object.keys(layer.stateDict()) // => ["bias", "parametrizations.weight.original"]
 */
export function registerParametrization<M extends Module>(
  module: M,
  field: string,
  parametrization: Parametrization,
  { unsafe = false }: { unsafe?: boolean } = {},
): M {
  parametrization.train(module.training);
  const before = listOf(module, field);
  if (before) {
    if (!unsafe) checkShape(before.compute(), (x) => parametrization(x) as Tensor, field);
    before.append(parametrization);
    return module;
  }
  if (derivationOf(module, field))
    throw new DlError("value", `registerParametrization: ${field} is computed in another way`);
  const { parameter, key } = parameterIn("registerParametrization", module, field);
  const shape = parameter.shape;
  const list = new ParametrizationList(parametrization, parameter);
  if (!unsafe) checkShape({ shape } as Tensor, () => list.compute(), field);
  const name = module.constructor.name;
  removeFields(module, field);
  const own = module as unknown as Parametrized;
  if (!Object.hasOwn(module, "parametrizations")) own.parametrizations = new ModuleDict({});
  own.parametrizations.train(module.training).set(key, list);
  derive(
    module,
    field,
    { compute: () => valueOf(list), assign: (value) => list.assign(value) },
    `Parametrized${name}`,
  );
  const fields = keys.get(module) ?? new Map<string, string>();
  keys.set(module, fields.set(field, key));
  return module;
}
function checkShape(before: Tensor, compute: (x: Tensor) => Tensor, field: string): void {
  quietly(() =>
    scope(() => {
      const { shape } = compute(before);
      if (sameShape(shape, before.shape)) return;
      throw new DlError(
        "value",
        `registerParametrization: ${field} is ${formatShape(before.shape)} and would become ${formatShape(shape)}: { unsafe: true } allows it`,
      );
    }),
  );
}

/** Whether a field of the module, or any, is parametrized. */
export const isParametrized = (module: Module, field?: string): boolean =>
  field === undefined ? (keys.get(module)?.size ?? 0) > 0 : listOf(module, field) !== undefined;

/**
 * Makes a parametrized field a plain parameter again.
 *
 * @param options `leaveParametrized: false` gives it its original value instead of the one it has. Default true.
 * @returns the module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.remove_parametrizations.html
 */
export function removeParametrizations<M extends Module>(
  module: M,
  field: string,
  { leaveParametrized = true }: { leaveParametrized?: boolean } = {},
): M {
  const list = listOf(module, field);
  if (!list)
    throw new DlError(
      "value",
      `removeParametrizations: ${module.constructor.name} has no parametrized "${field}"`,
    );
  if (!leaveParametrized && !list.isSingle)
    throw new DlError(
      "value",
      `removeParametrizations: ${field} was made of several tensors: without leaveParametrized there is nothing to go back to`,
    );
  const { parameter } = list.replaced;
  // The same object as before: optimizers made before know it.
  if (leaveParametrized) {
    const value = quietly(() => list.compute().detach().clone());
    parameter.set_(value);
    value.dispose();
  }
  const fields = keys.get(module)!;
  const key = fields.get(field)!;
  const own = module as unknown as Parametrized;
  own.parametrizations.delete(key);
  fields.delete(field);
  if (fields.size === 0) removeFields(module, "parametrizations");
  underive(module, field);
  restore(module, field, parameter, key);
  return module;
}

/**
 * Computes every parametrized parameter only once while `fn` runs, however often it is looked at.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.cached.html
 */
export function cached<T>(fn: () => T): T {
  if (cache) return fn();
  const mine = new Map<ParametrizationList, Tensor>();
  cache = mine;
  try {
    return fn();
  } finally {
    cache = null;
    for (const value of mine.values()) value.dispose();
  }
}
