import "@dl/autograd";
import { functional } from "@dl/nn";
import { type Tensor, zerosLike } from "@dl/tensor";
import { expect } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { flatTensors } from "./module.ts";
import { section } from "./replay.ts";

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

export const resample = section("resampling against PyTorch", fixture<FunctionCase[]>("resample"), {
  name: (c) => c.fn,
  title: (c, i) => {
    const shapes = c.inputs.map((x) => `[${x.shape}]`).join(", ");
    return `${i}: ${c.fn}(${shapes}, ${JSON.stringify(c.args)}, ${JSON.stringify(c.options)})`;
  },
  run,
});
