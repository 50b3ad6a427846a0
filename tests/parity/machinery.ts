/** Replays sections/machinery.py: hooks of the backward pass, `functionalCall`, old state dictionaries, pruning methods. */
import "@dl/autograd";
import * as nn from "@dl/nn";
import { isTensor, manualSeed, onesLike, type Tensor, zerosLike } from "@dl/tensor";
import { expect } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  inspect,
  revive,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { flatTensors } from "./module.ts";
import { section } from "./replay.ts";

type State = Record<string, FixtureTensor>;
type Grads = (FixtureTensor | null)[];
interface Made {
  readonly layer: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly state: State;
  readonly inputs: FixtureTensor[];
}
interface HookCase extends Made {
  readonly kind: "hooks";
  readonly wants: boolean[];
  /** Which outputs count; null: all. */
  readonly use: number[] | null;
  readonly change: "input" | "output" | null;
  readonly seen: { hook: string; gradInput: Grads | null; gradOutput: Grads }[];
  readonly grads: Grads;
  readonly parameterGrads: Record<string, FixtureTensor | null>;
}
interface CallCase extends Made {
  readonly kind: "call";
  readonly given: State;
  readonly outputs: FixtureTensor[];
  readonly grads: Grads;
  readonly givenGrads: Record<string, FixtureTensor | null>;
  readonly parameterGrads: Record<string, FixtureTensor | null>;
  readonly buffers: State;
}
interface OldNormCase extends Made {
  readonly kind: "oldNorm";
  readonly keywords: { name?: string; dim?: number | null };
  readonly outputs: [FixtureTensor];
  readonly loaded: State;
}
interface GlobalCase {
  readonly kind: "global";
  readonly method: "L1Unstructured" | "RandomUnstructured";
  readonly amount: number;
  readonly before: [index: number, name: string, fn: string, args: number[]][];
  readonly state: State;
  readonly places: [index: number, name: string][];
  readonly scores: FixtureTensor | null;
  readonly pruned: State;
}
interface MethodCase {
  readonly kind: "method";
  readonly method: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
  readonly input: FixtureTensor;
  readonly mask: FixtureTensor | null;
  readonly importance: FixtureTensor | null;
  readonly output: FixtureTensor;
  readonly computed: FixtureTensor | null;
  readonly type: string;
}
interface ContainerCase {
  readonly kind: "container";
  readonly methods: [name: string, args: unknown[], options: Record<string, unknown>][];
  readonly input: FixtureTensor;
  readonly masks: FixtureTensor[];
}
type Case = HookCase | CallCase | OldNormCase | GlobalCase | MethodCase | ContainerCase;

const TOLERANCE = 1e-5;
const { utils } = nn;
const { prune } = utils;

const tensors = (state: State): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(state).map(([k, v]) => [k, toTensor(v)]));
const instance = (Class: unknown, args: unknown[], options: Record<string, unknown>): unknown =>
  new (Class as new (...x: unknown[]) => unknown)(
    ...args.map(revive),
    ...(Object.keys(options).length > 0 ? [reviveOptions(options)] : []),
  );
function make({ layer, args, options, state }: Made): nn.Module {
  const linear = () => instance(nn.Linear, args, options) as nn.Linear;
  const module =
    layer === "weightNorm"
      ? utils.weightNorm(linear())
      : layer === "parametrizations.weightNorm"
        ? utils.parametrizations.weightNorm(linear())
        : layer === "prune.identity"
          ? prune.identity(linear(), "weight")
          : (instance(nn[layer as keyof typeof nn], args, options) as nn.Module);
  module.loadStateDict(tensors(state), { strict: false });
  return module;
}
const method = ([name, args, options]: ContainerCase["methods"][0]) =>
  instance(prune[name as keyof typeof prune], args, options) as InstanceType<
    typeof prune.BasePruningMethod
  >;
function expectGrad(got: Tensor | null | undefined, wanted: FixtureTensor | null, what: string) {
  // A gradient that nothing flowed into is none, or 0.
  if (wanted) expectNear(got ?? zerosLike(toTensor(wanted)), wanted, TOLERANCE, what);
  else if (got)
    inspect(got, (values) => expect(Math.max(...[...values].map(Math.abs)), what).toBe(0));
}
function expectState(module: nn.Module, wanted: State): void {
  const state = module.stateDict();
  expect(Object.keys(state)).toEqual(Object.keys(wanted));
  for (const [k, v] of Object.entries(wanted)) expectNear(state[k], v, TOLERANCE, k);
}

