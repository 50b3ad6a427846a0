import "@dl/autograd";
import * as nn from "@dl/nn";
import { linearCrossEntropy as asked, type LinearCrossEntropyCall } from "@dl/nn/functional";
import { zerosLike } from "@dl/tensor";
import { expectNear, type FixtureTensor, fixture, toTensor, weightedSum } from "./fixture.ts";
import { section } from "./replay.ts";

interface Case {
  readonly inputs: [input: FixtureTensor, weight: FixtureTensor, target: FixtureTensor];
  readonly options: LinearCrossEntropyCall;
  readonly tensors: { linearBias?: FixtureTensor; weight?: FixtureTensor };
  readonly chunk: { batchChunkSize?: number; chunkingMethod?: string | null } | null;
  readonly outputs: [FixtureTensor];
  readonly grads: (FixtureTensor | null)[];
}
const optionsOf = ({ chunk }: Case) => chunk && new nn.LinearCrossEntropyOptions(chunk);

function asFunction(c: Case): void {
  const given = [...c.inputs, ...Object.values(c.tensors)].map((x) => toTensor(x));
  given.forEach((x, i) => {
    if (c.grads[i]) x.requiresGrad = true;
  });
  const tensors = Object.fromEntries(Object.keys(c.tensors).map((k, i) => [k, given[3 + i]]));
  const [input, weight, target] = given;
  const result = asked(input, weight, target, {
    ...c.options,
    ...tensors,
    options: optionsOf(c),
  });
  expectNear(result, c.outputs[0], 1e-5, "result");
  weightedSum([result])!.backward();
  c.grads.forEach((wanted, i) => {
    if (wanted) expectNear(given[i].grad ?? zerosLike(given[i]), wanted, 1e-5, `gradient ${i}`);
  });
}
function asModule(c: Case): void {
  const { linearBias, weight } = c.tensors;
  const [classes, ...rest] = c.inputs[1].shape;
  const features = rest.pop()!;
  const module = new nn.LinearCrossEntropyLoss(features, classes, {
    ...c.options,
    outFeatures: rest,
    bias: linearBias !== undefined,
    weight: weight && toTensor(weight),
    options: optionsOf(c),
    dtype: c.inputs[0].dtype,
  });
  const flat = (t: FixtureTensor, ...shape: number[]) => toTensor(t).reshape(shape);
  module.loadStateDict({
    ...(weight ? { weight: toTensor(weight) } : {}),
    "linear.weight": flat(c.inputs[1], -1, features),
    ...(linearBias ? { "linear.bias": flat(linearBias, -1) } : {}),
  });
  const result = module(toTensor(c.inputs[0]), toTensor(c.inputs[2]));
  expectNear(result, c.outputs[0], 1e-5, "result");
  weightedSum([result])!.backward();
  const wanted = c.grads[1]!;
  expectNear(module.linear.weight.grad!.reshape(wanted.shape), wanted, 1e-5, "gradient");
}

export const linearCrossEntropy = section(
  "linearCrossEntropy against PyTorch",
  fixture<Case[]>("linearCrossEntropy"),
  {
    name: () => "linearCrossEntropy",
    title: (c, i) => {
      const shapes = c.inputs.map((x) => `[${x.shape}]`);
      const given = `${JSON.stringify(c.options)} ${Object.keys(c.tensors)} ${JSON.stringify(c.chunk)}`;
      return `${i}: of ${shapes}, ${given}`;
    },
    run: (c) => {
      asFunction(c);
      asModule(c);
    },
  },
);
