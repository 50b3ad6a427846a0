/** The in-place forms write what the others return, into the same memory, and take over its history. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { setBackend, type Tensor, tensor } from "@dl/tensor";
import { beforeAll, expect, test } from "vitest";

beforeAll(() => setBackend(cpu()));

const whole = (...values: number[]) => tensor(Int32Array.from(values));
const start = () => tensor([1, 2, 3, 4]);

const FORMS: Record<string, (x: Tensor) => [changed: Tensor, wanted: Tensor]> = {
  scatter_: (x) => [x.scatter_(0, whole(3, 0), 9), start().scatter(0, whole(3, 0), 9)],
  scatterAdd_: (x) => [
    x.scatterAdd_(0, whole(1, 1), start()),
    start().scatterAdd(0, whole(1, 1), start()),
  ],
  scatterReduce_: (x) => [
    x.scatterReduce_(0, whole(1, 1), start(), "prod"),
    start().scatterReduce(0, whole(1, 1), start(), "prod"),
  ],
  indexAdd_: (x) => [
    x.indexAdd_(0, whole(2), tensor([5])),
    start().indexAdd(0, whole(2), tensor([5])),
  ],
  indexCopy_: (x) => [
    x.indexCopy_(0, whole(2), tensor([5])),
    start().indexCopy(0, whole(2), tensor([5])),
  ],
  indexFill_: (x) => [x.indexFill_(0, whole(2), 5), start().indexFill(0, whole(2), 5)],
  indexPut_: (x) => [x.indexPut_([whole(-1)], 5), start().indexPut([whole(-1)], 5)],
  put_: (x) => [x.put_(whole(-1), tensor([7])), start().put(whole(-1), tensor([7]))],
  maskedScatter_: (x) => [
    x.maskedScatter_(x.gt(2), tensor([8, 9])),
    start().maskedScatter(start().gt(2), tensor([8, 9])),
  ],
};

for (const [name, form] of Object.entries(FORMS))
  test(name, () => {
    const x = start();
    const alias = x.narrow(0, 0, 4).view(2, 2);
    const [changed, wanted] = form(x);
    expect(changed).toBe(x);
    expect(x.tolistSync()).toEqual(wanted.tolistSync());
    expect(alias.flatten().tolistSync()).toEqual(wanted.tolistSync());
  });

test("a part that is written in place has the gradient of what was written", () => {
  const source = tensor([5, 6], { requiresGrad: true });
  const x = start().mul(2).indexCopy_(0, whole(3, 1), source);
  x.mul(tensor([1, 10, 100, 1000]))
    .sum()
    .backward();
  expect(source.grad!.tolistSync()).toEqual([1000, 10]);
});

test("tril_ and triu_", () => {
  expect(
    tensor([
      [1, 2],
      [3, 4],
    ])
      .tril_()
      .tolistSync(),
  ).toEqual([
    [1, 0],
    [3, 4],
  ]);
  expect(
    tensor([
      [1, 2],
      [3, 4],
    ])
      .triu_({ diagonal: 1 })
      .tolistSync(),
  ).toEqual([
    [0, 2],
    [0, 0],
  ]);
});
