/** Making tensors, and what is asked of them, against PyTorch. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { type DType, setBackend, tensor } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { cases, creation } from "./creation.ts";
import { replay } from "./replay.ts";

replay(...creation);

describe("dtypes", () => {
  test("finfo and iinfo tell PyTorch's limits", () => {
    for (const { dtype, bits, ...limits } of cases.infos) {
      const own = "eps" in limits ? T.finfo(dtype as DType) : T.iinfo(dtype as DType);
      expect([own.dtype, own.bits]).toEqual([dtype, bits]);
      for (const [name, value] of Object.entries(limits))
        expect([name, own[name as "max"]]).toEqual([name, Number(value)]);
    }
    expect(T.finfo().dtype).toBe("float32");
    expect(() => T.finfo("int32")).toThrow(/iinfo/);
    expect(() => T.iinfo("bool")).toThrow(/finfo/);
  });
  test("canCast says what PyTorch says", () => {
    for (const [from, to, can] of cases.casts)
      expect([from, to, T.canCast(from, to)]).toEqual([from, to, can]);
  });
});

describe("tensors like others, and what they are", () => {
  beforeAll(() => setBackend(cpu()));
  const x = () => tensor([[1, 2, 3]], { dtype: "float64" });

  test("newOnes, newEmpty, newTensor, newZeros and newFull have the dtype of theirs, or another", () => {
    expect(x().newOnes([2]).tolistSync()).toEqual([1, 1]);
    for (const t of [
      x().newOnes([2]),
      x().newEmpty([2]),
      x().newTensor([1, 2]),
      x().newZeros([2]),
      x().newFull([2], 3),
    ])
      expect([t.dtype, t.shape]).toEqual(["float64", [2]]);
    expect(x().newTensor([[1]]).shape).toEqual([1, 1]);
    expect(x().newOnes([2], { dtype: "int32" }).dtype).toBe("int32");
    expect(x().newZeros([2], { requiresGrad: true }).requiresGrad).toBe(true);
    expect(x().newFull([2], 1, { dtype: "bool" }).tolistSync()).toEqual([true, true]);
  });
  test("asTensor and asarray copy what they have to, and no more", () => {
    const t = x().requiresGrad_();
    expect(T.asTensor(t)).toBe(t);
    expect(T.asTensor(t.mul(2), { dtype: "float32" }).requiresGrad).toBe(true);
    expect(T.asTensor([true, false]).dtype).toBe("bool");
    expect(T.asarray(t, { requiresGrad: true })).toBe(t);
    expect(T.asarray(t).requiresGrad).toBe(false);
    const plain = x();
    expect(T.asarray(plain)).toBe(plain);
    T.asarray(plain, { copy: true }).fill_(0);
    expect(plain.tolistSync()).toEqual([[1, 2, 3]]);
    expect(() => T.asarray(plain, { dtype: "int32", copy: false })).toThrow(/copy/);
    expect(() => T.asarray([1], { copy: false })).toThrow(/copy/);
  });
  test("fill has the gradient of a value that is a tensor", () => {
    const value = tensor(2).requiresGrad_();
    T.fill(T.zeros(2, 3), value).sum().backward();
    expect(value.grad!.itemSync()).toBe(6);
    expect(() => T.fill(T.zeros(2), T.zeros(1))).toThrow(T.ShapeError);
  });
  test("clone, detach, divide, isFloatingPoint, isSigned and isSameSize as functions and methods", () => {
    const t = x().requiresGrad_();
    expect(T.clone(t).requiresGrad).toBe(true);
    expect(T.detach(t).requiresGrad).toBe(false);
    expect(T.divide(t.detach(), 2, { roundingMode: "floor" }).tolistSync()).toEqual([[0, 1, 1]]);
    expect([T.isFloatingPoint(t), t.isFloatingPoint(), t.int().isFloatingPoint()]).toEqual([
      true,
      true,
      false,
    ]);
    expect([T.isSigned(t), t.byte().isSigned(), t.bool().isSigned()]).toEqual([true, false, false]);
    expect([T.isSameSize(t, t), t.isSameSize(t.t())]).toEqual([true, false]);
  });
  test("byte, typeAs, itemsize and nbytes", () => {
    expect(x().byte().dtype).toBe("uint8");
    expect(x().int().typeAs(x()).dtype).toBe("float64");
    expect([x().itemsize, x().nbytes, x().bool().nbytes]).toEqual([8, 24, 3]);
    expect([x().dim(), x().ndim, x().ndimension(), x().nelement()]).toEqual([2, 2, 2, 3]);
  });
  test("hardshrink and prelu are methods too", () => {
    expect(tensor([-1, 0.3, 2]).hardshrink().tolistSync()).toEqual([-1, 0, 2]);
    expect(tensor([-1, 0.3, 2]).hardshrink({ lambd: 1.5 }).tolistSync()).toEqual([0, 0, 2]);
    expect(
      tensor([[-1, -1]])
        .prelu(tensor([0.5, 0.25]))
        .tolistSync(),
    ).toEqual([[-0.5, -0.25]]);
  });
  test("eye takes its options second or third", () => {
    expect(T.eye(2, { dtype: "int32" }).dtype).toBe("int32");
    expect(T.eye(2, 1, { dtype: "bool" }).tolistSync()).toEqual([[true], [false]]);
  });
  test("a size that is none is named, and is not called out of memory", () => {
    for (const shape of [[Number.NaN], [-1], [0.3]]) {
      expect(() => T.full(shape, 1)).toThrow(/not a shape/);
      expect(() => T.allocate(T.getBackend(), "uint8", shape)).toThrow(/not a number of bytes/);
    }
    expect(() => T.eye(-2)).toThrow(/not a shape/);
    expect(() => x().newZeros([2, -3])).toThrow(T.ShapeError);
  });
  test("a number may be added times alpha", () => {
    expect(tensor([1]).add(2, { alpha: 3 }).tolistSync()).toEqual([7]);
    expect(tensor([1]).subtract(2, { alpha: 3 }).tolistSync()).toEqual([-5]);
  });
});

describe("gradients that are kept", () => {
  beforeAll(() => setBackend(cpu()));
  test("retainsGrad", () => {
    const x = tensor([1, 2]).requiresGrad_();
    const y = x.mul(2);
    expect([x.retainsGrad, y.retainsGrad]).toEqual([false, false]);
    y.retainGrad();
    x.retainGrad();
    expect([x.retainsGrad, y.retainsGrad, tensor(1).retainsGrad]).toEqual([false, true, false]);
  });
  test("registerPostAccumulateGradHook sees the leaf after each backward()", () => {
    const x = tensor([1, 2]).requiresGrad_();
    const seen: unknown[] = [];
    const remove = x.registerPostAccumulateGradHook((leaf) => {
      expect(leaf).toBe(x);
      seen.push(leaf.grad!.tolistSync());
      // It may write: nothing is recorded here.
      leaf.sub_(leaf.grad!);
    });
    const loss = () => x.mul(tensor([3, 4])).sum();
    loss().backward();
    loss().backward();
    remove();
    loss().backward();
    expect(seen).toEqual([
      [3, 4],
      [6, 8],
    ]);
    expect(() => x.mul(2).registerPostAccumulateGradHook(() => {})).toThrow(/leaf/);
  });
});
