/** The suite for layers, held to layers that are right and to layers that are wrong in one way each. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { type LayerLike, type LayerSuiteOptions, testLayer } from "@dl/conformance";
import * as nn from "@dl/nn";
import { keep, randn, setBackend, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { verdicts } from "./verdicts.ts";

beforeAll(() => setBackend(cpu()));

type Wanted = Omit<LayerSuiteOptions, "describe" | "it">;
const wanted: Wanted = { inputs: (n) => [randn(n, 4)], misfit: () => [zeros(2, 5)] };
const judge = (make: () => unknown, options: Partial<Wanted> = {}) =>
  verdicts((runner) =>
    testLayer("layer", make as () => LayerLike, { ...wanted, ...options, ...runner }),
  );

/** An affine map of four features, to be spoilt. */
class Right extends nn.Module {
  weight = new nn.Parameter(randn(4, 4).mul(0.5));
  forward(x: Tensor): Tensor {
    return x.matmul(this.weight);
  }
}

describe("layers that are right pass", () => {
  const right: [name: string, make: () => LayerLike, options?: Partial<Wanted>][] = [
    ["Linear", () => new nn.Linear(4, 3), { parameters: ["weight", "bias"] }],
    ["a layer written here", () => new Right()],
    ["Dropout", () => new nn.Dropout(), { misfit: null, parameters: [] }],
    ["LayerNorm", () => new nn.LayerNorm(4)],
    [
      "Conv2d",
      () => new nn.Conv2d(2, 3, 3, { padding: 1 }),
      { inputs: (n) => [randn(n, 2, 4, 5)], misfit: () => [zeros(1, 3, 4, 5)] },
    ],
    [
      "LSTM",
      () => new nn.LSTM(3, 2, { batchFirst: true }),
      { inputs: (n) => [randn(n, 4, 3)], misfit: () => [zeros(1, 4, 5)] },
    ],
    ["a model", () => new nn.Sequential(new nn.Linear(4, 6), new nn.BatchNorm1d(6), new nn.Tanh())],
  ];
  test.each(right)("%s", async (name, make, options = {}) => {
    const found = await judge(make, options);
    // A batch of one has no variance.
    if (name === "a model") {
      expect(found["takes batches of 1 and of 3"]).toContain("a batch of 1 in training");
      delete found["takes batches of 1 and of 3"];
    }
    if (name === "LSTM") {
      // Its states have the samples in dimension 1.
      delete found["takes batches of 1 and of 3"];
      delete found["treats samples by themselves in evaluation"];
    }
    expect(Object.entries(found).filter(([, message]) => message !== null)).toEqual([]);
    expect(Object.keys(found).length).toBeGreaterThan(9);
  });
});

