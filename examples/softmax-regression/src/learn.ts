import { noGrad } from "@dl/autograd";
import { crossEntropy } from "@dl/losses";
import { accuracy, classificationReport, confusionMatrix, type Report } from "@dl/metrics";
import * as nn from "@dl/nn";
import { SGD } from "@dl/optim";
import type { Split } from "../../shared/src/tabular.ts";

/** One linear layer: a score of each class. The softmax over them is in the loss. */
export const createModel = (features: number, classes: number): nn.Linear =>
  new nn.Linear(features, classes);

/** Gradient descent on the whole training part. Returns the losses. */
export async function train(
  model: nn.Linear,
  { xTrain, yTrain }: Split,
  { epochs = 200, lr = 0.5 } = {},
): Promise<number[]> {
  const optimizer = new SGD(model.parameters(), { lr });
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    optimizer.zeroGrad();
    const loss = crossEntropy(model(xTrain), yTrain);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  return losses;
}

export interface Result {
  readonly train: number;
  readonly test: number;
  /** Rows are true classes. */
  readonly matrix: number[][];
  readonly report: Report;
}

export async function evaluate(
  model: nn.Linear,
  { xTrain, yTrain, xTest, yTest }: Split,
  targetNames: readonly string[],
): Promise<Result> {
  const [seen, unseen] = noGrad(() => [model(xTrain), model(xTest)]);
  return {
    train: await accuracy(seen, yTrain),
    test: await accuracy(unseen, yTest),
    matrix: (await confusionMatrix(unseen, yTest)) as number[][],
    report: await classificationReport(unseen, yTest, { targetNames }),
  };
}
