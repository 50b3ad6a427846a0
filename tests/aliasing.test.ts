/** Which results share memory with the tensor that they are made of, and which have handles of their own. As PyTorch 2.13. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { arange, ones, setBackend, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";

beforeEach(() => setBackend(cpu()));

type Case = readonly [name: string, x: () => Tensor, f: (x: Tensor) => Tensor | readonly Tensor[]];
const sharesMemory = (x: Tensor, y: Tensor): boolean => x.memory.storage === y.memory.storage;
const results = ([, make, f]: Case): [Tensor, readonly Tensor[]] => {
  const x = make();
  const y = f(x);
  return [x, Array.isArray(y) ? y : [y as Tensor]];
};

const number = () => tensor(3);
const truth = () => tensor(true);
const whole = () => tensor([1, 2], { dtype: "int32" });
const vector = () => tensor([1, 2, 3, 4]);
const matrix = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
const line = () => vector().reshape(1, 1, 4).clone();
const image = () => T.arange(1, 17, { dtype: "float32" }).reshape(1, 4, 2, 2).clone();
const none = () => zeros([0], { dtype: "int32" });

/** Arguments with which an op has nothing to do, or could make do with a view. */
const COPIES: readonly Case[] = [
  ["repeat of one", vector, (x) => x.repeat(1)],
  ["repeat of a size of 1", () => zeros(1), (x) => x.repeat(3)],
  ["repeat of a row", () => zeros(1, 2), (x) => x.repeat(3, 1)],
  ["repeat in front", () => zeros(1, 2), (x) => x.repeat(3, 1, 1)],
  ["tile of one", vector, (x) => x.tile(1)],
  ["tile of a size of 1", () => zeros(1), (x) => x.tile(3)],
  ["repeatInterleave once", vector, (x) => x.repeatInterleave(1)],
  ["repeatInterleave of a size of 1", () => zeros(1), (x) => x.repeatInterleave(3)],
  ["repeatInterleave of a row", () => zeros(1, 2), (x) => x.repeatInterleave(3, { dim: 0 })],
  ["floor", whole, (x) => x.floor()],
  ["ceil", whole, (x) => x.ceil()],
  ["round", whole, (x) => x.round()],
  ["trunc", whole, (x) => x.trunc()],
  ["fix", whole, (x) => x.fix()],
  ["floor, the function", whole, T.floor],
  ["fix, the function", whole, T.fix],
  ["frac", vector, (x) => x.frac()],
  ["nanToNum", whole, (x) => x.nanToNum()],
  ["div by one", whole, (x) => x.div(1, { roundingMode: "trunc" })],
  ["floorDivide by one", whole, (x) => x.floorDivide(1)],
  ["pow 1", vector, (x) => x.pow(1)],
  ["add 0", vector, (x) => x.add(0)],
  ["clamp", vector, (x) => x.clamp({ min: -100 })],
  ["maximum", vector, (x) => x.maximum(x)],
  ["lerp", vector, (x) => x.lerp(x, 0)],
  ["sum of a number", number, (x) => x.sum()],
  ["sum of a number along 0", number, (x) => x.sum(0)],
  ["mean of a number", number, (x) => x.mean()],
  ["prod of a number", number, (x) => x.prod()],
  ["amax of a number", number, (x) => x.amax()],
  ["amin of a number", number, (x) => x.amin()],
  ["aminmax of a number", number, (x) => Object.values(x.aminmax())],
  ["max of a number", number, (x) => x.max()],
  ["min of a number", number, (x) => x.min()],
  ["max of a number along 0", number, (x) => x.max(0).values],
  ["all of a bool", truth, (x) => x.all()],
  ["any of a bool", truth, (x) => x.any()],
  ["nansum of a number", number, (x) => x.nansum()],
  ["nanmean of a number", number, (x) => x.nanmean()],
  ["norm of a number", number, (x) => x.norm()],
  ["logsumexp of a number", number, (x) => x.logsumexp(0)],
  ["cumsum of a number", number, (x) => x.cumsum(0)],
  ["cumprod of a number", number, (x) => x.cumprod(0)],
  ["logcumsumexp of a number", number, (x) => x.logcumsumexp(0)],
  ["cummax of a number", number, (x) => x.cummax(0).values],
  ["median of a number", number, (x) => x.median()],
  ["nanmedian of a number", number, (x) => x.nanmedian()],
  ["mode of a number", number, (x) => x.mode().values],
  ["kthvalue of a number", number, (x) => x.kthvalue(1).values],
  ["sort of a number", number, (x) => x.sort().values],
  ["msort of a number", number, (x) => x.msort()],
  ["topk of a number", number, (x) => x.topk(1).values],
  ["softmax of a number", number, (x) => x.softmax(0)],
  ["sum over a size of 1", () => ones(1, 3), (x) => x.sum(0)],
  ["amax over a size of 1", () => ones(1, 3), (x) => x.amax(0)],
  ["median over a size of 1", () => ones(1, 3), (x) => x.median(0).values],
  ["quantile over a size of 1", () => ones(1, 3), (x) => x.quantile(0.5, 0)],
  ["diag of a matrix", matrix, (x) => x.diag()],
  ["diag of a vector", vector, (x) => x.diag()],
  ["diagEmbed of one", () => ones(1), (x) => x.diagEmbed()],
  ["trace", () => ones(1, 1), (x) => x.trace()],
  ["tril", matrix, (x) => x.tril({ diagonal: 5 })],
  ["triu", matrix, (x) => x.triu({ diagonal: -5 })],
  ["roll by 0", vector, (x) => x.roll(0)],
  ["roll by the size", vector, (x) => x.roll(4)],
  ["roll by the size along 0", vector, (x) => x.roll(-4, 0)],
  ["roll along nothing", vector, (x) => x.roll([], [])],
  ["rot90 by 0", matrix, (x) => x.rot90({ k: 0 })],
  ["rot90 by 1", matrix, (x) => x.rot90()],
  ["rot90 by 2", matrix, (x) => x.rot90({ k: 2 })],
  ["rot90 by 3", matrix, (x) => x.rot90({ k: -1 })],
  ["pad with nothing", vector, (x) => x.pad([0, 0])],
  ["pad without pairs", vector, (x) => x.pad([])],
  ["pad by less", vector, (x) => x.pad([-1, 0])],
  ["pad by reflection with nothing", line, (x) => x.pad([0, 0], { mode: "reflect" })],
  ["pad by repetition with nothing", line, (x) => x.pad([0, 0], { mode: "replicate" })],
  ["diff of order 0", vector, (x) => x.diff({ n: 0 })],
  ["interpolate to the same size", line, (x) => T.interpolate(x, { size: 4 })],
  ["interpolate to half", line, (x) => T.interpolate(x, { size: 2 })],
  ["interpolate one element", () => zeros(1, 1, 1), (x) => T.interpolate(x, { size: 3 })],
  ["interpolate linearly", line, (x) => T.interpolate(x, { size: 4, mode: "linear" })],
  ["interpolate areas", line, (x) => T.interpolate(x, { size: 4, mode: "area" })],
  ["pixelShuffle by 1", image, (x) => T.pixelShuffle(x, 1)],
  ["pixelShuffle of pixels", () => ones(1, 4, 1, 1), (x) => T.pixelShuffle(x, 2)],
  ["pixelUnshuffle by 1", image, (x) => T.pixelUnshuffle(x, 1)],
  ["pixelUnshuffle of one square", () => ones(1, 1, 2, 2), (x) => T.pixelUnshuffle(x, 2)],
  ["channelShuffle in one group", image, (x) => T.channelShuffle(x, 1)],
  ["channelShuffle in groups of one", image, (x) => T.channelShuffle(x, 4)],
  ["im2col of single elements", image, (x) => T.im2col(x, 1)],
  ["col2im of single elements", () => ones(1, 4, 4), (x) => T.col2im(x, 2, 1)],
  ["maxPool1d of single elements", line, (x) => T.maxPool1d(x, 1)],
  ["avgPool1d of single elements", line, (x) => T.avgPool1d(x, 1)],
  ["lpPool1d of single elements", line, (x) => T.lpPool1d(x, 1, 1)],
  ["adaptiveAvgPool1d to the same size", line, (x) => T.adaptiveAvgPool1d(x, 4)],
  ["adaptiveMaxPool1d to the same size", line, (x) => T.adaptiveMaxPool1d(x, 4)],
  ["cat of one", vector, (x) => T.cat([x])],
  ["cat with nothing", vector, (x) => T.cat([x, zeros(0)])],
  ["stack of one", vector, (x) => T.stack([x])],
  ["hstack of one", vector, (x) => T.hstack([x])],
  ["vstack of one", matrix, (x) => T.vstack([x])],
  ["dstack of one", matrix, (x) => T.dstack([x])],
  ["columnStack of one", matrix, (x) => T.columnStack([x])],
  ["blockDiag of one", matrix, (x) => T.blockDiag(x)],
  ["combinations of one", vector, (x) => T.combinations(x, { r: 1 })],
  ["vander", vector, (x) => T.vander(x, { N: 2 })],
  ["kron with 1", vector, (x) => T.kron(x, ones(1))],
  ["chainMatmul of one", matrix, (x) => T.chainMatmul(x)],
  ["matrixPower 1", () => T.eye(2), (x) => x.matrixPower(1)],
  ["cov of a number", number, (x) => x.cov()],
  ["unravelIndex", () => tensor([3], { dtype: "int32" }), (x) => T.unravelIndex(x, [5])],
  ["uniqueConsecutive", vector, (x) => x.uniqueConsecutive()],
  ["indexSelect", vector, (x) => x.indexSelect(0, T.arange(4))],
  ["index", vector, (x) => x.index([T.arange(4)])],
  ["maskedSelect", vector, (x) => x.maskedSelect(x.gt(0))],
  ["takeAlongDim", vector, (x) => x.takeAlongDim(T.arange(4), { dim: 0 })],
  ["take", vector, (x) => x.take(T.arange(4))],
  ["scatter of nothing", vector, (x) => x.scatter(0, none(), zeros(0))],
  ["scatterReduce of nothing", vector, (x) => x.scatterReduce(0, none(), zeros(0), "amax")],
  ["indexAdd of nothing", vector, (x) => x.indexAdd(0, none(), zeros(0))],
  ["indexFill of nothing", vector, (x) => x.indexFill(0, none(), 1)],
  ["put of nothing", vector, (x) => x.put(none(), zeros(0))],
  ["indexPut of nothing", vector, (x) => x.indexPut([none()], zeros(0))],
  ["maskedFill of nothing", vector, (x) => x.maskedFill(x.lt(0), 1)],
  ["maskedScatter of nothing", vector, (x) => x.maskedScatter(x.lt(0), zeros(0))],
  ["renorm of little", matrix, (x) => x.renorm(2, 0, 1e9)],
  ["frexp", vector, (x) => x.frexp().mantissa],
  ["gradient", vector, (x) => T.gradient(x)],
  ["clone", vector, (x) => x.clone()],
];

