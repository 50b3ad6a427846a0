/** TensorFlow.js, `main.ts wasm|cpu`. */
import * as tf from "@tensorflow/tfjs";
import { serve } from "../../child/serve.ts";
import { builders } from "./builders.ts";
import { ready } from "./ready.ts";

await ready(process.argv[2]);
await serve(tf.version.tfjs, builders);
