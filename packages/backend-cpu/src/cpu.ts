import { type Backend, DlError } from "@dl/tensor/core";
import { wasmBackend } from "./backend.ts";
import { referenceBackend } from "./reference/backend.ts";
import type { Kernels } from "./simd/family.ts";
import { hasSimd } from "./simd/features.ts";
import { hardwareThreads } from "./threads/spawn.ts";

export interface CpuOptions {
  /** WebAssembly kernels. Default: if the engine has 128-bit vectors. Without: plain JavaScript, the same results more slowly. */
  wasm?: boolean;
  /** Bytes in use beyond which the longest unused memory moves out into ordinary arrays. Default 1 GiB. */
  budget?: number;
  /** Threads that compute, the calling one included. Default: as many as the machine runs at once, at most 8. The results are the same for any number. */
  threads?: number;
  /** Fused multiply-add where the engine has it (Node 22, Chrome 114). Default true; without, every product is rounded before it is added. */
  fma?: boolean;
  /**
   * "auto": in Node, let V8 join neighbouring vectors, if a trial of up to 150 ms finds that it pays and computes the same.
   * Products and convolutions are about 1.4 times as fast then. It sets a flag of V8's, an experimental one, for all
   * WebAssembly that the process compiles from then on. Default false.
   */
  revectorize?: "auto" | false;
}

/** `cpu` made of these. */
export function cpuWith(kernels: Kernels): (options?: CpuOptions) => Backend {
  const made = new Map<string, Backend>();
  return (options = {}) => {
    const {
      wasm = hasSimd(),
      budget = 2 ** 30,
      threads = Math.min(hardwareThreads(), 8),
      fma = true,
      revectorize = false,
    } = options;
    if (!Number.isInteger(threads) || threads < 1)
      throw new DlError("value", `cpu: threads is ${threads}, it has to be a whole number from 1`);
    const key = wasm ? `${budget} ${threads} ${fma} ${revectorize}` : "reference";
    let backend = made.get(key);
    if (!backend) {
      backend = wasm
        ? wasmBackend({ budget, threads, fma, revectorize: revectorize === "auto" }, kernels)
        : referenceBackend();
      made.set(key, backend);
    }
    return backend;
  };
}
