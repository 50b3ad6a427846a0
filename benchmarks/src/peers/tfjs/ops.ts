import * as tf from "@tensorflow/tfjs";
import { Cannot, type Runnable } from "../../child/answer.ts";
import { labels } from "../../child/data.ts";
import {
  CHAIN,
  type CrossEntropy,
  type Dispatch,
  type Elementwise,
  type Gemm,
  type Rows,
} from "../../workloads/spec.ts";
import { backward, forward, input } from "./tensors.ts";

export function gemm({ batch, m, k, n }: Gemm): Runnable {
  const outer = batch ? [batch] : [];
  const a = input([...outer, m, k]);
  const b = input([...outer, k, n], 1);
  return forward(() => tf.matMul(a, b));
}

/** There is none in TensorFlow.js. */
const gelu = (x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)));

const OPS: Record<Elementwise["op"], (x: tf.Tensor, y: tf.Tensor) => tf.Tensor> = {
  add: (x, y) => tf.add(x, y),
  relu: (x) => tf.relu(x),
  exp: (x) => tf.exp(x),
  gelu,
};
export function elementwise({ op, size }: Elementwise): Runnable {
  const x = input([size], 0, 4);
  const y = input([op === "add" ? size : 1], 1);
  return forward(() => OPS[op](x, y));
}

export function rows({ op, rows, columns }: Rows): Runnable {
  const x = input([rows, columns], 0, 4);
  if (op === "softmax") return forward(() => tf.softmax(x));
  const [weight, bias] = [input([columns], 1), input([columns], 2)];
  return forward(() =>
    tf.tidy(() => {
      const { mean, variance } = tf.moments(x, 1, true);
      const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(normal, weight), bias);
    }),
  );
}

export function crossEntropy({ rows, classes, backward: isBackward }: CrossEntropy): Runnable {
  const x = input([rows, classes], 0, 4);
  const y = tf.oneHot(tf.tensor1d(labels(rows, classes), "int32"), classes);
  const loss = (logits: tf.Tensor): tf.Scalar => tf.losses.softmaxCrossEntropy(y, logits);
  const gradient = tf.grad(loss);
  return isBackward ? backward(() => [gradient(x)]) : forward(() => tf.tidy(() => loss(x)));
}

export function dispatch({ op, size }: Dispatch): Runnable {
  const [x, y] = [input([size]), input([size], 1)];
  if (op === "add") return forward(() => tf.add(x, y));
  if (op === "addChain")
    return forward(() =>
      tf.tidy(() => {
        let sum = x;
        for (let i = 0; i < CHAIN; i++) sum = tf.add(sum, y);
        return sum;
      }),
    );
  if (op === "addRecorded") throw new Cannot("records inside of a gradient function only");
  const gradient = tf.grad((t: tf.Tensor) => tf.sum(tf.add(t, y)));
  return backward(() => [gradient(x)]);
}
