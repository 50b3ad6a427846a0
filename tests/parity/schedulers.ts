import "@dl/autograd";
import type { LRScheduler, OptimizerStateDict } from "@dl/optim";
import * as optim from "@dl/optim";
import { zeros } from "@dl/tensor";
import { expect } from "vitest";
import { fixture } from "./fixture.ts";
import { section } from "./replay.ts";

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

function run(c: SchedulerCase): void {
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
}
const shown = ({ scheduler, args, options }: Spec): string =>
  `${scheduler}(${[...args, options]
    .map((x) =>
      JSON.stringify(x, (_, y) => (y && typeof y === "object" && "args" in y ? shown(y) : y)),
    )
    .join(", ")})`;

export const schedulers = section(
  "schedulers against PyTorch",
  fixture<SchedulerCase[]>("schedulers"),
  {
    name: (c) => c.scheduler,
    title: (c, i) => {
      const how = c.given ? ", given a number at each step" : "";
      return `${i}: ${shown(c)} of ${c.optimizer}${how}`;
    },
    run,
    isOnce: true,
  },
);
