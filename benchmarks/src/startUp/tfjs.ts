import * as tf from "@tensorflow/tfjs";

export function first(): number {
  return tf.add(tf.tensor1d([1]), tf.tensor1d([2])).dataSync()[0];
}