/** What PyTorch documents as a view, or as the tensor itself. */
const VIEWS: readonly Case[] = [
  ["reshape", matrix, (x) => x.reshape(2, 3)],
  ["view", matrix, (x) => x.view(2, 3)],
  ["flatten", vector, (x) => x.flatten()],
  ["unflatten", vector, (x) => x.unflatten(0, [4])],
  ["ravel", vector, (x) => x.ravel()],
  ["expand", matrix, (x) => x.expand(2, 3)],
  ["broadcastTo", matrix, (x) => x.broadcastTo(2, 3)],
  ["squeeze", matrix, (x) => x.squeeze()],
  ["squeeze of no dimension", matrix, (x) => x.squeeze([])],
  ["permute", matrix, (x) => x.permute(0, 1)],
  ["transpose", matrix, (x) => x.transpose(1, 1)],
  ["t of a vector", vector, (x) => x.t()],
  ["movedim", matrix, (x) => x.movedim(0, 0)],
  ["narrow", matrix, (x) => x.narrow(0, 0, 2)],
  ["slice", matrix, (x) => x.slice(0)],
  ["split", vector, (x) => x.split(4)],
  ["chunk", vector, (x) => x.chunk(1)],
  ["tensorSplit", vector, (x) => x.tensorSplit(1)],
  ["diagonal", matrix, (x) => x.diagonal()],
  ["unfold", vector, (x) => x.unfold(0, 4, 4)],
  ["detach", vector, (x) => x.detach()],
  ["meshgrid", vector, (x) => T.meshgrid(x)],
];
/** With a handle of its own or not: PyTorch gives some of these back as they are. */
const SAME: readonly Case[] = [
  ["to", vector, (x) => x.to("float32")],
  ["contiguous", vector, (x) => x.contiguous()],
  ["positive", vector, (x) => x.positive()],
  ["atleast1d", vector, (x) => T.atleast1d(x)],
  ["cartesianProd of one", vector, (x) => T.cartesianProd(x)],
];

