/** Arguments that are rarely given: what PyTorch 2.13 answers, and what is refused. */
import { grad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as nn from "@dl/nn";
import * as T from "@dl/tensor";
import { type DType, type Operand, type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { thrown } from "./thrown.ts";

T.setBackend(cpu());

const u8 = (...data: number[]) => tensor(data, { dtype: "uint8" });
const i32 = (...data: number[]) => tensor(data, { dtype: "int32" });
const f64 = (...data: number[]) => tensor(data, { dtype: "float64" });
const bools = (...data: boolean[]) => tensor(data);

const expectTensor = (x: Tensor, data: unknown, dtype: DType = "float32") => {
  expect(x.tolistSync()).toEqual(data);
  expect(x.dtype).toBe(dtype);
};
/** Of the sum of f's elements; −0 as 0. */
function gradients(f: (...x: Tensor[]) => Tensor, ...data: number[][]): number[][] {
  const x = data.map((list) => tensor(list, { requiresGrad: true }));
  f(...x)
    .sum()
    .backward();
  return x.map(({ grad, shape }) =>
    ((grad ?? T.zeros(shape)).tolistSync() as number[]).map((n) => n + 0),
  );
}

describe("add and sub with alpha", () => {
  test("multiply in the result's dtype", () => {
    expectTensor(tensor([0.5]).add(u8(200), { alpha: 2 }), [400.5]);
    expectTensor(tensor([0.5]).add(u8(200), { alpha: 1.5 }), [300.5]);
    expectTensor(tensor([1]).sub(u8(200), { alpha: -1 }), [201]);
    expectTensor(tensor([0.5]).add_(u8(200), { alpha: 2 }), [400.5]);
    expectTensor(tensor([1]).sub_(u8(200), { alpha: -1 }), [201]);
    expectTensor(u8(1).add(u8(200), { alpha: 2 }), [145], "uint8");
    expectTensor(i32(1).add(u8(1), { alpha: 300 }), [301], "int32");
    expectTensor(i32(1).add(tensor(0.5), { alpha: 2 }), [2]);
    expectTensor(i32(1).add(1.5, { alpha: 2 }), [4]);
    expectTensor(u8(1).add(0.5, { alpha: 0.5 }), [1.25]);
    expectTensor(tensor([1]).add(bools(true), { alpha: 0.5 }), [1.5]);
  });
  test("keep bools", () => {
    for (const alpha of [-1, 0, 2])
      expectTensor(bools(true, false).add(bools(true, false), { alpha }), [true, false], "bool");
  });
  test("as functions", () => {
    expectTensor(T.add(tensor([0.5]), u8(200), { alpha: 2 }), [400.5]);
    expectTensor(T.sub(tensor([1, 2]), tensor([1, 1]), { alpha: 3 }), [-2, -1]);
    expectTensor(T.subtract(1, tensor([1, 2]), { alpha: 3 }), [-2, -5]);
    expect(gradients((a, b) => T.add(a, b, { alpha: 3 }), [1], [2])).toEqual([[1], [3]]);
  });
  test.each([
    ["add", () => u8(1).add(u8(1), { alpha: 0.5 })],
    ["add", () => u8(1).add(1, { alpha: 0.5 })],
    ["sub", () => T.sub(i32(1), i32(1), { alpha: 0.5 })],
    ["add", () => bools(true).add_(bools(true), { alpha: 0.5 })],
  ])("%s of integers refuses a fraction", (name, fn) => {
    const { code, message } = thrown(fn);
    expect(code).toBe("dtype");
    expect(message).toMatch(new RegExp(`^${name}: alpha is 0\\.5`));
  });
  test("addcmul of integers leaves the fraction of value out", () => {
    expectTensor(T.addcmul(i32(1), i32(1), i32(1), { value: 0.5 }), [1], "int32");
    expectTensor(T.addcmul(i32(1), i32(1), i32(1), { value: 2 }), [3], "int32");
  });
});

describe("bools in arithmetic", () => {
  test("powers are int32, of fractions float32", () => {
    for (const power of [(x: Tensor) => x.pow(2), (x: Tensor) => x.pow(1), T.square])
      expectTensor(power(bools(true, false)), [1, 0], "int32");
    expectTensor(T.pow(bools(true, false), 2), [1, 0], "int32");
    expectTensor(bools(true, false).square(), [1, 0], "int32");
    expectTensor(bools(true, false).pow(0.5), [1, 0]);
  });
  test("cannot hold their powers", () => {
    expect(thrown(() => bools(true).square_()).message).toMatch(/^square_: the result is int32/);
    expect(thrown(() => bools(true).pow_(2)).message).toMatch(/^pow_: the result is int32/);
    expect(thrown(() => bools(true).pow_(1)).message).toMatch(/^pow_: the result is int32/);
  });
  test("have neither difference nor sign", () => {
    const refused: (() => unknown)[] = [
      () => bools(true).sub(bools(true)),
      () => bools(true).sub(1),
      () => T.sub(i32(1), bools(true)),
      () => T.sub(1, bools(true)),
    ];
    for (const fn of refused) expect(thrown(fn).message).toMatch(/^sub: .*logicalXor/);
    for (const fn of [() => bools(true).neg(), () => T.negative(bools(true))])
      expect(thrown(fn).message).toMatch(/^neg: .*logicalNot/);
  });
});

test.each([i32(2), u8(2), bools(true)])("%s to a negative whole power is refused", (x) => {
  expect(thrown(() => x.pow(-1))).toMatchObject({ code: "dtype" });
  expect(thrown(() => T.pow(x, -2)).message).toMatch(/^pow: .*floatPower/);
});
test("a negative power of integers that is no whole number, or of float64, is float", () => {
  expectTensor(i32(4).pow(-0.5), [0.5]);
  expectTensor(T.floatPower(i32(2), -1), [0.5], "float64");
});

describe("gradients where a formula divides by zero", () => {
  test("atan2 at the origin", () => {
    expect(gradients(T.atan2, [0, 0, 1], [0, -0, 0])).toEqual([
      [0, 0, 0],
      [0, 0, -1],
    ]);
  });
  test.each(["floor", "trunc"] as const)("division, rounded by %s", (roundingMode) => {
    const div = (a: Tensor, b: Tensor) => T.div(a, b, { roundingMode }).add(a.mul(0));
    expect(gradients(div, [1, -1, 0, 3], [0, 0, 0, 2])).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });
  test("lerp with infinite and other weights", () => {
    expect(
      gradients(T.lerp, [1, 1, 1, 2], [3, 3, 3, 2], [Infinity, -Infinity, 0.25, Infinity]),
    ).toEqual([
      [-Infinity, Infinity, 0.75, -Infinity],
      [Infinity, -Infinity, 0.25, Infinity],
      [2, 2, 2, 0],
    ]);
    const far = (w: Operand) => (a: Tensor, b: Tensor) => T.lerp(a, b, w);
    expect(gradients(far(Infinity), [1], [3])).toEqual([[-Infinity], [Infinity]]);
    expect(gradients(far(2), [1], [3])).toEqual([[-1], [2]]);
  });
});

test("ldexp is of the promoted dtype, and goes as far as its result", () => {
  expectTensor(T.ldexp(i32(1), f64(2)), [4], "float64");
  expectTensor(T.ldexp(bools(true, false), f64(2)), [4, 0], "float64");
  expectTensor(T.ldexp(tensor([1.5]), f64(2)), [6], "float64");
  expectTensor(T.ldexp(tensor([1.5]), tensor(2, { dtype: "float64" })), [6]);
  expectTensor(T.ldexp(i32(1), tensor(2, { dtype: "float64" })), [4], "float64");
  expectTensor(T.ldexp(f64(1), i32(200)), [2 ** 200], "float64");
  expectTensor(T.ldexp(i32(1), i32(2)), [4]);
  expectTensor(T.ldexp(tensor([2 ** -120]), i32(140)), [2 ** 20]);
  expectTensor(T.ldexp(tensor([2 ** -120]), tensor([140])), [Infinity]);
});

type Layer = nn.Conv2d | nn.ConvTranspose2d | nn.Unfold;
describe("what a convolution cannot do", () => {
  const inputs = (dims: number, ...lead: number[]) => [
    T.ones([1, lead[0], ...new Array<number>(dims).fill(4)]),
    T.ones([lead[0], 1, ...new Array<number>(dims).fill(2)]),
  ];
  const of = (fn: (x: Tensor, w: Tensor, options: object) => Tensor, dims: number) => {
    const [x, w] = inputs(dims, 1);
    return [dims, (options: object) => fn(x, w, options)] as const;
  };
  const ops = {
    conv1d: of(T.conv1d, 1),
    conv2d: of(T.conv2d, 2),
    conv3d: of(T.conv3d, 3),
    convTranspose1d: of(T.convTranspose1d, 1),
    convTranspose2d: of(T.convTranspose2d, 2),
    convTranspose3d: of(T.convTranspose3d, 3),
    unfold: [2, (options: object) => T.im2col(T.ones(1, 1, 4, 4), 2, options)] as const,
    fold: [2, (options: object) => T.col2im(T.ones(1, 4, 9), 4, 2, options)] as const,
  };
  test.each(Object.entries(ops))("%s", (name, [dims, run]) => {
    const refused = (option: string, value: number, says: string) => {
      const { code, message } = thrown(() => run({ [option]: value }));
      expect(code).toBe("value");
      expect(message).toBe(`${name}: ${option} ${says}`);
    };
    const all = (n: number) => `[${new Array(dims).fill(n).join(", ")}]`;
    refused("stride", 0, `${all(0)} has to be positive`);
    refused("stride", -1, `${all(-1)} has to be positive`);
    refused("dilation", 0, `${all(0)} has to be positive`);
    refused("padding", -1, `${all(-1)} cannot be negative`);
    for (const option of ["stride", "dilation", "padding"])
      for (const value of [0.5, Number.NaN])
        refused(option, value, `has to be a whole number or ${dims} of them, got ${value}`);
  });
  test("windows without elements, padding of no known kind, images without size", () => {
    const [x] = inputs(2, 1);
    expect(thrown(() => T.conv2d(x, T.ones(1, 1, 0, 2))).message).toMatch(/window.*no elements/);
    const odd = { padding: "full" as "same" };
    expect(thrown(() => T.conv3d(...(inputs(3, 1) as [Tensor, Tensor]), odd)).message).toMatch(
      /^conv3d: padding has to be .*"full"/,
    );
    expect(thrown(() => T.col2im(T.ones(1, 4, 9), 0, 2)).message).toMatch(/outputSize \[0, 0\]/);
  });
  test("a layer says which one it is", () => {
    class Net extends nn.Module {
      first: Layer;
      constructor(layer: Layer) {
        super();
        this.first = layer;
      }
      forward(x: Tensor) {
        return this.first(x);
      }
    }
    const says = (layer: Layer) => thrown(() => new Net(layer)(T.ones(1, 1, 4, 4))).message;
    expect(says(new nn.Conv2d(1, 1, 2, { dilation: 0 }))).toBe(
      "in Net.first (Conv2d): conv2d: dilation [0, 0] has to be positive",
    );
    expect(says(new nn.ConvTranspose2d(1, 1, 2, { stride: 0 }))).toBe(
      "in Net.first (ConvTranspose2d): convTranspose2d: stride [0, 0] has to be positive",
    );
    expect(says(new nn.Conv2d(1, 1, 2, { padding: -1 }))).toBe(
      "in Net.first (Conv2d): conv2d: padding [-1, -1] cannot be negative",
    );
    expect(says(new nn.Unfold(2, { padding: -1 }))).toBe(
      "in Net.first (Unfold): unfold: padding [-1, -1] cannot be negative",
    );
  });
});

test("any and all of uint8 are uint8", () => {
  expectTensor(u8(1, 0).all(), 0, "uint8");
  expectTensor(u8(0, 5).any(), 1, "uint8");
  const x = tensor(
    [
      [1, 5],
      [0, 3],
    ],
    { dtype: "uint8" },
  );
  expectTensor(x.all(0), [0, 1], "uint8");
  expectTensor(T.any(x, 1, { keepdim: true }), [[1], [1]], "uint8");
  expectTensor(u8().all(), 1, "uint8");
  expectTensor(tensor(0, { dtype: "uint8" }).any(), 0, "uint8");
  expectTensor(i32(1, 0).all(), false, "bool");
});

describe("products", () => {
  test.each([
    ["[0]", [0], {}],
    ["[2, 0] along 1", [2, 0], { dim: 1 }],
    ["[2, 0] along 0", [2, 0], { dim: 0 }],
    ["[0, 2] along 1", [0, 2], { dim: 1 }],
  ] as const)("of nothing: %s with a recorded gradient", (_, shape, options) => {
    const x = T.zeros([...shape], { requiresGrad: true });
    const [g] = grad(x.prod(options).sum(), x, { createGraph: true });
    expect(g.shape).toEqual(shape);
    expect(g.requiresGrad).toBe(true);
  });
  test("in another dtype have the gradient in the tensor's", () => {
    for (const createGraph of [false, true]) {
      const x = tensor([2, 3], { requiresGrad: true });
      const y = x.prod({ dtype: "float64" });
      expectTensor(y, 6, "float64");
      expectTensor(grad(y, x, { createGraph })[0], [3, 2]);
    }
  });
});

describe("variance of too few elements", () => {
  const nan = Number.NaN;
  test.each([
    ["one", [2], {}, nan, [nan]],
    ["as many as the correction", [2, 3], { correction: 2 }, Infinity, [Infinity, Infinity]],
    ["fewer", [2, 3], { correction: 5 }, Infinity, [Infinity, Infinity]],
    ["equal ones", [3, 3], { correction: 2 }, nan, [nan, nan]],
  ] as const)("%s", (_, data, options, value, slope) => {
    const x = tensor([...data], { requiresGrad: true });
    const y = T.variance(x, options);
    expectTensor(y, value);
    expectTensor(grad(y, x)[0], slope);
  });
  test("along a dimension, where PyTorch divides by the negative number", () => {
    const x = tensor(
      [
        [2, 3],
        [2, 4],
      ],
      { requiresGrad: true },
    );
    const y = T.variance(x, 0, { correction: 3 });
    expectTensor(y, [nan, Infinity]);
    expectTensor(grad(y.sum(), x)[0].add(0), [
      [0, 1],
      [0, -1],
    ]);
  });
  test("an infinite element has no say in the slopes of others than by the mean", () => {
    const x = tensor([-Infinity, -0.5], { requiresGrad: true });
    expectTensor(grad(T.variance(x), x)[0], [nan, Infinity]);
  });
  test("the root's gradient is NaN", () => {
    const x = tensor([2, 3], { requiresGrad: true });
    expectTensor(grad(T.std(x, { correction: 2 }), x)[0], [nan, nan]);
  });
});

test("nextafter promotes, and has no gradient where there is no way to go", () => {
  expectTensor(T.nextafter(tensor([1]), f64(2)), [1 + 2 ** -52], "float64");
  expectTensor(T.nextafter(tensor([1]), tensor(2, { dtype: "float64" })), [1 + 2 ** -23]);
  expectTensor(T.nextafter(f64(1), i32(2)), [1 + 2 ** -52], "float64");
  expect(gradients(T.nextafter, [1, 1, Infinity], [2, 1, 3])).toEqual([
    [1, 0, 1],
    [0, 0, 0],
  ]);
  expect(thrown(() => T.nextafter(i32(1), i32(2))).message).toMatch(/got int32 and int32/);
});

test("fillDiagonal_ converts the number", () => {
  const filled = (dtype: DType, value: number) =>
    T.zeros([2, 2], { dtype }).fillDiagonal_(value).tolistSync();
  expect(filled("bool", 3)).toEqual([
    [true, false],
    [false, true],
  ]);
  expect(filled("int32", 1.5)).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(thrown(() => T.zeros(3).fillDiagonal_(1)).message).toMatch(/^fillDiagonal_: a matrix/);
});

describe("norms of nothing", () => {
  const { matrixNorm, norm, vectorNorm } = T.linalg;
  test("the largest of no sums or singular values is 0", () => {
    const x = T.ones(3, 1, 0, 0);
    for (const ord of [Infinity, 1, 2, "nuc"] as const)
      expectTensor(matrixNorm(x, { ord }), [[0], [0], [0]]);
    for (const ord of [Infinity, 1, 2])
      for (const shape of [
        [0, 2],
        [2, 0],
      ])
        expectTensor(norm(T.ones(shape), { ord }), 0);
    expect(matrixNorm(T.ones(0, 2, 2), { ord: 2 }).shape).toEqual([0]);
  });
  test.each([
    ["linalg.matrixNorm", () => matrixNorm(T.ones(3, 1, 0, 0), { ord: -Infinity })],
    ["linalg.matrixNorm", () => matrixNorm(T.ones(3, 1, 0, 0), { ord: -2 })],
    ["linalg.matrixNorm", () => norm(T.ones(2, 0), { ord: -2 })],
    ["linalg.vectorNorm", () => norm(T.ones(0), { ord: Infinity })],
    ["linalg.vectorNorm", () => vectorNorm(T.ones(2, 0), { ord: -Infinity, dim: 1 })],
    ["norm", () => T.norm(T.ones(2, 0), { p: Infinity, dim: 1 })],
  ])("%s has no smallest", (name, fn) =>
    expect(thrown(fn).message).toMatch(new RegExp(`^${name.replace(".", "\\.")}: .*no elements`)),
  );
  test("along a dimension that has elements", () =>
    expect(norm(T.ones(2, 0), { ord: Infinity, dim: 0 }).shape).toEqual([0]));
});

describe("messages", () => {
  test("an unknown dtype", () => {
    const dtype = "int64" as DType;
    const refused = [
      () => tensor([1], { dtype }),
      () => tensor(new Float32Array(1), { dtype }),
      () => T.zeros(1, { dtype }),
      () => T.full([1], 2, { dtype }),
      () => T.ones([1]).to(dtype),
      () => T.sum(T.ones(1), { dtype }),
      () => T.finfo(dtype),
      () => T.iinfo(dtype),
    ];
    for (const fn of refused) {
      const { code, message } = thrown(fn);
      expect(code).toBe("dtype");
      expect(message).toMatch(/"int64" is no dtype.*int32.*float32.*int64 is int32/);
    }
  });
  const two = 2 as unknown as Tensor;
  test.each([
    [/^matmul: operand 1 is a number; a tensor is wanted/, () => T.ones(2).matmul(two)],
    [/^bmm: operand 0 is missing; a tensor/, () => T.bmm(undefined as unknown as Tensor, two)],
    [
      /^cat: a list of tensors is wanted: cat\(\[a, b\]\)/,
      () => T.cat(T.ones(1) as unknown as Tensor[], T.ones(1) as object),
    ],
    [/^stack: a list of tensors/, () => T.stack(T.ones(1) as unknown as Tensor[])],
    [/^hstack: a list of tensors/, () => T.hstack(T.ones(1) as unknown as Tensor[])],
    [/^vstack: a list of tensors/, () => T.vstack(T.ones(1) as unknown as Tensor[])],
    [/^cat: operand 1 is a number; a tensor is wanted/, () => T.cat([T.ones(1), two])],
    [/^std: of int32/, () => T.std(i32(1, 2))],
    [/^var: of int32/, () => T.variance(i32(1, 2))],
  ])("%s", (says, fn) => expect(thrown(fn).message).toMatch(says));
  test("null is as good as nothing", () => {
    expectTensor(T.sum(tensor([1, 2]), null), 3);
    expectTensor(tensor([1, 2]).mean(null), 1.5);
    expectTensor(tensor([1, 2]).amax({ dim: null as never }), 2);
    expectTensor(T.clamp(tensor([1, 2, 3]), null, 2), [1, 2, 2]);
    expectTensor(T.clamp(tensor([1, 2, 3]), 2), [2, 2, 3]);
    expectTensor(T.clip(tensor([1, 2, 3]), { min: null, max: 0 }), [0, 0, 0]);
    expect(thrown(() => T.clamp(tensor([1]), null)).message).toMatch(/^clamp: give min, max/);
  });
});
