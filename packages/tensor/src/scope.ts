/**
 * Scopes release, when they end, the tensors made in them that nobody was given. Every module call is one, so are
 * decompositions, gradient rules and optimizer steps; user code never needs one. What is made outside any scope is the
 * user's, and the collector finds it when it is dropped.
 */
import { isTensor, type Tensor } from "./tensor.ts";

/** A scope's tensors, oldest first. Null: outside any scope. */
let current: Tensor[] | null = null;
let lastScope = 0;

/** `Tensor.scopeMark` of a tensor that belongs to no scope any more. */
const ESCAPED = -1;

/** Called for every new tensor. */
export function adopt(t: Tensor): void {
  if (current) current.push(t);
}

export type Mark = (x: unknown) => void;

export interface ScopeOptions<T> {
  /** For the message that a released tensor gives when it is touched. */
  name?: string;
  /** Marks what outlives the scope. By default whatever the result reaches. */
  keep?: (result: T, mark: Mark) => void;
}

/** Runs `fn` and then releases, newest first, the tensors made in it that are not kept; also when it throws. */
export function scope<T>(fn: () => T, options: ScopeOptions<T> = {}): T {
  const outer = current;
  const mine: Tensor[] = [];
  const id = ++lastScope;
  const mark = (t: Tensor) => {
    if (t.scopeMark !== ESCAPED) t.scopeMark = id;
  };
  current = mine;
  try {
    const result = fn();
    if (options.keep) options.keep(result, (x) => eachTensor(x, mark));
    else eachTensor(result, mark);
    return result;
  } finally {
    current = outer;
    for (let i = mine.length - 1; i >= 0; i--) {
      const t = mine[i];
      if (t.released !== null || t.scopeMark === ESCAPED) continue;
      if (t.scopeMark === id) adopt(t);
      else t.release(options.name ?? "a scope");
    }
  }
}

/** Runs `fn` outside any scope: what it makes belongs to whoever is given it. */
export function unscoped<T>(fn: () => T): T {
  const outer = current;
  current = null;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

/** Lets what `x` reaches outlive every scope; the collector finds it when it is dropped. */
export function keep<T>(x: T): T {
  eachTensor(x, (t) => {
    t.scopeMark = ESCAPED;
  });
  return x;
}

/** For containers: done with a tensor that passed between two of their parts. */
export function letGo(t: Tensor): void {
  // Only what was made in this scope: a layer may hand on a tensor that someone else owns.
  if (current && t.scopeMark !== ESCAPED && t.released === null && current.lastIndexOf(t) >= 0)
    t.release("its container");
}

/** The tensors of the running scope so far. */
export const scopeTensors = (): readonly Tensor[] => current ?? [];

/** Visits the tensors that `x` reaches through arrays, sets, maps and objects; not through functions (nor, so, modules). */
export function eachTensor(x: unknown, visit: (t: Tensor) => void, seen = new Set<object>()): void {
  if (x === null || typeof x !== "object") return;
  if (isTensor(x)) {
    visit(x);
    return;
  }
  if (seen.has(x) || ArrayBuffer.isView(x)) return;
  seen.add(x);
  if (Array.isArray(x) || x instanceof Set) for (const y of x) eachTensor(y, visit, seen);
  else if (x instanceof Map) for (const y of x.values()) eachTensor(y, visit, seen);
  // Own properties: the getters of, say, a DOM element lead everywhere.
  else
    for (const key of Object.keys(x)) eachTensor((x as Record<string, unknown>)[key], visit, seen);
}
