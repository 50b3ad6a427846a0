/**
 * Whether ops are recorded. `noGrad` of an async function covers its awaits without touching code that runs meanwhile:
 * in Node the setting follows the asynchronous context. Elsewhere it is a count that stays up until the promise settles.
 * A saved-and-restored flag would be wrong: overlapping calls would restore each other's state.
 */
import { afterwards } from "@dl/tensor/core";

interface Context {
  run<T>(value: boolean, fn: () => T): T;
  getStore(): boolean | undefined;
}
interface AsyncHooks {
  AsyncLocalStorage: new () => Context;
}
type Builtins = { getBuiltinModule?(name: string): unknown };

const hooks = (globalThis as { process?: Builtins }).process?.getBuiltinModule?.(
  "node:async_hooks",
) as AsyncHooks | undefined;
const context: Context | null = hooks ? new hooks.AsyncLocalStorage() : null;

/** Without a context: how many `noGrad`s are open, and how many `enableGrad`s inside them. */
let off = 0;
let forcedOn = 0;
/** Synchronous sections inside which nothing is recorded: the inside of an op. */
let paused = 0;

export function isGradEnabled(): boolean {
  if (paused > 0) return false;
  if (context) return context.getStore() ?? true;
  return off === 0 || forcedOn > 0;
}

/** Runs `fn`, which is synchronous, with recording off. Cheap: wrapped around every recorded op. */
export function pause<T>(fn: () => T): T {
  paused++;
  try {
    return fn();
  } finally {
    paused--;
  }
}

function counted<T>(fn: () => T, change: (by: 1 | -1) => void): T {
  change(1);
  return afterwards(fn, () => change(-1));
}

/**
 * Runs `fn` without recording: what it makes requires no gradient. An async `fn` is covered until it settles.
 *
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * noGrad(() => w.mul(2)).requiresGrad // => false
 */
export function noGrad<T>(fn: () => T): T {
  if (context) return context.run(false, fn);
  return counted(fn, (by) => {
    off += by;
  });
}

/** Runs `fn` with recording on, inside a `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  if (context) return context.run(true, fn);
  return counted(fn, (by) => {
    forcedOn += by;
  });
}

/** Recording on or off for `fn`, by a flag. */
export const setGradEnabled = <T>(enabled: boolean, fn: () => T): T =>
  enabled ? enableGrad(fn) : noGrad(fn);
