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
import {
  derivationOf,
  derivationsOf,
  derive,
  fieldOf,
  parameterIn,
  prototypeBelow,
  removeFields,
  restore,
  underive,
} from "./derived.ts";

/** A module that computes a parameter from one tensor, or from the several that `rightInverse` gives. */
export type Parametrization = Module & {
  /** From a parameter's value, what `forward` is to be given to make it. */
  rightInverse?(value: Tensor): Tensor | readonly Tensor[];
};

/**
 * The modules that compute a parameter, in order, and what they start from: `original`, or `original0`, `original1`, …
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.ParametrizationList.html
 */
export class ParametrizationList extends ModuleList<Parametrization> {
  /** @internal The parameter that was replaced. */
  readonly replaced: { readonly parameter: Parameter };
  readonly isSingle: boolean;
  /** How many tensors they start from. */
  readonly ntensors: number;

  constructor(first: Parametrization, parameter: Parameter) {
    super([first]);
    // In an object, so that it is not found as a parameter.
    this.replaced = { parameter };
    const start = quietly(() => first.rightInverse?.(parameter) ?? parameter);
    this.isSingle = !Array.isArray(start);
    this.ntensors = this.isSingle ? 1 : (start as readonly Tensor[]).length;
    if (this.isSingle) {
      if (start !== parameter) parameter.set_(start as Tensor);
      this.registerParameter("original", parameter);
    } else {
      const { requiresGrad } = parameter;
      (start as readonly Tensor[]).forEach((value, i) => {
        this.registerParameter(`original${i}`, new Parameter(value, { requiresGrad }));
      });
    }
  }
  /** What the first is given. */
  private get _originals(): Tensor[] {
    return this.isSingle
      ? [fieldOf(this, "original")]
      : Array.from({ length: this.ntensors }, (_, i) => fieldOf(this, `original${i}`));
  }

  /** The parameter's value. */
  compute(): Tensor {
    const [first, ...others] = this;
    return others.reduce((x, module) => module(x) as Tensor, first(...this._originals) as Tensor);
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
      this._originals.forEach((original, i) => {
        original.copy_(values[i]);
      });
    });
  }
}

interface Parametrized {
  parametrizations: ModuleDict<Record<string, ParametrizationList>>;
}
const KIND = "parametrization";
const listOf = (module: Module, field: string): ParametrizationList | undefined => {
  const found = derivationOf(module, field);
  return found?.kind === KIND
    ? (module as unknown as Parametrized).parametrizations.get(found.key)
    : undefined;
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
    {
      kind: KIND,
      key,
      compute: (m) => valueOf(listOf(m, field)!),
      assign: (m, value) => listOf(m, field)!.assign(value),
    },
    `Parametrized${name}`,
  );
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
  field === undefined
    ? derivationsOf(module, KIND).length > 0
    : listOf(module, field) !== undefined;

/**
 * The class that a module had before it was parametrized.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.type_before_parametrizations.html
 *
 * @example
 * typeBeforeParametrizations(new Linear(2, 2)) === Linear // => true
 */
export const typeBeforeParametrizations = (module: Module): (new (...args: any[]) => Module) =>
  isParametrized(module)
    ? (prototypeBelow(module).constructor as new () => Module)
    : (module.constructor as new () => Module);

/**
 * Gives one module's parametrizations, and the parameters behind them, to another module of the same class. They share
 * the modules; with `tensorName` only that field's.
 *
 * @throws DlError "value" when the classes differ, or the first module is not parametrized.
 * @returns the second module
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.transfer_parametrizations_and_params.html
 */
export function transferParametrizationsAndParams<M extends Module>(
  fromModule: Module,
  toModule: M,
  { tensorName }: { tensorName?: string } = {},
): M {
  const from = typeBeforeParametrizations(fromModule);
  const to = typeBeforeParametrizations(toModule);
  if (!isParametrized(fromModule) || from !== to)
    throw new DlError(
      "value",
      `transferParametrizationsAndParams: from ${from.name} to ${to.name}: a parametrized module and another one of its class are wanted`,
    );
  for (const [field] of derivationsOf(fromModule, KIND)) {
    if (tensorName !== undefined && field !== tensorName) continue;
    const list = listOf(fromModule, field)!;
    const { key: name } = derivationOf(fromModule, field)!;
    if (!(field in toModule))
      toModule.registerParameter(field, new Parameter(fieldOf(fromModule, field).detach()), {
        key: name,
      });
    for (const parametrization of list)
      registerParametrization(toModule, field, parametrization, { unsafe: true });
    const other = listOf(toModule, field)!;
    for (const [key, parameter] of list.ownParameters()) other.replaceOwn(key, parameter);
  }
  return toModule;
}

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
  const { key } = derivationOf(module, field)!;
  (module as unknown as Parametrized).parametrizations.delete(key);
  if (derivationsOf(module, KIND).length === 1) removeFields(module, "parametrizations");
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
