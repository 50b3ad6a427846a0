/** Replays what sections/module_case.py wrote. */
import { noGrad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as nn from "@dl/nn";
import { isTensor, scope, setBackend, type Tensor, zerosLike } from "@dl/tensor";
import { describe, expect, test } from "vitest";
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

/** One test for each case of a fixture, on the reference path and on WASM. `own` are classes that @dl/nn lacks. */
export function testModules(name: string, tolerance = 1e-5, own: Classes = {}): void {
  const cases = fixture<ModuleCase[]>(name);
  for (const wasm of [true, false]) {
    describe(`${name} against PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
      cases.forEach((c, i) => {
        const shapes = c.inputs.flatMap(flat).map((x) => `[${x.shape}]`);
        const options = JSON.stringify(c.options, (_, v) => (isFixtureTensor(v) ? "tensor" : v));
        test(`${i}: ${c.module}(${c.args}, ${options}) of ${shapes}`, () => {
          setBackend(cpu({ wasm }));
          scope(() => run(c, tolerance, own));
        });
      });
    });
  }
}
