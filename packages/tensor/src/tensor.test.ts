import { cpu } from "@dl/backend-cpu";
import {
  arange,
  cat,
  type DlError,
  type DType,
  eye,
  full,
  keep,
  linspace,
  maximum,
  resultType,
  scope,
  setBackend,
  state,
  type Tensor,
  tensor,
  where,
  zeros,
} from "@dl/tensor";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

beforeEach(() => setBackend(cpu()));

const list = (t: Tensor) => t.tolistSync();
const thrown = (fn: () => unknown): DlError => {
  try {
    fn();
  } catch (error) {
    return error as DlError;
  }
  throw new Error("nothing was thrown");
};

describe("tensor(data)", () => {
  test("takes nested arrays, numbers and typed arrays", () => {
    expect(
      list(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor(3).shape).toEqual([]);
    expect(tensor(new Int32Array([1, 2])).dtype).toBe("int32");
    expect(tensor([true, false]).dtype).toBe("bool");
    expect(tensor([1, 2], { dtype: "uint8" }).dtype).toBe("uint8");
    expect(tensor(new Float32Array(6), { shape: [2, 3] }).shape).toEqual([2, 3]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
  });
  test("copies: later changes of the array do not show", () => {
    const data = new Float32Array([1, 2]);
    const t = tensor(data);
    data[0] = 9;
    expect(list(t)).toEqual([1, 2]);
  });
  test("says where rows differ in length", () =>
    expect(thrown(() => tensor([[1, 2], [3]])).message).toMatch(
      /at \[1\] an array of 2 is expected.*got 1/,
    ));
  test("says that no backend is set", () => {
    const before = state.backend;
    state.backend = null;
    const error = thrown(() => tensor([1]));
    state.backend = before;
    expect(error.code).toBe("no-backend");
    expect(error.message).toContain("setBackend(cpu())");
  });
});

describe("creation", () => {
  // torch.linspace(0, 1, 7) and torch.linspace(-1, 2.5, 4)
  test("linspace has PyTorch's roundings", () => {
    expect(list(linspace(0, 1, 7))).toEqual([
      0, 0.1666666716337204, 0.3333333432674408, 0.5, 0.6666666269302368, 0.8333333134651184, 1,
    ]);
    expect(list(linspace(-1, 2.5, 4))).toEqual([-1, 0.16666662693023682, 1.3333333730697632, 2.5]);
  });
  test("arange counts, in both directions", () => {
    expect(list(arange(4))).toEqual([0, 1, 2, 3]);
    expect(arange(4).dtype).toBe("int32");
    expect(list(arange(5, 0, -2))).toEqual([5, 3, 1]);
    expect(list(arange(0, 1, 0.25))).toEqual([0, 0.25, 0.5, 0.75]);
    expect(thrown(() => arange(1, 5, -1)).message).toMatch(/away from/);
  });
  test("eye, full", () => {
    expect(list(eye(2, 3))).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(list(full([2], true))).toEqual([true, true]);
  });
});

describe("type promotion is torch.result_type (int64 read as int32)", () => {
  const names: DType[] = ["bool", "uint8", "int32", "float32", "float64"];
  // By row: with a vector of each dtype, with a zero-dimensional tensor of each, with 1, with 1.5.
  const table: Record<string, [DType[], DType[], DType, DType]> = {
    bool: [
      ["bool", "uint8", "int32", "float32", "float64"],
      ["bool", "uint8", "int32", "float32", "float64"],
      "int32",
      "float32",
    ],
    uint8: [
      ["uint8", "uint8", "int32", "float32", "float64"],
      ["uint8", "uint8", "uint8", "float32", "float64"],
      "uint8",
      "float32",
    ],
    int32: [
      ["int32", "int32", "int32", "float32", "float64"],
      ["int32", "int32", "int32", "float32", "float64"],
      "int32",
      "float32",
    ],
    float32: [
      ["float32", "float32", "float32", "float32", "float64"],
      ["float32", "float32", "float32", "float32", "float32"],
      "float32",
      "float32",
    ],
    float64: [
      ["float64", "float64", "float64", "float64", "float64"],
      ["float64", "float64", "float64", "float64", "float64"],
      "float64",
      "float64",
    ],
  };
  test.each(names)("%s", (name) => {
    const [vectors, numbers, whole, fraction] = table[name];
    const x = zeros([2], { dtype: name });
    expect(names.map((other) => resultType([x, zeros([2], { dtype: other })]))).toEqual(vectors);
    expect(names.map((other) => resultType([x, zeros([], { dtype: other })]))).toEqual(numbers);
    expect(resultType([x, 1])).toBe(whole);
    expect(resultType([x, 1.5])).toBe(fraction);
  });
  test("an integer tensor beside a fraction is compared as float", () =>
    expect(list(tensor([0, 1], { dtype: "int32" }).gt(0.5))).toEqual([false, true]));
  test("integers divide to float, and sums of booleans count", () => {
    expect(tensor([1, 2], { dtype: "int32" }).div(2).dtype).toBe("float32");
    expect(tensor([true, true, false]).sum().dtype).toBe("int32");
    expect(tensor([true, true, false]).sum().itemSync()).toBe(2);
  });
  test("the mean of integers is an error that says how", () =>
    expect(thrown(() => arange(3).mean()).message).toContain('to("float32")'));
});

describe("remainders", () => {
  const [x, y] = [
    [-7, 7, -7, 7, 5.5],
    [3, -3, -3, 3, 0.5],
  ];
  // torch.remainder, torch.fmod, torch.div with both rounding modes
  test("take the signs that PyTorch gives them", () => {
    expect(list(tensor(x).remainder(tensor(y)))).toEqual([2, -2, -1, 1, 0]);
    expect(list(tensor(x).fmod(tensor(y)))).toEqual([-1, 1, -1, 1, 0]);
    expect(list(tensor(x).div(tensor(y), { roundingMode: "floor" }))).toEqual([-3, -3, 2, 2, 11]);
    expect(list(tensor(x).div(tensor(y), { roundingMode: "trunc" }))).toEqual([-2, -2, 2, 2, 11]);
  });
});

describe("views", () => {
  test("share memory: a write through one shows in the other", () => {
    const x = zeros(2, 3);
    x.t().select(0, 1).fill_(7);
    expect(list(x)).toEqual([
      [0, 7, 0],
      [0, 7, 0],
    ]);
  });
  test("reshape copies only where strides demand it", () => {
    const x = arange(6).reshape(2, 3);
    expect(x.t().reshape(-1).memory.storage).not.toBe(x.memory.storage);
    expect(x.reshape(3, 2).memory.storage).toBe(x.memory.storage);
    expect(thrown(() => x.t().view(6)).message).toContain("reshape");
  });
  test("errors name shapes and the fix", () => {
    expect(thrown(() => zeros(2, 3).reshape(4, 2)).message).toBe(
      "reshape: [2, 3] has 6 elements, [4, 2] would have 8",
    );
    expect(thrown(() => zeros(2, 3).add(zeros(2))).message).toMatch(
      /add: shapes \[2, 3\] and \[2\] do not broadcast/,
    );
    expect(thrown(() => zeros(2, 3).matmul(zeros(2, 3))).message).toMatch(
      /matmul: \[2, 3\] times \[2, 3\].*\(3\).*\(2\)/,
    );
    expect(thrown(() => zeros(2).select(0, 5)).code).toBe("index");
    expect(thrown(() => zeros(2).sum(3)).message).toMatch(/dim 3 is out of range/);
    expect(thrown(() => cat([zeros(2, 3), zeros(2, 4)])).message).toMatch(
      /tensor 1 has shape \[2, 4\]/,
    );
  });
  test("an index out of range names itself", () => {
    expect(() => arange(3).gather(0, tensor(new Int32Array([0, 3])))).toThrow(
      /index 3 at position \[1\] is out of range for axis 0 of size 3/,
    );
  });
});

describe("extremes", () => {
  test("NaN passes relu, maximum, max and argmax", () => {
    const x = tensor([1, Number.NaN, -1]);
    expect(list(x.relu())).toEqual([1, Number.NaN, 0]);
    expect(list(maximum(x, 0))).toEqual([1, Number.NaN, 0]);
    expect(x.max().itemSync()).toBeNaN();
    expect(x.argmax().itemSync()).toBe(1);
  });
  test("softmax of huge and infinite logits", () => {
    expect(list(tensor([1000, 1000]).softmax(0))).toEqual([0.5, 0.5]);
    expect(list(tensor([0, -Infinity]).softmax(0))).toEqual([1, 0]);
    expect(tensor([-Infinity, -Infinity]).logsumexp(0).itemSync()).toBe(-Infinity);
  });
  test("where leaves no trace of the other branch", () =>
    expect(list(where(tensor([true, false]), tensor([1, Number.NaN]), 0))).toEqual([1, 0]));
  test("empty tensors", () => {
    expect(zeros(0).sum().itemSync()).toBe(0);
    expect(zeros(0, 3).matmul(zeros(3, 2)).shape).toEqual([0, 2]);
    expect(list(zeros(2, 0).matmul(zeros(0, 2)))).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(thrown(() => zeros(0).max()).code).toBe("shape");
  });
});

describe("toString() is what PyTorch prints", () => {
  const cases: [string, () => Tensor, string][] = [
    [
      "mixed whole and broken numbers",
      () =>
        tensor([
          [1, 2],
          [3, 4.5],
        ]),
      "tensor([[1.0000, 2.0000],\n        [3.0000, 4.5000]])",
    ],
    ["whole numbers", () => tensor([1, 2, 3]), "tensor([1., 2., 3.])"],
    ["one number", () => tensor(3.14159), "tensor(3.1416)"],
    ["far apart", () => tensor([1e-5, 1]), "tensor([1.0000e-05, 1.0000e+00])"],
    [
      "not finite",
      () => tensor([Number.NaN, Number.POSITIVE_INFINITY, 1]),
      "tensor([nan, inf, 1.])",
    ],
    ["truth values", () => tensor([true, false]), "tensor([ True, False])"],
    ["nothing", () => zeros(0, 3), "tensor([], size=(0, 3))"],
    ["a half rounds to even", () => tensor([0.03125, 1.5]), "tensor([0.0312, 1.5000])"],
    [
      "integers, summarised",
      () => arange(2000),
      "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])",
    ],
    ["float64", () => tensor([1, 2], { dtype: "float64" }), "tensor([1., 2.], dtype=float64)"],
  ];
  test.each(cases)("%s", (_, make, text) => expect(String(make())).toBe(text));
});

describe("scopes", () => {
  test("release what is not returned, and say so when it is touched", () => {
    let inner: Tensor | undefined;
    const result = scope(
      () => {
        inner = tensor([1]).add(1);
        return inner.mul(2);
      },
      { name: "Net.forward()" },
    );
    expect(list(result)).toEqual([4]);
    const error = thrown(() => inner!.add(1));
    expect(error.code).toBe("released");
    expect(error.message).toContain("released by Net.forward()");
  });
  test("keep what the result reaches, and what is kept", () => {
    const kept: Tensor[] = [];
    const { pair } = scope(() => {
      kept.push(keep(tensor([3])));
      return { pair: [tensor([1]), new Map([["b", tensor([2])]])] as const };
    });
    expect([list(pair[0]), list(pair[1].get("b")!), list(kept[0])]).toEqual([[1], [2], [3]]);
  });
  test("release everything when they throw", () => {
    const before = cpu().memory().buffers;
    expect(() =>
      scope(() => {
        tensor([1]).exp().sum();
        throw new Error("x");
      }),
    ).toThrow("x");
    expect(cpu().memory().buffers).toBe(before);
  });
});

afterEach(() => setBackend(cpu()));

// Checked by the compiler alone.
export function types(x: Tensor): void {
  // @ts-expect-error a string is no operand
  x.add("1");
  // @ts-expect-error there is no such dtype
  x.to("int64");
  // @ts-expect-error max along a dimension gives values and indices
  const wrong: Tensor = x.max(0);
  void wrong;
}
