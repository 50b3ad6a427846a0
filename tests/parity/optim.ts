import "@dl/autograd";
import * as nn from "@dl/nn";
import type { Optimizer, OptimizerStateDict } from "@dl/optim";
import * as optim from "@dl/optim";
import { type DType, isTensor, type Tensor, tensor } from "@dl/tensor";
import { expect } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  isFixtureTensor,
  numbers,
  reviveOptions,
  toTensor,
} from "./fixture.ts";
import { section } from "./replay.ts";

type State = Record<string, Record<string, unknown>>;
interface Saved {
  readonly state: State;
  readonly param_groups: ({ params: number[] } & Record<string, unknown>)[];
}
interface OptimizerCase {
  readonly optimizer: string;
  readonly options: Record<string, unknown>;
  readonly dtype: DType;
  readonly shapes: number[][];
  /** From which step on each parameter requires a gradient; null is never. Without it all do from the first. */
  readonly learnt?: readonly (number | null)[];
  readonly after: FixtureTensor[][];
  readonly saved: Saved;
}
interface LBFGSCase {
  readonly lbfgs: keyof typeof PROBLEMS;
  readonly options: Record<string, unknown>;
  readonly dtype: DType;
  readonly shapes: number[][];
  readonly losses: number[];
  readonly evaluations: number[];
  readonly after: FixtureTensor[][];
  readonly saved: Saved;
}
interface AverageCase {
  readonly average: string;
  readonly useBuffers: boolean;
  readonly state: Record<string, FixtureTensor>;
  readonly result: FixtureTensor;
  readonly normalized: Record<string, FixtureTensor>;
  readonly model: Record<string, FixtureTensor>;
}
interface SchedulerCase {
  readonly scheduler: "StepLR";
  readonly stepSize: number;
  readonly gamma: number;
  readonly lr: number;
  readonly rates: number[];
}
type Case = OptimizerCase | LBFGSCase | AverageCase | SchedulerCase;
type AnyOptimizer = Optimizer<{ lr: number }>;

const all = fixture<Case[]>("optim");
export const rates = all.filter((c): c is SchedulerCase => "scheduler" in c);
const STEPS = 25;
const SHOWN = [1, 5, 12, 25];
const SAVED = 12;

const pattern = (shape: number[], seed: number, scale = 2, dtype: DType = "float32") =>
  toTensor({ shape, dtype, pattern: [seed, scale] });

/** As in sections/optim.py. */
function gradient({ optimizer, dtype }: OptimizerCase, shape: number[], step: number, i: number) {
  const full = { shape, dtype, pattern: [100 + 7 * step + i, 2 + i] as [number, number] };
  const data = numbers(full);
  const width = data.length / shape[0];
  if (optimizer === "SparseAdam")
    data.forEach((_, at) => {
      if ((step + Math.floor(at / width)) % 3 === 0 || step === 4) data[at] = 0;
    });
  return toTensor({ shape, dtype, data });
}

const make = (c: OptimizerCase, params: Tensor[]) =>
  new (optim as unknown as Record<string, new (...args: unknown[]) => AnyOptimizer>)[c.optimizer](
    params,
    reviveOptions(c.options),
  );
const parameters = ({ shapes, dtype }: OptimizerCase | LBFGSCase, seed: number) =>
  shapes.map((shape, i) => pattern(shape, i + seed, 3, dtype).requiresGrad_());

/** Whether parameter i requires a gradient at a step. */
const isLearnt = ({ learnt }: OptimizerCase, i: number, step: number) =>
  !learnt || (learnt[i] !== null && step >= learnt[i]);
/** Frozen and unfrozen, as they are before a step. */
function froze(c: OptimizerCase, params: Tensor[], step: number): Tensor[] {
  params.forEach((p, i) => {
    p.requiresGrad_(isLearnt(c, i, step));
  });
  return params;
}

function follow(c: OptimizerCase, params: Tensor[], optimizer: AnyOptimizer, steps: number[]) {
  for (let step = steps[0] + 1; step <= steps[1]; step++) {
    froze(c, params, step).forEach((p, i) => {
      if (isLearnt(c, i, step)) p.grad = gradient(c, c.shapes[i], step, i);
    });
    optimizer.step();
    const shown = SHOWN.indexOf(step);
    if (shown < 0) continue;
    params.forEach((p, i) =>
      expectNear(p, c.after[shown][i], 1e-5, `${c.optimizer}, step ${step}, parameter ${i}`),
    );
  }
}

