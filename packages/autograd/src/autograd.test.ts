import {
  checkpoint,
  defineFunction,
  detectAnomaly,
  enableGrad,
  grad,
  gradcheck,
  isGradEnabled,
  noGrad,
  tape,
  valueAndGrad,
} from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { type DlError, Generator, setBackend, type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";

setBackend(cpu());

const list = (t: Tensor | null) => t!.tolistSync();
const leaf = (data: T.NestedArray) => tensor(data, { requiresGrad: true });
const code = (fn: () => unknown): string => {
  try {
    fn();
  } catch (error) {
    return `${(error as DlError).code}: ${(error as DlError).message}`;
  }
  return "nothing was thrown";
};

describe("backward()", () => {
  test("adds up in .grad, over calls and over uses", () => {
    const x = leaf([1, 2]);
    x.mul(x).sum().backward();
    x.mul(3).sum().backward();
    expect(list(x.grad)).toEqual([5, 7]);
  });
  test("takes a gradient for results that are not one number", () => {
    const x = leaf([1, 2]);
    x.mul(2).backward(tensor([1, 10]));
    expect(list(x.grad)).toEqual([2, 20]);
    expect(code(() => x.mul(2).backward())).toMatch(/^gradient: .*shape \[2\].*mean\(\)/);
    expect(code(() => x.mul(2).backward(tensor([1, 2, 3])))).toMatch(
      /\[3\] has to have the shape \[2\]/,
    );
  });
  test("runs once, or as often as the graph is retained", () => {
    const x = leaf([3]);
    const y = x.square().sum();
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(list(x.grad)).toEqual([12]);
    expect(code(() => y.backward())).toMatch(/^gradient: .*retainGraph/);
  });
  test("says when nothing requires a gradient", () =>
    expect(code(() => tensor([1]).backward())).toMatch(/^gradient: .*requiresGrad/));
  test("gives a gradient in the parameter's own layout", () => {
    const w = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { requiresGrad: true },
    );
    tensor([[1, 0, 2]])
      .matmul(w.t())
      .sum()
      .backward();
    expect(list(w.grad)).toEqual([
      [1, 0, 2],
      [1, 0, 2],
    ]);
    expect(w.grad!.stride()).toEqual(w.stride());
  });
  test("leaves nothing on the tape", () => {
    const { nodes, saved } = tape;
    const x = leaf([
      [1, 2],
      [3, 4],
    ]);
    T.scope(() => x.matmul(x).softmax(1).log().sum().backward());
    expect(tape.saved).toBe(saved);
    expect(tape.nodes - nodes).toBe(1); // the leaf's own
  });
  test("goes through ten thousand ops", () => {
    const x = leaf([1]);
    let y: Tensor = x;
    for (let i = 0; i < 10_000; i++) y = y.add(1);
    y.sum().backward();
    expect(list(x.grad)).toEqual([1]);
  });
});

describe("PyTorch's conventions", () => {
  test("at kinks and ties", () => {
    const g = (x: Tensor, fn: (x: Tensor) => Tensor) => list(grad(fn(x).sum(), x)[0]);
    expect(g(leaf([0, -1, 2]), (x) => x.abs())).toEqual([0, -1, 1]);
    expect(g(leaf([0, -1, 2]), (x) => x.relu())).toEqual([0, 0, 1]);
    expect(g(leaf([1, 1]), (x) => x.maximum(tensor([1, 0])))).toEqual([0.5, 1]);
    expect(g(leaf([2, 2, 1]), (x) => x.amax())).toEqual([0.5, 0.5, 0]);
    expect(g(leaf([2, 2, 1]), (x) => x.max(0).values)).toEqual([1, 0, 0]);
    expect(g(leaf([0, 3]), (x) => x.pow(0))).toEqual([0, 0]);
    expect(g(leaf([-1, 0, 5]), (x) => x.clamp({ min: 0, max: 5 }))).toEqual([0, 1, 1]);
    expect(g(leaf([0, 0]), (x) => x.norm())).toEqual([0, 0]);
  });
  test("sigmoid, softplus and logSigmoid stay finite where exp overflows", () => {
    for (const fn of [T.sigmoid, (x: Tensor) => T.softplus(x, 1, 20), T.logSigmoid]) {
      const x = leaf([-1000, 1000]);
      fn(x).sum().backward();
      expect((list(x.grad) as number[]).every(Number.isFinite)).toBe(true);
    }
  });
  test("the product's gradient survives zeros", () => {
    const x = leaf([2, 0, 3]);
    x.prod().backward();
    expect(list(x.grad)).toEqual([0, 6, 0]);
  });
});

