/** Our side, in a process of its own: `main.ts THREADS REVECTORIZE`. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { serve } from "../../child/serve.ts";
import { conv } from "./conv.ts";
import { dispatch } from "./dispatch.ts";
import { elementwise, rows } from "./elementwise.ts";
import { gemm } from "./gemm.ts";
import { crossEntropyOf } from "./loss.ts";
import { training } from "./training.ts";

const [threads, revectorize] = process.argv.slice(2);
setBackend(cpu({ threads: Number(threads), revectorize: revectorize === "auto" && "auto" }));

await serve("source", {
  gemm,
  elementwise,
  rows,
  crossEntropy: crossEntropyOf,
  conv,
  training,
  dispatch,
});
