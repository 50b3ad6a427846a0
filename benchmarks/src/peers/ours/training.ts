import { noGrad } from "@dl/autograd";
import { binaryCrossEntropyWithLogits, crossEntropy } from "@dl/losses";
import type { Module } from "@dl/nn";
import { Adam, SGD } from "@dl/optim";
import { type Tensor, tensor } from "@dl/tensor";
import type { Runnable } from "../../child/answer.ts";
import { labels, weights } from "../../child/data.ts";
import type { Training } from "../../workloads/spec.ts";
import { models } from "./models.ts";
import { input } from "./tensors.ts";

export function training(spec: Training): Runnable {
  const { model: name, batch, shape, classes, optimizer: kind } = spec;
  const model = models[name as keyof typeof models]();
  startFromKnown(model);
  const parameters = [...model.parameters()];
  const optimizer =
    kind === "adam"
      ? new Adam(parameters, { lr: 1e-3 })
      : new SGD(parameters, { lr: 1e-2, momentum: kind === "momentum" ? 0.9 : 0 });
  const x = input([batch, ...shape]);
  const y =
    classes === 1
      ? tensor(Float32Array.from(labels(batch, 2)), { shape: [batch, 1] })
      : tensor(labels(batch, classes));
  const lossOf = classes === 1 ? binaryCrossEntropyWithLogits : crossEntropy;

  const step = (): number | Promise<number> => {
    optimizer.zeroGrad();
    const loss: Tensor = lossOf(model(x), y);
    loss.backward();
    optimizer.step();
    return loss.device.readSync ? (loss.itemSync() as number) : loss.item();
  };
  return { run: step };
}

/** Weights that every peer can compute: matrices as `weights` has them, biases 0, scales of normalisations 1. */
function startFromKnown(model: Module): void {
  let index = 0;
  for (const [name, p] of model.namedParameters()) {
    noGrad(() => {
      if (p.rank > 1) p.copy_(tensor(weights(p.shape, index), { shape: [...p.shape] }));
      else if (!name.endsWith("weight")) p.zero_();
    });
    index++;
  }
}
