import { cpuWith } from "./cpu.ts";
import { erf, exp, expm1, sigmoid, tanh } from "./simd/math/exponential.ts";
import { log, log1p } from "./simd/math/logarithm.ts";
import { crossEntropyKernels } from "./simd/rows/crossEntropy.ts";
import { softmaxKernels } from "./simd/rows/softmax.ts";

export type { CpuOptions } from "./cpu.ts";

/**
 * The CPU as a backend for small pages: as `cpu` of `@dl/backend-cpu`, but without the kernels of convolution, pooling and
 * layer normalisation, without vector code for trigonometric functions and powers, and without `revectorize`: some 13 KB
 * less of a compressed page. What is missing is computed by other kernels, with the same results more slowly.
 */
export const cpu = /* @__PURE__ */ cpuWith({
  families: [softmaxKernels, crossEntropyKernels],
  functions: { erf, exp, expm1, log, log1p, sigmoid, tanh },
});
