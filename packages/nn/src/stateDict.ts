import { DlError, formatShape, isTensor, sameShape, scope, type Tensor } from "@dl/tensor/core";
import { HOOKS, type Module } from "./module.ts";
import { quietly } from "./quiet.ts";

/** Tensors by their dotted names. */
export type StateDict = Record<string, Tensor>;

export interface LoadResult {
  /** In the module, not in the dictionary. */
  missingKeys: string[];
  /** In the dictionary, not in the module. */
  unexpectedKeys: string[];
}

const ownState = (module: Module): [key: string, t: Tensor][] => [
  ...module.ownParameters(),
  ...module.ownBuffers({ persistentOnly: true }),
];

/** What a state dictionary holds, in PyTorch's order: a module's parameters, its buffers, then the modules inside. */
export function collect(
  module: Module,
  prefix: string,
  keepVars: boolean,
  dict: StateDict = {},
): StateDict {
  const { beforeSaving, afterSaving } = module[HOOKS];
  for (const hook of beforeSaving) hook(module, prefix, keepVars);
  for (const [key, t] of ownState(module)) dict[prefix + key] = keepVars ? t : t.detach();
  for (const [name, child] of module.ownModules())
    collect(child, `${prefix}${name}.`, keepVars, dict);
  for (const hook of afterSaving) hook(module, dict, prefix, {});
  return dict;
}

interface Found extends LoadResult {
  readonly pairs: [target: Tensor, source: Tensor][];
  readonly problems: string[];
}

/** Copies what fits together; throws before it changes anything. */
export function load(
  module: Module,
  dict: Readonly<StateDict> | ReadonlyMap<string, Tensor>,
  strict: boolean,
): LoadResult {
  const given = Object.fromEntries(dict instanceof Map ? dict : Object.entries(dict));
  const found: Found = { missingKeys: [], unexpectedKeys: [], pairs: [], problems: [] };
  gather(module, given, "", strict, found);
  const { missingKeys, unexpectedKeys } = found;
  const afterwards = hooksAfterLoading(module);
  if (found.problems.length > 0 || afterwards.length === 0) complain(module, found, strict, true);
  copyAll(found.pairs);
  for (const call of afterwards) call(found);
  if (afterwards.length > 0) complain(module, found, strict, false);
  return { missingKeys, unexpectedKeys };
}

/** What of `given`, where everything begins with the prefix, belongs to the module and those inside. */
function gather(
  module: Module,
  given: StateDict,
  prefix: string,
  strict: boolean,
  found: Found,
): void {
  const { missingKeys, unexpectedKeys, problems, pairs } = found;
  for (const hook of module[HOOKS].beforeLoading)
    hook(module, given, prefix, {}, strict, missingKeys, unexpectedKeys, problems);
  const own = new Map(ownState(module));
  for (const [name, target] of own) {
    const key = prefix + name;
    const source = given[key];
    if (source === undefined) missingKeys.push(key);
    else if (!isTensor(source)) problems.push(`not a tensor: ${key}`);
    else if (!sameShape(source.shape, target.shape)) {
      problems.push(
        `wrong shape: ${key} is ${formatShape(source.shape)}, the module's ${formatShape(target.shape)}`,
      );
    } else pairs.push([target, source]);
  }
  const children = module.ownModules();
  for (const key of Object.keys(given)) {
    if (!key.startsWith(prefix)) continue;
    const [head, ...rest] = key.slice(prefix.length).split(".");
    const isKnown = rest.length > 0 ? children.some(([name]) => name === head) : own.has(head);
    if (!isKnown) unexpectedKeys.push(key);
  }
  for (const [name, child] of children) {
    const inside = `${prefix}${name}.`;
    const part = Object.entries(given).filter(([key]) => key.startsWith(inside));
    gather(child, Object.fromEntries(part), inside, strict, found);
  }
}
/** Those of modules inside first. */
const hooksAfterLoading = (module: Module): ((found: LoadResult) => void)[] => [
  ...module.ownModules().flatMap(([, child]) => hooksAfterLoading(child)),
  ...[...module[HOOKS].afterLoading].map((hook) => (found: LoadResult) => hook(module, found)),
];

function complain(module: Module, found: Found, strict: boolean, isUnchanged: boolean): void {
  const { missingKeys, unexpectedKeys } = found;
  const problems: string[] = [];
  if (strict && missingKeys.length > 0) problems.push(`missing: ${missingKeys.join(", ")}`);
  if (strict && unexpectedKeys.length > 0)
    problems.push(`unexpected: ${unexpectedKeys.join(", ")}`);
  const hint =
    problems.length > 0
      ? "\nloadStateDict(dict, { strict: false }) leaves alone what one side lacks"
      : "";
  problems.push(...found.problems);
  if (problems.length === 0) return;
  const what = isUnchanged ? "which is unchanged" : "which has the rest of it";
  throw new DlError(
    "state-dict",
    `loadStateDict: the state does not fit ${module.constructor.name}, ${what}:\n  ${problems.join("\n  ")}${hint}`,
  );
}

function copyAll(pairs: readonly [target: Tensor, source: Tensor][]): void {
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
}