describe("results with memory of their own", () => {
  test.each(COPIES)("%s", (...c) => {
    const [x, ys] = results(c as Case);
    for (const y of ys) expect(sharesMemory(x, y)).toBe(false);
  });
  test("all elements of a repeated tensor are places of their own", () => {
    const repeated = zeros(1).repeat(3);
    repeated.select(0, 1).fill_(9);
    expect(repeated.tolistSync()).toEqual([0, 9, 0]);
    const rows = zeros(1, 2).repeatInterleave(2, { dim: 0 });
    rows.select(0, 0).add_(1);
    expect(rows.tolistSync()).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });
  test("a change leaves what it was made from alone", () => {
    const x = whole();
    x.floor().add_(1);
    expect(x.tolistSync()).toEqual([1, 2]);
    const loss = tensor(3);
    loss.sum().mul_(2);
    expect(loss.itemSync()).toBe(3);
    const m = matrix();
    m.diag().zero_();
    expect(m.tolistSync()).toEqual(matrix().tolistSync());
  });
  test("gradients pass through copies", () => {
    const x = tensor([[1, 2, 3]], { requiresGrad: true });
    const y = x.repeat(3, 1).roll(3, 1).rot90({ k: 2 }).pad([0, 0]);
    y.mul(tensor([[1], [2], [4]]))
      .sum()
      .backward();
    expect(x.grad!.tolistSync()).toEqual([[7, 7, 7]]);
  });
});

