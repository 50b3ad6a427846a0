import { noGrad } from "@dl/autograd";
import type { DataLoader } from "@dl/data";
import { Accuracy } from "@dl/metrics";
import type { Module } from "@dl/nn";
import type { LRScheduler, Optimizer } from "@dl/optim";
import type { Tensor } from "@dl/tensor";

type Classifier = ((images: Tensor) => Tensor) & Module;
type Loss = (output: Tensor, labels: Tensor) => Tensor;
type Batches = DataLoader<[image: Tensor, label: Tensor]>;

/** What there is to see after each step. */
export interface Step {
  readonly batch: number;
  readonly images: number;
  readonly loss: number;
  readonly accuracy: Accuracy;
}

/**
 * One pass over the data. `onStep` ends it early by returning false.
 *
 * It is told of a step when the next one is under way: a GPU computes that while the loss is fetched.
 */
export async function trainEpoch(
  model: Classifier,
  loader: Batches,
  criterion: Loss,
  optimizer: Optimizer<any>,
  onStep: (step: Step) => boolean | Promise<boolean>,
  { augment, scheduler }: { augment?: (images: Tensor) => Tensor; scheduler?: LRScheduler } = {},
): Promise<void> {
  model.train();
  const accuracy = new Accuracy();
  let batch = 0;
  let seen = 0;
  let tellOfLast: (() => Promise<boolean>) | undefined;
  for await (const [images, labels] of loader) {
    optimizer.zeroGrad();
    const output = model(augment ? augment(images) : images);
    const loss = criterion(output, labels);
    loss.backward();
    optimizer.step();
    scheduler?.step();

    accuracy.update(output, labels);
    seen += labels.numel;
    const step = { batch: ++batch, images: seen, accuracy };
    const number = loss.item();
    if (tellOfLast && !(await tellOfLast())) return;
    tellOfLast = async () => onStep({ ...step, loss: await number });
  }
  await tellOfLast?.();
}

/** The share of images that the model classifies right. */
export async function evaluate(model: Classifier, loader: Batches): Promise<number> {
  model.eval();
  const accuracy = new Accuracy();
  await noGrad(async () => {
    for await (const [images, labels] of loader) accuracy.update(model(images), labels);
  });
  return accuracy.compute();
}
