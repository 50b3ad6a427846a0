import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import type { Optimizer, OptimizerStateDict } from "@dl/optim";
import * as optim from "@dl/optim";
import { setBackend, type Tensor } from "@dl/tensor";
import { describe, expect, test, vi } from "vitest";
import { expectNear, type FixtureTensor, fixture, numbers, toTensor } from "./fixture.ts";

interface OptimizerCase {
  readonly optimizer: "SGD" | "Adam" | "AdamW" | "RMSprop" | "Adagrad" | "Adadelta";
  readonly options: Record<string, unknown>;
  readonly start: FixtureTensor[];
  readonly grads: FixtureTensor[][];
  readonly after: FixtureTensor[][];
  readonly state: Record<string, Record<string, FixtureTensor | number | null>>;
}
interface SchedulerCase {
  readonly scheduler: "StepLR";
  readonly stepSize: number;
  readonly gamma: number;
  readonly lr: number;
  readonly rates: number[];
}

const all = fixture<(OptimizerCase | SchedulerCase)[]>("optim");
const cases = all.filter((c): c is OptimizerCase => "optimizer" in c);
const make = (c: OptimizerCase, params: Tensor[]): Optimizer<{ lr: number }> =>
  new optim[c.optimizer](params, c.options as object) as unknown as Optimizer<{ lr: number }>;

function follow(
  c: OptimizerCase,
  params: Tensor[],
  optimizer: Optimizer<{ lr: number }>,
  from: number,
  to: number,
): void {
  for (let s = from; s < to; s++) {
    params.forEach((p, i) => {
      p.grad = toTensor(c.grads[s][i]);
    });
    optimizer.step();
    params.forEach((p, i) =>
      expectNear(p, c.after[s][i], 3e-6, `${c.optimizer}, step ${s + 1}, parameter ${i}`),
    );
  }
}

for (const wasm of [true, false]) {
  describe(`optimizers against PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    for (const c of cases) {
      test(`${c.optimizer} ${JSON.stringify(c.options)}: ten steps, interrupted by a saved state`, () => {
        setBackend(cpu({ wasm }));
        const params = c.start.map((x) => toTensor(x).requiresGrad_());
        const optimizer = make(c, params);
        follow(c, params, optimizer, 0, 5);
        const again = make(c, params);
        again.loadStateDict(optimizer.stateDict());
        follow(c, params, again, 5, 10);
        const { state } = again.stateDict();
        for (const [i, entries] of Object.entries(c.state)) {
          const wanted = Object.entries(entries).filter(([, v]) => v !== null);
          expect(Object.keys(state[Number(i)]).sort()).toEqual(wanted.map(([k]) => k).sort());
          for (const [k, v] of wanted) {
            const own = state[Number(i)][k];
            if (typeof own === "number")
              expect(own).toBe(typeof v === "number" ? v : numbers(v as FixtureTensor)[0]);
            else
              expectNear(own, v as FixtureTensor, 3e-6, `${c.optimizer}, ${k} of parameter ${i}`);
          }
        }
      });
    }
  });
}

describe("optimizers", () => {
  setBackend(cpu());
  const parameter = () => toTensor({ shape: [2], dtype: "float32", data: [1, 2] }).requiresGrad_();
  test("StepLR's rates", () => {
    for (const c of all.filter((x): x is SchedulerCase => "scheduler" in x)) {
      const p = parameter();
      const optimizer = new optim.SGD([p], { lr: c.lr });
      const scheduler = new optim.StepLR(optimizer, c.stepSize, { gamma: c.gamma });
      const rates = c.rates.map(() => {
        const [rate] = scheduler.getLastLr();
        p.grad = parameter().detach();
        optimizer.step();
        scheduler.step();
        return rate;
      });
      rates.forEach((r, i) => expect(r).toBeCloseTo(c.rates[i], 12));
    }
  });
  test("groups have their own hyperparameters", () => {
    const [a, b] = [parameter(), parameter()];
    const optimizer = new optim.SGD([{ params: [a], lr: 1 }, { params: b }], { lr: 0.5 });
    for (const p of [a, b]) p.grad = parameter().detach();
    optimizer.step();
    expect([a.tolistSync(), b.tolistSync()]).toEqual([
      [0, 0],
      [0.5, 1],
    ]);
    expect(optimizer.stateDict().param_groups.map((g) => g.params)).toEqual([[0], [1]]);
  });
  test("a step without any gradient says what to do", () =>
    expect(() => new optim.Adam([parameter()]).step()).toThrow(
      /no parameter has a gradient.*backward/,
    ));
  test("results of ops, constants and impossible rates are refused", () => {
    const p = parameter();
    expect(() => new optim.SGD([p.mul(2)])).toThrow(/result of an op/);
    expect(() => new optim.SGD([p.detach()])).toThrow(/does not require a gradient/);
    expect(() => new optim.SGD([p, p])).toThrow(/more than one group/);
    expect(() => new optim.SGD([])).toThrow(/no parameters/);
    expect(() => new optim.Adam([p], { lr: Number.NaN })).toThrow(/lr is NaN/);
    expect(() => new optim.SGD([p], { nesterov: true })).toThrow(/nesterov needs/);
  });
  test("a state dictionary that does not fit names everything and changes nothing", () => {
    const p = parameter();
    const optimizer = new optim.Adam([p]);
    const wrong: OptimizerStateDict = {
      state: {
        0: { step: 1, exp_avg: toTensor({ shape: [3], dtype: "float32", data: [1, 2, 3] }) },
        7: { step: 1 },
      },
      param_groups: [{ lr: 5, params: [0, 1] }],
    };
    expect(() => optimizer.loadStateDict(wrong)).toThrow(
      /group 0 has 2 parameters[\s\S]*exp_avg of parameter 0 has shape \[3\][\s\S]*parameter 7/,
    );
    expect(optimizer.paramGroups[0].lr).toBe(1e-3);
  });
  test("a schedule that starts too early warns once", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const scheduler = new optim.StepLR(new optim.SGD([parameter()]), 1);
    scheduler.step();
    scheduler.step();
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});