describe("views", () => {
  test.each([...VIEWS, ...SAME])("%s shares memory", (...c) => {
    const [x, ys] = results(c as Case);
    for (const y of ys) expect(sharesMemory(x, y)).toBe(true);
  });
  test.each(VIEWS)("%s has a handle of its own", (...c) => {
    const [x, ys] = results(c as Case);
    const { shape } = x;
    for (const y of ys) {
      expect(y).not.toBe(x);
      y.unsqueeze_(0);
      y.requiresGrad_();
    }
    expect(x.shape).toEqual(shape);
    expect(x.requiresGrad).toBe(false);
  });
  test.each(VIEWS.filter(([name]) => name !== "detach"))(
    "the gradient passes through %s",
    (...c) => {
      const [, make, f] = c as Case;
      const x = make().requiresGrad_();
      const y = f(x);
      const first = Array.isArray(y) ? y[0] : y;
      first.mul(first).sum().backward();
      const wanted = x.detach().mul(2);
      expect(x.grad!.sum().itemSync()).toBe(c[0] === "diagonal" ? 12 : wanted.sum().itemSync());
    },
  );
  test("a view of all of a tensor is that tensor to a change in place", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const h = x.mul(3);
    h.view(2).mul_(5);
    expect(h.tolistSync()).toEqual([15, 30]);
    h.sum().backward();
    expect(x.grad!.tolistSync()).toEqual([15, 15]);
  });
});

describe("in place on an expanded tensor", () => {
  const expanded = () => zeros(1, 2).expand(3, 2);
  const int = (...data: number[]) => tensor(data, { dtype: "int32" });
  test.each<readonly [string, (x: Tensor) => unknown]>([
    ["add_", (x) => x.add_(1)],
    ["mul_", (x) => x.mul_(ones(3, 2))],
    ["copy_", (x) => x.copy_(ones(3, 2))],
    ["copy_", (x) => x.copy_(tensor(1))],
    ["exp_", (x) => x.exp_()],
    ["clamp_", (x) => x.clamp_({ min: 1 })],
    ["cumsum_", (x) => x.cumsum_(0)],
    ["addmm_", (x) => x.addmm_(ones(3, 1), ones(1, 2))],
    ["indexAdd_", (x) => x.indexAdd_(0, int(0), ones(1, 2))],
    ["scatter_", (x) => x.scatter_(0, int(0, 0).reshape(1, 2), 1)],
    ["put_", (x) => x.put_(int(0), ones(1))],
    ["uniform_", (x) => x.uniform_()],
    ["normal_", (x) => x.normal_()],
    ["random_", (x) => x.random_()],
    ["bernoulli_", (x) => x.bernoulli_()],
  ])("%s is refused", (name, change) => {
    const x = expanded();
    expect(() => change(x)).toThrow(new RegExp(`^${name}: .*expanded.*clone\\(\\)`));
    expect(x.tolistSync()).toEqual(expanded().tolistSync());
  });
  // PyTorch allows what writes one number wherever it writes.
  test.each<readonly [string, (x: Tensor) => Tensor]>([
    ["fill_", (x) => x.fill_(1)],
    ["maskedFill_", (x) => x.maskedFill_(ones(3, 2).ne(0), 1)],
    ["indexFill_", (x) => x.indexFill_(0, int(0, 1, 2), 1)],
  ])("%s is not", (_, change) =>
    expect(change(expanded()).tolistSync()).toEqual(ones(3, 2).tolistSync()),
  );
  test("what is expanded by nothing, empty or overlaps otherwise is written to", () => {
    expect(zeros(1, 2).expand(1, 2).add_(1).tolistSync()).toEqual([[1, 1]]);
    expect(zeros(1, 0).expand(3, 0).add_(1).shape).toEqual([3, 0]);
    expect(arange(4, { dtype: "float32" }).unfold(0, 2, 1).add_(0).shape).toEqual([3, 2]);
  });
});
