/** Arguments that no op can take: what is said about them. Which are refused is as in PyTorch 2.13. */
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { ones, setBackend, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import { thrown } from "./thrown.ts";

beforeEach(() => setBackend(cpu()));

const message = (fn: () => unknown): string => thrown(fn).message;

const v = () => zeros(4);
const m = () => zeros(2, 3);
const int = (...data: number[]) => tensor(data, { dtype: "int32" });

type Call = readonly [what: string, pattern: RegExp, call: () => unknown];

const FRACTIONS: readonly Call[] = [
  ["narrow's start", /^narrow: start is 2\.5: a whole number/, () => v().narrow(0, 2.5, 1)],
  ["narrow's length", /^narrow: length is 1\.5: a whole number/, () => v().narrow(0, 0, 1.5)],
  ["narrow's start, not a number", /^narrow: start is NaN/, () => v().narrow(0, Number.NaN, 2)],
  ["narrow's dim", /^narrow: dim 0\.5/, () => m().narrow(0.5, 0, 1)],
  ["slice's start", /^slice: start is 0\.5: a whole number/, () => v().slice(0, 0.5, 3)],
  ["slice's end", /^slice: end is 2\.5: a whole number/, () => v().slice(0, 0, 2.5)],
  ["slice's start, not a number", /^slice: start is NaN/, () => v().slice(0, Number.NaN)],
  ["slice's step", /^slice: step 1\.5/, () => v().slice(0, 0, 4, 1.5)],
  ["select's index", /^select: index 0\.5/, () => v().select(0, 0.5)],
  ["at's index", /index 0\.5/, () => v().at(0.5)],
  ["unfold's size", /^unfold: size 1\.5/, () => v().unfold(0, 1.5, 1)],
  ["unfold's step", /^unfold:.*step 0\.5/, () => v().unfold(0, 1, 0.5)],
  ["roll's shifts", /^roll: shifts is 0\.5: a whole number/, () => v().roll(0.5)],
  ["roll's shifts along dims", /^roll: shifts is 0\.5/, () => m().roll([1, 0.5], [0, 1])],
  ["rot90's k", /^rot90: k is 0\.5: a whole number/, () => m().rot90({ k: 0.5 })],
  ["split's size", /^split: size is 2\.5: a whole number/, () => zeros(5).split(2.5)],
  ["split's sizes", /^split: size is 2\.5: a whole number/, () => zeros(5).split([2.5, 2.5])],
  [
    "a negative size of split",
    /^split: size is -1: a whole number from 0/,
    () => zeros(4).split([5, -1]),
  ],
  ["chunk's number", /^chunk: chunks is 2\.5: a whole number/, () => zeros(5).chunk(2.5)],
  [
    "tensorSplit's index",
    /^tensorSplit: index is 2\.5: a whole number/,
    () => v().tensorSplit([2.5]),
  ],
  ["tensorSplit's number", /^tensorSplit: 1\.5 parts/, () => v().tensorSplit(1.5)],
  ["hsplit's number", /^hsplit:.*1\.5/, () => v().hsplit(1.5)],
  ["hsplit's index", /^hsplit: index is 1\.5/, () => v().hsplit([1.5])],
  ["expand's size", /^expand: a size is 2\.5: a whole number/, () => zeros(1).expand(2.5)],
  ["broadcastTo's size", /^expand: a size is 2\.5/, () => zeros(1).broadcastTo(2.5)],
  ["reshape's size", /^reshape: \[2\.5, 2\].*whole numbers/, () => zeros(5).reshape(2.5, 2)],
  ["view's size", /^view: \[2\.5, 2\].*whole numbers/, () => zeros(5).view(2.5, 2)],
  [
    "unflatten's size",
    /^unflatten: \[2\.5, 2\].*whole numbers/,
    () => zeros(5).unflatten(0, [2.5, 2]),
  ],
  ["flatten's startDim", /^flatten: dim 0\.5/, () => m().flatten(0.5)],
  ["movedim's dim", /^movedim: dim 0\.5/, () => m().movedim(0.5, 0)],
  ["transpose's dim", /^transpose: dim 0\.5/, () => m().transpose(0.5, 1)],
  ["permute's dim", /^permute: dim 0\.5/, () => m().permute(0.5, 1)],
  ["squeeze's dim", /^squeeze: dim 0\.5/, () => m().squeeze(0.5)],
  ["unsqueeze's dim", /^unsqueeze: dim 0\.5/, () => m().unsqueeze(0.5)],
  ["flip's dim", /^flip: dim 0\.5/, () => m().flip(0.5)],
  ["sum's dim", /^sum: dim 0\.5/, () => m().sum(0.5)],
  ["repeat's number", /^repeat: 1\.5/, () => v().repeat(1.5)],
  ["tile's number", /1\.5 is not a number of times/, () => v().tile(1.5)],
  ["repeatInterleave's number", /^repeatInterleave: 2\.5/, () => v().repeatInterleave(2.5)],
  ["topk's k", /^topk: k = 1\.5/, () => v().topk(1.5)],
  ["kthvalue's k", /^kthvalue: k = 1\.5/, () => v().kthvalue(1.5)],
  ["pad's padding", /^pad: padding is 0\.5: a whole number/, () => v().pad([0.5, 0])],
  ["diff's n", /^diff: n = 0\.5/, () => v().diff({ n: 0.5 })],
  [
    "diagonal's offset",
    /^diagonal: offset is 0\.5: a whole number/,
    () => m().diagonal({ offset: 0.5 }),
  ],
  ["diagEmbed's offset", /^diagEmbed: offset is 0\.5/, () => v().diagEmbed({ offset: 0.5 })],
  ["diag's diagonal", /offset is 0\.5: a whole number/, () => m().diag({ diagonal: 0.5 })],
  ["tril's diagonal", /^tril: diagonal is 0\.5: a whole number/, () => m().tril({ diagonal: 0.5 })],
  ["triu's diagonal", /^triu: diagonal is 0\.5: a whole number/, () => m().triu({ diagonal: 0.5 })],
  ["trilIndices' row", /^trilIndices: row is 1\.5/, () => T.trilIndices(1.5, 2)],
  [
    "sliceScatter's end",
    /^sliceScatter: end is 1\.5/,
    () => v().sliceScatter(zeros(1), { end: 1.5 }),
  ],
  [
    "selectScatter's index",
    /^selectScatter: index 0\.5/,
    () => v().selectScatter(tensor(1), 0, 0.5),
  ],
  [
    "oneHot's classes",
    /^oneHot: numClasses is 2\.5: a whole number/,
    () => T.oneHot(int(0, 1), { numClasses: 2.5 }),
  ],
  [
    "bincount's minlength",
    /^bincount: minlength is 2\.5/,
    () => T.bincount(int(0), { minlength: 2.5 }),
  ],
  ["tensordot's dims", /^tensordot: dims is 0\.5/, () => T.tensordot(v(), v(), { dims: 0.5 })],
  [
    "unravelIndex's shape",
    /^unravelIndex: \[2\.5, 2\] is not a shape/,
    () => T.unravelIndex(int(1), [2.5, 2]),
  ],
  ["zeros' size", /^zeros: \[2\.5\] is not a shape/, () => zeros(2.5)],
  ["ones' size", /^ones: \[2, NaN\] is not a shape/, () => ones(2, Number.NaN)],
  ["empty's size", /^empty: \[2\.5\] is not a shape/, () => T.empty(2.5)],
  ["full's size", /\[2\.5\] is not a shape/, () => T.full([2.5], 1)],
  ["newZeros' size", /\[2\.5\] is not a shape/, () => v().newZeros([2.5])],
  ["newEmpty's size", /\[-1\] is not a shape/, () => v().newEmpty([-1])],
  ["rand's size", /^rand: \[2\.5\] is not a shape/, () => T.rand(2.5)],
  ["uniform's size", /\[2\.5, 2\] is not a shape/, () => T.uniform(0, 1, [2.5, 2])],
  ["normal's size", /\[2\.5, 2\] is not a shape/, () => T.normal(0, 1, [2.5, 2])],
  ["randint's size", /^randint: \[2\.5, 2\] is not a shape/, () => T.randint(5, [2.5, 2])],
  ["randint's high", /^randint: high is 2\.5: a whole number/, () => T.randint(2.5, [2])],
  [
    "tensor's shape",
    /^tensor: \[2\.5, 2\] is not a shape/,
    () => tensor([1, 2, 3, 4, 5], { shape: [2.5, 2] }),
  ],
  [
    "tensor's negative shape",
    /^tensor: \[-2, -2\] is not a shape/,
    () => tensor(new Float32Array(4), { shape: [-2, -2] }),
  ],
  ["eye's size", /^eye: \[2\.5, 2\.5\] is not a shape/, () => T.eye(2.5)],
  [
    "linspace's steps",
    /^linspace: steps is 2\.5: a whole number from 0/,
    () => T.linspace(0, 1, 2.5),
  ],
  [
    "negative steps of linspace",
    /^linspace: steps is -1: a whole number from 0/,
    () => T.linspace(0, 1, -1),
  ],
  [
    "logspace's steps",
    /^logspace: steps is 2\.5: a whole number from 0/,
    () => T.logspace(0, 1, 2.5),
  ],
  ["randperm's n", /^randperm: n is 2\.5: a whole number from 0/, () => T.randperm(2.5)],
  ["a negative n of randperm", /^randperm: n is -1: a whole number from 0/, () => T.randperm(-1)],
];

describe("sizes, positions and counts are whole numbers", () => {
  test.each(FRACTIONS)("%s", (_, pattern, call) => expect(message(call)).toMatch(pattern));
  test("nothing is drawn for an argument that is refused", () => {
    T.manualSeed(0);
    const next = T.rand(1).itemSync();
    T.manualSeed(0);
    for (const call of [() => T.randperm(2.5), () => T.randint(2.5, [2]), () => T.rand(1.5)])
      message(call);
    expect(T.rand(1).itemSync()).toBe(next);
  });
  test("beyond the end is infinitely far, too", () =>
    expect(tensor([1, 2, 3]).slice(0, 1, Number.POSITIVE_INFINITY).tolistSync()).toEqual([2, 3]));
});

describe("an empty dimension has no position", () => {
  const one = () => ones(1);
  test.each<readonly [string, () => unknown]>([
    ["gather", () => zeros(0).gather(0, int(5))],
    ["scatter", () => zeros(0).scatter(0, int(5), one())],
    ["scatterAdd", () => zeros(0).scatterAdd(0, int(5), one())],
    ["scatterReduce", () => zeros(0).scatterReduce(0, int(5), one(), "amax")],
    ["scatterReduce", () => zeros(0).scatterReduce(0, int(5), one(), "sum")],
    [
      "scatterReduce",
      () => zeros(0).scatterReduce(0, int(5), one(), "mean", { includeSelf: false }),
    ],
    ["put", () => zeros(0).put(int(5), one())],
    ["take", () => zeros(0).take(int(5))],
    ["indexSelect", () => zeros(0).indexSelect(0, int(5))],
    ["indexAdd", () => zeros(0).indexAdd(0, int(5), one())],
    ["indexCopy", () => zeros(0).indexCopy(0, int(5), one())],
    ["indexFill", () => zeros(0).indexFill(0, int(5), 1)],
    ["indexReduce", () => zeros(0).indexReduce(0, int(5), one(), "prod")],
    ["indexPut", () => zeros(0).indexPut([int(5)], one())],
  ])("%s", (name, call) => {
    const text = message(call);
    expect(text).toMatch(new RegExp(`^${name}: .*(size 0|has 0)`));
  });
  test("and needs none where nothing is named", () => {
    expect(zeros(0).scatterAdd(0, int(), zeros(0)).shape).toEqual([0]);
    expect(zeros(0, 3).indexAdd(0, int(), zeros(0, 3)).shape).toEqual([0, 3]);
    expect(zeros(0, 3).gather(0, zeros([0, 3], { dtype: "int32" })).shape).toEqual([0, 3]);
  });
});

describe("dimensions that are not there", () => {
  test("size", () => {
    const x = zeros(2, 3);
    expect([x.size(), x.size(1), x.size(-2)]).toEqual([[2, 3], 3, 2]);
    expect(message(() => x.size(5))).toMatch(/^size: dim 5 is out of range.*2 dimensions/);
    expect(message(() => x.size(-3))).toMatch(/^size: dim -3/);
    expect(message(() => tensor(1).size(0))).toMatch(/^size: .*no dim 0/);
  });
  test("softmax of nothing, and of a number", () => {
    for (const x of [zeros(0), tensor(1)]) {
      expect(message(() => x.softmax(-5))).toMatch(/^softmax: dim -5 is out of range/);
      expect(message(() => x.logSoftmax(3))).toMatch(/^logSoftmax: dim 3 is out of range/);
      expect(x.softmax(-1).shape).toEqual(x.shape);
    }
  });
  test("integrals of a number", () => {
    expect(message(() => T.trapezoid(tensor(1)))).toMatch(/^trapezoid: .*at least one dimension/);
    expect(message(() => T.trapezoid(tensor(1), { dim: 0 }))).toMatch(/^trapezoid: /);
    expect(message(() => T.cumulativeTrapezoid(tensor(1)))).toMatch(
      /^cumulativeTrapezoid: .*at least one dimension/,
    );
    expect(message(() => T.trapezoid(zeros(2), { dim: 5 }))).toMatch(/^trapezoid: dim 5/);
    expect(T.trapezoid(zeros(0)).itemSync()).toBe(0);
    expect(T.cumulativeTrapezoid(zeros(0)).shape).toEqual([0]);
  });
  test("distinct slices that are empty", () => {
    const both: [string, (x: Tensor, o: { dim: number }) => Tensor][] = [
      ["unique", T.unique],
      ["uniqueConsecutive", T.uniqueConsecutive],
    ];
    for (const [name, fn] of both) {
      expect(fn(zeros(0, 3), { dim: 0 }).shape).toEqual([0, 3]);
      for (const [x, dim] of [
        [zeros(0, 3), 1],
        [zeros(3, 0), 0],
        [zeros(0, 0), 0],
      ] as const)
        expect(message(() => fn(x, { dim }))).toMatch(
          new RegExp(`^${name}: the slices of .*no elements`),
        );
      expect(message(() => fn(tensor(1), { dim: 0 }))).toMatch(new RegExp(`^${name}: .*no dim 0`));
    }
  });
});
