import type { Backend } from "@dl/tensor";
import { referenceBackend } from "./reference/backend.ts";

export interface CpuOptions {
  /** WebAssembly kernels. Default: if the engine has SIMD. Without: plain JavaScript, slower, every dtype. */
  wasm?: boolean;
  /** Bytes over which the longest unused memory moves out of the WebAssembly memory. Default 1 GiB. */
  budget?: number;
}
let plain: Backend | undefined;
export function cpu(_options: CpuOptions = {}): Backend {
  plain ??= referenceBackend();
  return plain;
}
