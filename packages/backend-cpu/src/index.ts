import { cpuWith } from "./cpu.ts";
import { convolutionKernels } from "./simd/conv/convolution.ts";
import { poolKernels } from "./simd/pool.ts";
import { rowKernels } from "./simd/rows.ts";

export type { CpuOptions } from "./cpu.ts";

/**
 * The CPU as a backend. Equal options give the same backend, so that tensors of two calls can meet.
 *
 * @example
 * setBackend(cpu());
 * tensor([1, 2]).add(1) // => [2, 3]
 */
export const cpu = /* @__PURE__ */ cpuWith([convolutionKernels, poolKernels, rowKernels]);
