/** What reading and augmenting batches adds to a training step. */
import "@dl/autograd";
import { type Collated, DataLoader, type Dataset, transforms } from "@dl/data";
import { cifar10, mnist } from "@dl/data/node";
import { crossEntropy } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam } from "@dl/optim";
import { manualSeed, type Tensor } from "@dl/tensor";
import { median } from "../child/measure.ts";
import { type Model, models } from "../peers/ours/models.ts";

type Images = Dataset<[image: Tensor, label: Tensor]>;
type Batch = Collated<[image: Tensor, label: Tensor]>;

export interface Program {
  readonly name: string;
  readonly data: () => Promise<Images>;
  readonly model: () => Model;
  readonly augment: (images: Tensor) => Tensor;
}

const root = process.env.DL_DATA ?? "./data";
const BATCH = 64;
const BLACK = -0.1307 / 0.3081;

export function programs(): Program[] {
  const affine = new transforms.RandomAffine(10, {
    translate: [0.08, 0.08],
    scale: [0.9, 1.1],
    interpolation: "bilinear",
    fill: BLACK,
  });
  const crop = new transforms.RandomCrop(32, { padding: 4 });
  const flip = new transforms.RandomHorizontalFlip();
  return [
    {
      name: "MNIST, turned and moved",
      data: () => mnist({ root, normalize: true }),
      model: models.cnn,
      augment: (images) => affine(images),
    },
    {
      name: "CIFAR-10, cropped and mirrored",
      data: () => cifar10({ root, normalize: { mean: 0.5, std: 0.5 } }),
      model: tutorial,
      augment: (images) => flip(crop(images)),
    },
  ];
}

/** The network of examples/cifar10. */
const tutorial = (): Model =>
  new nn.Sequential(
    ...[new nn.Conv2d(3, 64, 5), new nn.ReLU(), new nn.MaxPool2d(2)],
    ...[new nn.Conv2d(64, 30, 5), new nn.ReLU(), new nn.MaxPool2d(2), new nn.Flatten()],
    ...[new nn.Linear(750, 120), new nn.ReLU(), new nn.Linear(120, 84), new nn.ReLU()],
    new nn.Linear(84, 10),
  );

export interface Slowdown {
  readonly name: string;
  /** Milliseconds of a step on a batch that is there already. */
  readonly step: number;
  /** How much longer a step takes, as a share, with batches from a loader, and with those augmented. */
  readonly loaded: number;
  readonly augmented: number;
}

/** Rounds of some steps in each way, one way after another. */
export async function slowdown(program: Program, rounds: number, steps: number): Promise<Slowdown> {
  manualSeed(0);
  const model = program.model();
  const optimizer = new Adam(model.parameters());
  const batches = endless(await program.data());
  const fixed = await next(batches);
  const train = async ([images, labels]: Batch) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model(images), labels);
    loss.backward();
    optimizer.step();
    await loss.item();
  };
  const ways = {
    fixed: () => train(fixed),
    loaded: async () => train(await next(batches)),
    augmented: async () => {
      const [images, labels] = await next(batches);
      await train([program.augment(images), labels]);
    },
  };
  const time = async (way: () => Promise<void>): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < steps; i++) await way();
    return (performance.now() - start) / steps;
  };
  for (const way of Object.values(ways)) await time(way);
  const times: { fixed: number; loaded: number; augmented: number }[] = [];
  for (let round = 0; round < rounds; round++)
    times.push({
      fixed: await time(ways.fixed),
      loaded: await time(ways.loaded),
      augmented: await time(ways.augmented),
    });
  return {
    name: program.name,
    step: median(times.map((t) => t.fixed)),
    loaded: median(times.map((t) => t.loaded / t.fixed - 1)),
    augmented: median(times.map((t) => t.augmented / t.fixed - 1)),
  };
}

async function* endless(data: Images): AsyncGenerator<Batch> {
  for (;;) yield* new DataLoader(data, { batchSize: BATCH, shuffle: true, dropLast: true });
}
const next = async (batches: AsyncGenerator<Batch>): Promise<Batch> =>
  (await batches.next()).value as Batch;
