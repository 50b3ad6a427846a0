import { DlError, formatShape, isTensor, sameShape, scope, type Tensor } from "@dl/tensor/core";
import type { Module } from "./module.ts";
import { quietly } from "./quiet.ts";

/** Tensors by their dotted names. */
export type StateDict = Record<string, Tensor>;

export interface LoadResult {
  /** In the module, not in the dictionary. */
  missingKeys: string[];
  /** In the dictionary, not in the module. */
  unexpectedKeys: string[];
}

/** What a state dictionary holds, in PyTorch's order: a module's parameters, its buffers, then the modules inside. */
export const stateOf = (root: Module, prefix: string): [string, Tensor][] => [
  ...[...root.ownParameters(), ...root.ownBuffers({ persistentOnly: true })].map(
    ([key, t]): [string, Tensor] => [prefix + key, t],
  ),
  ...root.ownModules().flatMap(([name, child]) => stateOf(child, `${prefix}${name}.`)),
];

/** Copies what fits together; throws before it changes anything. */
export function load(
  module: Module,
  dict: Readonly<StateDict> | ReadonlyMap<string, Tensor>,
  strict: boolean,
): LoadResult {
  const given = new Map(dict instanceof Map ? dict : Object.entries(dict));
  const wanted = new Map(stateOf(module, ""));
  const missingKeys = [...wanted.keys()].filter((key) => !given.has(key));
  const unexpectedKeys = [...given.keys()].filter((key) => !wanted.has(key));
  const pairs: [target: Tensor, source: Tensor][] = [];
  const problems: string[] = [];
  if (strict && missingKeys.length > 0) problems.push(`missing: ${missingKeys.join(", ")}`);
  if (strict && unexpectedKeys.length > 0) {
    problems.push(`unexpected: ${unexpectedKeys.join(", ")}`);
  }
  for (const [key, target] of wanted) {
    const source = given.get(key);
    if (source === undefined) continue;
    if (!isTensor(source)) problems.push(`not a tensor: ${key}`);
    else if (!sameShape(source.shape, target.shape)) {
      problems.push(
        `wrong shape: ${key} is ${formatShape(source.shape)}, the module's ${formatShape(target.shape)}`,
      );
    } else pairs.push([target, source]);
  }
  if (problems.length > 0) {
    const hint =
      strict && (missingKeys.length > 0 || unexpectedKeys.length > 0)
        ? "\nloadStateDict(dict, { strict: false }) leaves alone what one side lacks"
        : "";
    throw new DlError(
      "state-dict",
      `loadStateDict: the state does not fit ${module.constructor.name}, which is unchanged:\n  ${problems.join("\n  ")}${hint}`,
    );
  }
  quietly(() =>
    scope(
      () => {
        // Converted before the first is written: that may fail.
        const ready = pairs.map(([t, s]) => s.detach().to({ device: t.device }).to(t.dtype));
        pairs.forEach(([t], i) => {
          t.copy_(ready[i]);
        });
      },
      { name: "loadStateDict()" },
    ),
  );
  return { missingKeys, unexpectedKeys };
}
