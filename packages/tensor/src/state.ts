/**
 * The little global state there is. It hangs on `globalThis`, so that a second copy of this package in one program is
 * noticed when it loads, instead of tensors of one copy being strangers to the other.
 */
import type { Backend } from "./backend.ts";
import type { Tensor } from "./tensor.ts";

/** What @dl/autograd offers to the rest, which must not import it. */
export interface Autograd {
  isGradEnabled(): boolean;
  /** Runs `fn`, awaits included if it is async, without recording. */
  noGrad<T>(fn: () => T): T;
  /** `value` is about to be written into `view`: the tensor that it is a view of depends on it from now on. */
  overwrite(view: Tensor, value: Tensor): void;
  /** `tensor` gets the history of `value`. */
  adopt(tensor: Tensor, value: Tensor): void;
  backward(root: Tensor, gradient: Tensor | undefined, options: BackwardOptions): void;
  registerHook(tensor: Tensor, hook: TensorHook): () => void;
  retainGrad(tensor: Tensor): void;
  retainsGrad(tensor: Tensor): boolean;
  registerPostAccumulateGradHook(tensor: Tensor, hook: (leaf: Tensor) => void): () => void;
}
export interface BackwardOptions {
  /** Keep what the graph saved, so that `backward()` can run through it again. Default: the value of createGraph. */
  retainGraph?: boolean;
  /** Record the backward pass itself, for gradients of gradients. */
  createGraph?: boolean;
}
/** Sees a gradient; may return another in its place. */
export type TensorHook = (gradient: Tensor) => Tensor | void;

/** A module that is running, for messages. */
export interface RunningModule {
  readonly constructor: { readonly name: string };
}

export interface State {
  readonly abi: number;
  backend: Backend | null;
  autograd: Autograd | null;
  /** Module calls in progress, outermost first. */
  readonly modules: RunningModule[];
}

const ABI = 1;

function claim(): State {
  const key = Symbol.for("@dl/tensor");
  const world = globalThis as { [key]?: State };
  if (world[key]) {
    throw new Error(
      "@dl/tensor is loaded twice, so tensors of one copy would be strangers to the other. Make every package use one " +
        'copy: run "npm ls @dl/tensor" (or pnpm why), align the versions, and let bundlers deduplicate it.',
    );
  }
  return (world[key] = { abi: ABI, backend: null, autograd: null, modules: [] });
}

export const state: State = claim();
