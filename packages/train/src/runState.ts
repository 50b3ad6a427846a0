/** How far a training has come, as plain data. */
import { DlError } from "@dl/tensor/core";
import type { Callback } from "./callback.ts";
import type { EpochRecord, LossReading } from "./history.ts";

export interface RunState {
  /** How many epochs are done. */
  readonly epoch: number;
  readonly steps: number;
  readonly totalBatches: number;
  /** How many schedulers there are. */
  readonly schedulers: number;
  readonly epochs: readonly EpochRecord<any>[];
  readonly losses: readonly LossReading[];
  /** States of callbacks by the names of their classes: `EarlyStopping`, the second of them `EarlyStopping~2`. */
  readonly callbacks: Readonly<Record<string, unknown>>;
}

export function requireRunState(state: RunState, schedulers: number): void {
  const wrong = (what: string) => new DlError("state-dict", `fit: ${what}`);
  const counts = [state?.epoch, state?.steps, state?.totalBatches];
  const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  const lists = [state?.epochs, state?.losses];
  const isState =
    counts.every(isCount) &&
    lists.every((list) => Array.isArray(list) && list.every(isObject)) &&
    isObject(state.callbacks);
  if (!isState) throw wrong("the state of a run is wanted, as a checkpoint has it");
  if (state.schedulers !== schedulers)
    throw wrong(`the checkpoint has ${state.schedulers} schedulers, fit was given ${schedulers}`);
}
const isObject = (x: unknown): boolean => typeof x === "object" && x !== null;

export function callbackStates(callbacks: readonly Callback[]): Record<string, unknown> {
  return Object.fromEntries(
    [...named(callbacks)].map(([name, callback]) => [name, callback.stateDict!()]),
  );
}
/** Callbacks that were not there before begin anew. */
export function loadCallbackStates(
  callbacks: readonly Callback[],
  states: Readonly<Record<string, unknown>>,
): void {
  for (const [name, callback] of named(callbacks))
    if (Object.hasOwn(states, name)) callback.loadStateDict!(states[name]);
}
function named(callbacks: readonly Callback[]): Map<string, Callback> {
  const found = new Map<string, Callback>();
  for (const callback of callbacks) {
    if (!callback.stateDict || !callback.loadStateDict) continue;
    const { name } = callback.constructor;
    let unique = name;
    for (let i = 2; found.has(unique); i++) unique = `${name}~${i}`;
    found.set(unique, callback);
  }
  return found;
}
