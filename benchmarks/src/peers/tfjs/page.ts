/** TensorFlow.js in a page, on its GPU. */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-backend-webgpu";
import { waiting } from "../../pages/waiting.ts";
import { builders } from "./builders.ts";

export async function start() {
  tf.enableProdMode();
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js finds no GPU");
  const backend = tf.backend() as WebGPUBackend;
  return waiting(builders, () => {
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.submitQueue();
    return backend.queue.onSubmittedWorkDone();
  });
}
