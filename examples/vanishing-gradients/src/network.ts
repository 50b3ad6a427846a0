import { crossEntropy } from "@dl/losses";
import * as nn from "@dl/nn";
import { SGD } from "@dl/optim";
import type { Tensor } from "@dl/tensor";

export const activations = { sigmoid: nn.Sigmoid, tanh: nn.Tanh, ReLU: nn.ReLU };
export type Activation = keyof typeof activations;

/** By name: how weights begin. Biases begin at 0. */
export const inits = {
  "normal, std 1": (w: Tensor) => nn.init.normal_(w),
  "normal, std 0.01": (w: Tensor) => nn.init.normal_(w, { std: 0.01 }),
  Xavier: (w: Tensor) => nn.init.xavierNormal_(w),
  Kaiming: (w: Tensor) => nn.init.kaimingNormal_(w, { nonlinearity: "relu" }),
};
export type Init = keyof typeof inits;

/** As many hidden layers of one width, one after the other. */
export class Deep extends nn.Module {
  layers: nn.ModuleList<nn.Linear>;
  activation: ((x: Tensor) => Tensor) & nn.Module;

  constructor(
    activation: Activation,
    init: Init,
    { inputs = 64, width = 64, depth = 8, classes = 10 } = {},
  ) {
    super();
    const sizes = [inputs, ...new Array<number>(depth).fill(width), classes];
    this.layers = new nn.ModuleList(sizes.slice(1).map((size, i) => new nn.Linear(sizes[i], size)));
    this.activation = new activations[activation]();
    for (const layer of this.layers) {
      inits[init](layer.weight);
      nn.init.zeros_(layer.bias!);
    }
  }
  /** What each hidden layer gives, and at the end the logits. */
  outputs(x: Tensor): Tensor[] {
    const seen: Tensor[] = [];
    let hidden = x;
    for (const [i, layer] of [...this.layers].entries()) {
      hidden = layer(hidden);
      if (i < this.layers.length - 1) hidden = this.activation(hidden);
      seen.push(hidden);
    }
    return seen;
  }
  forward(x: Tensor) {
    return this.outputs(x).at(-1)!;
  }
}

export interface LayerNumbers {
  /** Standard deviation of what comes out of each layer. */
  readonly spread: number[];
  /** Norm of the gradient of each layer's weight. */
  readonly gradient: number[];
}

/** One pass forward and backward, before anything is learnt. */
export function look(model: Deep, x: Tensor, y: Tensor): LayerNumbers {
  const outputs = model.outputs(x);
  model.zeroGrad();
  crossEntropy(outputs.at(-1)!, y).backward();
  return {
    spread: outputs.map((out) => out.std().itemSync()),
    gradient: [...model.layers].map((layer) => layer.weight.grad!.norm().itemSync()),
  };
}

/** Gradient descent on all samples at once. Returns the losses. */
export async function train(model: Deep, x: Tensor, y: Tensor, steps: number, lr = 0.1) {
  const optimizer = new SGD(model.parameters(), { lr });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    const loss = crossEntropy(model(x), y);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  return losses;
}
