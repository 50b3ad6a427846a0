/** What a checkpoint is made of: anything that can say its state and go on from one, whoever wrote it. */
import { DlError } from "@dl/tensor/core";
import { quote } from "../bytes.ts";

/** Modules, optimizers, schedulers, loaders; whatever has PyTorch's two methods. */
export interface HasStateDict {
  stateDict(): unknown;
  /** Copies what it is given, and changes nothing if it throws. */
  loadStateDict(dict: any): unknown;
}
/** Generators of random numbers. */
export interface HasState {
  getState(): unknown;
  /** Copies what it is given, and changes nothing if it throws. */
  setState(state: any): unknown;
}
export type Stateful = HasStateDict | HasState;

/** One, or several by names of your own: `{ model: { generator, discriminator } }`. */
export type OneOrNamed = Stateful | Readonly<Record<string, Stateful>>;

/** What a checkpoint continues: each is left out, one thing, or several by name. */
export interface CheckpointParts {
  model?: OneOrNamed;
  optimizer?: OneOrNamed;
  scheduler?: OneOrNamed;
  /** Random numbers. Those of dropout and initialisation come from `defaultGenerator`, unless a generator was given. */
  generator?: OneOrNamed;
  /** Where in which order of the data training is. */
  loader?: OneOrNamed;
  /** How far a training has come, and its history: `fit` of @dl/train keeps it here. */
  run?: OneOrNamed;
}

/** Parts, and what else is to be remembered. */
export interface CheckpointContents extends CheckpointParts {
  /** Numbers, text, lists, plain objects and tensors, as they come back: the epoch, the best score, the run's settings. */
  extra?: unknown;
}

/** Models come last: of what is loaded last no copy is needed, and they are the largest. */
const KINDS = ["run", "optimizer", "scheduler", "generator", "loader", "model"] as const;
const KNOWN: readonly string[] = [...KINDS, "extra"];

/** Parts by their names in the file: `model`, or `model.generator` and `model.discriminator`. */
export function partsOf(parts: CheckpointParts, op: string): Map<string, Stateful> {
  const unknown = Object.keys(parts).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) {
    throw new DlError(
      "value",
      `${op}: there is no part ${quote(unknown)}: parts are ${KINDS.join(", ")}; anything else belongs into extra`,
    );
  }
  const found = new Map<string, Stateful>();
  for (const kind of KINDS) {
    const given: unknown = parts[kind];
    if (given === undefined) continue;
    const named: [string, unknown][] =
      isStateful(given) || !isObject(given)
        ? [[kind, given]]
        : Object.entries(given).map(([name, part]) => [`${kind}.${name}`, part]);
    for (const [name, part] of named) {
      if (!isStateful(part)) {
        throw new DlError(
          "value",
          `${op}: ${name} has neither stateDict() and loadStateDict() nor getState() and setState(), so its state cannot be kept`,
        );
      }
      found.set(name, part);
    }
  }
  return found;
}

export const stateOf = (part: Stateful): unknown =>
  "stateDict" in part ? part.stateDict() : part.getState();

export const load = (part: Stateful, state: unknown): unknown =>
  "stateDict" in part ? part.loadStateDict(state) : part.setState(state);

/** Modules are functions: they can be called. */
const isObject = (x: unknown): x is object =>
  typeof x === "function" || (typeof x === "object" && x !== null);
const has = (x: object, method: string): boolean =>
  typeof (x as Record<string, unknown>)[method] === "function";
const isStateful = (x: unknown): x is Stateful =>
  isObject(x) &&
  ((has(x, "stateDict") && has(x, "loadStateDict")) || (has(x, "getState") && has(x, "setState")));
