import type { Backend } from "@dl/tensor/core";
import { engineOf } from "./backend.ts";

/**
 * Runs something for the first time without making anybody wait for its kernels: they are compiled beside each other and
 * beside whatever else happens, and the device's work waits for them, in order. What `run` does really happens: a training
 * step trains, a value that it awaits is the true one. Afterwards the same step compiles nothing.
 *
 * Kernels depend on expressions, dtypes, numbers of dimensions, and in part on how large operands are: run what will be run
 * later, with tensors of those shapes. On any other backend than WebGPU it simply runs.
 *
 * @param backend the one whose kernels are wanted: of `await webgpu()`
 * @returns what `run` returns, once the device has been given all of its work
 *
 * @example
 * ```ts no-run: needs a GPU
 * const gpu = await webgpu();
 * const step = () => zeros(64, 64, { device: gpu }).exp().sum().item();
 * await warmup(gpu, step) // => 4096
 * ```
 */
export async function warmup<T>(backend: Backend, run: () => T | Promise<T>): Promise<T> {
  const engine = engineOf.get(backend);
  return engine ? engine.queue.warmup(run) : run();
}

/** What a WebGPU backend has done so far. */
export interface Statistics {
  /** Kernels launched. */
  readonly dispatches: number;
  /** Batches of commands that the device was given. Each costs some tens of microseconds. */
  readonly submits: number;
  /** Kernels compiled. */
  readonly kernels: number;
  /** Those of them that were compiled when they were wanted, outside of a `warmup`, while the page waited. */
  readonly stalls: number;
}

/** Counts for finding out what a step costs: the difference between before and after. Null for any other backend than WebGPU. */
export function statistics(backend: Backend): Statistics | null {
  const engine = engineOf.get(backend);
  return engine ? { ...engine.queue.counts, kernels: engine.size, stalls: engine.stalls } : null;
}
