/** How TensorFlow.js runs each kind of workload. Images lie channels last, the only layout that its gradients know. */
import type { Builders } from "../../child/answer.ts";
import { conv } from "./conv.ts";
import { crossEntropy, dispatch, elementwise, gemm, rows } from "./ops.ts";
import { training } from "./training.ts";

export const builders: Builders = {
  gemm,
  elementwise,
  rows,
  crossEntropy,
  conv,
  training,
  dispatch,
};
