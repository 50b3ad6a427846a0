import { crossEntropy } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam } from "@dl/optim";
import { manualSeed, type Tensor, tensor } from "@dl/tensor";

export type Model = ((x: Tensor) => Tensor) & nn.Module;
export interface Samples {
  readonly x: Tensor;
  readonly y: Tensor;
}

const network = (hidden: number): Model =>
  new nn.Sequential(new nn.Linear(64, hidden), new nn.Tanh(), new nn.Linear(hidden, 10));

/** A network that is good by itself, more or less, as the seed falls. */
export function member({ x, y }: Samples, seed: number, steps = 60): Model {
  manualSeed(seed);
  const model = network(16);
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    crossEntropy(model(x), y).backward();
    optimizer.step();
  }
  return model;
}

/** A network with three hidden units, trained for so short a time that it is right about every other digit or so. */
export function weakMember(
  { x, y }: Samples,
  weights: Float64Array,
  seed: number,
  steps = 40,
): Model {
  manualSeed(seed);
  const model = network(3);
  const optimizer = new Adam(model.parameters(), { lr: 0.05 });
  const share = tensor(Float32Array.from(weights));
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    // How much each digit counts: that is what boosting changes from round to round.
    crossEntropy(model(x), y, { reduction: "none" }).mul(share).sum().backward();
    optimizer.step();
  }
  return model;
}
