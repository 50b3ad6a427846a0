import { cpu } from "@dl/backend-cpu";
import { add, DlError, ones, scope, type Tensor, tensor, zeros } from "@dl/tensor";
import { describe, expect, test, vi } from "vitest";
import * as nn from "./index.ts";
import { close, messageOf, parameter } from "./testing.ts";

class Net extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d(1, 2, 3, { padding: 1 }),
    new nn.BatchNorm2d(2),
    new nn.ReLU(),
    new nn.Flatten(),
  );
  head = new nn.Linear(32, 3);
  scale = parameter([2]);
  forward(x: Tensor) {
    return this.head(this.features(x)).mul(this.scale);
  }
}

describe("what is inside a module", () => {
  const net = new Net();
  const names = (pairs: [string, unknown][]) => pairs.map(([name]) => name);
  test("parameters, a module's own first", () =>
    expect(names(net.namedParameters())).toEqual([
      "scale",
      "features.0.weight",
      "features.0.bias",
      "features.1.weight",
      "features.1.bias",
      "head.weight",
      "head.bias",
    ]));
  test("its own alone, and with a prefix", () => {
    expect(names(net.namedParameters({ recurse: false }))).toEqual(["scale"]);
    expect(names(net.namedParameters({ prefix: "net" }))[1]).toBe("net.features.0.weight");
  });
  test("buffers", () =>
    expect(names(net.namedBuffers())).toEqual([
      "features.1.running_mean",
      "features.1.running_var",
      "features.1.num_batches_tracked",
    ]));
  test("children and all modules", () => {
    expect(names(net.namedChildren())).toEqual(["features", "head"]);
    expect(names(net.namedModules())).toEqual([
      "",
      "features",
      "features.0",
      "features.1",
      "features.2",
      "features.3",
      "head",
    ]);
    expect(net.modules()[0]).toBe(net);
    expect(net.children()).toEqual([net.features, net.head]);
  });
  test("by path", () => {
    expect(net.getSubmodule("features.1")).toBe(net.features.at(1));
    expect(net.getSubmodule("")).toBe(net);
    expect(net.getParameter("head.bias")).toBe(net.head.bias);
    expect(net.getBuffer("features.1.running_mean").shape).toEqual([2]);
    expect(() => net.getSubmodule("features.7")).toThrow(
      'Sequential has no module "7" (of "features.7"); it has 0, 1, 2, 3',
    );
  });
  test("what is shared is named once, but saved under each name", () => {
    class Tied extends nn.Module {
      a = new nn.Linear(2, 2, { bias: false });
      b = this.a;
      c = new nn.Linear(2, 2, { bias: false });
      constructor() {
        super();
        this.c.weight = this.a.weight;
      }
      forward(x: Tensor) {
        return this.c(this.b(this.a(x)));
      }
    }
    const tied = new Tied();
    expect(tied.parameters()).toEqual([tied.a.weight]);
    expect(names(tied.namedParameters({ removeDuplicate: false }))).toEqual([
      "a.weight",
      "b.weight",
      "c.weight",
    ]);
    expect(Object.keys(tied.stateDict())).toEqual(["a.weight", "b.weight", "c.weight"]);
    expect(tied.modules().length).toBe(3);
  });
  test("a plain tensor is neither parameter nor buffer", () => {
    class Plain extends nn.Module {
      mask = tensor([1]);
      forward() {}
    }
    const plain = new Plain();
    expect([plain.parameters(), plain.buffers(), Object.keys(plain.stateDict())]).toEqual([
      [],
      [],
      [],
    ]);
  });
  test("a plain array of modules is not looked into, with one warning", () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    class Listed extends nn.Module {
      blocks = [new nn.ReLU()];
      forward() {}
    }
    expect(new Listed().children()).toEqual([]);
    expect(new Listed().parameters()).toEqual([]);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining("Listed.blocks is a plain array of modules")],
    ]);
    warn.mockRestore();
  });
  test("fields may be called name and length", () => {
    class Named extends nn.Module {
      override name = "n";
      override length = 3;
      forward() {}
    }
    expect([new Named().name, new Named().length]).toEqual(["n", 3]);
  });
});

describe("registering", () => {
  class Registered extends nn.Module {
    mean = this.registerBuffer("mean", zeros(2), { key: "the_mean" });
    cache = this.registerBuffer("cache", zeros(2), { persistent: false });
    none = this.registerBuffer("none", null);
    gain = this.registerParameter("gain", parameter([1]), { key: "the_gain" });
    forward() {}
  }
  test("names in the state dictionary may differ from fields", () => {
    const m = new Registered();
    expect(Object.keys(m.stateDict())).toEqual(["the_gain", "the_mean"]);
    expect(m.namedBuffers().map(([name]) => name)).toEqual(["the_mean", "cache"]);
    m.mean = ones(2);
    close(m.stateDict().the_mean, [1, 1]);
  });
  test("rejects impossible names and values", () => {
    const m = new Registered();
    expect(() => m.registerBuffer("a.b", zeros(1))).toThrow("cannot be a name");
    expect(() => m.registerBuffer("forward", zeros(1))).toThrow('a member "forward"');
    expect(() => m.registerBuffer("train", zeros(1))).toThrow('a member "train"');
    // @ts-expect-error a plain tensor
    expect(() => m.registerParameter("w", zeros(1))).toThrow("new Parameter(tensor)");
  });
});

