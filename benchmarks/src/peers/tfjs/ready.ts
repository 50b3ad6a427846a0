import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";

export async function ready(backend: string): Promise<void> {
  tf.enableProdMode();
  if (backend === "wasm") {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    const main = fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
    setWasmPaths(`${dirname(main)}/`);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend}`);
}
