import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as optim from "@dl/optim";
import { setBackend, zeros } from "@dl/tensor";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { replay } from "./replay.ts";
import { schedulers } from "./schedulers.ts";

beforeAll(() => setBackend(cpu()));
replay(schedulers);

describe("schedulers", () => {
  const sgd = (lr = 1) => new optim.SGD([zeros(1).requiresGrad_()], { lr });
  test("print themselves", () => {
    const optimizer = sgd();
    expect(String(new optim.StepLR(optimizer, 3))).toBe(
      "StepLR(step_size=3, gamma=0.1, last_epoch=0, last_lr=[1])",
    );
    const chained = new optim.ChainedScheduler([
      new optim.LambdaLR(optimizer, () => 0.5),
      new optim.ExponentialLR(optimizer, 0.9),
    ]);
    expect(String(chained)).toBe(
      "ChainedScheduler(last_lr=[0.5], schedulers=[LambdaLR(last_epoch=0, last_lr=[0.5]), ExponentialLR(gamma=0.9, last_epoch=0, last_lr=[0.5])])",
    );
  });
  test("multiply with one another and with a rate changed by hand", () => {
    const optimizer = sgd();
    const [a, b] = [
      new optim.ExponentialLR(optimizer, 0.5),
      new optim.ExponentialLR(optimizer, 0.1),
    ];
    optimizer.stepCount = 1;
    a.step();
    b.step();
    expect(optimizer.paramGroups[0].lr).toBeCloseTo(0.05, 12);
    optimizer.paramGroups[0].lr = 8;
    a.step();
    expect(optimizer.paramGroups[0].lr).toBe(4);
  });
  test("take a metric from a tensor", () => {
    const optimizer = sgd();
    const scheduler = new optim.ReduceLROnPlateau(optimizer, { patience: 0 });
    for (let i = 0; i < 2; i++) scheduler.step(zeros(1));
    expect(scheduler.getLastLr()).toEqual([0.1]);
    expect(() => scheduler.step()).toThrow(/metric is wanted/);
  });
  test("warn once when they start before the optimizer", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const scheduler = new optim.CosineAnnealingLR(sgd(), 4);
    scheduler.step();
    scheduler.step();
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
  test("begin by themselves when a constructor of one's own forgets to", () => {
    class Own extends optim.LRScheduler {
      getLr() {
        return this.baseLrs.map((lr) => lr / (1 + this.lastEpoch));
      }
    }
    const optimizer = sgd();
    const scheduler = new Own(optimizer);
    expect(scheduler.getLastLr()).toEqual([1]);
    optimizer.stepCount = 1;
    scheduler.step();
    expect(scheduler.getLastLr()).toEqual([0.5]);
  });
  test("say what is wrong", () => {
    const optimizer = sgd();
    const { StepLR, ConstantLR, LinearLR, OneCycleLR, CyclicLR, SequentialLR } = optim;
    expect(() => new StepLR(optimizer, 0)).toThrow(/stepSize is 0/);
    expect(() => new StepLR(optimizer, 1, { lastEpoch: 3 })).toThrow(/no initialLr/);
    expect(() => new ConstantLR(optimizer, { factor: 2 })).toThrow(/within 0 … 1/);
    expect(() => new LinearLR(optimizer, { startFactor: 0 })).toThrow(/startFactor is 0/);
    expect(() => new optim.LambdaLR(optimizer, [() => 1, () => 2])).toThrow(/2 values.*1 param/);
    expect(() => new OneCycleLR(optimizer, 1)).toThrow(/totalSteps, or epochs/);
    // @ts-expect-error not a mode
    expect(() => new CyclicLR(optimizer, 0.1, 1, { mode: "square" })).toThrow(/"square"/);
    expect(() => new CyclicLR(new optim.Adagrad([zeros(1).requiresGrad_()]), 0.1, 1)).toThrow(
      /cycleMomentum: false/,
    );
    expect(() => new optim.CosineAnnealingWarmRestarts(optimizer, 1.5)).toThrow(/T0 is 1.5/);
    expect(() => new optim.CosineAnnealingWarmRestarts(optimizer, 2).step(-1)).toThrow(/-1/);
    const parts = () => [new StepLR(optimizer, 1), new StepLR(optimizer, 1)];
    expect(() => new SequentialLR(optimizer, parts(), [1, 2])).toThrow(/want 1 milestones, got 2/);
    expect(() => new SequentialLR(sgd(), parts(), [1])).toThrow(/another optimizer/);
    expect(() => new optim.ChainedScheduler([])).toThrow(/no schedulers/);
    const plateau = new optim.ReduceLROnPlateau(optimizer);
    expect(() => new optim.ChainedScheduler([plateau])).toThrow(/needs a metric/);
    expect(() => new optim.ReduceLROnPlateau(optimizer, { factor: 1 })).toThrow(/below 1/);
    const once = new OneCycleLR(optimizer, 1, { totalSteps: 2 });
    once.loadStateDict({ ...once.stateDict(), last_epoch: 2 });
    expect(() => once.step()).toThrow(/step 3 of a cycle of 2/);
    expect(() => once.loadStateDict({})).toThrow(/last_epoch is missing/);
    const step = new StepLR(optimizer, 1);
    expect(() => step.loadStateDict({ last_epoch: 1, base_lrs: [1, 2] })).toThrow(
      /2 groups.*has 1/,
    );
  });
});
