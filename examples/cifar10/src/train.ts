import { noGrad } from "@dl/autograd";
import { DataLoader, type Dataset, transforms } from "@dl/data";
import { crossEntropy } from "@dl/losses";
import { Accuracy, ConfusionMatrix } from "@dl/metrics";
import type * as nn from "@dl/nn";
import { type LRScheduler, OneCycleLR, type Optimizer, SGD } from "@dl/optim";
import { manualSeed, type Tensor } from "@dl/tensor";
import { createBest, Net } from "./models.ts";

type Images = Dataset<[image: Tensor, label: Tensor]>;
export type Classifier = ((images: Tensor) => Tensor) & nn.Module;

/** A model and the way it is trained. */
export interface Recipe {
  readonly model: Classifier;
  readonly loader: DataLoader<[image: Tensor, label: Tensor]>;
  readonly optimizer: Optimizer<any>;
  /** Steps after each batch. */
  readonly scheduler?: LRScheduler;
  readonly augment?: (images: Tensor) => Tensor;
  readonly labelSmoothing?: number;
}

/** The tutorial's: batches of 4, plain SGD with momentum. With the same seed PyTorch has the same losses. */
export function tutorial(data: Images, seed: number): Recipe {
  manualSeed(seed);
  const model = new Net();
  return {
    model,
    loader: new DataLoader(data, { batchSize: 4, shuffle: true }),
    optimizer: new SGD(model.parameters(), { lr: 0.001, momentum: 0.9 }),
  };
}

/** Mirrored and moved images, larger batches, a rate that rises and falls, weight decay, label smoothing. */
export function best(
  data: Images,
  seed: number,
  epochs: number,
  { batchSize = 128, maxLr = 0.2 } = {},
): Recipe {
  manualSeed(seed);
  const model = createBest();
  const loader = new DataLoader(data, { batchSize, shuffle: true, dropLast: true });
  // Weight decay is for what multiplies, not for biases and batch norm.
  const [weights, others] = [model.parameters(), model.parameters()].map((all, k) =>
    all.filter((p) => p.rank > 1 === (k === 0)),
  );
  const optimizer = new SGD(
    [
      { params: weights, weightDecay: 5e-4 },
      { params: others, weightDecay: 0 },
    ],
    { lr: maxLr, momentum: 0.9, nesterov: true },
  );
  const scheduler = new OneCycleLR(optimizer, maxLr, {
    totalSteps: epochs * loader.length,
    pctStart: 0.2,
    cycleMomentum: false,
  });
  const crop = new transforms.RandomCrop(32, { padding: 2 });
  const flip = new transforms.RandomHorizontalFlip();
  return {
    model,
    loader,
    optimizer,
    scheduler,
    augment: (images) => flip(crop(images)),
    labelSmoothing: 0.1,
  };
}

export interface Step {
  readonly epoch: number;
  readonly batch: number;
  /** In this epoch, so far. */
  readonly images: number;
  readonly loss: number;
}

/** Returns the losses of all batches. `onStep` ends it early by returning false. */
export async function train(
  { model, loader, optimizer, scheduler, augment, labelSmoothing = 0 }: Recipe,
  epochs: number,
  onStep: (step: Step) => boolean | undefined = () => true,
): Promise<number[]> {
  const losses: number[] = [];
  model.train();
  for (let epoch = 0; epoch < epochs; epoch++) {
    let [batch, images] = [0, 0];
    for await (const [x, labels] of loader) {
      optimizer.zeroGrad();
      const output = model(augment ? augment(x) : x);
      const loss = crossEntropy(output, labels, { labelSmoothing });
      loss.backward();
      optimizer.step();
      scheduler?.step();
      batch++;
      images += labels.numel;
      losses.push(await loss.item());
      if (onStep({ epoch, batch, images, loss: losses.at(-1)! }) === false) return losses;
    }
  }
  return losses;
}

export async function evaluate(model: Classifier, data: Images) {
  model.eval();
  const accuracy = new Accuracy();
  const matrix = new ConfusionMatrix(10);
  await noGrad(async () => {
    for await (const [images, labels] of new DataLoader(data, { batchSize: 200 })) {
      const output = model(images);
      accuracy.update(output, labels);
      matrix.update(output, labels);
    }
  });
  return { accuracy: await accuracy.compute(), matrix: (await matrix.compute()) as number[][] };
}