/** A state dictionary as it would come from a file. */
function revived({ state, param_groups }: Saved): OptimizerStateDict {
  const value = (x: unknown): unknown =>
    isFixtureTensor(x) ? toTensor(x) : Array.isArray(x) ? x.map(value) : x;
  return {
    state: Object.fromEntries(
      Object.entries(state).map(([n, entries]) => [
        n,
        Object.fromEntries(Object.entries(entries).map(([k, v]) => [k, value(v)])),
      ]),
    ) as OptimizerStateDict["state"],
    param_groups,
  };
}

/** What ours does not have: they choose between PyTorch's implementations. */
const IMPLEMENTATION = ["foreach", "fused", "capturable", "differentiable"];

function expectSaved(c: OptimizerCase, own: OptimizerStateDict): void {
  expect(Object.keys(own.state)).toEqual(Object.keys(c.saved.state));
  for (const [i, entries] of Object.entries(c.saved.state)) {
    const wanted = Object.entries(entries).filter(([, v]) => v !== null);
    expect(Object.keys(own.state[Number(i)]).sort()).toEqual(wanted.map(([k]) => k).sort());
    for (const [k, v] of wanted) {
      const value = own.state[Number(i)][k];
      if (isTensor(value)) expectNear(value, v as FixtureTensor, 1e-5, `${c.optimizer}, ${k}`);
      else {
        const number = typeof v === "number" ? v : numbers(v as FixtureTensor)[0];
        expect(Math.abs((value as number) - number)).toBeLessThanOrEqual(1e-6 * Math.abs(number));
      }
    }
  }
  c.saved.param_groups.forEach((group, i) => {
    const wanted = Object.keys(group).filter((k) => !IMPLEMENTATION.includes(k));
    expect(Object.keys(own.param_groups[i]).sort()).toEqual(wanted.sort());
    for (const k of wanted) expect([k, own.param_groups[i][k]]).toEqual([k, group[k]]);
  });
}

const PROBLEMS = {
  leastSquares: ([w, b]: Tensor[]) => {
    const x = pattern([6, 2], 3, 2, w.dtype);
    return x
      .matmul(w.t())
      .add(b)
      .sub(pattern([6, 3], 5, 2, w.dtype))
      .square()
      .sum();
  },
  rosenbrock: ([x]: Tensor[]) => rosenbrock(x),
  rosenbrock4: ([x]: Tensor[]) => rosenbrock(x),
  quartic: (params: Tensor[]) =>
    params.map((p) => p.sub(0.5).pow(4).add(p.square()).sum()).reduce((a, b) => a.add(b)),
};
function rosenbrock(x: Tensor): Tensor {
  const [a, b] = [x.slice(0, null, -1), x.slice(0, 1)];
  return b.sub(a.square()).square().mul(100).add(a.neg().add(1).square()).sum();
}

function runLbfgs(
  c: LBFGSCase,
  params: Tensor[],
  optimizer: optim.LBFGS,
  [from, to]: [number, number],
): void {
  const tolerance = c.dtype === "float32" ? 1e-4 : 1e-6;
  for (let call = from; call < to; call++) {
    const loss = optimizer.step(() => {
      optimizer.zeroGrad();
      const value = PROBLEMS[c.lbfgs](params);
      value.backward();
      return value;
    });
    const what = `${c.lbfgs}, call ${call}`;
    expectNear(
      loss.detach(),
      { shape: [], dtype: c.dtype, data: [c.losses[call]] },
      tolerance,
      what,
    );
    params.forEach((p, i) => expectNear(p, c.after[call][i], tolerance, `${what}, parameter ${i}`));
    // In float32 the last evaluations of a search follow from noise.
    if (c.dtype === "float64")
      expect(optimizer.stateDict().state[0].func_evals).toBe(c.evaluations[call]);
  }
}

function averagedModel(c: AverageCase) {
  const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3), new nn.Linear(3, 1));
  const change = (write: (p: Tensor, i: number) => Tensor) =>
    model.parameters().forEach((p, i) => {
      p.set_(write(p.detach(), i));
    });
  change((p, i) => pattern([...p.shape], i + 1));
  const [kind, decay] = c.average.split(" ");
  const options: Record<string, optim.AveragedModelOptions> = {
    swa: {},
    swaFn: { avgFn: optim.getSwaAvgFn() },
    swaMulti: { multiAvgFn: optim.getSwaMultiAvgFn() },
    ema: { avgFn: optim.getEmaAvgFn(Number(decay ?? 0)) },
    emaMulti: { multiAvgFn: optim.getEmaMultiAvgFn(Number(decay ?? 0)) },
  };
  const averaged = new optim.AveragedModel(model, { ...options[kind], useBuffers: c.useBuffers });
  for (let step = 0; step < 5; step++) {
    change((p, i) => p.add(pattern([...p.shape], 20 + 7 * step + i)));
    model(pattern([4, 2], step));
    averaged.updateParameters(model);
  }
  return { model, averaged };
}
function expectState(
  own: Record<string, Tensor>,
  wanted: Record<string, FixtureTensor>,
  what: string,
): void {
  expect(Object.keys(own).sort()).toEqual(Object.keys(wanted).sort());
  for (const [k, v] of Object.entries(wanted)) expectNear(own[k], v, 1e-5, `${what}, ${k}`);
}