const RUN: { [K in Case["kind"]]: (c: never) => void } = {
  hooks(c: HookCase) {
    const module = make(c);
    const seen: { hook: string; gradInput: unknown[] | null; gradOutput: unknown[] }[] = [];
    const scaled = (grads: (Tensor | null)[], by: number) => grads.map((g) => g?.mul(by) ?? null);
    module.registerFullBackwardPreHook((m, gradOutput) => {
      expect(m).toBe(module);
      seen.push({ hook: "before", gradInput: null, gradOutput });
      if (c.change === "output") return scaled(gradOutput, 0.5);
    });
    module.registerFullBackwardHook((m, gradInput, gradOutput) => {
      expect(m).toBe(module);
      seen.push({ hook: "after", gradInput, gradOutput });
      if (c.change === "input") return scaled(gradInput, 2);
    });
    const inputs = c.inputs.map((x, i) => {
      const t = toTensor(x);
      if (c.wants[i]) t.requiresGrad = true;
      return t;
    });
    const outputs = flatTensors((module as (...x: unknown[]) => unknown)(...inputs));
    weightedSum(c.use ? c.use.map((i) => outputs[i]) : outputs)!.backward();
    expect(seen.map(({ hook }) => hook)).toEqual(c.seen.map(({ hook }) => hook));
    c.seen.forEach((wanted, i) => {
      for (const which of ["gradInput", "gradOutput"] as const) {
        expect(seen[i][which]?.length, which).toBe(wanted[which]?.length);
        wanted[which]?.forEach((g, k) => {
          const what = `${which} ${k} of ${wanted.hook}`;
          expectGrad(seen[i][which]![k] as Tensor | null, g, what);
        });
      }
    });
    c.grads.forEach((g, i) => void expectGrad(inputs[i].grad, g, `gradient ${i}`));
    const parameters = new Map(module.namedParameters());
    for (const [k, g] of Object.entries(c.parameterGrads))
      expectGrad(parameters.get(k)!.grad, g, k);
  },
  call(c: CallCase) {
    const module = make(c);
    const state = module.stateDict({ keepVars: true });
    const given = tensors(c.given);
    for (const k of Object.keys(c.givenGrads)) given[k].requiresGrad = true;
    const inputs = c.inputs.map((x) => toTensor(x).requiresGrad_());
    const result = utils.functionalCall(module, given, inputs as never);
    const outputs = flatTensors(result);
    c.outputs.forEach((wanted, i) => expectNear(outputs[i], wanted, TOLERANCE, `result ${i}`));
    weightedSum(outputs)?.backward();
    c.grads.forEach((g, i) => void expectGrad(inputs[i].grad, g, `gradient ${i}`));
    for (const [k, g] of Object.entries(c.givenGrads)) expectGrad(given[k].grad, g, k);
    for (const [k, p] of module.namedParameters()) expectGrad(p.grad, c.parameterGrads[k], k);
    for (const [k, v] of Object.entries(c.buffers)) expectNear(given[k], v, TOLERANCE, k);
    const after = module.stateDict({ keepVars: true });
    expect(Object.keys(after)).toEqual(Object.keys(state));
    for (const [k, t] of Object.entries(state)) expect(after[k], k).toBe(t);
  },
  oldNorm(c: OldNormCase) {
    const layer = instance(nn[c.layer as keyof typeof nn], c.args, c.options) as nn.Linear;
    const module = utils.parametrizations.weightNorm(layer, c.keywords);
    const dict = tensors(c.state);
    expect(module.loadStateDict(dict)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(Object.keys(dict)).toEqual(Object.keys(c.state));
    expectState(module, c.loaded);
    expectNear(module(toTensor(c.inputs[0])), c.outputs[0], TOLERANCE, "result");
  },
  global(c: GlobalCase) {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));
    model.loadStateDict(tensors(c.state));
    for (const [i, name, fn, args] of c.before)
      (prune[fn as keyof typeof prune] as (...x: unknown[]) => void)(model.at(i), name, ...args);
    manualSeed(5);
    const places = c.places.map(([i, name]) => [model.at(i), name] as const);
    prune.globalUnstructured(places, prune[c.method], {
      amount: c.amount,
      ...(c.scores ? { importanceScores: [[...places[0], toTensor(c.scores)]] } : {}),
    });
    // In the order of the layers, the masks last.
    expect(Object.keys(model.stateDict()).sort()).toEqual(Object.keys(c.pruned).sort());
    for (const [k, v] of Object.entries(c.pruned))
      expectNear(model.stateDict()[k], v, TOLERANCE, k);
  },
  method(c: MethodCase) {
    const made = method([c.method, c.args, c.options]);
    expect(made.pruningType).toBe(c.type);
    const input = toTensor(c.input);
    const mask = c.mask && toTensor(c.mask);
    const scores = c.importance && toTensor(c.importance);
    manualSeed(5);
    const output = made.prune(input, { defaultMask: mask, importanceScores: scores });
    expectNear(output, c.output, TOLERANCE, "result");
    const computed = () => made.computeMask(scores ?? input, mask ?? onesLike(input));
    if (c.computed) expectNear(computed(), c.computed, 0, "mask");
  },
  container(c: ContainerCase) {
    const container = new prune.PruningContainer();
    const input = toTensor(c.input);
    manualSeed(5);
    let mask = onesLike(input);
    c.methods.forEach((each, i) => {
      container.addPruningMethod(method(each));
      mask = container.computeMask(input, mask);
      expectNear(mask, c.masks[i], 0, `mask ${i}`);
    });
    expect(container.length).toBe(c.methods.length);
    expect([...container].map((m) => m.constructor.name)).toEqual(c.methods.map(([name]) => name));
  },
};
const title = (c: Case): string =>
  JSON.stringify(c, (k, v) =>
    ["state", "seen", "grads", "given", "outputs", "loaded", "pruned", "masks", "output"].includes(
      k,
    )
      ? undefined
      : isTensor(v)
        ? "tensor"
        : v,
  ).slice(0, 150);

export const machinery = section(
  "what modules can do, against PyTorch",
  fixture<Case[]>("machinery"),
  {
    name: (c) => ("method" in c ? c.method : c.kind),
    title: (c, i) => `${i}: ${title(c)}`,
    run: (c) => RUN[c.kind](c as never),
  },
);
