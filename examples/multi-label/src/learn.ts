import { noGrad } from "@dl/autograd";
import { DataLoader, TensorDataset } from "@dl/data";
import { binaryCrossEntropyWithLogits } from "@dl/losses";
import {
  averagePrecision,
  type ClassOptions,
  classificationReport,
  f1Score,
  hammingLoss,
  subsetAccuracy,
} from "@dl/metrics";
import * as nn from "@dl/nn";
import { AdamW } from "@dl/optim";
import type { Tensor } from "@dl/tensor";
import type { Problem } from "./data.ts";

type Model = ((x: Tensor) => Tensor) & nn.Module;

/** One logit per label; several may be right, so there is no softmax over them. */
export const createModel = (features: number, labels: number): Model =>
  new nn.Sequential(
    new nn.Linear(features, 64),
    new nn.ReLU(),
    new nn.Dropout(0.5),
    new nn.Linear(64, labels),
  );

/** Returns the mean loss of each epoch. */
export async function train(
  model: Model,
  { xTrain, yTrain }: Problem,
  { epochs = 40, lr = 1e-3, onEpoch = (_epoch: number, _loss: number): void => {} } = {},
): Promise<number[]> {
  const loader = new DataLoader(new TensorDataset(xTrain, yTrain), {
    batchSize: 32,
    shuffle: true,
  });
  const optimizer = new AdamW(model.parameters(), { lr });
  model.train();
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let sum = 0;
    for await (const [x, y] of loader) {
      optimizer.zeroGrad();
      const loss = binaryCrossEntropyWithLogits(model(x), y);
      loss.backward();
      optimizer.step();
      sum += (await loss.item()) * x.shape[0];
    }
    losses.push(sum / xTrain.shape[0]);
    onEpoch(epoch, losses[epoch]);
  }
  return losses;
}

export interface Scores {
  /** Share of single labels that are wrong. */
  readonly hamming: number;
  /** Share of samples with all labels right. */
  readonly subset: number;
  readonly microF1: number;
  readonly macroF1: number;
}

const scores = async (
  prediction: Tensor,
  target: Tensor,
  options: ClassOptions,
): Promise<Scores> => ({
  hamming: await hammingLoss(prediction, target, options),
  subset: await subsetAccuracy(prediction, target, options),
  microF1: (await f1Score(prediction, target, {
    ...options,
    average: "micro",
    zeroDivision: 0,
  })) as number,
  macroF1: (await f1Score(prediction, target, {
    ...options,
    average: "macro",
    zeroDivision: 0,
  })) as number,
});

/** On the test part; beside it a baseline, which says of every sample the labels that most samples have. */
export async function evaluate(model: Model, { xTrain, yTrain, xTest, yTest, labels }: Problem) {
  model.eval();
  const numLabels = labels.length;
  const logits = noGrad(() => model(xTest));
  const usual = yTrain.mean(0).expand(yTest.shape);
  const options = { numLabels, input: "logits" } as const;
  return {
    model: await scores(logits, yTest, options),
    baseline: await scores(usual, yTest, { numLabels }),
    meanAveragePrecision: await averagePrecision(logits, yTest, options),
    report: await classificationReport(logits, yTest, {
      ...options,
      targetNames: labels,
      zeroDivision: 0,
    }),
    seen: await scores(
      noGrad(() => model(xTrain)),
      yTrain,
      options,
    ),
  };
}
