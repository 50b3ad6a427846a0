/** What happens to tensors that leave a module call by every other road than the front door. */
import { noGrad } from "@dl/autograd";
import { keep, manualSeed, ones, rand, scope, type Tensor, tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import * as nn from "./index.ts";
import { buffers, close } from "./testing.ts";

manualSeed(1);
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const lin = new nn.Linear(3, 3);
const read = (t: Tensor) => expect(t.dataSync().length).toBe(t.numel);

class Field extends nn.Module {
  h?: Tensor;
  l = new nn.Linear(3, 3);
  forward(x: Tensor) {
    this.h = this.l(x);
    return this.h.relu();
  }
}
class Nested extends nn.Module {
  f = new Field();
  forward(x: Tensor) {
    return this.f(x).add(1);
  }
}

describe("stays alive", () => {
  test("in a field of the module", () => {
    const m = new Field();
    m(x);
    read(m.h!);
  });
  test("in a field of a module inside", () => {
    const m = new Nested();
    m(x);
    read(m.f.h!);
  });
  test("inside an object in a field", () => {
    class Metric {
      values: Tensor[] = [];
    }
    class WithMetric extends nn.Module {
      metric = new Metric();
      forward(x: Tensor) {
        const h = x.mul(2);
        this.metric.values.push(h);
        return h.add(1);
      }
    }
    const m = new WithMetric();
    m(x);
    read(m.metric.values[0]);
  });
  test("in a closure, with keep()", () => {
    const kept: Tensor[] = [];
    class Keeper extends nn.Module {
      forward(x: Tensor) {
        const h = x.exp();
        kept.push(keep(h));
        return h.add(1);
      }
    }
    new Keeper()(x);
    read(kept[0]);
  });
  test("what a hook on an inner layer is given, not detached", () => {
    const seen: Tensor[] = [];
    const m = new Nested();
    m.f.l.registerForwardHook((_m, _i, out) => void seen.push(out));
    m(x);
    read(seen[0]);
  });
  test("what a hook captures between the layers of a Sequential", () => {
    const seen: Tensor[] = [];
    const m = new nn.Sequential(new nn.Linear(3, 3), new nn.ReLU(), new nn.Tanh());
    for (const layer of m) {
      layer.registerForwardPreHook((_m, [input]) => void seen.push(input));
      layer.registerForwardHook((_m, _i, out) => void seen.push(out));
    }
    m(x);
    expect(seen.length).toBe(6);
    for (const t of seen) read(t);
  });
  test("what a hook makes", () => {
    const seen: Tensor[] = [];
    const m = new Nested();
    m.f.registerForwardHook((_m, _i, out: Tensor) => void seen.push(out.mean()));
    m(x);
    read(seen[0]);
  });
  test("a nested structure and a class instance as result", () => {
    class Out {
      logits = x.add(1);
      aux = { list: [x.add(2)], map: new Map([["b", x.add(3)]]) };
    }
    class Struct extends nn.Module {
      forward() {
        return new Out();
      }
    }
    const out = new Struct()();
    for (const t of [out.logits, out.aux.list[0], out.aux.map.get("b")!]) read(t);
  });
  test("a view of an intermediate as result", () => {
    class View extends nn.Module {
      forward(x: Tensor) {
        return x.exp().t();
      }
    }
    read(new View()(x));
  });
  test("its argument as result", () => {
    class Same extends nn.Module {
      forward(x: Tensor) {
        x.exp();
        return x;
      }
    }
    new Same()(x);
    read(x);
  });
  test("what a layer of a Sequential returns without having made it", () => {
    const constant = tensor([1, 2, 3]);
    class Constant extends nn.Module {
      forward() {
        return constant;
      }
    }
    new nn.Sequential(new Constant(), new nn.ReLU())(x);
    read(constant);
  });
  test("what goes into a container among the arguments (a KV cache), nested", () => {
    class Cache extends nn.Module {
      l = lin;
      forward(x: Tensor, cache: { k: Tensor[] }) {
        const k = this.l(x);
        cache.k.push(k);
        return cache.k.reduce((s, c) => s.add(c), k);
      }
    }
    class Outer extends nn.Module {
      c = new Cache();
      forward(x: Tensor, cache: { k: Tensor[] }) {
        return this.c(x, cache).mul(0.5);
      }
    }
    const cache = { k: [] as Tensor[] };
    const m = new Outer();
    m(x, cache);
    read(m(x, cache));
  });
  test("a recurrent state through 20 calls, then backward", () => {
    class Rnn extends nn.Module {
      l = lin;
      forward(x: Tensor, h: Tensor | null): [Tensor, Tensor] {
        const n = this.l(x)
          .add(h ?? 0)
          .tanh();
        return [n.mul(2), n];
      }
    }
    const m = new Rnn();
    let h: Tensor | null = null;
    let o = x;
    for (let i = 0; i < 20; i++) [o, h] = m(x, h);
    o.sum().backward();
    read(h!);
  });
  test("a parameter made lazily in forward", () => {
    class Lazy extends nn.Module {
      w?: nn.Parameter;
      forward(x: Tensor) {
        this.w ??= new nn.Parameter(zeros(3, 3));
        return x.matmul(this.w);
      }
    }
    const m = new Lazy();
    m(x);
    m(x).sum().backward();
    read(m.w!.grad!);
  });
});

describe("async and generators", () => {
  class Async extends nn.Module {
    l = lin;
    async forward(x: Tensor) {
      const h = this.l(x);
      await null;
      const y = this.l(h);
      await null;
      return y.add(h);
    }
  }
  test("an async forward keeps what it made before its first await", async () =>
    read(await new Async()(x)));
  test("two at once", async () => {
    const m = new Async();
    for (const t of await Promise.all([m(x), m(x)])) read(t);
  });
  test("lets go of it when it settles", async () => {
    const made: Tensor[] = [];
    class Watched extends nn.Module {
      state?: Tensor;
      async forward(x: Tensor, fail = false) {
        made.push(x.exp(), x.tanh());
        this.state = made.at(-1);
        await null;
        if (fail) throw new Error("mine");
        return x.add(1);
      }
    }
    const m = new Watched();
    read(await m(x));
    expect(made.map((t) => t.released !== null)).toEqual([true, false]);
    await expect(m(x, true)).rejects.toThrow("mine");
    expect(made.map((t) => t.released !== null)).toEqual([true, false, true, false]);
  });
  test("a promise passed on by a synchronous forward", async () => {
    class Passing extends nn.Module {
      inner = new Async();
      forward(x: Tensor) {
        return this.inner(x.mul(2));
      }
    }
    read(await new Passing()(x));
  });
  test("a generator runs in its consumer's scope", () => {
    class Steps extends nn.Module {
      l = lin;
      *forward(x: Tensor) {
        let h = x;
        for (let i = 0; i < 3; i++) {
          h = this.l(h);
          yield h;
        }
      }
    }
    for (const t of [...new Steps()(x)]) read(t);
  });
});

describe("is released", () => {
  test("what only a closure holds, with a message that says what to do", () => {
    const kept: Tensor[] = [];
    class Closure extends nn.Module {
      forward(x: Tensor) {
        const h = x.exp();
        kept.push(h);
        return h.add(1);
      }
    }
    new Closure()(x);
    expect(() => kept[0].dataSync()).toThrow(/released by Closure\.forward\(\).*keep\(tensor\)/);
  });
  test("what a #private cache holds, on the second call", () => {
    class Private extends nn.Module {
      #mask?: Tensor;
      forward(x: Tensor) {
        this.#mask ??= tensor([1, 0, 1]);
        return x.mul(this.#mask);
      }
    }
    const m = new Private();
    m(x);
    expect(() => m(x)).toThrow(/in Private.*released by Private\.forward\(\)/);
  });
  test("what a returned closure reads", () => {
    class Thunk extends nn.Module {
      forward(x: Tensor) {
        const h = x.exp();
        return () => h.dataSync();
      }
    }
    expect(new Thunk()(x)).toThrow("released by Thunk.forward()");
  });
  test("everything, when forward throws", () => {
    class Thrower extends nn.Module {
      forward(x: Tensor) {
        x.exp().sum();
        throw new Error("mine");
      }
    }
    const before = buffers();
    expect(() => new Thrower()(x)).toThrow("mine");
    expect(buffers()).toBe(before);
  });
  test("what a straight-through estimator leaves behind", () => {
    class Through extends nn.Module {
      forward(x: Tensor) {
        const q = x.mul(3);
        return x.add(q.sub(x).detach());
      }
    }
    const m = new Through();
    const before = buffers();
    m(x).dispose();
    expect(buffers()).toBe(before);
  });
  test("activations of 30 blocks without gradients: a few are alive at a time", () => {
    let most = 0;
    class Block extends nn.Module {
      a = new nn.Linear(8, 8);
      b = new nn.Linear(8, 8);
      forward(x: Tensor) {
        const y = x.add(this.b(this.a(x).relu()));
        most = Math.max(most, buffers());
        return y;
      }
    }
    const net = new nn.Sequential(...Array.from({ length: 30 }, () => new Block()));
    const big = rand(16, 8);
    noGrad(() => net(big)).dispose();
    const before = buffers();
    most = 0;
    noGrad(() => net(big)).dispose();
    expect(buffers()).toBe(before);
    expect(most - before).toBeLessThanOrEqual(5);
  });
  test("all of a training step but parameters, gradients and what the program holds", () => {
    const net = new nn.Sequential(
      new nn.Conv2d(1, 2, 3),
      new nn.BatchNorm2d(2),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Dropout(),
      new nn.Linear(8, 2),
    );
    const images = rand(3, 1, 6, 6);
    const step = () => {
      net.zeroGrad();
      const loss = scope(() => net(images).square().mean());
      loss.backward();
      loss.dispose();
    };
    step();
    step();
    const before = buffers();
    for (let i = 0; i < 5; i++) step();
    expect(buffers()).toBe(before);
  });
});

describe("gradients", () => {
  test("recursion", () => {
    class Rec extends nn.Module {
      l = lin;
      forward(x: Tensor, n: number): Tensor {
        return n ? this.forward(this.l(x).tanh(), n - 1).add(x) : x;
      }
    }
    new Rec()(x, 5).sum().backward();
  });
  test("recursion through calls", () => {
    class Rec extends nn.Module {
      l = lin;
      forward(x: Tensor, n: number): Tensor {
        // TypeScript does not know what `this` may be called with.
        return n ? (this as Rec)(this.l(x).tanh(), n - 1).add(x) : x;
      }
    }
    new Rec()(x, 5).sum().backward();
  });
  test("a layer called twice before backward", () => {
    lin.zeroGrad();
    lin(x).add(lin(x)).sum().backward();
    close(lin.bias!.grad, [4, 4, 4]);
  });
  test("two losses, two backwards", () => {
    const [a, b] = [lin(x).sum(), lin(x).sum()];
    a.backward();
    b.backward();
  });
  test("losses kept over iterations, then read", () => {
    const losses = Array.from({ length: 5 }, () => {
      const loss = lin(x).sum();
      loss.backward();
      return loss;
    });
    for (const loss of losses) read(loss);
  });
  test("a total with history, one backward", () => {
    let total = zeros([]);
    for (let i = 0; i < 5; i++) total = total.add(lin(x).sum());
    total.backward();
  });
  test("results of a module in a scope belong to that scope", () => {
    let inside: Tensor | undefined;
    scope(() => {
      inside = lin(ones(1, 3));
    });
    expect(inside!.released).not.toBe(null);
    expect(lin.weight.released).toBe(null);
  });
});
