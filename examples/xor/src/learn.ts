import { binaryCrossEntropyWithLogits } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam } from "@dl/optim";
import { manualSeed, type Tensor, tensor } from "@dl/tensor";

export const inputs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

/** By name: one layer, which is a line through the plane, and two. */
export const models: Record<string, () => ((x: Tensor) => Tensor) & nn.Module> = {
  "a line, 2 → 1": () => new nn.Linear(2, 1),
  "a hidden layer, 2 → 8 → 1": () =>
    new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1)),
};

export interface Learnt {
  readonly losses: readonly number[];
  /** Of each of the four inputs: how likely the answer is 1. */
  readonly predictions: readonly number[];
}

export async function learn(name: string, steps = 1000): Promise<Learnt> {
  manualSeed(0);
  const x = tensor(inputs);
  const y = tensor([[0], [1], [1], [0]]);
  const model = models[name]();
  const optimizer = new Adam(model.parameters(), { lr: 0.05 });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    const loss = binaryCrossEntropyWithLogits(model(x), y);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  return { losses, predictions: Array.from(await model(x).sigmoid().data()) };
}
