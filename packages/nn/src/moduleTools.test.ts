/** What modules can do beside computing: copies, hooks, buffers, other parameters. */
import { noGrad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import {
  arange,
  manualSeed,
  ones,
  rand,
  scope,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import * as nn from "./index.ts";
import { Buffer, Module, utils } from "./index.ts";

beforeEach(() => {
  setBackend(cpu());
  manualSeed(0);
});

describe("deepcopy()", () => {
  class Net extends Module {
    first = new nn.Linear(2, 3);
    blocks = new nn.ModuleList([new nn.Linear(3, 3), new nn.BatchNorm1d(3)]);
    scales = new nn.ParameterList([ones(3)]);
    table = new nn.ParameterDict({ shift: zeros(3) });
    count = this.registerBuffer("count", tensor(0), { persistent: false });
    again = this.first;
    readonly settings = { rates: [0.1, 0.2], seen: new Map([["x", this.count]]) };
    forward(x: Tensor): Tensor {
      let y = this.first(x);
      for (const block of this.blocks) y = block(y) as Tensor;
      return y.mul(this.scales.at(0)).add(this.table.get("shift"));
    }
  }
  test("copies everything, shares nothing", () => {
    const net = new Net();
    const x = rand(4, 2);
    const copy = net.deepcopy();
    expect(copy).toBeInstanceOf(Net);
    expect(String(copy)).toBe(String(net));
    const [own, others] = [net.stateDict({ keepVars: true }), copy.stateDict({ keepVars: true })];
    expect(Object.keys(others)).toEqual(Object.keys(own));
    for (const k of Object.keys(own)) {
      expect(others[k]).not.toBe(own[k]);
      expect(others[k].equal(own[k])).toBe(true);
    }
    expect(copy(x).tolistSync()).toEqual(net(x).tolistSync());
    const before = noGrad(() => copy.eval()(x).tolistSync());
    noGrad(() => {
      for (const p of net.parameters()) p.zero_();
    });
    expect(noGrad(() => copy(x).tolistSync())).toEqual(before);
    expect(net.training).toBe(true);
  });
  test("keeps what is shared inside shared, and says what has which name", () => {
    const copy = new Net().deepcopy();
    expect(copy.again).toBe(copy.first);
    expect(copy.settings.seen.get("x")).toBe(copy.count);
    expect(copy.settings.rates).toEqual([0.1, 0.2]);
    expect(Object.keys(copy.stateDict())).not.toContain("count");
    expect(copy.getBuffer("blocks.1.running_mean")).toBe(
      (copy.blocks.at(1) as nn.BatchNorm1d).runningMean,
    );
  });
  test("keeps gradients, frozen parameters, modes and hooks", () => {
    const layer = new nn.Linear(2, 1).eval();
    layer.bias!.requiresGrad_(false);
    layer(ones(1, 2)).sum().backward();
    layer.registerForwardHook((_, __, y: Tensor) => y.mul(2));
    const copy = layer.deepcopy();
    expect(copy.weight.grad!.tolistSync()).toEqual([[1, 1]]);
    expect(copy.weight.grad).not.toBe(layer.weight.grad);
    expect([copy.bias!.requiresGrad, copy.training]).toEqual([false, false]);
    expect(copy(ones(1, 2)).tolistSync()).toEqual(layer(ones(1, 2)).tolistSync());
  });
  test("copies parametrized and pruned modules, which are then changed apart", () => {
    const layer = utils.parametrizations.weightNorm(new nn.Linear(3, 2));
    utils.prune.l1Unstructured(layer, "bias", 1);
    const copy = layer.deepcopy();
    expect(copy.weight.equal(layer.weight)).toBe(true);
    utils.parametrize.removeParametrizations(copy, "weight");
    utils.prune.l1Unstructured(copy, "bias", 1);
    expect(utils.parametrize.isParametrized(copy)).toBe(false);
    expect(utils.parametrize.isParametrized(layer)).toBe(true);
    expect(copy.bias!.ne(0).sum().itemSync()).toBe(0);
    expect(layer.bias!.ne(0).sum().itemSync()).toBe(1);
  });
  test("of every layer with state gives the same numbers", () => {
    const x = rand(2, 3, 4);
    for (const layer of [
      new nn.MultiheadAttention(4, 2),
      new nn.Transformer({ dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1 }),
      new nn.LSTM(4, 3, { numLayers: 2 }),
      new nn.GRU(4, 3, { bidirectional: true }),
      new nn.Bilinear(4, 4, 2),
    ]) {
      layer.eval();
      const inputs = layer instanceof nn.MultiheadAttention ? [x, x, x] : [x, x];
      const run = (m: Module) =>
        noGrad(() => (m as unknown as (...x: Tensor[]) => Tensor | Tensor[])(...inputs));
      const given = layer instanceof nn.LSTM || layer instanceof nn.GRU;
      if (given) inputs.length = 1;
      const [a, b] = [run(layer), run(layer.deepcopy())].map((y) => [y].flat()[0] as Tensor);
      expect(b.tolistSync(), layer.constructor.name).toEqual(a.tolistSync());
    }
  });
  test("is possible for every class of this package: none has #private members", () => {
    const classes = Object.values(nn).filter(
      (x) => typeof x === "function" && x.prototype instanceof Module,
    );
    expect(classes.length).toBeGreaterThan(100);
    for (const Class of classes) expect(String(Class)).not.toMatch(/#\w/);
  });
  test("refuses #private members, and takes the class's own method for modules inside", () => {
    class Secret extends Module {
      readonly #factor: number;
      constructor(factor: number) {
        super();
        this.#factor = factor;
      }
      forward(x: Tensor): Tensor {
        return x.mul(this.#factor);
      }
    }
    expect(() => new Secret(2).deepcopy()).toThrow(/Secret has the private member #factor/);
    class Known extends Secret {
      override deepcopy(): this {
        return new Known(2) as this;
      }
    }
    const net = new nn.Sequential(new Known(2));
    expect(net.deepcopy()(ones(1)).tolistSync()).toEqual([2]);
    class Colour extends Module {
      // Neither "#strings" nor #comments are members.
      readonly hex = `#fff`;
      forward(): string {
        return this.hex;
      }
    }
    expect(new Colour().deepcopy()()).toBe("#fff");
  });
});

describe("Buffer", () => {
  class Scale extends Module {
    factor = new Buffer(tensor([2, 3]));
    seen = new Buffer(tensor(0), { persistent: false });
    forward(x: Tensor): Tensor {
      return x.mul(this.factor);
    }
  }
  test("is a buffer as a field", () => {
    const layer = new Scale();
    expect(layer.namedBuffers().map(([k]) => k)).toEqual(["factor", "seen"]);
    expect(layer.parameters()).toEqual([]);
    expect(Object.keys(layer.stateDict())).toEqual(["factor"]);
    layer.loadStateDict({ factor: tensor([5, 7]) });
    expect(layer(ones(2)).tolistSync()).toEqual([5, 7]);
    expect(layer.double().factor.dtype).toBe("float64");
    layer.factor = tensor([1, 1], { dtype: "float64" }) as Buffer;
    expect(Object.keys(layer.stateDict())).toEqual(["factor"]);
    expect(new Scale().deepcopy().seen.persistent).toBe(false);
  });
});

describe("modules inside", () => {
  test("addModule and setSubmodule", () => {
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
    net.addModule("last", new nn.Linear(2, 1));
    expect(net.length).toBe(3);
    net.setSubmodule("1", new nn.Tanh());
    expect(String(net.at(1))).toBe("Tanh()");
    net.setSubmodule("new", new nn.Identity());
    expect(net.namedChildren().map(([k]) => k)).toEqual(["0", "1", "last", "new"]);
    class Outer extends Module {
      inner = net;
      scale = 3;
      forward(x: Tensor): Tensor {
        return this.inner(x);
      }
    }
    const outer = new Outer();
    outer.setSubmodule("inner.last", new nn.Identity());
    expect(outer.getSubmodule("inner.last")).toBeInstanceOf(nn.Identity);
    outer.setSubmodule("other", new nn.ReLU());
    expect(outer.namedChildren().map(([k]) => k)).toEqual(["inner", "other"]);
    const layer = new nn.ReLU();
    expect(() => outer.setSubmodule("", layer)).toThrow(/empty/);
    expect(() => outer.setSubmodule("scale", layer)).toThrow(/"scale" of Outer is not a module/);
    expect(() => outer.setSubmodule("more", layer, { strict: true })).toThrow(/has no "more"/);
    expect(() => outer.setSubmodule("none.more", layer)).toThrow(/no module "none"/);
  });
  test("registerModule: under another name in the state dictionary", () => {
    class Net extends Module {
      declare head: nn.Linear;
      constructor() {
        super();
        this.registerModule("head", new nn.Linear(1, 1, { bias: false }), { key: "the_head" });
      }
      override extraRepr(): string {
        return "one=1";
      }
      forward(x: Tensor): Tensor {
        return this.head(x);
      }
    }
    const net = new Net();
    expect(Object.keys(net.stateDict())).toEqual(["the_head.weight"]);
    expect(String(net)).toContain("Net(\n  one=1\n  (the_head): Linear");
    net.setSubmodule("the_head", new nn.Identity());
    expect(net.head).toBeInstanceOf(nn.Identity);
  });
  test("double, float and half", () => {
    const layer = new nn.BatchNorm1d(2);
    for (const [dtype, convert] of [
      ["float64", () => layer.double()],
      ["float16", () => layer.half()],
      ["float32", () => layer.float()],
    ] as const) {
      expect(convert()).toBe(layer);
      expect([layer.weight!.dtype, layer.runningMean!.dtype]).toEqual([dtype, dtype]);
      expect(layer.numBatchesTracked!.dtype).toBe("int32");
    }
  });
});

describe("hooks", () => {
  test("of forward: in front of others, and when it throws", () => {
    const seen: string[] = [];
    const layer = new nn.Linear(2, 1);
    layer.registerForwardPreHook(() => void seen.push("second"));
    layer.registerForwardPreHook(() => void seen.push("first"), { prepend: true });
    layer.registerForwardHook(() => void seen.push("after"));
    layer.registerForwardHook((_, __, y) => void seen.push(y === null ? "failed" : "always"), {
      prepend: true,
      alwaysCall: true,
    });
    layer(ones(2));
    expect(seen.splice(0)).toEqual(["first", "second", "always", "after"]);
    expect(() => layer(ones(3))).toThrow();
    expect(seen).toEqual(["first", "second", "failed"]);
  });
  test("of the backward pass: run inside of others, and are removed", () => {
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU(), new nn.Linear(2, 1));
    const seen: string[] = [];
    const handles = net
      .namedModules()
      .map(([name, m]) => m.registerFullBackwardHook(() => void seen.push(name)));
    net(ones(1, 2).requiresGrad_()).sum().backward();
    expect(seen.splice(0)).toEqual(["2", "1", "0", ""]);
    noGrad(() => net(ones(1, 2)));
    for (const { remove } of handles) remove();
    net(ones(1, 2).requiresGrad_()).sum().backward();
    expect(seen).toEqual([]);
  });
  test("of the backward pass: gradients of gradients flow through them", () => {
    const layer = new nn.Linear(1, 1, { bias: false });
    layer.registerFullBackwardHook((_, [g]) => [g!.mul(3)]);
    const x = tensor([[2]]).requiresGrad_();
    layer(x).square().sum().backward(undefined, { createGraph: true });
    const w = layer.weight.itemSync();
    expect(x.grad!.itemSync()).toBeCloseTo(2 * w * w * 2 * 3, 4);
    const first = layer.weight.grad;
    layer.weight.grad = null;
    expect(first!.itemSync()).toBeCloseTo(2 * w * 4, 4);
    x.grad!.sum().backward();
    // d (12 w²) / dw
    expect(layer.weight.grad!.itemSync()).toBeCloseTo(24 * w, 3);
  });
  test("of the backward pass: refuse what does not fit", () => {
    const layer = new nn.Linear(2, 1);
    layer.registerFullBackwardHook(() => []);
    expect(() => layer(ones(1, 2).requiresGrad_()).sum().backward()).toThrow(/array of 1 gradient/);
  });
  test("of saving: change the dictionary, modules inside first", () => {
    const net = new nn.Sequential(new nn.Linear(1, 1));
    const seen: unknown[] = [];
    for (const [name, m] of net.namedModules()) {
      m.registerStateDictPreHook((_, prefix, keepVars) => void seen.push([name, prefix, keepVars]));
      m.registerStateDictPostHook((_, dict, prefix) => {
        seen.push([name, Object.keys(dict)]);
        dict[`${prefix}extra`] = tensor(1);
      });
    }
    expect(Object.keys(net.stateDict({ prefix: "m." }))).toEqual([
      "m.0.weight",
      "m.0.bias",
      "m.0.extra",
      "m.extra",
    ]);
    expect(seen).toEqual([
      ["", "m.", false],
      ["0", "m.0.", false],
      ["0", ["m.0.weight", "m.0.bias"]],
      ["", ["m.0.weight", "m.0.bias", "m.0.extra"]],
    ]);
    const own = net.stateDict({ keepVars: true });
    expect(own["0.weight"]).toBe(net.getParameter("0.weight"));
  });
  test("of loading: rename and convert, and decide about what is missing", () => {
    const net = new nn.Sequential(new nn.Linear(1, 1), new nn.Linear(1, 1));
    const seen: unknown[] = [];
    net.at(0).registerLoadStateDictPreHook((m, dict, prefix, metadata, strict, missing) => {
      seen.push([m === net.at(0), Object.keys(dict), prefix, metadata, strict, missing]);
      dict[`${prefix}weight`] = dict[`${prefix}old`].mul(2);
      delete dict[`${prefix}old`];
    });
    const given = {
      "0.old": tensor([[3]]),
      "0.bias": tensor([1]),
      "1.weight": tensor([[5]]),
      "1.bias": tensor([1]),
    };
    expect(net.loadStateDict(given)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(seen).toEqual([[true, ["0.old", "0.bias"], "0.", {}, true, []]]);
    expect(Object.keys(given)).toContain("0.old");
    expect(net.getParameter("0.weight").itemSync()).toBe(6);
    const { "1.bias": _, ...less } = given;
    expect(() => net.loadStateDict(less)).toThrow(/missing: 1.bias/);
    net.registerLoadStateDictPostHook((_, keys) => {
      keys.missingKeys.length = 0;
    });
    net.loadStateDict(less);
    expect(() => net.loadStateDict({ ...less, "2.x": tensor(1) })).toThrow(/unexpected: 2.x/);
  });
});

describe("functionalCall", () => {
  class Tied extends Module {
    a = new nn.Linear(2, 2, { bias: false });
    b = new nn.Linear(2, 2, { bias: false });
    constructor() {
      super();
      this.b.weight = this.a.weight;
    }
    forward(x: Tensor): Tensor {
      return this.b(this.a(x));
    }
  }
  const eye2 = () =>
    tensor([
      [2, 0],
      [0, 2],
    ]);
  test("replaces tied parameters under all their names", () => {
    const net = new Tied();
    const call = (given: Record<string, Tensor>, options = {}) =>
      utils.functionalCall(net, given, tensor([1, 1]), options);
    expect(call({ "a.weight": eye2() }).tolistSync()).toEqual([4, 4]);
    const both = { "a.weight": eye2(), "b.weight": eye2().mul(3) };
    expect(() => call(both)).toThrow(/a.weight, b.weight are one tensor/);
    expect(call(both, { tieWeights: false }).tolistSync()).toEqual([12, 12]);
    expect(net.a.weight).toBe(net.b.weight);
    expect(net.a.weight).toBeInstanceOf(nn.Parameter);
  });
  test("takes several dictionaries, and says which names do not fit", () => {
    const layer = new nn.Linear(2, 1);
    const [weight, bias] = [tensor([[1, 2]]), tensor([3])];
    const x = tensor([1, 1]);
    expect(utils.functionalCall(layer, [{ weight }, { bias }], x).tolistSync()).toEqual([6]);
    expect(() => utils.functionalCall(layer, [{ weight }, { weight }], x)).toThrow(/two of the/);
    expect(() => utils.functionalCall(layer, { wieght: weight }, x)).toThrow(/unexpected: wieght/);
    expect(() => utils.functionalCall(layer, { weight }, x, { strict: true })).toThrow(
      /missing: bias/,
    );
    expect(() => utils.functionalCall(layer, { weight }, tensor([1]))).toThrow();
    expect(layer.weight).toBeInstanceOf(nn.Parameter);
  });
  test("puts everything back when a promise settles, and leaves tensors to their scope", async () => {
    class Slow extends Module {
      factor = new nn.Parameter(tensor(1));
      async forward(x: Tensor): Promise<Tensor> {
        await Promise.resolve();
        return x.mul(this.factor);
      }
    }
    const slow = new Slow();
    const result = utils.functionalCall(slow, { factor: tensor(5) }, tensor([2]));
    expect(slow.factor).not.toBeInstanceOf(nn.Parameter);
    expect((await result).tolistSync()).toEqual([10]);
    expect(slow.factor).toBeInstanceOf(nn.Parameter);
    const layer = new nn.Linear(1, 1);
    let weight: Tensor | undefined;
    scope(() => {
      weight = tensor([[2]]);
      utils.functionalCall(layer, { weight }, tensor([1]));
    });
    expect(weight!.released).not.toBe(null);
  });
  test("parameters of lists and dictionaries, too", () => {
    class Held extends Module {
      list = new nn.ParameterList([tensor(2)]);
      dict = new nn.ParameterDict({ x: tensor(3) });
      forward(): Tensor {
        return this.list.at(0).mul(this.dict.get("x"));
      }
    }
    const held = new Held();
    const given = { "list.0": tensor(5), "dict.x": tensor(7) };
    expect(utils.functionalCall(held, given).itemSync()).toBe(35);
    expect(held().itemSync()).toBe(6);
  });
});

describe("utils", () => {
  test("skipInit draws nothing", () => {
    manualSeed(1);
    const wanted = rand(1).itemSync();
    manualSeed(1);
    const layer = utils.skipInit(nn.Linear, 5, 3, { bias: false });
    expect([...layer.weight.shape, layer.bias]).toEqual([3, 5, null]);
    expect(rand(1).itemSync()).toBe(wanted);
  });
  test("typeBeforeParametrizations and transferParametrizationsAndParams", () => {
    const { parametrize, parametrizations } = utils;
    const from = parametrizations.weightNorm(new nn.Linear(2, 3));
    parametrizations.orthogonal(from, { name: "weight" });
    const to = new nn.Linear(2, 3);
    expect(from.constructor).not.toBe(nn.Linear);
    expect(parametrize.typeBeforeParametrizations(from)).toBe(nn.Linear);
    expect(parametrize.typeBeforeParametrizations(to)).toBe(nn.Linear);
    parametrize.transferParametrizationsAndParams(from, to, { tensorName: "weight" });
    expect(to.weight.equal(from.weight)).toBe(true);
    const list = (m: Module) => m.getSubmodule("parametrizations.weight");
    expect(list(to)).toBeInstanceOf(parametrize.ParametrizationList);
    expect(to.getParameter("parametrizations.weight.original0")).toBe(
      from.getParameter("parametrizations.weight.original0"),
    );
    expect(() => parametrize.transferParametrizationsAndParams(new nn.Linear(2, 3), to)).toThrow(
      /parametrized module/,
    );
    expect(() =>
      parametrize.transferParametrizationsAndParams(from, new nn.Bilinear(1, 1, 1)),
    ).toThrow(/from Linear to Bilinear/);
  });
  test("pruning methods of one's own, and what they refuse", () => {
    const { prune } = utils;
    class FirstHalf extends prune.BasePruningMethod {
      override readonly pruningType = "unstructured";
      override computeMask(t: Tensor, mask: Tensor): Tensor {
        return mask.mul(
          arange(t.numel)
            .ge(t.numel / 2)
            .reshape(t.shape),
        );
      }
    }
    const layer = new nn.Linear(4, 1);
    expect(FirstHalf.apply(layer, "weight")).toBeInstanceOf(FirstHalf);
    const again = FirstHalf.apply(layer, "weight");
    expect(again).toBeInstanceOf(prune.PruningContainer);
    expect(layer.getBuffer("weight_mask").tolistSync()).toEqual([[0, 0, 0, 1]]);
    expect(again.applyMask(layer).equal(layer.weight)).toBe(true);
    again.remove(layer);
    expect(prune.isPruned(layer)).toBe(false);
    expect(() => again.applyMask(layer)).toThrow(/is not pruned/);
    expect(() =>
      prune.globalUnstructured([[layer, "weight"]], new prune.LnStructured(1, 2)),
    ).toThrow(/"structured"/);
    expect(() => new prune.PruningContainer().computeMask(ones(2), ones(2))).toThrow(/no method/);
    const other = new prune.Identity();
    other.tensorName = "bias";
    expect(() => new prune.PruningContainer(new prune.Identity(), other)).toThrow(/"bias"/);
    expect(() => new prune.L1Unstructured(1.5)).toThrow(/0 to 1/);
  });
});
