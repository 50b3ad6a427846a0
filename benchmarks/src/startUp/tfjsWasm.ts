import * as tf from "@tensorflow/tfjs";
import { ready } from "../peers/tfjs/ready.ts";

export async function first(): Promise<number> {
  await ready("wasm");
  return tf.add(tf.tensor1d([1]), tf.tensor1d([2])).dataSync()[0];
}
