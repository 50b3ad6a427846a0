/** The same page with jax-js. */
import { jit, nn, numpy as np, random, valueAndGrad } from "@jax-js/jax";

const key = random.key(0);
const images = random.normal(key.ref, [64, 784]);
const labels = nn.oneHot(np.zeros([64], { dtype: np.int32 }), 10);
let weights = [
  [784, 512],
  [512, 10],
].map((shape) => random.normal(key.ref, shape).mul(0.05));

const lossOf = ([w1, w2]: np.Array[]): np.Array => {
  const logits = np.matmul(nn.relu(np.matmul(images.ref, w1)), w2);
  return nn.logSoftmax(logits).mul(labels.ref).sum(-1).mean().neg();
};
const step = jit((parameters: np.Array[]) => {
  const kept = parameters.map((w) => w.ref);
  const [loss, gradients] = valueAndGrad(lossOf)(parameters);
  return { loss, weights: kept.map((w, i) => w.sub((gradients[i] as np.Array).mul(0.1))) };
});
for (let i = 0; i < 100; i++) {
  const result = step(weights);
  weights = result.weights;
  document.title = String(await result.loss.jsAsync());
}
