/** What sections/module_case.py wrote. */
import { noGrad } from "@dl/autograd";
import * as nn from "@dl/nn";
import { isTensor, type Tensor, zerosLike } from "@dl/tensor";
import { expect } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  isFixtureTensor,
  revive,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { section } from "./replay.ts";

type Given = FixtureTensor | Given[];
export interface ModuleCase {
  readonly module: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly state: Record<string, FixtureTensor>;
  readonly inputs: Given[];
  /** Options of the call. */
  readonly call: Record<string, unknown> | null;
  readonly outputs: FixtureTensor[];
  /** Of the inputs' tensors, in order. */
  readonly grads: (FixtureTensor | null)[];
  readonly parameterGrads: Record<string, FixtureTensor>;
  readonly buffers: Record<string, FixtureTensor>;
  readonly evaluated?: FixtureTensor[];
  /** False: in evaluation mode from the start. */
  readonly training?: boolean;
}

/** All tensors of a nested result, in order. */
export function flatTensors(x: unknown): Tensor[] {
  if (isTensor(x)) return [x];
  return x && typeof x === "object" ? Object.values(x).flatMap(flatTensors) : [];
}
const flat = (x: Given): FixtureTensor[] => (isFixtureTensor(x) ? [x] : x.flatMap(flat));

type Classes = Readonly<Record<string, new (...args: any[]) => nn.Module>>;

function run(c: ModuleCase, tolerance: number, own: Classes): void {
  const Layer = own[c.module] ?? (nn as unknown as Classes)[c.module];
  if (!Layer) throw new Error(`@dl/nn has no ${c.module}`);
  const hasOptions = Object.keys(c.options).length > 0;
  const layer = new Layer(...c.args.map(revive), ...(hasOptions ? [reviveOptions(c.options)] : []));
  const state = Object.fromEntries(Object.entries(c.state).map(([k, v]) => [k, toTensor(v)]));
  layer.loadStateDict({ ...layer.stateDict(), ...state });
  expect(Object.keys(layer.stateDict()).sort(), "state").toEqual(
    [...Object.keys(c.state), ...Object.keys(c.buffers)].sort(),
  );

  layer.train(c.training ?? true);
  const grads = [...c.grads];
  const leaf = (x: Given): unknown => {
    if (!isFixtureTensor(x)) return x.map(leaf);
    const t = toTensor(x);
    if (grads.shift()) t.requiresGrad = true;
    return t;
  };
  const inputs = c.inputs.map(leaf);
  const options = reviveOptions(c.call);
  const forward = () =>
    flatTensors((layer as (...x: unknown[]) => unknown)(...inputs, ...(options ? [options] : [])));
  const outputs = forward();
  expect(outputs.length, "results").toBe(c.outputs.length);
  c.outputs.forEach((wanted, i) => expectNear(outputs[i], wanted, tolerance, `result ${i}`));
  weightedSum(outputs)?.backward();
  const tensors = flatTensors(inputs);
  c.inputs.flatMap(flat).forEach((_, i) => {
    const wanted = c.grads[i];
    if (wanted)
      expectNear(tensors[i].grad ?? zerosLike(tensors[i]), wanted, tolerance, `gradient ${i}`);
  });
  const parameters = new Map(layer.namedParameters());
  for (const [k, wanted] of Object.entries(c.parameterGrads))
    expectNear(parameters.get(k)!.grad!, wanted, tolerance, `gradient of ${k}`);
  const after = layer.stateDict();
  for (const [k, wanted] of Object.entries(c.buffers))
    expectNear(after[k] as Tensor, wanted, tolerance, k);
  if (!c.evaluated) return;
  layer.eval();
  const evaluated = noGrad(forward);
  c.evaluated.forEach((wanted, i) =>
    expectNear(evaluated[i], wanted, tolerance, `result ${i} in evaluation mode`),
  );
}

/** `own` are classes that @dl/nn lacks. */
export const modules = (name: string, tolerance = 1e-5, own: Classes = {}) =>
  section(`${name} against PyTorch`, fixture<ModuleCase[]>(name), {
    name: (c) => c.module,
    title: (c, i) => {
      const shapes = c.inputs.flatMap(flat).map((x) => `[${x.shape}]`);
      const options = JSON.stringify(c.options, (_, v) => (isFixtureTensor(v) ? "tensor" : v));
      return `${i}: ${c.module}(${c.args}, ${options}) of ${shapes}`;
    },
    run: (c) => run(c, tolerance, own),
  });
