/** Finds ours for a name of PyTorch: classes keep their names, everything else is camelCase. */
import * as autograd from "@dl/autograd";
import * as losses from "@dl/losses";
import * as nn from "@dl/nn";
import * as F from "@dl/nn/functional";
import * as optim from "@dl/optim";
import * as T from "@dl/tensor";

export type Kind = "both" | "function" | "method" | "property" | "class";
type Names = Readonly<Record<string, unknown>>;
const names = (x: unknown): Names => x as Names;

export interface Found {
  readonly name: string;
  readonly is: readonly ("function" | "method" | "property" | "class")[];
  /** Under which its cases are found: "torch.abs", "functional.relu", "nn.Linear". */
  readonly keys: readonly string[];
}

/** `masked_fill_` is `maskedFill_`. */
export function camel(name: string): string {
  const [first, ...rest] = name.split("_");
  return (
    first + rest.map((word) => (word === "" ? "_" : word[0].toUpperCase() + word.slice(1))).join("")
  );
}

/** Where the rule does not hold; null: what has the name is something else. */
const EXCEPTIONS: Readonly<Record<string, string | null>> = {
  // A reserved word in JavaScript; the method is `var`.
  "torch.var": "variance",
  // Ours reads the numbers.
  "torch.data": null,
};
/** What a subclass writes. */
const ABSTRACT = ["nn.Module.forward"];

const TORCH = names(T);
const METHODS = names(T.Tensor.prototype);
/** Where the functions and classes of a module of PyTorch are. Keys of cases begin with the word before the colon. */
const PLACES: Readonly<Record<string, readonly (readonly [key: string, place: Names])[]>> = {
  torch: [
    ["torch", TORCH],
    ["autograd", names(autograd)],
  ],
  linalg: [
    ["torch.linalg", names(T.linalg)],
    ["torch", TORCH],
  ],
  special: [
    ["torch.special", names(TORCH.special ?? {})],
    ["torch", TORCH],
  ],
  nn: [
    ["nn", names(nn)],
    ["losses", names(losses)],
  ],
  "nn.functional": [
    ["functional", names(F)],
    ["losses", names(losses)],
  ],
  "nn.init": [["init", names(nn.init)]],
  "nn.utils": [["utils", names(nn.utils)]],
  "nn.utils.rnn": [["utils.rnn", names(nn.utils.rnn)]],
  "nn.utils.prune": [["utils.prune", names(nn.utils.prune)]],
  "nn.utils.parametrize": [["utils.parametrize", names(nn.utils.parametrize)]],
  "nn.utils.parametrizations": [["utils.parametrizations", names(nn.utils.parametrizations)]],
  optim: [["optim", names(optim)]],
  "optim.lr_scheduler": [["optim", names(optim)]],
  "optim.swa_utils": [["optim", names(optim)]],
};
const CLASSES: Readonly<Record<string, object>> = {
  "nn.Module": nn.Module.prototype,
  "optim.Optimizer": optim.Optimizer.prototype,
};

/** Keys of one and the same function: `concat` is `cat`. */
const aliases = new Map<unknown, string[]>();
for (const place of ["torch", "linalg", "special", "nn.functional"])
  for (const [key, functions] of PLACES[place])
    for (const [name, value] of Object.entries(functions))
      if (typeof value === "function") {
        const known = aliases.get(value);
        if (!known) aliases.set(value, [`${key}.${name}`]);
        else if (!known.includes(`${key}.${name}`)) known.push(`${key}.${name}`);
      }

/** A tensor has some of its properties from birth. */
let sample: T.Tensor | undefined;
function ofTensor(name: string): "method" | "property" | undefined {
  sample ??= T.zeros(1);
  if (!(name in sample)) return undefined;
  const isGetter = Object.getOwnPropertyDescriptor(METHODS, name)?.get !== undefined;
  return !isGetter && typeof METHODS[name] === "function" ? "method" : "property";
}
const isClass = (x: unknown) => typeof x === "function" && /^(class|[A-Z])/.test(x.name || "class");

/** Ours for `name` of PyTorch's `module`, or nothing. */
export function find(module: string, name: string, kind: Kind): Found | undefined {
  const exception = EXCEPTIONS[`${module}.${name}`];
  if (exception === null) return undefined;
  const own = exception ?? (kind === "class" ? name : camel(name));
  if (CLASSES[module]) {
    if (!(own in CLASSES[module]) && !ABSTRACT.includes(`${module}.${name}`)) return undefined;
    return { name: own, is: ["method"], keys: [] };
  }
  const [place, found] = PLACES[module].find(([, p]) => own in p) ?? [];
  const method = module === "torch" ? ofTensor(camel(name)) : undefined;
  if (!place && !method) return undefined;
  const value = found?.[own];
  const keys = new Set([...(place ? [`${place}.${own}`] : []), ...(aliases.get(value) ?? [])]);
  if (method) keys.add(`torch.${camel(name)}`);
  const is: Found["is"][number][] = [];
  if (place)
    is.push(kind === "class" || (isClass(value) && /^[A-Z]/.test(own)) ? "class" : "function");
  if (method) is.push(method);
  return { name: place ? own : camel(name), is, keys: [...keys] };
}
