/** What is written into views; every gradient is PyTorch's for the same program. */
import "./index.ts";
import { cpu } from "@dl/backend-cpu";
import { ones, setBackend, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { enableGrad, noGrad, tape } from "./index.ts";

beforeAll(() => setBackend(cpu({ threads: 1 })));

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });
const list = (t: Tensor | null) => t?.tolistSync();

describe("recorded values in views of a plain buffer", () => {
  test("rows written one by one", () => {
    const w = ones(2).requiresGrad_();
    const out = zeros(3, 2);
    for (let i = 0; i < 3; i++) out.select(0, i).copy_(w.mul(i));
    expect(out.requiresGrad).toBe(true);
    out.sum().add(w.square().sum()).backward();
    expect(list(w.grad)).toEqual([5, 5]);
  });

  test("a view that was there before its base was written to", () => {
    const w = leaf(1, 2);
    const out = zeros(2, 2);
    const [first, column] = [out.select(0, 0), out.select(1, 1)];
    out.copy_(w.mul(3));
    expect(first.requiresGrad).toBe(true);
    first.sum().add(column.sum()).backward();
    expect(list(w.grad)).toEqual([3, 9]);
  });

  test("views of views, steps, transposes, flips, and what is written over", () => {
    const w = leaf(1, 2, 3);
    const out = zeros(3, 4);
    out.t().slice(0, 0, 4, 2).copy_(w);
    out.flip(0).select(0, 0).narrow(0, 0, 1).mul_(10);
    out.select(1, 2).select(0, 1).fill_(7);
    expect(list(out)).toEqual([
      [1, 0, 1, 0],
      [2, 0, 7, 0],
      [30, 0, 3, 0],
    ]);
    out
      .mul(
        tensor([
          [1, 1, 2, 1],
          [3, 1, 4, 1],
          [5, 1, 6, 1],
        ]),
      )
      .sum()
      .backward();
    expect(list(w.grad)).toEqual([3, 3, 56]);
  });

  test("through all kinds of in-place ops", () => {
    const w = leaf(2, 3);
    const index = tensor([1, 0], { dtype: "int32" });
    const out = ones(4, 2);
    out.select(0, 0).add_(w);
    out.select(0, 1).mul_(w);
    out.select(0, 2).indexAdd_(0, index, w);
    out.select(0, 3).addcmul_(w, w);
    out.sum().backward();
    expect(list(w.grad)).toEqual([3 + 4, 3 + 6]);
  });

  test("a second handle for the same rows sees what the first one was given", () => {
    const w = leaf(2, 3);
    const out = zeros(2, 2);
    const [a, b] = [out.narrow(0, 0, 1), out.select(0, 0)];
    a.copy_(w);
    b.mul_(w);
    a.sum().backward();
    expect(list(w.grad)).toEqual([4, 6]);
  });

  test("gradients of gradients", () => {
    const w = leaf(2, 3);
    const out = zeros(2, 2);
    out.select(0, 0).copy_(w.pow(3));
    out.select(1, 1).mul_(w.select(0, 0));
    const [first] = grad2(out.sum(), w);
    // Σ = w0³ + w1³·w0
    expect(list(first)).toEqual([3 * 4 + 27, 27 * 2]);
    const [second] = grad2(first.sum(), w);
    expect(list(second)).toEqual([6 * 2 + 27, 27 + 18 * 2]);
  });
});

/** d y / d x, recorded. */
function grad2(y: Tensor, x: Tensor): Tensor[] {
  x.grad = null;
  y.backward(undefined, { createGraph: true, retainGraph: true });
  const g = x.grad as unknown as Tensor;
  x.grad = null;
  return [g];
}

