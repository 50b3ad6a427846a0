import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import type { OptimizerStateDict } from "@dl/optim";
import * as optim from "@dl/optim";
import { setBackend } from "@dl/tensor";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { toTensor } from "./fixture.ts";
import { optimization, rates } from "./optim.ts";
import { replay } from "./replay.ts";

replay(...optimization);

describe("optimizers", () => {
  beforeAll(() => setBackend(cpu()));
  const parameter = () => toTensor({ shape: [2], dtype: "float32", data: [1, 2] }).requiresGrad_();
  test("StepLR's rates", () => {
    for (const c of rates) {
      const p = parameter();
      const optimizer = new optim.SGD([p], { lr: c.lr });
      const scheduler = new optim.StepLR(optimizer, c.stepSize, { gamma: c.gamma });
      const seen = c.rates.map(() => {
        const [rate] = scheduler.getLastLr();
        p.grad = parameter().detach();
        optimizer.step();
        scheduler.step();
        return rate;
      });
      seen.forEach((r, i) => expect(r).toBeCloseTo(c.rates[i], 12));
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
  test("results of ops, no parameters and impossible rates are refused", () => {
    const p = parameter();
    expect(() => new optim.SGD([p.mul(2)])).toThrow(/result of an op/);
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