describe("a layer that is wrong is found out", () => {
  class NoTraining extends Right {
    override train(mode = true): this {
      void mode;
      return this;
    }
  }
  class Unreturned extends Right {
    override eval(): any {
      super.eval();
    }
  }
  class PlainTensor extends Right {
    scale = tensor(2);
  }
  class PlainArray extends Right {
    parts = [new nn.Linear(4, 4)];
  }
  class ListOfTensors extends Right {
    parts = [zeros(2)];
  }
  class Hides extends Right {
    override parameters(): nn.Parameter[] {
      return [];
    }
  }
  class Private extends nn.Module {
    readonly #weight = new nn.Parameter(randn(4, 4));
    forward(x: Tensor): Tensor {
      return x.matmul(this.#weight);
    }
  }
  class Shares extends Right {
    override loadStateDict(dict: Record<string, Tensor>): nn.LoadResult {
      this.weight = new nn.Parameter(dict.weight);
      return { missingKeys: [], unexpectedKeys: [] };
    }
  }
  class SharesMemory extends Right {
    override loadStateDict(dict: Record<string, Tensor>): nn.LoadResult {
      this.weight.set_(dict.weight);
      return { missingKeys: [], unexpectedKeys: [] };
    }
  }
  let count = 0;
  class Growing extends Right {
    constructor() {
      super();
      this.registerBuffer(`buffer${count++}`, zeros(1));
    }
  }
  class Unused extends Right {
    spare = new nn.Parameter(zeros(3));
  }
  class Detached extends Right {
    override forward(x: Tensor): Tensor {
      return x.matmul(this.weight).add(x.detach().sin());
    }
  }
  class Draws extends Right {
    override forward(x: Tensor): Tensor {
      return super.forward(x).add(randn(4, { dtype: x.dtype }));
    }
  }
  class Counts extends Right {
    calls = this.registerBuffer("calls", zeros(1));
    override forward(x: Tensor): Tensor {
      this.calls.add_(1);
      return super.forward(x);
    }
  }
  class InPlace extends Right {
    override forward(x: Tensor): Tensor {
      if (!x.requiresGrad) x.mul_(2);
      return super.forward(x);
    }
  }
  class Keeps extends Right {
    override forward(x: Tensor): Tensor {
      keep(x.mul(2));
      return super.forward(x);
    }
  }
  class OverSamples extends Right {
    override forward(x: Tensor): Tensor {
      return super.forward(x).sub(x.mean({ dim: 0 }));
    }
  }
  class Flattens extends Right {
    override forward(x: Tensor): Tensor {
      return super.forward(x).reshape(-1);
    }
  }
  class OneOnly extends Right {
    override forward(x: Tensor): Tensor {
      return super.forward(x.reshape(2, 4));
    }
  }
  class NotFinite extends Right {
    override forward(x: Tensor): Tensor {
      return super.forward(x).log();
    }
  }
  class Nothing extends Right {
    override forward(): any {
      return 1;
    }
  }
  class Float32 extends Right {
    override forward(x: Tensor): Tensor {
      return super.forward(x).to("float32");
    }
  }
  class Swallows extends Right {
    override forward(x: Tensor): Tensor {
      return super.forward(x.narrow(1, 0, 4));
    }
  }
  class Nameless extends Right {
    override forward(x: Tensor): Tensor {
      if (x.shape[1] !== 4) throw new Error("bad shape");
      return super.forward(x);
    }
  }

  const wrong: [check: string, kind: string, make: () => unknown, message: RegExp][] = [
    ["is a module", "a function", () => (x: Tensor) => x, /is not a module.*extend Module/],
    ["computes its example", "NaN", () => new NotFinite(), /is not finite.*divisions by 0/],
    ["computes its example", "no tensor", () => new Nothing(), /no tensor in the result/],
    ["takes batches of 1 and of 3", "one size", () => new OneOnly(), /a batch of 1 in training/],
    ["takes batches of 1 and of 3", "flat", () => new Flattens(), /\[4\], dimension 0 has to be 1/],
    [
      "treats samples by themselves in evaluation",
      "a mean over samples",
      () => new OverSamples(),
      /sample 0 in a batch of 3.*not over dimension 0/s,
    ],
    [
      "finds its parameters and buffers",
      "a tensor",
      () => new PlainTensor(),
      /field scale is a tensor/,
    ],
    ["finds its parameters and buffers", "modules", () => new PlainArray(), /parts .*ModuleList/],
    [
      "finds its parameters and buffers",
      "tensors",
      () => new ListOfTensors(),
      /parts .*ParameterList/,
    ],
    [
      "finds its parameters and buffers",
      "overridden",
      () => new Hides(),
      /parameters\(\) and named/,
    ],
    ["goes on from its state", "hidden weights", () => new Private(), /the state of another/],
    [
      "goes on from its state",
      "other parameters",
      () => new Shares(),
      /in the place of the layer's own/,
    ],
    ["goes on from its state", "shared memory", () => new SharesMemory(), /after the layer that/],
    ["goes on from its state", "different names", () => new Growing(), /different state: buffer/],
    ["goes into training and evaluation", "no switch", () => new NoTraining(), /training = true/],
    ["goes into training and evaluation", "no result", () => new Unreturned(), /does not return/],
    ["is repeatable in evaluation", "noise", () => new Draws(), /second call.*this\.training/s],
    [
      "is repeatable in evaluation",
      "a counter",
      () => new Counts(),
      /calls after calls in evaluation/,
    ],
    [
      "leaves its inputs alone",
      "in place",
      () => new InPlace(),
      /input 0 after a call.*underscore/s,
    ],
    ["has a gradient in every parameter", "unused", () => new Unused(), /spare gets no gradient/],
    [
      "has the gradients of its differences",
      "a part detached",
      () => new Detached(),
      /gradient of input 0\[0\].*difference quotient/,
    ],
    [
      "has the gradients of its differences",
      "float32",
      () => new Float32(),
      /the result is float32/,
    ],
    [
      "leaves no buffers behind",
      "a tensor kept",
      () => new Keeps(),
      /1 buffer more after every call/,
    ],
    ["names itself when inputs do not fit", "silence", () => new Swallows(), /nothing is thrown/],
    [
      "names itself when inputs do not fit",
      "no name",
      () => new Nameless(),
      /does not name Nameless/,
    ],
  ];
  test.each(wrong)("%s: %s", async (check, _, make, message) => {
    expect((await judge(make))[check]).toMatch(message);
  });
  test("parameters that were not asked for", async () => {
    const found = await judge(() => new nn.Linear(4, 3), { parameters: ["weight"] });
    expect(found["finds its parameters and buffers"]).toMatch(/weight, bias, expected weight/);
  });
  test("every check is among these", async () => {
    const checks = Object.keys(await judge(() => new Right()));
    expect(new Set(wrong.map(([check]) => check))).toEqual(new Set(checks));
  });
});

describe("known failures", () => {
  const known = (knownFailures: Record<string, string>) =>
    judge(() => new nn.Linear(4, 3), { knownFailures });
  test("are expected to fail", async () => {
    const found = await known({ "is a module": "a reason" });
    expect(found["is a module (known failure: a reason)"]).toMatch(/passes: remove it/);
  });
  test("have to be checks", async () => {
    expect((await known({ typo: "a reason" }))["known failures"]).toMatch(/no check: typo/);
  });
});
