import { cpuWith } from "./cpu.ts";
import { rowKernels } from "./simd/rows.ts";

export type { CpuOptions } from "./cpu.ts";

/**
 * The CPU as a backend for pages without images: as `cpu` of `@dl/backend-cpu`, but without the kernels of convolution and
 * pooling, some 10 KB of a compressed page. These ops are computed by others, with the same results more slowly.
 */
export const cpu = /* @__PURE__ */ cpuWith([rowKernels]);
