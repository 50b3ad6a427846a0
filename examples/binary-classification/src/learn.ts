import { noGrad } from "@dl/autograd";
import { binaryCrossEntropyWithLogits } from "@dl/losses";
import { accuracy, confusionMatrix, type ROC, rocAuc, rocCurve } from "@dl/metrics";
import * as nn from "@dl/nn";
import { Adam } from "@dl/optim";
import { type Tensor, tensor } from "@dl/tensor";
import type { Split } from "../../shared/src/tabular.ts";

export type Model = ((x: Tensor) => Tensor) & nn.Module;

/** By name: a line through the plane, and a curve. Both give one logit per sample. */
export const models: Record<string, () => Model> = {
  "logistic regression": () => new nn.Linear(2, 1),
  "hidden layer of 16": () =>
    new nn.Sequential(new nn.Linear(2, 16), new nn.ReLU(), new nn.Linear(16, 1)),
};

/** Trains on the whole training part at once. Returns the losses. */
export async function train(model: Model, { xTrain, yTrain }: Split, epochs = 400) {
  const target = yTrain.to("float32");
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    optimizer.zeroGrad();
    // The model gives [N, 1], the target is [N].
    const loss = binaryCrossEntropyWithLogits(model(xTrain).squeeze(1), target);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  return losses;
}

/** How well a model does on the test part. */
export async function evaluate(model: Model, { xTest, yTest }: Split) {
  const probability = noGrad(() => model(xTest).squeeze(1).sigmoid());
  return {
    accuracy: await accuracy(probability, yTest),
    auc: await rocAuc(probability, yTest),
    roc: (await rocCurve(probability, yTest)) as ROC,
    matrix: await confusionMatrix(probability, yTest),
  };
}

/** Probabilities of class 1 on a grid over an area, as rows from the bottom. */
export async function surface(
  model: Model,
  [left, right]: readonly [number, number],
  [bottom, top]: readonly [number, number],
  columns: number,
  rows: number,
): Promise<number[][]> {
  const points = Array.from({ length: rows * columns }, (_, i) => [
    left + (((i % columns) + 0.5) / columns) * (right - left),
    bottom + ((Math.floor(i / columns) + 0.5) / rows) * (top - bottom),
  ]);
  const p = noGrad(() => model(tensor(points)).sigmoid().reshape([rows, columns]));
  return (await p.tolist()) as number[][];
}

/** The surface as characters: how likely class 1 is, in tenths. */
export function picture(rows: readonly (readonly number[])[]): string {
  const shades = " .:-=+*#%@";
  return rows
    .toReversed()
    .map((row) => `  ${row.map((p) => shades[Math.min(9, Math.floor(10 * p))]).join("")}`)
    .join("\n");
}
