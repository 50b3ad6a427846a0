/** A training with `fit` in which everything is random, and every part has a state. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { DataLoader, TensorDataset } from "@dl/data";
import { mseLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { AdamW, OneCycleLR, ReduceLROnPlateau } from "@dl/optim";
import { Generator, manualSeed, rand, setBackend, type Tensor } from "@dl/tensor";
import { EarlyStopping, fit, ModelCheckpoint, type TrainingParts } from "@dl/train";
import { bitsOf } from "./training.ts";

const SAMPLES = 22;

/** Trains, and gives all numbers that training changes. */
export async function fitted(options: {
  epochs: number;
  last?: (parts: TrainingParts) => unknown;
  resume?: (parts: TrainingParts) => unknown;
}): Promise<string> {
  const { epochs, last = () => {}, resume } = options;
  setBackend(cpu());
  manualSeed(1);
  const model = new nn.Sequential(
    new nn.Linear(5, 16),
    new nn.BatchNorm1d(16),
    new nn.ReLU(),
    new nn.Dropout(0.3),
    new nn.Linear(16, 1),
  );
  const optimizer = new AdamW(model.parameters(), { lr: 0.01 });
  const stream = new Generator(3);
  const numbers = (width: number) => rand(SAMPLES, width, { generator: stream });
  const data = new TensorDataset(numbers(5), numbers(1));
  const loader = (generator?: Generator) =>
    new DataLoader<[Tensor, Tensor], [Tensor, Tensor]>(data as any, {
      batchSize: 4,
      shuffle: true,
      generator,
    });
  const history = await fit(model, {
    loss: mseLoss,
    optimizer,
    train: loader(new Generator(4)),
    validation: loader(),
    epochs,
    accumulate: 2,
    scheduler: [
      { scheduler: new OneCycleLR(optimizer, 0.02, { totalSteps: 3 * epochs }), interval: "step" },
      new ReduceLROnPlateau(optimizer, { patience: 1 }),
    ],
    callbacks: [
      new ModelCheckpoint({ last }),
      new EarlyStopping({ patience: epochs, restoreBestWeights: true }),
    ],
    resume,
  });
  const losses = ["loss", "validation.loss", "lr"].flatMap((name) => history.get(name));
  return bitsOf(losses, model, optimizer);
}