describe("grad and valueAndGrad", () => {
  test("gradients of gradients", () => {
    const x = leaf(2);
    const [first] = grad(x.pow(4), x, { createGraph: true });
    const [second] = grad(first, x, { createGraph: true });
    const [third] = grad(second, x);
    expect([first, second, third].map((t) => t.itemSync())).toEqual([32, 48, 48]);
    expect(x.grad).toBeNull();
  });
  test("functions into functions of gradients, nested too", () => {
    const cube = (x: Tensor) => x.mul(x).mul(x).sum();
    expect(list(grad(cube)(tensor([1, 2])))).toEqual([3, 12]);
    expect(grad((x: Tensor) => grad(cube)(x).sum())(tensor(2)).itemSync()).toBe(12);
    const { value, grads } = valueAndGrad((a: Tensor, b: Tensor) => a.mul(b).sum(), {
      argnums: [0, 1],
    })(tensor([2]), tensor([5]));
    expect([value.itemSync(), ...grads.map((g) => g.itemSync())]).toEqual([10, 5, 2]);
  });
  test("an unused input is an error, or null when that is allowed", () => {
    const [x, y] = [leaf(1), leaf(1)];
    expect(code(() => grad(x.mul(2), y))).toMatch(/allowUnused/);
    expect(grad(x.mul(2), y, { allowUnused: true })).toEqual([null]);
  });
});

describe("modes", () => {
  test("noGrad and enableGrad nest", () => {
    const x = leaf([1]);
    expect(
      noGrad(() => [
        x.mul(2).requiresGrad,
        enableGrad(() => x.mul(2).requiresGrad),
        isGradEnabled(),
      ]),
    ).toEqual([false, true, false]);
    expect(x.mul(2).requiresGrad).toBe(true);
  });
  test("overlapping async noGrads do not leak into one another or into other code", async () => {
    const x = leaf([1]);
    const wait = (turns: number) =>
      noGrad(async () => {
        for (let i = 0; i < turns; i++) await null;
        return x.mul(2).requiresGrad;
      });
    const [short, long] = [wait(1), wait(9)];
    expect(x.mul(2).requiresGrad).toBe(true);
    expect(await Promise.all([short, long])).toEqual([false, false]);
    expect(x.mul(2).requiresGrad).toBe(true);
  });
  test("detach cuts", () => {
    const x = leaf([3]);
    x.mul(x.detach()).sum().backward();
    expect(list(x.grad)).toEqual([3]);
  });
});

describe("hooks and retained gradients", () => {
  test("a hook sees the gradient and may replace it", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const seen: unknown[] = [];
    y.registerHook((g) => {
      seen.push(list(g));
      return g.mul(10);
    });
    const remove = x.registerHook((g) => {
      seen.push(list(g));
    });
    y.sum().backward();
    expect(seen).toEqual([
      [1, 1],
      [20, 20],
    ]);
    remove();
    x.sum().backward();
    expect(seen).toHaveLength(2);
  });
  test("an intermediate result keeps its gradient if asked", () => {
    const x = leaf([1]);
    const y = x.mul(3).retainGrad();
    y.square().sum().backward();
    expect(list(y.grad)).toEqual([6]);
  });
});

describe("in-place writes", () => {
  test("are refused on leaves that require a gradient, unless nothing is recorded", () => {
    const x = leaf([1]);
    expect(code(() => x.add_(1))).toMatch(/^in-place: .*noGrad/);
    noGrad(() => x.add_(1));
    expect(list(x)).toEqual([2]);
  });
  test("are part of the history of results", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    y.mul_(3);
    y.sum().backward();
    expect(list(x.grad)).toEqual([6, 6]);
  });
  test("are noticed where the backward pass needs the old value", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const z = y.square();
    y.add_(1);
    expect(code(() => z.sum().backward())).toMatch(/^in-place: .*version 1, expected 0/);
  });
  test("reach what a view is of", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    y.select(0, 0).fill_(3);
    y.sum().backward();
    expect(x.grad!.tolistSync()).toEqual([0, 2]);
  });
});

