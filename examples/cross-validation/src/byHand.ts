import { noGrad } from "@dl/autograd";
import type { Fold } from "@dl/data";
import { binaryCrossEntropyWithLogits } from "@dl/losses";
import { accuracy } from "@dl/metrics";
import { Adam } from "@dl/optim";
import { cat, manualSeed, type Tensor } from "@dl/tensor";
import { batchesOf } from "./folds.ts";
import type { Model } from "./models.ts";
import type { Wines } from "./wine.ts";

export interface FoldScore {
  readonly loss: number;
  readonly accuracy: number;
}

/** For each fold a new model, trained on the other folds and tested on this one: all there is to cross-validation. */
export async function crossValidateByHand(
  create: () => Model,
  wines: Wines,
  folds: readonly Fold[],
  epochs: number,
): Promise<FoldScore[]> {
  const batches = batchesOf(wines);
  const scores: FoldScore[] = [];
  for (const [k, fold] of folds.entries()) {
    manualSeed(k);
    const model = create();
    const optimizer = new Adam(model.parameters(), { lr: 0.005 });
    const train = batches(fold.train, "train");
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const [x, y] of train) {
        optimizer.zeroGrad();
        binaryCrossEntropyWithLogits(model(x), y).backward();
        optimizer.step();
      }
    }
    model.eval();
    const [outputs, targets]: [Tensor[], Tensor[]] = [[], []];
    for (const [x, y] of batches(fold.test, "test")) {
      outputs.push(noGrad(() => model(x)));
      targets.push(y);
    }
    const [logits, y] = [cat(outputs), cat(targets)];
    scores.push({
      loss: await binaryCrossEntropyWithLogits(logits, y).item(),
      accuracy: await accuracy(logits, y, { input: "logits" }),
    });
  }
  return scores;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;
export const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)));
