import { noGrad } from "@dl/autograd";
import { DataLoader, TensorDataset } from "@dl/data";
import { crossEntropy } from "@dl/losses";
import { Adam } from "@dl/optim";
import type { Digits8 } from "../../shared/src/digits8.ts";
import type { Parts } from "./data.ts";
import { type Model, plain, type Remedy } from "./remedies.ts";

export interface Curve {
  readonly trainLoss: number[];
  readonly testLoss: number[];
  readonly testAccuracy: number[];
}
export interface Outcome extends Curve {
  readonly epochs: number;
  /** After the last epoch, or with the weights that early stopping kept. */
  readonly train: Measured;
  readonly test: Measured;
}
export interface Measured {
  readonly loss: number;
  readonly accuracy: number;
}

/** Cross-entropy and accuracy, without dropout and with batch norm's running statistics. */
async function measure(model: Model, { x, y }: Digits8): Promise<Measured> {
  model.eval();
  const logits = noGrad(() => model(x));
  return {
    loss: await crossEntropy(logits, y).item(),
    accuracy: await logits.argmax(1).eq(y).to("float32").mean().item(),
  };
}

export async function train(remedy: Remedy, parts: Parts, epochs: number): Promise<Outcome> {
  const { labelSmoothing = 0, patience = Infinity } = remedy;
  const data = remedy.moreData ? parts.more : parts.train;
  const model = remedy.model?.() ?? plain();
  // Biases are few; penalties are for what multiplies.
  const weights = model.parameters().filter((p) => p.rank > 1);
  const optimizer = new Adam(model.parameters(), { lr: 2e-3 });
  const loader = new DataLoader(new TensorDataset(data.x, data.y), {
    batchSize: 50,
    shuffle: true,
  });
  const curve: Curve = { trainLoss: [], testLoss: [], testAccuracy: [] };
  let best = { loss: Infinity, epoch: 0, weights: model.stateDict() };

  for (let epoch = 0; epoch < epochs; epoch++) {
    model.train();
    for await (const [x, y] of loader) {
      optimizer.zeroGrad();
      let loss = crossEntropy(model(remedy.augment?.(x) ?? x), y, { labelSmoothing });
      if (remedy.penalty) loss = loss.add(remedy.penalty(weights));
      loss.backward();
      optimizer.step();
    }
    curve.trainLoss.push((await measure(model, data)).loss);
    const test = await measure(model, parts.test);
    curve.testLoss.push(test.loss);
    curve.testAccuracy.push(test.accuracy);
    if (patience < Infinity) {
      const { loss } = await measure(model, parts.validation);
      if (loss < best.loss) {
        const copies = Object.entries(model.stateDict()).map(([name, t]) => [name, t.clone()]);
        best = { loss, epoch, weights: Object.fromEntries(copies) };
      } else if (epoch - best.epoch >= patience) break;
    }
  }
  if (patience < Infinity) model.loadStateDict(best.weights);
  return {
    ...curve,
    epochs: curve.testLoss.length,
    train: await measure(model, data),
    test: await measure(model, parts.test),
  };
}
