import { noGrad } from "@dl/autograd";
import * as nn from "@dl/nn";
import { manualSeed, type Tensor } from "@dl/tensor";
import { expect } from "vitest";
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

type State = Record<string, FixtureTensor>;
type Grads = (FixtureTensor | null)[];
interface Step {
  readonly fn: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
}
interface Made {
  readonly module: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
}
interface ClipCase {
  readonly kind: "clipNorm" | "clipValue";
  readonly grads: Grads;
  readonly max: number;
  readonly options: { normType: number | "inf" };
  readonly total: FixtureTensor;
  readonly result: FixtureTensor;
  readonly after: Grads;
}
interface VectorCase {
  readonly kind: "vector";
  readonly tensors: FixtureTensor[];
  readonly vector: FixtureTensor;
  readonly new: FixtureTensor;
  readonly after: FixtureTensor[];
}
interface DerivedCase extends Made {
  readonly kind: "derived";
  readonly state: State;
  readonly input: FixtureTensor;
  readonly steps: Step[];
  readonly applied: State;
  readonly text: string;
  readonly runs: { output: FixtureTensor; grad: FixtureTensor; grads: State }[];
  readonly after: State;
  readonly evaluated: FixtureTensor;
  readonly remove: Step;
  readonly removed: State;
  readonly removedText: string;
}
interface FusionCase extends Made {
  readonly kind: "fusion";
  readonly norm: string;
  readonly normOptions: Record<string, unknown>;
  readonly states: [State, State];
  readonly input: FixtureTensor;
  readonly fused: State;
  readonly output: FixtureTensor;
}
type UtilCase = ClipCase | VectorCase | DerivedCase | FusionCase;

const TOLERANCE = 1e-5;
const { utils } = nn;

function make(name: string, args: unknown[], options: Record<string, unknown>): nn.Module {
  const Layer = (nn as unknown as Record<string, new (...x: unknown[]) => nn.Module>)[name];
  return new Layer(...args.map(revive), ...(Object.keys(options).length > 0 ? [options] : []));
}
const fill = (module: nn.Module, state: State) =>
  module.loadStateDict(
    Object.fromEntries(Object.entries(state).map(([k, v]) => [k, toTensor(v)])),
    { strict: false },
  );
function expectState(module: nn.Module, wanted: State, what: string): void {
  const state = module.stateDict();
  expect(Object.keys(state), what).toEqual(Object.keys(wanted));
  for (const [k, v] of Object.entries(wanted)) expectNear(state[k], v, TOLERANCE, `${what}: ${k}`);
}
/** `utils.prune.l1Unstructured(module, ...)` and so on. */
function call(module: nn.Module, { fn, args, options }: Step): void {
  const found = fn
    .split(".")
    .reduce<unknown>((x, part) => (x as Record<string, unknown>)[part], utils);
  const given = Object.keys(options).length > 0 ? [reviveOptions(options)] : [];
  (found as (...x: unknown[]) => unknown)(module, ...args.map(revive), ...given);
}

