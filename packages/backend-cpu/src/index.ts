import type { Backend } from "@dl/tensor";
import { wasmBackend } from "./backend.ts";
import { referenceBackend } from "./reference/backend.ts";
import { hasSimd } from "./simd/features.ts";

export interface CpuOptions {
  /** WebAssembly kernels. Default: if the engine has 128-bit vectors. Without: plain JavaScript, the same results more slowly. */
  wasm?: boolean;
  /** Bytes in use beyond which the longest unused memory moves out into ordinary arrays. Default 1 GiB. */
  budget?: number;
}

const made = new Map<string, Backend>();

/**
 * The CPU as a backend. Equal options give the same backend, so that tensors of two calls can meet.
 *
 * @example
 * setBackend(cpu());
 * tensor([1, 2]).add(1) // => [2, 3]
 */
export function cpu(options: CpuOptions = {}): Backend {
  const { wasm = hasSimd(), budget = 2 ** 30 } = options;
  const key = `${wasm} ${budget}`;
  let backend = made.get(key);
  if (!backend) {
    backend = wasm ? wasmBackend(budget) : referenceBackend();
    made.set(key, backend);
  }
  return backend;
}
