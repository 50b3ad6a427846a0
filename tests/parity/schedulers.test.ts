import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import type { LRScheduler, OptimizerStateDict } from "@dl/optim";
import * as optim from "@dl/optim";
import { setBackend, zeros } from "@dl/tensor";
import { describe, expect, test, vi } from "vitest";
import { fixture } from "./fixture.ts";

type Optimizer = LRScheduler["optimizer"];
interface Spec {
  readonly scheduler: string;
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
}
type Group = Record<string, number | number[]>;
interface SchedulerCase extends Spec {
  readonly optimizer: "SGD" | "Adam";
  readonly rates: number[][];
  readonly momenta?: number[][];
  /** What each `step()` is given. */
  readonly given?: (number | null)[];
  /** Fields that the groups have before the scheduler is made, a value for each group. */
  readonly groups?: Record<string, number[]>;
  /** PyTorch's dictionary after some steps. */
  readonly state: {
    readonly at: number;
    readonly scheduler: Record<string, unknown>;
    readonly groups: Group[];
  };
}

const cases = fixture<SchedulerCase[]>("schedulers");
setBackend(cpu());

const FUNCTIONS: Record<string, (x: number) => number> = {
  inverse: (x) => 1 / (1 + x),
  power: (x) => 0.95 ** x,
  wave: (x) => 1 + 0.5 * Math.sin(x),
  almost: (x) => (x % 2 ? 0.95 : 1.01),
};

function build(spec: Spec, optimizer: Optimizer): LRScheduler {
  const value = (x: unknown): unknown => {
    if (Array.isArray(x)) return x.map(value);
    if (typeof x !== "object" || x === null) return x;
    return "fn" in x ? FUNCTIONS[x.fn as string] : build(x as Spec, optimizer);
  };
  const Scheduler = (optim as unknown as Record<string, new (...args: unknown[]) => LRScheduler>)[
    spec.scheduler
  ];
  if (!Scheduler) throw new Error(`@dl/optim has no ${spec.scheduler}`);
  const first = spec.scheduler === "ChainedScheduler" ? [] : [optimizer];
  const options = Object.entries(spec.options).map(([k, v]) => [k, value(v)]);
  const last = options.length > 0 ? [Object.fromEntries(options)] : [];
  return new Scheduler(...first, ...spec.args.map(value), ...last);
}

function start(c: SchedulerCase): [Optimizer, LRScheduler] {
  const { lrs = [0.1, 0.02], ...fields } = c.groups ?? {};
  const groups = lrs.map((lr, i) => ({
    params: [zeros(1).requiresGrad_()],
    lr,
    ...Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, v[i]])),
  }));
  const optimizer: Optimizer =
    c.optimizer === "SGD" ? new optim.SGD(groups, { momentum: 0.9 }) : new optim.Adam(groups);
  return [optimizer, build(c, optimizer)];
}

/** Equal to nine digits, which is what the fixture has. */
function same(actual: unknown, expected: unknown, where: string): void {
  if (expected === "Infinity" || expected === "-Infinity") expected = Number(expected);
  if (typeof expected === "boolean" || typeof actual === "boolean") {
    expect(Number(actual), where).toBe(Number(expected));
  } else if (typeof expected === "number" && Number.isFinite(expected)) {
    const far = Math.abs((actual as number) - expected);
    if (!(far <= 1e-8 * Math.max(1e-6, Math.abs(expected))))
      throw new Error(`${where} is ${actual}, PyTorch has ${expected}`);
  } else if (typeof expected === "object" && expected !== null) {
    expect(Object.keys(actual as object).sort(), where).toEqual(Object.keys(expected).sort());
    for (const [k, v] of Object.entries(expected))
      same((actual as Record<string, unknown>)[k], v, `${where}.${k}`);
  } else {
    expect(actual, where).toEqual(expected);
  }
}

const groupsOf = (optimizer: Optimizer, like: Group[]): Record<string, unknown>[] =>
  optimizer
    .stateDict()
    .param_groups.map((g, i) => Object.fromEntries(Object.keys(like[i]).map((k) => [k, g[k]])));

function follow(
  c: SchedulerCase,
  optimizer: Optimizer,
  scheduler: LRScheduler,
  from: number,
  to: number,
): void {
  for (let i = from; ; i++) {
    same(scheduler.getLastLr(), c.rates[i], `rates at ${i}`);
    const groups = optimizer.paramGroups;
    same(
      groups.map((g) => g.lr),
      c.rates[i],
      `lr at ${i}`,
    );
    if (c.momenta)
      same(
        groups.map((g) => g.betas?.[0] ?? g.momentum),
        c.momenta[i],
        `momentum at ${i}`,
      );
    if (i === to) return;
    optimizer.stepCount++;
    const given = c.given?.[i];
    if (typeof given === "number") (scheduler.step as (x: number) => void)(given);
    else scheduler.step();
  }
}
const endOf = (c: SchedulerCase): number => c.rates.length - 1;

describe("schedulers against PyTorch", () => {
  const shown = ({ scheduler, args, options }: Spec): string =>
    `${scheduler}(${[...args, options]
      .map((x) =>
        JSON.stringify(x, (_, y) => (y && typeof y === "object" && "args" in y ? shown(y) : y)),
      )
      .join(", ")})`;
  cases.forEach((c, n) => {
    const how = c.given ? ", given a number at each step" : "";
    test(`${n}: ${shown(c)} of ${c.optimizer}${how}`, () => {
      const [optimizer, scheduler] = start(c);
      follow(c, optimizer, scheduler, 0, c.state.at);
      same(scheduler.stateDict(), c.state.scheduler, "stateDict()");
      same(groupsOf(optimizer, c.state.groups), c.state.groups, "param_groups");
      const saved = scheduler.stateDict();
      const optimizerSaved = optimizer.stateDict();
      follow(c, optimizer, scheduler, c.state.at, endOf(c));

      // Again from our own dictionary, as JSON has it, and from PyTorch's.
      const revived = JSON.parse(JSON.stringify(c.state.scheduler), (_, x) =>
        x === "Infinity" || x === "-Infinity" ? Number(x) : x,
      );
      for (const dict of [JSON.parse(JSON.stringify(saved)), revived]) {
        const [again, resumed] = start(c);
        again.loadStateDict(structuredClone(optimizerSaved) as OptimizerStateDict);
        resumed.loadStateDict(dict);
        follow(c, again, resumed, c.state.at, endOf(c));
      }
    });
  });
});

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
