/** Functions that run before and after what a module does. */
import { Hooks, type Tensor } from "@dl/tensor/core";
import type { LoadResult, StateDict } from "./stateDict.ts";

/** May return other arguments, as an array, or one other argument. */
export type ForwardPreHook = (module: any, inputs: any[]) => unknown;
/** May return another output. */
export type ForwardHook = (module: any, inputs: any[], output: any) => unknown;
/** One gradient for each output, null where there is none. May return others. */
export type BackwardPreHook = (
  module: any,
  gradOutput: (Tensor | null)[],
) => (Tensor | null)[] | null | undefined | void;
/** One gradient for each argument and output, null where there is none. May return others for the arguments. */
export type BackwardHook = (
  module: any,
  gradInput: (Tensor | null)[],
  gradOutput: (Tensor | null)[],
) => (Tensor | null)[] | null | undefined | void;
export type StateDictPreHook = (module: any, prefix: string, keepVars: boolean) => void;
/** May change the dictionary, which has what was collected so far. */
export type StateDictPostHook = (
  module: any,
  stateDict: StateDict,
  prefix: string,
  localMetadata: Record<string, unknown>,
) => void;
/** May change the dictionary, which has what begins with the prefix, and the three lists. */
export type LoadStateDictPreHook = (
  module: any,
  stateDict: StateDict,
  prefix: string,
  localMetadata: Record<string, unknown>,
  strict: boolean,
  missingKeys: string[],
  unexpectedKeys: string[],
  errorMsgs: string[],
) => void;
/** May change the two lists. */
export type LoadStateDictPostHook = (module: any, incompatibleKeys: LoadResult) => void;

/** All that a module may have. */
export class ModuleHooks {
  readonly beforeForward = new Hooks<ForwardPreHook>();
  readonly afterForward = new Hooks<ForwardHook>();
  /** Those of `afterForward` that are called when `forward` throws, too. */
  readonly always = new Set<ForwardHook>();
  readonly beforeBackward = new Hooks<BackwardPreHook>();
  readonly afterBackward = new Hooks<BackwardHook>();
  readonly beforeSaving = new Hooks<StateDictPreHook>();
  readonly afterSaving = new Hooks<StateDictPostHook>();
  readonly beforeLoading = new Hooks<LoadStateDictPreHook>();
  readonly afterLoading = new Hooks<LoadStateDictPostHook>();

  /** The same functions for another module. */
  copyTo(other: ModuleHooks): void {
    for (const [name, hooks] of Object.entries(this) as [keyof this, unknown][])
      for (const hook of hooks as Iterable<never>)
        (other[name as keyof ModuleHooks] as { add(hook: never): unknown }).add(hook);
  }
}
