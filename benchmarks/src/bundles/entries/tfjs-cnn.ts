/** The same page with TensorFlow.js, from its parts: less than `@tensorflow/tfjs` brings. */
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import * as tf from "@tensorflow/tfjs-core";

const variable = (shape: number[]) => tf.variable(tf.randomNormal(shape, 0, 0.05));
const [w1, b1, w2, b2, w3, b3] = [[3, 3, 1, 32], [32], [3, 3, 32, 64], [64], [3136, 10], [10]].map(
  variable,
);
const images = tf.randomNormal([64, 28, 28, 1]);
const labels = tf.oneHot(tf.randomUniformInt([64], 0, 10), 10);
const layer = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor): tf.Tensor => {
  const y = tf.add(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same"), bias);
  return tf.maxPool(tf.relu(y) as tf.Tensor4D, 2, 2, "valid");
};
const optimizer = tf.train.adam(1e-3);
for (let step = 0; step < 100; step++) {
  const loss = optimizer.minimize(() => {
    const features = layer(layer(images, w1, b1), w2, b2);
    const logits = tf.add(tf.matMul(tf.reshape(features, [64, -1]), w3), b3);
    return tf.losses.softmaxCrossEntropy(labels, logits);
  }, true)!;
  document.title = String((await loss.data())[0]);
  loss.dispose();
}
