/** The suite for activations, held to those that are right and to those that are wrong in one way each. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { type ActivationLike, type ActivationSuiteOptions, testActivation } from "@dl/conformance";
import * as nn from "@dl/nn";
import {
  defineMap,
  expr as E,
  keep,
  type Operand,
  randn,
  setBackend,
  type Tensor,
  tensor,
} from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { verdicts } from "./verdicts.ts";

beforeAll(() => setBackend(cpu()));

type Wanted = Omit<ActivationSuiteOptions, "describe" | "it">;
const judge = (make: () => ActivationLike, options: Wanted = {}) =>
  verdicts((runner) => testActivation("activation", make, { ...options, ...runner }));
const failures = (found: Record<string, string | null>) =>
  Object.entries(found).filter(([, message]) => message !== null);

describe("activations that are right pass", () => {
  const F = nn.functional;
  const right: [string, () => ActivationLike, Wanted?][] = [
    ["relu", () => (x) => F.relu(x)],
    ["gelu", () => (x) => F.gelu(x)],
    ["ELU", () => new nn.ELU()],
    ["Softplus", () => new nn.Softplus()],
    ["Mish", () => new nn.Mish()],
    ["Hardswish", () => new nn.Hardswish()],
    ["Softsign", () => new nn.Softsign()],
    ["RReLU", () => new nn.RReLU()],
    [
      "PReLU",
      () => new nn.PReLU({ numParameters: 3 }),
      {
        shapes: [
          [2, 3],
          [1, 3, 4],
        ],
      },
    ],
    ["Softmax", () => new nn.Softmax({ dim: 1 }), { dim: 1 }],
    ["LogSoftmax", () => new nn.LogSoftmax({ dim: -1 }), { dim: -1 }],
  ];
  test.each(right)("%s", async (_, make, options) => {
    const found = await judge(make, options);
    expect(failures(found)).toEqual([]);
    expect(Object.keys(found).length).toBe(9);
  });
});

describe("an activation that is wrong is found out", () => {
  const map = (fn: (x: E.Expr) => E.Expr, gradient?: (g: E.Expr, x: E.Expr) => E.Expr) => {
    const op = defineMap<[Tensor]>(
      "spoilt",
      fn,
      gradient ? { gradient: (g, [x]) => [gradient(g, x)] } : {},
    );
    return () => (x: Tensor) => op(x);
  };
  const kept: Tensor[] = [];
  let calls = 0;
  const elementwise = "works element by element";
  const wrong: [check: string, kind: string, () => ActivationLike, RegExp, Wanted?][] = [
    [
      "keeps the shape and the dtype",
      "a dimension less",
      () => (x) => x.tanh().squeeze(),
      /of \[1\] the result is \[\]/,
    ],
    [
      "keeps the shape and the dtype",
      "float64",
      () => (x) => x.to("float64").tanh(),
      /the result is float64/,
    ],
    ["keeps the shape and the dtype", "a number", () => () => 1, /is not a tensor/],
    [
      elementwise,
      "a softmax",
      () => (x) => x.reshape(-1).softmax(0).reshape(x.shape),
      /element 1 of \[2, 3, 4\] changes with element 0.*say dim/,
    ],
    [
      "works along dimension 1",
      "another dimension",
      () => (x) => x.softmax(2),
      /element 1 of .* changes with element 0.*over dimension 1 only/,
      { dim: 1 },
    ],
    [
      "works along dimension 1",
      "none",
      () => (x) => x.tanh(),
      /along dimension 1 do not depend/,
      { dim: 1 },
    ],
    [
      "has the gradients of its differences",
      "a false rule",
      map(
        (x) => E.mul(x, E.sigmoid(x)),
        (g, x) => E.mul(g, E.sigmoid(x)),
      ),
      /the gradient of the input\[0\].*Correct the gradient rule/,
    ],
    [
      "has the gradients of its differences",
      "detached",
      () => (x) => x.detach().tanh(),
      /the input\[0\].* is missing/,
    ],
    [
      "is finite at the extremes",
      "overflow",
      map((x) => E.log(E.add(1, E.exp(x)))),
      /at 100 the value is not finite.*exp\(−\|x\|\)/,
    ],
    [
      "is finite at the extremes",
      "0 · ∞",
      map((x) => E.select(E.le(x, 0), E.sub(E.exp(x), 1), E.sqrt(E.mul(x, x)))),
      /at 0 the gradient of the input is not finite/,
    ],
    [
      "has a slope between those on either side of 0",
      "2 at the kink",
      map(
        (x) => E.max(x, 0),
        (g, x) => E.select(E.eq(x, 0), E.mul(2, g), E.select(E.lt(x, 0), 0, g)),
      ),
      /the gradient at 0 is 2, the slopes on either side are 0 and 1/,
    ],
    [
      "lets NaN pass",
      "it becomes 0",
      map((x) => E.select(E.gt(x, 0), x, 0)),
      /element 0 is 0.*takes the branch that returns x/,
    ],
    [
      "lets NaN pass",
      "others, too",
      () => (x) => x.tanh().add(x.sum().mul(0)),
      /element 1 when element 0 is NaN/,
    ],
    ["replaces NaN", "it stays", () => (x) => x.tanh(), /element 0 is NaN/, { nan: "replaced" }],
    [
      "does not depend on memory layout",
      "what lies in memory",
      () => (x) => (x.isContiguous() ? x.tanh() : x.sin()),
      /lies transposed in memory/,
    ],
    [
      "is repeatable, and leaves its input alone",
      "a counter",
      () => (x) => x.tanh().add(calls++),
      /a second call/,
    ],
    [
      "is repeatable, and leaves its input alone",
      "noise",
      () => new Noise(),
      /a second call.*eval\(\)/s,
    ],
    [
      "is repeatable, and leaves its input alone",
      "in place",
      () => (x) => x.detach().mul_(2),
      /the input after a call/,
    ],
    [
      "leaves no buffers behind",
      "tensors kept",
      () => (x) => {
        kept.push(keep(x.mul(2)));
        return x.tanh();
      },
      /more after every call/,
    ],
    [
      "leaves no buffers behind",
      "temporaries",
      () => (x) => x.tanh().mul(2),
      /1 temporary tensor /,
    ],
  ];
  class Noise extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.add(randn(x.shape));
    }
  }
  test.each(wrong)("%s: %s", async (check, _, make, message, options) => {
    expect((await judge(make, options))[check]).toMatch(message);
  });
  test("a parameter's gradient is looked at, too", async () => {
    const scaled = defineMap<[Tensor, Operand]>("scaled", (x, a) => E.mul(a, E.tanh(x)), {
      gradient: (g, [x, a]) => [E.mul(g, E.mul(a, E.sub(1, E.mul(E.tanh(x), E.tanh(x))))), g],
    });
    class Scaled extends nn.Module {
      scale = new nn.Parameter(tensor([0.5]));
      forward(x: Tensor): Tensor {
        return scaled(x, this.scale);
      }
    }
    const found = await judge(() => new Scaled(), { shapes: [[3, 4]] });
    expect(found["has the gradients of its differences"]).toMatch(/the gradient of scale\[0\]/);
  });
  test("every check is among these", async () => {
    const checks = new Set(wrong.map(([check]) => check));
    const all = [{}, { dim: 1 }, { nan: "replaced" as const }].map((options) =>
      judge(() => (x) => x.tanh(), options).then(Object.keys),
    );
    expect(checks).toEqual(new Set((await Promise.all(all)).flat()));
  });
});