const title = (name: string, options: Record<string, unknown>, dtype: string) =>
  `${name} ${JSON.stringify(options)}${dtype === "float64" ? " in float64" : ""}`;

const titleOf = ({ optimizer, options, dtype, learnt }: OptimizerCase) =>
  `${title(optimizer, options, dtype)}${learnt ? `, learnt from steps ${JSON.stringify(learnt)}` : ""}`;

const optimizers = all.filter((c) => "optimizer" in c);
function interrupted(c: OptimizerCase): void {
  const params = froze(c, parameters(c, 1), 1);
  const optimizer = make(c, params);
  follow(c, params, optimizer, [0, SAVED]);
  expectSaved(c, optimizer.stateDict());
  const again = make(c, params);
  again.loadStateDict(optimizer.stateDict());
  follow(c, params, again, [SAVED, STEPS]);
}
function continued(c: OptimizerCase): void {
  const params = froze(
    c,
    c.after[SHOWN.indexOf(SAVED)].map((t) => toTensor(t)),
    SAVED,
  );
  // The options are in the dictionary.
  const optimizer = make({ ...c, options: {} }, params);
  optimizer.loadStateDict(revived(c.saved));
  follow(c, params, optimizer, [SAVED, STEPS]);
}
function lbfgs(c: LBFGSCase): void {
  const calls = c.losses.length;
  const params = parameters(c, 2);
  const optimizer = new optim.LBFGS(params, c.options);
  runLbfgs(c, params, optimizer, [0, calls / 2]);
  const again = new optim.LBFGS(params, c.options);
  again.loadStateDict(optimizer.stateDict());
  runLbfgs(c, params, again, [calls / 2, calls]);
  const later = c.after[calls / 2 - 1].map((t) => toTensor(t).requiresGrad_());
  const loaded = new optim.LBFGS(later);
  const saved = revived(c.saved);
  loaded.loadStateDict(saved);
  runLbfgs(c, later, loaded, [calls / 2, calls]);
  const keys = Object.keys(optimizer.stateDict().state[0]);
  expect(keys.sort()).toEqual(Object.keys(saved.state[0]).sort());
}
async function average(c: AverageCase): Promise<void> {
  const { model, averaged } = averagedModel(c);
  expectState(averaged.stateDict(), c.state, c.average);
  const x = pattern([3, 2], 9);
  averaged.eval();
  expectNear(averaged(x), c.result, 1e-5, c.average);
  expect([averaged.training, model.training]).toEqual([false, true]);
  const loader = [0, 1, 2].map((i) => [pattern([4, 2], 30 + i), tensor(i)]);
  await optim.updateBn(loader, averaged);
  expectState(averaged.stateDict(), c.normalized, `${c.average}, updateBn`);
  expectState(model.stateDict(), c.model, `${c.average}, the model itself`);
  expect([averaged.training, model.training]).toEqual([false, true]);
  const again = new optim.AveragedModel(model);
  again.loadStateDict(averaged.stateDict());
  expectState(again.stateDict(), c.normalized, `${c.average}, loaded`);
  expectState(model.stateDict(), c.model, `${c.average}, the model itself`);
}

const group = "optimizers against PyTorch";
export const optimization = [
  section(group, optimizers, {
    name: (c) => c.optimizer,
    title: (c) => `${titleOf(c)}: ${STEPS} steps, interrupted by a saved state`,
    run: interrupted,
  }),
  section(group, optimizers, {
    name: (c) => c.optimizer,
    title: (c) => `${titleOf(c)}: continues from PyTorch's state dictionary`,
    run: continued,
  }),
  section(
    group,
    all.filter((c) => "lbfgs" in c),
    {
      name: () => "LBFGS",
      title: (c) =>
        `${title(`LBFGS, ${c.lbfgs}`, c.options, c.dtype)}: ${c.losses.length} calls, and from PyTorch's state dictionary`,
      run: lbfgs,
    },
  ),
  section(
    group,
    all.filter((c) => "average" in c),
    {
      name: () => "AveragedModel",
      title: (c) => `AveragedModel, ${c.average}${c.useBuffers ? " of buffers too" : ""}`,
      run: average,
      waits: true,
    },
  ),
];