describe("views of recorded results", () => {
  test("changing one is changing the other", () => {
    const x = leaf(1, 2, 3);
    const h = x.mul(2);
    h.select(0, 0).mul_(3);
    h.backward(ones(3));
    expect(list(x.grad)).toEqual([6, 2, 2]);
  });

  test("of a result that a layer made, whichever way its memory lies", () => {
    const x = leaf(1, 2, 3, 4);
    const h = x.reshape(2, 2).t().mul(x.reshape(2, 2).t());
    h.select(0, 1).mul_(5);
    h.reshape(-1).narrow(0, 0, 1).zero_();
    h.sum().backward();
    // The reshape is a copy where strides demand it, so the last line may write elsewhere, as in PyTorch.
    expect(list(x.grad)).toEqual(h.t().isContiguous() ? [2, 20, 6, 40] : [0, 20, 6, 40]);
  });

  test("retainGrad keeps the gradient of what the tensor is afterwards", () => {
    const x = leaf(1, 2);
    const h = x.mul(2);
    h.retainGrad();
    const h2 = h.mul(3);
    h.mul_(2);
    h.sum().add(h2.sum()).backward();
    expect(list(h.grad)).toEqual([1, 1]);
    expect(list(x.grad)).toEqual([10, 10]);
  });

  test("without recording, histories stay and nothing is refused", () => {
    const x = leaf(1, 2, 3);
    const h = x.mul(2);
    const first = h.select(0, 0);
    noGrad(() => first.fill_(9));
    h.sum().backward();
    expect(list(x.grad)).toEqual([2, 2, 2]);
    const view = x.select(0, 0);
    noGrad(() => x.mul_(2));
    x.grad = null;
    enableGrad(() => view.mul(5)).backward();
    expect(list(x.grad)).toEqual([5, 0, 0]);
  });

  test("what the backward pass needs is still protected", () => {
    const x = leaf(1, 2);
    const h = x.mul(2);
    const y = h.square();
    h.select(0, 0).mul_(3);
    expect(() => y.sum().backward()).toThrow(/square.*changed in place/s);
  });
});

describe("errors", () => {
  test("a view of a leaf that requires a gradient", () => {
    const x = leaf(1, 2);
    expect(() => x.select(0, 0).mul_(3)).toThrow(/mul_: a view of a leaf that requires a gradient/);
    expect(() => x.reshape(2, 1).zero_()).toThrow(/a view of a leaf/);
    expect(() => x.unbind(0)[0].add_(1)).toThrow(/a view of a leaf/);
    expect(list(x)).toEqual([1, 2]);
  });

  test("a result that was changed through detach()", () => {
    const x = leaf(1, 2);
    const h = x.mul(2);
    h.detach().select(0, 0).mul_(3);
    expect(() => h.sum()).toThrow(/an operand \[2\] made by mul was changed in place/);
    expect(() => h.backward(ones(2))).toThrow(/backward: an operand/);
  });

  test("an expanded tensor, whose elements share memory", () => {
    const x = zeros(1, 2);
    expect(() => x.expand(3, 2).add_(tensor([[1], [2], [3]]))).toThrow(
      /add_: of this expanded tensor \[3, 2\]/,
    );
    expect(list(x)).toEqual([[0, 0]]);
  });

  test("a gradient that is no tensor", () => {
    const y = leaf(1, 2).mul(2);
    expect(() => y.backward([1, 1] as unknown as Tensor)).toThrow(
      /backward: the gradient \[2\].*has to be a tensor/,
    );
    expect(() => y.sum().backward(1 as unknown as Tensor)).toThrow(/has to be a tensor/);
  });

  test("gradients of another shape", () => {
    const x = leaf(1, 2);
    x.grad = ones(3);
    expect(() => x.sum().backward()).toThrow(
      /\.grad that a tensor \[2\] was given has shape \[3\]/,
    );
    const y = leaf(1, 2);
    y.registerHook(() => ones(3));
    expect(() => y.sum().backward()).toThrow(/registerHook.*\[3\].*\[2\]/);
  });
});

test("nothing stays behind", () => {
  const before = tape.nodes;
  for (let i = 0; i < 5; i++) {
    const w = leaf(1, 2);
    const out = zeros(2, 2);
    const product = w.mul(2);
    const row = out.select(0, 0);
    row.copy_(product);
    const total = out.sum();
    total.backward();
    for (const t of [row, total, out, product]) t.dispose();
  }
  // Leaf nodes live as long as their tensors.
  expect(tape.nodes - before).toBe(5);
});
