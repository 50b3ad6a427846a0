/** How ours runs each kind of workload, on any backend. */
import "@dl/autograd";
import type { Builders } from "../../child/answer.ts";
import { conv } from "./conv.ts";
import { dispatch } from "./dispatch.ts";
import { elementwise, rows } from "./elementwise.ts";
import { gemm } from "./gemm.ts";
import { crossEntropyOf as crossEntropy } from "./loss.ts";
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
