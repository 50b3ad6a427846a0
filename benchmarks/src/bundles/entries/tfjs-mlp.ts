/** The same page with TensorFlow.js, from its parts: less than `@tensorflow/tfjs` brings. */
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import * as tf from "@tensorflow/tfjs-core";

const variable = (shape: number[]) => tf.variable(tf.randomNormal(shape, 0, 0.05));
const [w1, b1, w2, b2] = [[784, 512], [512], [512, 10], [10]].map(variable);
const images = tf.randomNormal([64, 784]);
const labels = tf.oneHot(tf.randomUniformInt([64], 0, 10), 10);
const optimizer = tf.train.adam(1e-3);
for (let step = 0; step < 100; step++) {
  const loss = optimizer.minimize(() => {
    const hidden = tf.relu(tf.add(tf.matMul(images, w1), b1));
    return tf.losses.softmaxCrossEntropy(labels, tf.add(tf.matMul(hidden, w2), b2));
  }, true)!;
  document.title = String((await loss.data())[0]);
  loss.dispose();
}
