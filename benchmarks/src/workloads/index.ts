import { convolutions } from "./conv.ts";
import { dispatch } from "./dispatch.ts";
import { elementwise } from "./elementwise.ts";
import { gemm } from "./gemm.ts";
import type { Workload } from "./spec.ts";
import { training } from "./training.ts";

export const workloads: readonly Workload[] = [
  ...gemm,
  ...elementwise,
  ...convolutions,
  ...training,
  ...dispatch,
  { name: "start-up", kind: "startUp" },
];
