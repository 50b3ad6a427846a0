import { state } from "@dl/tensor/core";

/** Runs `fn` unrecorded; without autograd nothing is recorded anyway. */
export const quietly = <T>(fn: () => T): T => (state.autograd ? state.autograd.noGrad(fn) : fn());

const said = new Set<string>();

/** Warns the first time that `what` comes up. */
export function warnOnce(what: string, message: () => string): void {
  if (said.has(what)) return;
  said.add(what);
  console.warn(`dl: ${message()}`);
}
