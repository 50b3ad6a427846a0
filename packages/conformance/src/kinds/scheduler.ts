/** The suite for learning-rate schedulers. */
import "@dl/autograd";
import { scope, type Tensor, zeros } from "@dl/tensor";
import { isClose, type Tolerance } from "../compare.ts";
import { type Check, runChecks, type SuiteOptions } from "../runner.ts";
import { EXACT, errorOf, expectSame, fail } from "./examine.ts";
import type { OptimizerLike } from "./optimizer.ts";

/** What of a scheduler the suite uses. */
export interface SchedulerLike {
  step(...args: any[]): unknown;
  getLastLr(): readonly number[];
  stateDict(): Record<string, unknown>;
  loadStateDict(dict: any): unknown;
}

export interface SchedulerSuiteOptions<O extends OptimizerLike> extends SuiteOptions {
  /** An optimizer for groups of parameters: `(groups) => new SGD(groups)`. */
  optimizer(groups: { params: Tensor[]; lr: number }[]): O;
  /** The rate after this many steps of a group that began with `initialLr`. */
  curve?: (steps: number, initialLr: number) => number;
  /** One step, for a scheduler that wants more than `step()`: `(scheduler, n) => scheduler.step(losses[n])`. */
  step?: (scheduler: any, steps: number) => unknown;
  /** How many steps it is followed: enough for every part of the curve. Default 20. */
  steps?: number;
}

/** A few roundings: factors that are multiplied step by step. */
const CLOSE: Tolerance = { absolute: 1e-12, relative: 1e-9 };
/** Rates of two groups. */
const RATES = [0.1, 0.02];

/**
 * Puts a learning-rate scheduler through what training and checkpoints ask of it.
 *
 * @param make gives the scheduler for an optimizer
 */
export function testScheduler<O extends OptimizerLike>(
  name: string,
  make: (optimizer: O) => SchedulerLike,
  options: SchedulerSuiteOptions<O>,
): void {
  runChecks(name, schedulerChecks(name, make, options), options);
}

