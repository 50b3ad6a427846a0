/** The suite for optimizers, held to optimizers that are right and to optimizers that are wrong in one way each. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { type OptimizerLike, type OptimizerSuiteOptions, testOptimizer } from "@dl/conformance";
import * as optim from "@dl/optim";
import { DlError, keep, scope, setBackend, type Tensor, unscoped, zerosLike } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { verdicts } from "./verdicts.ts";

beforeAll(() => setBackend(cpu()));

type Wanted = Omit<OptimizerSuiteOptions, "describe" | "it">;
const judge = (make: (params: any) => OptimizerLike, options: Wanted = {}) =>
  verdicts((runner) => testOptimizer("optimizer", make, { ...options, ...runner }));
const failures = (found: Record<string, string | null>) =>
  Object.entries(found).filter(([, message]) => message !== null);

describe("optimizers that are right pass", () => {
  const lr = 0.01;
  const right: [string, (params: any) => OptimizerLike, Wanted?][] = [
    ["SGD", (p) => new optim.SGD(p, { lr, momentum: 0.5 })],
    ["Adam", (p) => new optim.Adam(p, { lr })],
    ["AdamW", (p) => new optim.AdamW(p, { lr })],
    ["RMSprop", (p) => new optim.RMSprop(p, { lr })],
    ["Adagrad", (p) => new optim.Adagrad(p, { lr: 0.2 })],
    ["NAdam", (p) => new optim.NAdam(p, { lr })],
    ["RAdam", (p) => new optim.RAdam(p, { lr: 0.05 })],
    ["Adamax", (p) => new optim.Adamax(p, { lr })],
  ];
  test.each(right)("%s", async (_, make, options) => {
    const found = await judge(make, options);
    expect(failures(found)).toEqual([]);
    expect(Object.keys(found).length).toBe(16);
  });
  test("with maximize", async () => {
    const found = await judge((p) => new optim.SGD(p, { lr, momentum: 0.5 }), {
      maximize: (p) => new optim.SGD(p, { lr, momentum: 0.5, maximize: true }),
    });
    expect(failures(found)).toEqual([]);
    expect(Object.keys(found).length).toBe(17);
  });
  test("matrices only", async () => {
    const found = await judge((p) => new optim.Muon(p, { lr, weightDecay: 0 }), {
      shapes: [
        [3, 4],
        [2, 2],
      ],
    });
    expect(failures(found)).toEqual([]);
  });
});

describe("an optimizer that is wrong is found out", () => {
  type Hyper = { lr: number };
  /** Momentum in tensor ops; every part may be overridden. */
  class Right extends optim.Optimizer<Hyper> {
    constructor(params: any) {
      super(params, { lr: 0.01 });
    }
    protected check(group: Hyper): void {
      if (!(group.lr >= 0)) throw new DlError("value", `Right: lr is ${group.lr}, at least 0`);
    }
    protected stepGroup(group: optim.Group<Hyper>, params: readonly optim.WithGradient[]): void {
      for (const [p, g] of params) scope(() => this.one(group, p, g));
    }
    protected one(group: optim.Group<Hyper>, p: Tensor, g: Tensor): void {
      const m = this.momentum(p);
      m.mul_(0.5).add_(g);
      p.sub_(m.mul(this.rate(group)));
    }
    protected momentum(p: Tensor): Tensor {
      const state = this.nextState(p);
      return (state.momentum ??= this.fresh(p)) as Tensor;
    }
    protected fresh(p: Tensor): Tensor {
      return unscoped(() => zerosLike(p));
    }
    protected rate(group: Hyper): number {
      return group.lr;
    }
  }
  class Uphill extends Right {
    override rate(group: Hyper): number {
      return -group.lr;
    }
  }
  class Slow extends Right {
    override rate(group: Hyper): number {
      return group.lr * 1e-4;
    }
  }
  let steps = 0;
  class Counting extends Right {
    override rate(group: Hyper): number {
      return group.lr / (1 + steps++);
    }
  }
  class Forgets extends Right {
    override stateDict(): optim.OptimizerStateDict {
      return { ...super.stateDict(), state: {} };
    }
  }
  class Shares extends Right {
    override loadStateDict(dict: any): void {
      const params = this.paramGroups[0].params;
      params.forEach((p, i) => {
        this.state.set(p, { ...dict.state[i] });
      });
      this.paramGroups[0].lr = dict.param_groups[0].lr;
    }
  }
  class TakesAnything extends Right {
    override loadStateDict(dict: any): void {
      try {
        super.loadStateDict(dict);
      } catch {}
    }
  }
  class Defaults extends Right {
    override rate(): number {
      return this.defaults.lr;
    }
  }
  class FirstGroup extends Right {
    override rate(): number {
      return this.paramGroups[0].lr;
    }
  }
  class Fixed extends Right {
    readonly #rates = new Map<object, number>();
    override rate(group: Hyper): number {
      if (!this.#rates.has(group)) this.#rates.set(group, group.lr);
      return this.#rates.get(group)!;
    }
  }
  class Holds extends Right {
    override zeroGrad(): void {}
  }
  class OnlyNull extends Right {
    override zeroGrad(): void {
      super.zeroGrad();
    }
  }
  class Decays extends Right {
    override stepGroup(group: optim.Group<Hyper>, params: readonly optim.WithGradient[]): void {
      for (const p of group.params) p.mul_(0.99);
      super.stepGroup(group, params);
    }
  }
  class Idle extends Right {
    override one(): void {}
  }
  class Clips extends Right {
    override one(group: optim.Group<Hyper>, p: Tensor, g: Tensor): void {
      g.mul_(0.5);
      super.one(group, p, g);
    }
  }
  class Replaces extends Right {
    override one(group: optim.Group<Hyper>, p: Tensor, g: Tensor): void {
      super.one(group, p, g);
      group.params[group.params.indexOf(p)] = keep(p.detach().clone()).requiresGrad_();
    }
  }
  class Freezes extends Right {
    override one(group: optim.Group<Hyper>, p: Tensor, g: Tensor): void {
      super.one(group, p, g);
      p.requiresGrad = false;
    }
  }
  class InMemory extends Right {
    override one(group: optim.Group<Hyper>, p: Tensor, g: Tensor): void {
      const { strides } = p.memory;
      const isTransposed = strides.length > 1 && strides[0] < strides[1];
      super.one(group, p, isTransposed ? g.flip(0) : g);
    }
  }
  class Uncounted extends Right {
    override step(): any {
      const before = this.stepCount;
      super.step();
      this.stepCount = before;
    }
  }
  class Unchecked extends Right {
    override check(): void {}
  }
  class Scoped extends Right {
    override fresh(p: Tensor): Tensor {
      return zerosLike(p);
    }
    override stepGroup(group: optim.Group<Hyper>, params: readonly optim.WithGradient[]): void {
      for (const [p, g] of params) this.one(group, p, g);
    }
  }
  const history: Tensor[] = [];
  class Grows extends Right {
    override one(group: optim.Group<Hyper>, p: Tensor, g: Tensor): void {
      super.one(group, p, g);
      history.push(unscoped(() => g.clone()));
    }
  }
  class Litters extends Right {
    override stepGroup(group: optim.Group<Hyper>, params: readonly optim.WithGradient[]): void {
      for (const [p, g] of params) this.one(group, p, g);
    }
  }

  const wrong: [check: string, kind: string, make: (params: any) => OptimizerLike, RegExp][] = [
    ["lowers a quadratic function", "uphill", (p) => new Uphill(p), /against the gradient/],
    ["lowers a quadratic function", "slow", (p) => new Slow(p), /a higher learning rate/],
    ["lowers Rosenbrock's function", "uphill", (p) => new Uphill(p), /against the gradient/],
    ["takes the same steps again", "shared", (p) => new Counting(p), /of another optimizer/],
    ["goes on from its state", "no state", (p) => new Forgets(p), /after the state was loaded/],
    ["goes on from its state", "one memory", (p) => new Shares(p), /has to copy tensors/],
    [
      "refuses a state that does not fit",
      "silence",
      (p) => new TakesAnything(p),
      /the state of 4 parameters for 2/,
    ],
    [
      "gives groups their own learning rates",
      "the default",
      (p) => new Defaults(p),
      /the steps of the default/,
    ],
    [
      "gives groups their own learning rates",
      "the first group's",
      (p) => new FirstGroup(p),
      /the second of two groups/,
    ],
    ["follows a learning rate that changes", "the first", (p) => new Fixed(p), /changes nothing/],
    ["lets go of gradients", "not at all", (p) => new Holds(p), /has a gradient/],
    ["lets go of gradients", "no zeros", (p) => new OnlyNull(p), /setToNone: false/],
    [
      "leaves parameters without a gradient as they are",
      "decay",
      (p) => new Decays(p),
      /a parameter without a gradient/,
    ],
    [
      "leaves parameters without a gradient as they are",
      "no steps",
      (p) => new Idle(p),
      /three steps change nothing/,
    ],
    ["leaves gradients as they are", "halved", (p) => new Clips(p), /gradients after a step/],
    ["leaves parameters leaves", "others", (p) => new Replaces(p), /is another tensor/],
    ["leaves parameters leaves", "frozen", (p) => new Freezes(p), /does not require a gradient/],
    ["takes any layout", "another order", (p) => new InMemory(p), /lie transposed/],
    ["counts its steps", "none", (p) => new Uncounted(p), /stepCount is 0 after three/],
    ["refuses impossible learning rates", "none", (p) => new Unchecked(p), /gives an optimizer/],
    ["keeps its state out of scopes", "within", (p) => new Scoped(p), /unscoped/],
    ["needs no more memory from step to step", "grows", (p) => new Grows(p), /more after every/],
    ["needs no more memory from step to step", "litters", (p) => new Litters(p), /2 temporary/],
  ];
  test.each(wrong)("%s: %s", async (check, _, make, message) => {
    expect((await judge(make))[check]).toMatch(message);
  });
  test("climbs with maximize: descends", async () => {
    const found = await judge((p) => new Right(p), { maximize: (p) => new Right(p) });
    expect(found["climbs with maximize"]).toMatch(/climbing the negative of a function/);
    expect(failures(found).length).toBe(1);
    const checks = [...wrong.map(([check]) => check), "climbs with maximize"];
    expect(new Set(checks)).toEqual(new Set(Object.keys(found)));
  });
});
