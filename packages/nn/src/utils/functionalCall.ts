/** A module as a function of its parameters. */
import { afterwards, DlError, isTensor, type Tensor } from "@dl/tensor/core";
import type { Module } from "../module.ts";

export interface FunctionalCallOptions {
  /** A tensor that the module has under several names is replaced under all of them. Default true. */
  tieWeights?: boolean;
  /** All parameters and buffers have to be given. Default false. */
  strict?: boolean;
}
/** Where a module has a tensor. */
interface Place {
  readonly module: Module;
  readonly key: string;
  readonly own: Tensor;
}

function placesOf(root: Module): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const [path, module] of root.namedModules({ removeDuplicate: false }))
    for (const [key, own] of [...module.ownParameters(), ...module.ownBuffers()])
      places.set(path === "" ? key : `${path}.${key}`, { module, key, own });
  return places;
}

/**
 * Calls a module with other tensors in the place of its parameters and buffers. The module is as before when it returns
 * (of an async module, when its promise settles); gradients flow to the tensors that were given. Buffers that are written
 * to, such as running means, are those given.
 *
 * @param parametersAndBuffers by name; or several such dictionaries, with different names
 * @param args of the call: one, or an array of them
 * @throws DlError "value" for names that the module has not (PyTorch ignores them); with `strict` also for missing ones;
 *   and where two different tensors are given for one that has two names.
 * @returns the module's result
 * @see https://docs.pytorch.org/docs/stable/generated/torch.func.functional_call.html
 *
 * @example
 * const layer = new Linear(2, 1);
 * functionalCall(layer, { weight: tensor([[1, 2]]), bias: tensor([3]) }, tensor([1, 1])) // => [6]
 */
export function functionalCall<M extends Module>(
  module: M,
  parametersAndBuffers:
    | Readonly<Record<string, Tensor>>
    | readonly Readonly<Record<string, Tensor>>[],
  args: Parameters<M["forward"]>[0] | Parameters<M["forward"]> = [] as never,
  { tieWeights = true, strict = false }: FunctionalCallOptions = {},
): ReturnType<M["forward"]> {
  const given = merged(parametersAndBuffers);
  const places = placesOf(module);
  check(module, given, places, strict);
  const values = tieWeights ? tied(given, places) : given;
  const marks = [...new Set(values.values())].map((t) => [t, t.scopeMark] as const);
  for (const [name, value] of values) {
    const { module: owner, key } = places.get(name)!;
    owner.replaceOwn(key, value);
  }
  const back = () => {
    for (const name of values.keys()) {
      const { module: owner, key, own } = places.get(name)!;
      owner.replaceOwn(key, own);
    }
    // A module keeps what is in its fields: these are the caller's again.
    for (const [t, mark] of marks) t.scopeMark = mark;
  };
  const list = Array.isArray(args) ? args : [args];
  const call = module as unknown as (...args: unknown[]) => ReturnType<M["forward"]>;
  return afterwards(() => call(...list), back);
}

function merged(
  dictionaries: Readonly<Record<string, Tensor>> | readonly Readonly<Record<string, Tensor>>[],
): Map<string, Tensor> {
  const all = new Map<string, Tensor>();
  for (const dictionary of Array.isArray(dictionaries) ? dictionaries : [dictionaries])
    for (const [name, value] of Object.entries(dictionary as Record<string, Tensor>)) {
      if (all.has(name))
        throw new DlError("value", `functionalCall: "${name}" is in two of the dictionaries`);
      if (!isTensor(value)) throw new DlError("value", `functionalCall: "${name}" is not a tensor`);
      all.set(name, value);
    }
  return all;
}
function check(
  module: Module,
  given: ReadonlyMap<string, Tensor>,
  places: ReadonlyMap<string, Place>,
  strict: boolean,
): void {
  const unknown = [...given.keys()].filter((name) => !places.has(name));
  const missing = strict ? [...places.keys()].filter((name) => !given.has(name)) : [];
  if (unknown.length + missing.length === 0) return;
  const parts = [
    ...(unknown.length > 0 ? [`unexpected: ${unknown.join(", ")}`] : []),
    ...(missing.length > 0 ? [`missing: ${missing.join(", ")}`] : []),
  ];
  throw new DlError(
    "value",
    `functionalCall: the names do not fit ${module.constructor.name}: ${parts.join("; ")}`,
  );
}
/** Also under the other names of the same tensors. */
function tied(
  given: ReadonlyMap<string, Tensor>,
  places: ReadonlyMap<string, Place>,
): Map<string, Tensor> {
  const all = new Map(given);
  const names = new Map<Tensor, string[]>();
  for (const [name, { own }] of places) names.set(own, [...(names.get(own) ?? []), name]);
  for (const same of names.values()) {
    const values = new Set(same.flatMap((name) => given.get(name) ?? []));
    if (values.size > 1)
      throw new DlError(
        "value",
        `functionalCall: ${same.join(", ")} are one tensor and were given several: { tieWeights: false } allows it`,
      );
    for (const value of values) for (const name of same) all.set(name, value);
  }
  return all;
}
