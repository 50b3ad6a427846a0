/** What is measured on a GPU: a part of the others' workloads, and the price of a dispatch. */
import { convolutions } from "./conv.ts";
import { elementwise } from "./elementwise.ts";
import { gemm } from "./gemm.ts";
import { CHAIN, type Workload } from "./spec.ts";
import { training } from "./training.ts";

const NAMES = new Set([
  ...["gemm-256", "gemm-512", "gemm-1024", "gemm-2048", "gemm-257", "gemm-64x784x512"],
  ...["add-1M", "exp-1M", "gelu-1M", "softmax-1024x1024", "layerNorm-1024x1024"],
  "crossEntropy-8192x128-backward",
  ...["conv-lenet-1", "conv-resnet-64x8", "conv-32to64-forward", "conv-32to64", "conv-depthwise"],
  ...["train-xor", "train-iris", "train-mlp", "train-cnn", "train-cifar"],
]);
/** What takes a GPU in software seconds a run. */
const LARGE = new Set(["gemm-1024", "gemm-2048"]);
const SMALL_BATCH = 4;

/** @param isSoftware batches of images are small then */
export function gpuWorkloads(isSoftware: boolean): Workload[] {
  const all = [...gemm, ...elementwise, ...convolutions, ...training];
  const chosen = all.filter((w) => NAMES.has(w.name) && !(isSoftware && LARGE.has(w.name)));
  return [
    ...chosen.map((w) => (isSoftware ? withSmallBatch(w) : w)),
    // TensorFlow.js computes on the CPU what is much smaller.
    { name: `dispatch-add-${CHAIN}`, kind: "dispatch", op: "addChain", size: 4096 },
  ];
}

function withSmallBatch(w: Workload): Workload {
  const hasImages = w.kind === "conv" || (w.kind === "training" && w.shape.length === 3);
  return hasImages ? { ...w, name: `${w.name}-of-${SMALL_BATCH}`, batch: SMALL_BATCH } : w;
}
