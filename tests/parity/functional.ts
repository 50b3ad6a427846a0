import "@dl/autograd";
import * as F from "@dl/nn/functional";
import { type Tensor, zerosLike } from "@dl/tensor";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  revive,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { section } from "./replay.ts";

interface FunctionCase {
  readonly fn: string;
  readonly inputs: FixtureTensor[];
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  /** Options that are tensors. */
  readonly tensors: Record<string, FixtureTensor>;
  readonly outputs: FixtureTensor[];
  /** Of the inputs, and then of the options that are tensors. */
  readonly grads: (FixtureTensor | null)[];
}

function run(c: FunctionCase): void {
  const given = [...c.inputs, ...Object.values(c.tensors)].map((x) => toTensor(x));
  given.forEach((x, i) => {
    if (c.grads[i]) x.requiresGrad = true;
  });
  const names = Object.keys(c.tensors);
  const options = {
    ...reviveOptions(c.options),
    ...Object.fromEntries(names.map((k, i) => [k, given[c.inputs.length + i]])),
  };
  const all: unknown[] = [...given.slice(0, c.inputs.length), ...c.args.map(revive)];
  if (Object.keys(options).length > 0) all.push(options);
  const fn = (F as unknown as Record<string, (...x: unknown[]) => Tensor>)[c.fn];
  if (!fn) throw new Error(`@dl/nn/functional has no ${c.fn}`);
  const result = fn(...all);
  expectNear(result, c.outputs[0], 1e-5, c.fn);
  weightedSum([result])?.backward();
  c.grads.forEach((wanted, i) => {
    if (wanted) expectNear(given[i].grad ?? zerosLike(given[i]), wanted, 1e-5, `gradient ${i}`);
  });
}

export const functional = section(
  "functional against PyTorch",
  fixture<FunctionCase[]>("functional"),
  {
    name: (c) => c.fn,
    title: (c, i) => {
      const shapes = c.inputs.map((x) => `[${x.shape}]`);
      return `${i}: ${c.fn}(${shapes}, ${c.args}) ${JSON.stringify(c.options)}`;
    },
    run,
  },
);