describe("functions of one's own", () => {
  const clipped = defineFunction({
    name: "clipped",
    forward(context, x: Tensor, limit: number) {
      context.limit = limit;
      context.saveForBackward(x);
      return x.mul(x);
    },
    backward(context, g) {
      const [x] = context.savedTensors;
      return g.mul(x.mul(2)).clamp({ max: context.limit as number });
    },
  });
  test("use their own backward pass", () => {
    const x = leaf([1, 5]);
    clipped(x, 4).sum().backward();
    expect(list(x.grad)).toEqual([2, 4]);
  });
  test("have to give one gradient per tensor", () => {
    const wrong = defineFunction({
      name: "wrong",
      forward: (_, x: Tensor, y: Tensor) => x.add(y),
      backward: (_, g) => g,
    });
    expect(
      code(() =>
        wrong(leaf([1]), leaf([2]))
          .sum()
          .backward(),
      ),
    ).toMatch(/wrong: backward gave 1 gradients for 2 input tensors/);
  });
});

describe("checkpoint", () => {
  test("gives the same gradients, with the same dropout mask, and keeps less", () => {
    const run = (wrap: boolean) => {
      T.manualSeed(3);
      const x = tensor([1, 2, 3, 4, 5, 6], { requiresGrad: true });
      const fn = (t: Tensor) =>
        t
          .exp()
          .mul(T.randomMask([6], 0.5))
          .square();
      const { saved } = tape;
      const y = T.scope(() => (wrap ? checkpoint(fn, x) : fn(x)));
      const kept = tape.saved - saved;
      y.sum().backward();
      return { grad: list(x.grad), kept, next: T.rand(2).tolistSync() };
    };
    const [plain, wrapped] = [run(false), run(true)];
    expect(wrapped.grad).toEqual(plain.grad);
    expect(wrapped.next).toEqual(plain.next);
    expect(wrapped.kept).toBeLessThan(plain.kept);
  });
});

describe("checks", () => {
  test("detectAnomaly names the op that made the first NaN", () => {
    expect(code(() => detectAnomaly(() => leaf([-1, 1]).log().exp()))).toMatch(
      /^anomaly: log: .*NaN/,
    );
    expect(code(() => leaf([-1]).log())).toBe("nothing was thrown");
  });
  test("gradcheck finds a wrong gradient", () => {
    const wrong = defineFunction({
      name: "wrong",
      forward: (_, x: Tensor) => x.mul(x),
      backward: (_, g) => g,
    });
    const x = tensor([1, 2], { dtype: "float64", requiresGrad: true });
    expect(code(() => gradcheck((t) => wrong(t), [x]))).toMatch(/difference quotient/);
    expect(gradcheck((t) => t.mul(t), [x])).toBe(true);
  });

  const random = (...shape: number[]) =>
    T.rand(shape, { dtype: "float64", generator: new Generator(shape.length), requiresGrad: true });
  const ops: [string, (...x: Tensor[]) => Tensor, Tensor[]][] = [
    ["arithmetic", (a, b) => a.mul(b).sub(a.div(b.add(1))), [random(2, 3), random(3)]],
    ["matmul", (a, b) => a.matmul(b), [random(2, 2, 3), random(3, 2)]],
    ["softmax", (a) => a.softmax(1), [random(2, 3)]],
    ["logSoftmax", (a) => a.logSoftmax(0), [random(2, 3)]],
    ["logsumexp", (a) => a.logsumexp(1), [random(2, 3)]],
    ["var", (a) => a.var(1), [random(2, 3)]],
    ["prod", (a) => a.prod(1), [random(2, 3)]],
    ["norm", (a) => a.norm(), [random(2, 3)]],
    ["unfold", (a) => a.unfold(0, 3, 1), [random(5)]],
    [
      "conv2d",
      (x, w, b) => T.conv2d(x, w, { bias: b, padding: 1, stride: [2, 1] }),
      [random(1, 2, 4, 3), random(2, 2, 3, 2), random(2)],
    ],
    [
      "conv2d in groups",
      (x, w) => T.conv2d(x, w, { groups: 2, dilation: [1, 2] }),
      [random(1, 4, 3, 4), random(2, 2, 2, 2)],
    ],
    ["maxPool2d", (x) => T.maxPool2d(x, 2, { stride: 1, padding: 1 }), [random(1, 2, 3, 3)]],
    ["avgPool2d", (x) => T.avgPool2d(x, 2, { ceilMode: true }), [random(1, 1, 3, 3)]],
    ["adaptiveAvgPool2d", (x) => T.adaptiveAvgPool2d(x, [2, 3]), [random(1, 1, 5, 4)]],
    ["gelu", (a) => T.gelu(a), [random(3)]],
  ];
  test.each(ops)("%s: gradients and gradients of gradients", (_, fn, inputs) => {
    gradcheck(fn, inputs);
    const first = (...x: Tensor[]) =>
      grad(
        fn(...x)
          .square()
          .sum(),
        x,
        { createGraph: true },
      );
    gradcheck(first, inputs);
  });
});
