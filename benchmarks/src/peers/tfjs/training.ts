import * as tf from "@tensorflow/tfjs";
import { Cannot, type Runnable } from "../../child/answer.ts";
import { labels } from "../../child/data.ts";
import type { Training } from "../../workloads/spec.ts";
import { Builder, models } from "./models.ts";
import { input, LAST, permuted } from "./tensors.ts";

const OPTIMIZERS: Record<Training["optimizer"], () => tf.Optimizer> = {
  adam: () => tf.train.adam(1e-3),
  sgd: () => tf.train.sgd(1e-2),
  momentum: () => tf.train.momentum(1e-2, 0.9),
};

export function training({ model: name, batch, shape, classes, optimizer }: Training): Runnable {
  if (!(name in models)) throw new Cannot("not written for TensorFlow.js yet");
  const builder = new Builder();
  const model = models[name](builder);
  const rule = OPTIMIZERS[optimizer]();
  const flat = input([batch, ...shape]);
  const x = shape.length === 3 ? permuted(flat, LAST) : flat;
  const y =
    classes === 1
      ? tf.tensor2d(Float32Array.from(labels(batch, 2)), [batch, 1])
      : tf.oneHot(tf.tensor1d(labels(batch, classes), "int32"), classes);
  const lossOf = (): tf.Scalar =>
    classes === 1
      ? tf.losses.sigmoidCrossEntropy(y, model(x))
      : tf.losses.softmaxCrossEntropy(y, model(x));

  const minimized = (): tf.Scalar => tf.tidy(() => rule.minimize(lossOf, true, builder.variables)!);
  const step = (): number => {
    const loss = minimized();
    const [value] = loss.dataSync();
    loss.dispose();
    return value;
  };
  const stepOnGpu = async (): Promise<number> => {
    const loss = minimized();
    const [value] = await loss.data();
    loss.dispose();
    return value;
  };
  return {
    run: tf.getBackend() === "webgpu" ? stepOnGpu : step,
    dispose: () => {
      rule.dispose();
      tf.disposeVariables();
      tf.dispose([x, y, flat]);
    },
  };
}