describe("Parameter", () => {
  test("shares its data's memory, has no history, requires a gradient", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const p = new nn.Parameter(w.mul(2));
    expect([p.isLeaf, p.requiresGrad, nn.isParameter(p), nn.isParameter(w)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(new nn.Parameter(w, { requiresGrad: false }).requiresGrad).toBe(false);
  });
  test("outlives the scope it was made in", () => {
    let p: nn.Parameter | undefined;
    scope(() => {
      p = new nn.Parameter(tensor([1, 2]));
    });
    close(p!, [1, 2]);
  });
  test("prints like PyTorch's", () =>
    expect(String(parameter([1, 2]))).toBe(
      "Parameter containing:\ntensor([1., 2.], requires_grad=True)",
    ));
});

describe("changing all that is inside", () => {
  test("train and eval, through overrides too", () => {
    class Frozen extends nn.BatchNorm1d {
      override train(): this {
        return super.train(false);
      }
    }
    const net = new nn.Sequential(new Frozen(2), new nn.Dropout());
    net.train();
    expect(net.modules().map((m) => m.training)).toEqual([true, false, true]);
    expect(
      net
        .eval()
        .modules()
        .some((m) => m.training),
    ).toBe(false);
  });
  test("apply visits children before their parents", () => {
    const seen: nn.Module[] = [];
    const net = new Net();
    expect(net.apply((m) => seen.push(m))).toBe(net);
    expect(seen.at(-1)).toBe(net);
    expect(seen.length).toBe(7);
  });
  test("requiresGrad_ freezes", () => {
    const net = new Net().requiresGrad_(false);
    expect(net.parameters().some((p) => p.requiresGrad)).toBe(false);
    net.head.requiresGrad_();
    net(zeros(2, 1, 4, 4))
      .sum()
      .backward();
    expect(net.parameters().filter((p) => p.grad).length).toBe(2);
  });
  test("zeroGrad forgets gradients, or zeroes them", () => {
    const lin = new nn.Linear(2, 1);
    lin(ones(1, 2)).sum().backward();
    lin.zeroGrad({ setToNone: false });
    close(lin.weight.grad, [[0, 0]]);
    lin.zeroGrad();
    expect(lin.weight.grad).toBe(null);
  });
  test("to another dtype, in place, gradients too, counts not", () => {
    const net = new Net();
    net(ones(2, 1, 4, 4))
      .sum()
      .backward();
    const before = net.parameters();
    const values = net.head.weight.tolistSync();
    expect(net.to("float64")).toBe(net);
    expect(net.parameters()).toEqual(before);
    expect(net.head.weight.tolistSync()).toEqual(values);
    expect([net.head.weight, net.head.weight.grad!, ...net.buffers()].map((t) => t.dtype)).toEqual([
      "float64",
      "float64",
      "float64",
      "float64",
      "int32",
    ]);
    net(ones([2, 1, 4, 4], { dtype: "float64" }))
      .sum()
      .backward();
    expect(net.head.weight.requiresGrad && net.head.weight.isLeaf).toBe(true);
    expect(() => net.to("int32")).toThrow("float16, float32 or float64");
  });
  test("to another backend", () => {
    const other = cpu({ wasm: false, budget: 2 ** 20 });
    const lin = new nn.Linear(2, 2).to({ device: other, dtype: "float64" });
    expect([lin.weight.device, lin.weight.dtype]).toEqual([other, "float64"]);
  });
});

describe("stateDict and loadStateDict", () => {
  test("travel from one model to another", () => {
    const [a, b] = [new Net(), new Net()];
    a.eval();
    b.eval();
    const x = ones(1, 1, 4, 4);
    expect(b.loadStateDict(a.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(b(x).tolistSync()).toEqual(a(x).tolistSync());
    b.loadStateDict(new Map(Object.entries(a.stateDict())));
  });
  test("name everything that does not fit at once, and change nothing", () => {
    const net = new Net();
    const before = net.head.weight.tolistSync();
    const { "head.bias": _, ...rest } = net.stateDict();
    const dict = {
      ...rest,
      "head.weight": zeros(3, 32),
      scale: zeros(2),
      "features.0.bias": zeros(5),
      extra: zeros(1),
    };
    const message = messageOf(() => net.loadStateDict(dict));
    expect(message.split("\n")).toEqual([
      "loadStateDict: the state does not fit Net, which is unchanged:",
      "  missing: head.bias",
      "  unexpected: extra",
      "  wrong shape: scale is [2], the module's [1]",
      "  wrong shape: features.0.bias is [5], the module's [2]",
      "loadStateDict(dict, { strict: false }) leaves alone what one side lacks",
    ]);
    expect(net.head.weight.tolistSync()).toEqual(before);
    expect(() => net.loadStateDict(dict, { strict: false })).toThrow(DlError);
  });
  test("leave alone what one side lacks, if asked to", () => {
    const lin = new nn.Linear(1, 1);
    expect(
      lin.loadStateDict({ weight: tensor([[7]]), other: zeros(1) }, { strict: false }),
    ).toEqual({ missingKeys: ["bias"], unexpectedKeys: ["other"] });
    close(lin.weight, [[7]]);
  });
  test("convert dtypes", () => {
    const lin = new nn.Linear(1, 1, { bias: false });
    lin.loadStateDict({ weight: tensor([[3]], { dtype: "float64" }) });
    expect([lin.weight.dtype, lin.weight.requiresGrad, lin.weight.itemSync()]).toEqual([
      "float32",
      true,
      3,
    ]);
  });
  test("share memory with the module", () => {
    const lin = new nn.Linear(1, 1);
    const dict = lin.stateDict();
    nn.init.constant_(lin.weight, 5);
    close(dict.weight, [[5]]);
  });
});

describe("hooks", () => {
  const lin = new nn.Linear(2, 2);
  test("see inputs and output, and are removed", () => {
    const seen: unknown[] = [];
    const before = lin.registerForwardPreHook((_, inputs) => void seen.push("before", inputs));
    const after = lin.registerForwardHook((m, inputs, output) => void seen.push(m, inputs, output));
    const x = zeros(1, 2);
    const y = lin(x);
    expect(seen).toEqual(["before", [x], lin, [x], y]);
    before.remove();
    after();
    lin(x);
    expect(seen.length).toBe(5);
  });
  test("may replace inputs and output", () => {
    const handles = [
      lin.registerForwardPreHook((_, [x]) => x.mul(0)),
      lin.registerForwardHook((m, _, y: Tensor) => y.sub(m.bias!).add(9)),
    ];
    close(lin(ones(1, 2)), [[9, 9]]);
    for (const handle of handles) handle.remove();
  });
  test("of an async forward get what it resolves to", async () => {
    class Later extends nn.Module {
      async forward(x: Tensor) {
        await null;
        return x.add(1);
      }
    }
    const m = new Later();
    m.registerForwardHook((_m, _i, y: Tensor) => y.mul(10));
    close(await m(tensor([1])), [20]);
  });
});

describe("errors name the module's path", () => {
  class Inner extends nn.Module {
    layers = new nn.ModuleList([new nn.Linear(4, 4), new nn.Linear(5, 4)]);
    forward(x: Tensor) {
      return this.layers.at(1)(this.layers.at(0)(x));
    }
  }
  class Outer extends nn.Module {
    block = new nn.Sequential(new nn.Identity(), new Inner());
    forward(x: Tensor) {
      return this.block(x);
    }
  }
  test("from the outermost module that was called", () =>
    expect(messageOf(() => new Outer()(zeros(1, 4)))).toMatch(
      /^in Outer\.block\.1\.layers\.1 \(Linear\): Linear\(inFeatures=5\)/,
    ));
  test("also for ops of a module itself, and in the stack", () => {
    class Bad extends nn.Module {
      forward(x: Tensor) {
        return add(x, zeros(3));
      }
    }
    try {
      new nn.Sequential(new Bad())(zeros(2));
      expect.unreachable();
    } catch (error) {
      expect((error as DlError).message).toMatch(/^in Sequential\.0 \(Bad\): add: /);
      expect((error as DlError).stack).toMatch(/^ShapeError: in Sequential\.0 \(Bad\): add: /);
    }
  });
  test("also when a promise rejects", async () => {
    class Later extends nn.Module {
      lin = new nn.Linear(2, 2);
      async forward(x: Tensor) {
        await null;
        return this.lin(x);
      }
    }
    await expect(new Later()(zeros(3))).rejects.toThrow(/^in Later\.lin \(Linear\)/);
  });
  test("a module made on the way is named by its class", () => {
    class Maker extends nn.Module {
      forward(x: Tensor) {
        return new nn.Linear(3, 3)(x);
      }
    }
    expect(messageOf(() => new Maker()(zeros(2)))).toMatch(/^in Maker\.Linear \(Linear\)/);
  });
  test("other errors pass unchanged", () => {
    const error = new TypeError("mine");
    class Thrower extends nn.Module {
      forward() {
        throw error;
      }
    }
    expect(messageOf(() => new nn.Sequential(new Thrower())(zeros(1)))).toBe("mine");
  });
});
