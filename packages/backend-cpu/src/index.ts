import { cpuWith } from "./cpu.ts";
import { convolutionKernels } from "./simd/conv/convolution.ts";
import * as functions from "./simd/math/index.ts";
import { poolKernels } from "./simd/pool.ts";
import { revectorizes } from "./simd/revectorize.ts";
import { crossEntropyKernels } from "./simd/rows/crossEntropy.ts";
import { layerNormKernels } from "./simd/rows/layerNorm.ts";
import { softmaxKernels } from "./simd/rows/softmax.ts";

export type { CpuOptions } from "./cpu.ts";

/**
 * The CPU as a backend. Equal options give the same backend, so that tensors of two calls can meet.
 *
 * @example
 * setBackend(cpu());
 * tensor([1, 2]).add(1) // => [2, 3]
 */
export const cpu = /* @__PURE__ */ cpuWith({
  families: [
    convolutionKernels,
    poolKernels,
    softmaxKernels,
    crossEntropyKernels,
    layerNormKernels,
  ],
  functions,
  revectorizes,
});
