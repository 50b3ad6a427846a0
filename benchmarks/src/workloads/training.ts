import type { Training, Workload } from "./spec.ts";

const step = (
  model: string,
  batch: number,
  shape: readonly number[],
  classes: number,
  optimizer: Training["optimizer"],
): Workload => ({
  name: `train-${model}`,
  kind: "training",
  model,
  batch,
  shape,
  classes,
  optimizer,
});

/** One step each: forward, loss, backward, step of the optimizer, gradients back to zero, the loss as a number. */
export const training: readonly Workload[] = [
  step("mlp", 64, [784], 10, "adam"),
  step("cnn", 64, [1, 28, 28], 10, "adam"),
  step("cifar", 64, [3, 32, 32], 10, "momentum"),
  step("resnet", 32, [3, 32, 32], 10, "momentum"),
  step("lstm", 32, [28, 28], 10, "adam"),
  step("transformer", 16, [64, 64], 10, "adam"),
  step("xor", 4, [2], 1, "sgd"),
  step("iris", 16, [4], 3, "adam"),
];
