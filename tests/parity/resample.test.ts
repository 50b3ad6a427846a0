import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { functional } from "@dl/nn";
import { scope, setBackend, type Tensor, zerosLike } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { flatTensors } from "./module.ts";

interface FunctionCase {
  readonly fn: string;
  readonly inputs: FixtureTensor[];
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly outputs: FixtureTensor[];
  readonly grads: (FixtureTensor | null)[];
}

function run(c: FunctionCase): void {
  const inputs = c.inputs.map((x) => toTensor(x));
  inputs.forEach((x, i) => {
    if (c.grads[i]) x.requiresGrad = true;
  });
  const call = (functional as unknown as Record<string, (...x: unknown[]) => unknown>)[c.fn];
  const outputs: Tensor[] = flatTensors(call(...inputs, ...c.args, reviveOptions(c.options)));
  expect(outputs.length, "results").toBe(c.outputs.length);
  c.outputs.forEach((wanted, i) => expectNear(outputs[i], wanted, 1e-5, `result ${i}`));
  weightedSum(outputs)?.backward();
  c.grads.forEach((wanted, i) => {
    if (wanted) expectNear(inputs[i].grad ?? zerosLike(inputs[i]), wanted, 1e-5, `gradient ${i}`);
  });
}

for (const wasm of [true, false]) {
  describe(`resampling against PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    for (const [i, c] of fixture<FunctionCase[]>("resample").entries()) {
      const shapes = c.inputs.map((x) => `[${x.shape}]`).join(", ");
      test(`${i}: ${c.fn}(${shapes}, ${JSON.stringify(c.args)}, ${JSON.stringify(c.options)})`, () => {
        setBackend(cpu({ wasm }));
        scope(() => run(c));
      });
    }
  });
}