function schedulerChecks<O extends OptimizerLike>(
  name: string,
  make: (optimizer: O) => SchedulerLike,
  options: SchedulerSuiteOptions<O>,
): Check[] {
  const { curve, steps = 20 } = options;
  const setUp = (rates: readonly number[]) => {
    const params = rates.map(() => zeros(1).requiresGrad_());
    const optimizer = options.optimizer(params.map((p, i) => ({ params: [p], lr: rates[i] })));
    return { params, optimizer, scheduler: make(optimizer) };
  };
  type Run = ReturnType<typeof setUp>;
  const ratesOf = ({ optimizer }: Pick<Run, "optimizer">): number[] =>
    optimizer.paramGroups.map((g) => g.lr);
  /** A step of the optimizer, which comes first, and one of the scheduler. */
  const advance = ({ params, optimizer, scheduler }: Run, n: number) => {
    optimizer.zeroGrad();
    scope(() => {
      for (const p of params) p.sum().backward();
    });
    optimizer.step();
    if (options.step) options.step(scheduler, n);
    else scheduler.step();
  };
  /** The rates at the start and after each step. */
  const follow = (run: Run, from = 0, to = steps): number[][] => {
    const all = from === 0 ? [ratesOf(run)] : [];
    for (let n = from; n < to; n++) {
      advance(run, n);
      all.push(ratesOf(run));
    }
    return all;
  };

  const checks: Check[] = [
    {
      name: "sets a rate for every group",
      run() {
        const run = setUp(RATES);
        const seen = RATES.map(() => new Set<number>());
        follow(run).forEach((rates, n) => {
          rates.forEach((lr, i) => {
            seen[i].add(lr);
            if (!(lr >= 0 && lr < Number.POSITIVE_INFINITY))
              fail(
                `${name}: after ${n} steps the rate of group ${i} is ${lr}`,
                "Rates are numbers from 0 on; look for divisions by 0 in the first step",
              );
          });
        });
        const still = seen.findIndex((rates) => rates.size === 1);
        if (still >= 0)
          fail(
            `${name}: the rate of group ${still} never changes in ${steps} steps`,
            "Return one rate for each group from getLr(); or give the suite more steps",
          );
      },
    },
    {
      name: "says which rates it has set",
      run() {
        const run = setUp(RATES);
        for (let n = 0; n <= steps; n++) {
          if (n > 0) advance(run, n - 1);
          expectSame(
            run.scheduler.getLastLr(),
            ratesOf(run),
            EXACT,
            `${name}: getLastLr() after ${n} steps, compared with the groups' lr`,
            "Return the rates that the last step() has set, those of the constructor before it",
          );
        }
        const before = ratesOf(run);
        (run.scheduler.getLastLr() as number[]).fill(-1);
        expectSame(
          run.scheduler.getLastLr(),
          before,
          EXACT,
          `${name}: getLastLr() after its result was written to`,
          "Return a copy",
        );
      },
    },
    {
      name: "is a function of its steps",
      run() {
        const [first, second] = [follow(setUp(RATES)), follow(setUp(RATES))];
        first.forEach((rates, n) =>
          expectSame(
            second[n],
            rates,
            EXACT,
            `${name}: rates of another scheduler after ${n} steps`,
            "Count in a field of the instance; leave the clock and random numbers alone",
          ),
        );
      },
    },
    {
      name: "treats groups by themselves",
      run() {
        const together = follow(setUp(RATES));
        RATES.forEach((lr, i) => {
          const alone = follow(setUp([lr]));
          expectSame(
            together.map((rates) => rates[i]),
            alone.map(([rate]) => rate),
            EXACT,
            `${name}: rates of group ${i}, compared with the same group alone`,
            "Start from baseLrs[i], or from the group's own lr",
          );
        });
      },
    },
    {
      name: "remembers the first rates",
      run() {
        const { optimizer } = setUp(RATES);
        expectSame(
          optimizer.paramGroups.map((g) => g.initialLr ?? Number.NaN),
          RATES,
          EXACT,
          `${name}: initialLr of the groups`,
          "End the constructor with this.begin(), or set group.initialLr ??= group.lr: what comes later starts from it",
        );
      },
    },
    {
      name: "goes on from its state",
      run() {
        for (const half of [1, Math.floor(steps / 2)]) {
          const whole = follow(setUp(RATES)).slice(half + 1);
          const first = setUp(RATES);
          follow(first, 0, half);
          const state = savable(name, first.scheduler.stateDict());
          const optimizerState = first.optimizer.stateDict();
          // Rates of its own, so that nothing but the state can tell.
          const second = setUp(RATES.map((lr) => lr * 3));
          second.optimizer.loadStateDict(optimizerState);
          second.scheduler.loadStateDict(state);
          const remedy =
            "Keep what rates depend on in fields that are numbers, strings or arrays of them, which stateDict() saves";
          expectSame(
            second.scheduler.getLastLr(),
            first.scheduler.getLastLr(),
            EXACT,
            `${name}: getLastLr() of a scheduler that was given the state after ${half} steps`,
            remedy,
          );
          follow(second, half).forEach((rates, n) =>
            expectSame(
              rates,
              whole[n],
              EXACT,
              `${name}: rates ${n + 1} steps after the state of ${half} steps was loaded`,
              remedy,
            ),
          );
        }
      },
    },
    {
      name: "refuses a state that is none",
      async run() {
        const { scheduler } = setUp(RATES);
        if (!(await errorOf(() => scheduler.loadStateDict({}))))
          fail(
            `${name}: loadStateDict({}) is taken for a state`,
            "Throw a DlError that names what is missing",
          );
      },
    },
    {
      name: "changes nothing but rates",
      run() {
        const run = setUp(RATES);
        const others = () =>
          run.optimizer.paramGroups.map((group) =>
            Object.entries(group).filter(([key]) => key !== "lr" && key !== "params"),
          );
        const before = JSON.stringify(others());
        follow(run);
        if (JSON.stringify(others()) !== before)
          fail(
            `${name}: groups were ${before} and are ${JSON.stringify(others())}`,
            "Write to group.lr alone; a schedule that moves the momentum too is a known failure",
          );
      },
    },
  ];
  if (curve)
    checks.push({
      name: "follows its curve",
      run() {
        follow(setUp(RATES)).forEach((rates, n) => {
          rates.forEach((lr, i) => {
            const wanted = curve(n, RATES[i]);
            if (!isClose(lr, wanted, CLOSE))
              fail(
                `${name}: after ${n} steps the rate of group ${i} is ${lr}, the curve says ${wanted}`,
                n === 0
                  ? "The constructor sets the rates of the first epoch: lastEpoch is 0 there"
                  : "lastEpoch is the number of steps so far",
              );
          });
        });
      },
    });
  return checks;
}

/** The state as it comes back from a file. */
function savable(name: string, state: Record<string, unknown>): Record<string, unknown> {
  try {
    return structuredClone(state);
  } catch (error) {
    return fail(
      `${name}: stateDict() cannot be saved: ${(error as Error).message}`,
      "Leave functions and objects with methods out: whoever loads the state makes the scheduler with them",
    );
  }
}
