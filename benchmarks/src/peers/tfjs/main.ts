/** TensorFlow.js, `main.ts wasm|cpu`. Images lie channels last, the only layout that its gradients know. */
import * as tf from "@tensorflow/tfjs";
import { serve } from "../../child/serve.ts";
import { conv } from "./conv.ts";
import { crossEntropy, dispatch, elementwise, gemm, rows } from "./ops.ts";
import { ready } from "./ready.ts";
import { training } from "./training.ts";

await ready(process.argv[2]);
await serve(tf.version.tfjs, { gemm, elementwise, rows, crossEntropy, conv, training, dispatch });
