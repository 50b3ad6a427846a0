/** How jax-js runs each kind of workload: every op and every step is compiled with `jit`. */
import type { Builders } from "../../child/answer.ts";
import { conv, crossEntropy, dispatch, elementwise, gemm, rows } from "./ops.ts";
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
