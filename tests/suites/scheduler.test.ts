/** The suite for schedulers, held to schedulers that are right and to schedulers that are wrong in one way each. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { type SchedulerLike, type SchedulerSuiteOptions, testScheduler } from "@dl/conformance";
import * as optim from "@dl/optim";
import { setBackend } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { verdicts } from "./verdicts.ts";

beforeAll(() => setBackend(cpu()));

type Wanted = Omit<SchedulerSuiteOptions<optim.SGD>, "describe" | "it" | "optimizer">;
const judge = (make: (optimizer: optim.SGD) => SchedulerLike, options: Wanted = {}) =>
  verdicts((runner) =>
    testScheduler("scheduler", make, {
      optimizer: (groups) => new optim.SGD(groups, { momentum: 0.9 }),
      ...options,
      ...runner,
    }),
  );
const failures = (found: Record<string, string | null>) =>
  Object.entries(found).filter(([, message]) => message !== null);

describe("schedulers that are right pass", () => {
  const right: [string, (optimizer: optim.SGD) => SchedulerLike, Wanted?][] = [
    ["StepLR", (o) => new optim.StepLR(o, 3), { curve: (n, lr) => lr * 0.1 ** Math.floor(n / 3) }],
    ["MultiStepLR", (o) => new optim.MultiStepLR(o, [2, 5])],
    ["ExponentialLR", (o) => new optim.ExponentialLR(o, 0.9), { curve: (n, lr) => lr * 0.9 ** n }],
    ["LinearLR", (o) => new optim.LinearLR(o, { totalIters: 4 })],
    ["PolynomialLR", (o) => new optim.PolynomialLR(o, { totalIters: 12, power: 2 })],
    [
      "CosineAnnealingLR",
      (o) => new optim.CosineAnnealingLR(o, 10),
      { curve: (n, lr) => (lr * (1 + Math.cos((Math.PI * n) / 10))) / 2, steps: 9 },
    ],
    ["CosineAnnealingWarmRestarts", (o) => new optim.CosineAnnealingWarmRestarts(o, 4)],
    ["LambdaLR", (o) => new optim.LambdaLR(o, (n) => 1 / (1 + n))],
  ];
  test.each(right)("%s", async (_, make, options) => {
    const found = await judge(make, options);
    expect(failures(found)).toEqual([]);
    expect(Object.keys(found).length).toBe(options?.curve ? 9 : 8);
  });
  test("one that is given a loss", async () => {
    const found = await judge((o) => new optim.ReduceLROnPlateau(o, { patience: 1 }), {
      step: (scheduler, n) => scheduler.step(n < 3 ? 3 - n : 1),
    });
    // PyTorch's, too, has neither: it begins without a step, and takes any dictionary.
    delete found["remembers the first rates"];
    delete found["refuses a state that is none"];
    expect(failures(found)).toEqual([]);
  });
});

describe("a scheduler that is wrong is found out", () => {
  /** lr / (1 + steps), to be spoilt. */
  class Right extends optim.LRScheduler {
    constructor(optimizer: optim.SGD) {
      super(optimizer);
      this.begin();
    }
    getLr(): number[] {
      return this.baseLrs.map((lr) => lr / (1 + this.lastEpoch));
    }
  }
  class NotANumber extends Right {
    override getLr(): number[] {
      return this.baseLrs.map((lr) => (lr * this.lastEpoch) / this.lastEpoch);
    }
  }
  class FirstGroup extends Right {
    override getLr(): number[] {
      return this.baseLrs.map((lr, i) => (i === 0 ? lr / (1 + this.lastEpoch) : lr));
    }
  }
  class FirstRate extends Right {
    override getLastLr(): number[] {
      return [...this.baseLrs];
    }
  }
  class Live extends Right {
    override getLastLr(): number[] {
      return this.lastLr;
    }
  }
  let counter = 0;
  class Shared extends Right {
    override getLr(): number[] {
      return this.baseLrs.map((lr) => lr / (1 + counter++));
    }
  }
  class OneForAll extends Right {
    override getLr(): number[] {
      return this.baseLrs.map(() => this.baseLrs[0] / (1 + this.lastEpoch));
    }
  }
  class Unmarked extends Right {
    protected override begin(): void {
      super.begin();
      for (const group of this.optimizer.paramGroups) group.initialLr = undefined;
    }
  }
  const calls = new WeakMap<object, number>();
  class Hidden extends Right {
    override getLr(): number[] {
      const count = (calls.get(this) ?? 0) + 1;
      calls.set(this, count);
      return this.baseLrs.map((lr) => lr / count);
    }
  }
  class Functions extends Right {
    override stateDict(): Record<string, unknown> {
      return { ...super.stateDict(), fn: () => 1 };
    }
  }
  class TakesAnything extends Right {
    override loadStateDict(dict: Record<string, unknown>): void {
      if ("last_epoch" in dict) super.loadStateDict(dict);
    }
  }
  class Momentum extends Right {
    override getLr(): number[] {
      for (const group of this.optimizer.paramGroups) group.momentum *= 0.99;
      return super.getLr();
    }
  }

  const curve = (n: number, lr: number): number => lr / (1 + n);
  const wrong: [check: string, kind: string, make: (o: optim.SGD) => SchedulerLike, RegExp][] = [
    ["sets a rate for every group", "0 / 0", (o) => new NotANumber(o), /group 0 is NaN/],
    ["sets a rate for every group", "one only", (o) => new FirstGroup(o), /group 1 never changes/],
    ["says which rates it has set", "the first", (o) => new FirstRate(o), /getLastLr\(\) after 1/],
    ["says which rates it has set", "its own", (o) => new Live(o), /was written to.*a copy/s],
    ["is a function of its steps", "a shared count", (o) => new Shared(o), /of another scheduler/],
    ["treats groups by themselves", "one", (o) => new OneForAll(o), /rates of group 1, compared/],
    ["remembers the first rates", "none", (o) => new Unmarked(o), /initialLr.*this\.begin/s],
    ["goes on from its state", "hidden", (o) => new Hidden(o), /after the state of 1 steps/],
    ["goes on from its state", "functions", (o) => new Functions(o), /cannot be saved/],
    ["refuses a state that is none", "silence", (o) => new TakesAnything(o), /taken for a state/],
    ["changes nothing but rates", "momentum", (o) => new Momentum(o), /"momentum"/],
    ["follows its curve", "another", (o) => new optim.StepLR(o, 2), /after 1 steps .* says 0\.05/],
  ];
  test.each(wrong)("%s: %s", async (check, _, make, message) => {
    expect((await judge(make, { curve }))[check]).toMatch(message);
  });
  test("but the one that is spoilt nowhere passes", async () => {
    const found = await judge((o) => new Right(o), { curve });
    expect(failures(found)).toEqual([]);
    expect(new Set(wrong.map(([check]) => check))).toEqual(new Set(Object.keys(found)));
  });
});
