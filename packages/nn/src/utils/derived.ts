/**
 * Fields of a module that are computed from others: what weight and spectral normalisation, parametrizations and pruning
 * put in the place of a parameter.
 *
 * The module gets a class of its own, derived from its class, in which the field is an accessor. During a call the field
 * is computed once, when the layer first looks at it; the call's scope releases it. Between calls it is computed
 * whenever it is looked at.
 */
import { DlError, type Tensor } from "@dl/tensor/core";
import type { Module } from "../module.ts";
import { isParameter, Parameter } from "../parameter.ts";

/** How a field is computed, from nothing but other fields of its module: so it holds for a copy of the module, too. */
export interface Derivation {
  /** Who made it. */
  readonly kind: string;
  /** The field's name in the state dictionary. */
  readonly key: string;
  /** @param isCall whether the module is being called */
  compute(module: Module, isCall: boolean): Tensor;
  /** What assigning to the field does. Default: an error. */
  assign?(module: Module, value: Tensor): void;
}
interface DerivedField {
  readonly derivation: Derivation;
  value: Tensor | null;
}
interface DerivedModule {
  /** What the module's prototype was. */
  readonly prototype: object;
  readonly fields: Map<string, DerivedField>;
  isCalled: boolean;
}

const modules = new WeakMap<Module, DerivedModule>();
type Fields = Record<string, unknown>;

export const derivationOf = (module: Module, field: string): Derivation | undefined =>
  modules.get(module)?.fields.get(field)?.derivation;
/** All of one kind. */
export const derivationsOf = (module: Module, kind: string): [field: string, d: Derivation][] =>
  [...(modules.get(module)?.fields ?? [])].flatMap(([field, { derivation }]) =>
    derivation.kind === kind ? [[field, derivation] as [string, Derivation]] : [],
  );

/** Makes `field`, which must have been taken out of the module, one that is computed. */
export function derive(
  module: Module,
  field: string,
  derivation: Derivation,
  className?: string,
): void {
  const derived = modules.get(module) ?? subclass(module, className);
  derived.fields.set(field, { derivation, value: null });
  Object.defineProperty(Object.getPrototypeOf(module), field, {
    configurable: true,
    get: () => {
      const own = derived.fields.get(field)!;
      if (!derived.isCalled) return own.derivation.compute(module, false);
      return (own.value ??= own.derivation.compute(module, true));
    },
    set: (value: Tensor) => {
      const { assign } = derived.fields.get(field)!.derivation;
      if (assign) assign(module, value);
      else
        throw new DlError(
          "value",
          `${module.constructor.name}: ${field} is computed from other parameters and cannot be set`,
        );
    },
  });
}
/** For a copy: its fields are computed as those of the module are. */
export function copyDerivations(module: Module, copy: Module): void {
  for (const [field, { derivation }] of modules.get(module)?.fields ?? [])
    derive(copy, field, derivation, module.constructor.name);
}
/** The prototype that a module had before fields of it were computed. */
export const prototypeBelow = (module: Module): object =>
  modules.get(module)?.prototype ?? Object.getPrototypeOf(module);

/** Takes a computed field out; the last one gives the module its class back. */
export function underive(module: Module, field: string): void {
  const derived = modules.get(module)!;
  derived.fields.delete(field);
  delete (Object.getPrototypeOf(module) as Fields)[field];
  if (derived.fields.size > 0) return;
  Object.setPrototypeOf(module, derived.prototype);
  modules.delete(module);
}

function subclass(module: Module, className?: string): DerivedModule {
  const prototype = Object.getPrototypeOf(module);
  const derived: DerivedModule = { prototype, fields: new Map(), isCalled: false };
  const own = Object.create(prototype, {
    constructor: {
      value: classLike(module.constructor as new () => object, className),
      configurable: true,
      writable: true,
    },
    forward: {
      value: (...args: unknown[]) => {
        if (derived.isCalled) return prototype.forward.apply(module, args);
        derived.isCalled = true;
        try {
          return prototype.forward.apply(module, args);
        } finally {
          derived.isCalled = false;
          for (const field of derived.fields.values()) field.value = null;
        }
      },
      configurable: true,
      writable: true,
    },
  });
  Object.setPrototypeOf(module, own);
  modules.set(module, derived);
  return derived;
}

/** A class with the statics of another, and perhaps another name. */
function classLike(Base: new () => object, name: string = Base.name): new () => object {
  return { [name]: class extends Base {} }[name];
}

// ---- the fields that take its place --------------------------------------------------------------------------------

/** The parameter in a field, and its name in the state dictionary. */
export function parameterIn(
  caller: string,
  module: Module,
  field: string,
): { parameter: Parameter; key: string } {
  const parameter = (module as unknown as Fields)[field];
  const own = module.ownParameters();
  const found = own.find(([, p]) => p === parameter);
  if (found && isParameter(parameter)) return { parameter, key: found[0] };
  const names = own.map(([key]) => key).join(", ") || "none";
  throw new DlError(
    "value",
    `${caller}: ${module.constructor.name} has no parameter "${field}"; it has ${names}`,
  );
}

/** A tensor in a field. */
export const fieldOf = (module: Module, field: string): Tensor =>
  (module as unknown as Record<string, Tensor>)[field];
/** Takes fields out of a module. */
export function removeFields(module: Module, ...fields: string[]): void {
  for (const field of fields) delete (module as unknown as Fields)[field];
}

/** Makes a field a plain parameter again, behind the others, as PyTorch does. */
export function restore(module: Module, field: string, value: Tensor, key: string): Parameter {
  const parameter = isParameter(value) ? value : new Parameter(value.detach());
  module.registerParameter(field, parameter, { key });
  return parameter;
}
