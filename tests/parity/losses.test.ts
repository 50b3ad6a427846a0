import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as losses from "@dl/losses";
import { scope, setBackend, type Tensor } from "@dl/tensor";
import { describe, test } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";

interface LossCase {
  readonly loss: string;
  readonly options: Record<string, unknown>;
  readonly inputs: FixtureTensor[];
  readonly output: FixtureTensor;
  readonly grads: (FixtureTensor | null)[];
}

const CLASSES: Record<string, keyof typeof losses> = {
  mseLoss: "MSELoss",
  l1Loss: "L1Loss",
  binaryCrossEntropy: "BCELoss",
  binaryCrossEntropyWithLogits: "BCEWithLogitsLoss",
  nllLoss: "NLLLoss",
  crossEntropy: "CrossEntropyLoss",
};
type LossFunction = (prediction: Tensor, target: Tensor, options?: object) => Tensor;
type LossClass = new (options?: object) => (prediction: Tensor, target: Tensor) => Tensor;

for (const wasm of [true, false]) {
  describe(`losses against PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    for (const [i, c] of fixture<LossCase[]>("losses").entries()) {
      const options = Object.entries(c.options).map(
        ([k, v]) => `${k}: ${typeof v === "object" ? "tensor" : v}`,
      );
      test(`${i}: ${c.loss}([${c.inputs[0].shape}], [${c.inputs[1].shape}] ${c.inputs[1].dtype}, ${options.join(", ")})`, () => {
        setBackend(cpu({ wasm }));
        scope(() => {
          const inputs = c.inputs.map((x) => toTensor(x));
          inputs.forEach((x, k) => {
            if (c.grads[k]) x.requiresGrad = true;
          });
          const [prediction, target] = inputs;
          const given = reviveOptions(c.options);
          const loss = (losses as unknown as Record<string, LossFunction>)[c.loss](
            prediction,
            target,
            given,
          );
          expectNear(loss, c.output, 2e-6, c.loss);
          const Criterion = losses[CLASSES[c.loss]] as unknown as LossClass;
          expectNear(new Criterion(given)(prediction, target), c.output, 2e-6, CLASSES[c.loss]);
          weightedSum([loss])?.backward();
          c.grads.forEach((expected, k) => {
            if (expected) expectNear(inputs[k].grad!, expected, 1e-5, `${c.loss}, gradient ${k}`);
          });
        });
      });
    }
  });
}