const RUN: { [K in UtilCase["kind"]]: (c: never) => void } = {
  clipNorm(c: ClipCase) {
    const parameters = withGrads(c.grads);
    const { normType } = c.options;
    const options = { normType: normType === "inf" ? normType : Number(normType) };
    const grads = parameters.flatMap((p) => (p.grad ? [p.grad] : []));
    expectNear(utils.getTotalNorm(grads, options), c.total, TOLERANCE, "total");
    expectNear(utils.clipGradNorm_(parameters, c.max, options), c.result, TOLERANCE, "result");
    expectGrads(parameters, c.after);
  },
  clipValue(c: ClipCase) {
    const parameters = withGrads(c.grads);
    utils.clipGradValue_(parameters, c.max);
    expectGrads(parameters, c.after);
  },
  vector(c: VectorCase) {
    const tensors = c.tensors.map((t) => toTensor(t));
    expectNear(utils.parametersToVector(tensors), c.vector, 1e-7, "vector");
    utils.vectorToParameters(toTensor(c.new), tensors);
    c.after.forEach((wanted, i) => expectNear(tensors[i], wanted, 1e-7, `tensor ${i}`));
  },
  derived(c: DerivedCase) {
    const module = make(c.module, c.args, c.options);
    fill(module, c.state);
    manualSeed(3);
    for (const step of c.steps) call(module, step);
    expect(String(module)).toBe(c.text);
    expectState(module, c.applied, "state");
    const forward = module as unknown as (x: Tensor) => Tensor;
    for (const { output, grad, grads } of c.runs) {
      module.zeroGrad();
      const x = toTensor(c.input).requiresGrad_();
      const y = forward(x);
      expectNear(y, output, TOLERANCE, "result");
      weightedSum([y])!.backward();
      expectNear(x.grad!, grad, TOLERANCE, "gradient");
      const parameters = new Map(module.namedParameters());
      for (const [k, wanted] of Object.entries(grads))
        expectNear(parameters.get(k)!.grad!, wanted, TOLERANCE, `gradient of ${k}`);
    }
    expectState(module, c.after, "state afterwards");
    module.eval();
    const evaluated = () => noGrad(() => forward(toTensor(c.input)));
    expectNear(evaluated(), c.evaluated, TOLERANCE, "result in evaluation mode");
    const copy = module.deepcopy() as unknown as (x: Tensor) => Tensor;
    expectNear(
      noGrad(() => copy(toTensor(c.input))),
      c.evaluated,
      TOLERANCE,
      "result of a copy",
    );
    expect(String(copy)).toBe(String(module));
    call(module, c.remove);
    expect(String(module)).toBe(c.removedText);
    expectState(module, c.removed, "state when removed");
    const keepsValues = c.remove.options.leaveParametrized !== false;
    if (keepsValues) expectNear(evaluated(), c.evaluated, TOLERANCE, "result when removed");
  },
  fusion(c: FusionCase) {
    const layer = make(c.module, c.args, c.options).eval();
    const norm = make(c.norm, [4], c.normOptions).eval();
    fill(layer, c.states[0]);
    fill(norm, c.states[1]);
    const transpose = c.module.startsWith("ConvTranspose");
    const bn = norm as nn.BatchNorm1d;
    const fused =
      layer instanceof nn.Linear
        ? utils.fuseLinearBnEval(layer, bn)
        : utils.fuseConvBnEval(layer as nn.Conv2d, bn, { transpose });
    expectState(fused, c.fused, "fused");
    const x = toTensor(c.input);
    expectNear(fused(x) as Tensor, c.output, TOLERANCE, "result");
    const both = norm((layer as unknown as (x: Tensor) => Tensor)(x)) as Tensor;
    expectNear(both, c.output, 2 * TOLERANCE, "result of both");
  },
};

function withGrads(grads: Grads): nn.Parameter[] {
  return grads.map((g) => {
    const parameter = new nn.Parameter(toTensor(g ?? { shape: [], dtype: "float32", data: [0] }));
    if (g) parameter.grad = toTensor(g);
    return parameter;
  });
}
function expectGrads(parameters: nn.Parameter[], wanted: Grads): void {
  wanted.forEach((g, i) => {
    if (g) expectNear(parameters[i].grad!, g, TOLERANCE, `gradient ${i}`);
    else expect(parameters[i].grad).toBe(null);
  });
}
const title = (c: UtilCase): string => {
  if (c.kind === "clipNorm") return `${c.kind} of order ${c.options.normType}, ${c.grads.length}`;
  if (c.kind === "derived")
    return `${c.module}(${c.args}): ${c.steps.map((s) => s.fn)} ${JSON.stringify(c.steps[0].options)}`;
  return c.kind === "fusion" ? `${c.kind} of ${c.module} and ${c.norm}` : c.kind;
};

export const nnutils = section("nn.utils against PyTorch", fixture<UtilCase[]>("nnutils"), {
  name: (c) => (c.kind === "derived" ? c.steps[0].fn : c.kind),
  title: (c, i) => `${i}: ${title(c)}`,
  run: (c) => RUN[c.kind](c as never),
});
