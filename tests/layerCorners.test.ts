/** Layers, optimizers and samplers at the edges of what they take: what PyTorch 2.13 answers, and what it refuses. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { WeightedRandomSampler } from "@dl/data";
import { binaryCrossEntropy } from "@dl/losses";
import * as nn from "@dl/nn";
import * as optim from "@dl/optim";
import * as T from "@dl/tensor";
import { ShapeError, type Tensor, tensor } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { thrown } from "./thrown.ts";

beforeAll(() => T.setBackend(cpu()));

const learnt = (...data: number[]) => tensor(data, { requiresGrad: true });
function expectClose(x: Tensor, wanted: number[]): void {
  const got = x.flatten().tolistSync() as number[];
  expect(got.length).toBe(wanted.length);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i], 5);
  });
}

describe("pad", () => {
  test.each([
    [[3, 1], [-2, 2], 1],
    [[3, 1], [2, -2], 1],
    [[3, 2], [2, -3], 1],
    [[2, 3], [0, 0, -3, 4], 0],
  ])("%j by %j cuts more off than there is", (shape, padding, dim) => {
    const e = thrown(() => T.pad(T.zeros(shape), padding, { value: 1 }));
    expect(e).toBeInstanceOf(ShapeError);
    expect(e.message).toMatch(/^pad: /);
    expect(e.message).toContain(`dim ${dim} of [${shape.join(", ")}]`);
  });
  test("also on two dimensions, in a layer", () => {
    const layer = new nn.ConstantPad3d([-2, 2, 1, 2, 1, -2], 1.5);
    expect(thrown(() => layer(T.zeros(2, 2, 1, 4, 1)))).toBeInstanceOf(ShapeError);
  });
  test("may cut off all there is", () => {
    const ones = [1, 1];
    expect(T.pad(T.zeros(3, 2), [-2, 2], { value: 1 }).tolistSync()).toEqual([ones, ones, ones]);
    expect(T.pad(T.zeros(2, 2), [-1, -1]).shape).toEqual([2, 0]);
  });
});

describe("pooling", () => {
  const { maxPool1d, maxPool2d, maxPool3d, avgPool2d, avgPool3d } = T;
  test("of an empty batch", () => {
    const [image, volume] = [T.zeros(0, 2, 4, 4), T.zeros(0, 2, 4, 4, 4)];
    for (const x of [image, volume]) x.requiresGrad = true;
    const { values, indices } = maxPool3d(volume, 2, { returnIndices: true });
    expect([values.shape, indices.shape]).toEqual([
      [0, 2, 2, 2, 2],
      [0, 2, 2, 2, 2],
    ]);
    values.sum().backward();
    expect(volume.grad!.shape).toEqual([0, 2, 4, 4, 4]);
    expect(avgPool3d(volume, 2).shape).toEqual([0, 2, 2, 2, 2]);
    maxPool2d(image, 2).sum().backward();
    expect(image.grad!.shape).toEqual([0, 2, 4, 4]);
    const { fractionalMaxPool2d, fractionalMaxPool3d } = nn.functional;
    expect(fractionalMaxPool2d(image, 2, { outputSize: 2 }).shape).toEqual([0, 2, 2, 2]);
    expect(fractionalMaxPool3d(volume, 2, { outputSize: 2 }).shape).toEqual([0, 2, 2, 2, 2]);
  });
  test("pads by half of the kernel at most, whatever the dilation", () => {
    const x = T.arange(8).to("float32").reshape([1, 1, 8]);
    const options = { padding: 1, dilation: 3 };
    expect(maxPool1d(x, 2, options).tolistSync()).toEqual([[[2, 4, 6, 5]]]);
    expect(maxPool1d(x, 3, options).tolistSync()).toEqual([[[5, 5]]]);
    const wide = { padding: 2, dilation: 3 };
    expect(() => maxPool1d(x, 3, wide)).toThrow(/at most half of kernelSize/);
    expect(() => maxPool2d(T.zeros(1, 1, 8, 8), 3, wide)).toThrow(/at most half of kernelSize/);
    expect(() => maxPool3d(T.zeros(1, 1, 8, 8, 8), 3, wide)).toThrow(/at most half of kernelSize/);
  });
  test("averages volumes only where the kernel fits without the padding", () => {
    const options = { padding: 1 };
    const small = new nn.AvgPool3d(3, options);
    expect(() => small(T.ones(1, 1, 2, 2, 2))).toThrow(/larger than the input \[1, 1, 2, 2, 2\]/);
    expect(() => avgPool3d(T.ones(1, 2, 2, 2), 3, { ceilMode: true })).toThrow(ShapeError);
    expect(small(T.ones(1, 1, 3, 3, 3)).shape).toEqual([1, 1, 1, 1, 1]);
    expectClose(avgPool2d(T.ones(1, 1, 2, 2), 3, options), [4 / 9]);
    expectClose(maxPool3d(T.ones(1, 1, 2, 2, 2), 3, options), [1]);
  });
});

test("softmax of a number has no second dimension", () => {
  for (const layer of [
    new nn.Softmax({ dim: 1 }),
    new nn.LogSoftmax({ dim: -2 }),
    new nn.Softmin(1),
  ])
    expect(() => layer(tensor(3))).toThrow(/out of range/);
  expect(new nn.Softmax({ dim: -1 })(tensor(3)).itemSync()).toBe(1);
});

describe("BatchNorm in training", () => {
  test.each([[[0, 2]], [[0, 2, 3]], [[3, 2, 0]]])("of %j", (shape) => {
    const layer = new nn.BatchNorm1d(2);
    layer(
      tensor([
        [1, 2],
        [3, 5],
      ]),
    );
    const x = T.zeros(shape, { requiresGrad: true });
    const y = layer(x);
    expect(y.shape).toEqual(shape);
    y.sum().backward();
    expect(x.grad!.shape).toEqual(shape);
    expectClose(layer.weight!.grad!, [0, 0]);
    expectClose(layer.bias!.grad!, [0, 0]);
    expectClose(layer.runningMean!, [0.2, 0.35]);
    expectClose(layer.runningVar!, [1.1, 1.35]);
    expect(layer.numBatchesTracked!.itemSync()).toBe(2);
  });
  test("still refuses one value per channel", () => {
    const layer = new nn.BatchNorm2d(2, { trackRunningStats: false });
    expect(() => layer(T.zeros(1, 2, 1, 1))).toThrow(/more than one value per channel/);
    expect(layer(T.zeros(0, 2, 3, 3)).shape).toEqual([0, 2, 3, 3]);
  });
});

test("the gradient of binary cross-entropy with respect to its target is not bounded", () => {
  for (const [p, wanted] of [
    [0, Infinity],
    [1, -Infinity],
    [1e-30, 69.07755279541016],
    [0.25, 1.0986123085021973],
  ]) {
    const target = learnt(0.3);
    binaryCrossEntropy(tensor([p]), target).backward();
    const got = target.grad!.itemSync();
    if (Number.isFinite(wanted)) expect(got).toBeCloseTo(wanted, 4);
    else expect(got).toBe(wanted);
  }
});

describe("WeightedRandomSampler without replacement", () => {
  test.each([
    [0, [1, 0, 2, 3], [2, 3], [2, 3], 0.6977],
    [3, [0, 0.5, 0, 0, 2, 1], [1, 4, 5], [4, 5, 1], 0.1809],
  ])("draws for weights of 0 too, from seed %d", (seed, weights, first, second, next) => {
    T.manualSeed(seed);
    const sampler = new WeightedRandomSampler(weights, first.length, { replacement: false });
    expect([[...sampler], [...sampler]]).toEqual([first, second]);
    expect(T.rand([1]).itemSync()).toBeCloseTo(next, 4);
  });
});

describe("optimizers", () => {
  test("pass over parameters that require no gradient, and number them", () => {
    const [a, b] = [tensor([1, 2]), learnt(3)];
    const optimizer = new optim.Adam([a, b], { lr: 0.1 });
    b.grad = tensor([1]);
    optimizer.step();
    expectClose(a, [1, 2]);
    expectClose(b, [2.9]);
    const dict = optimizer.stateDict();
    expect(Object.keys(dict.state)).toEqual(["1"]);
    expect(dict.param_groups[0].params).toEqual([0, 1]);
    a.requiresGrad = true;
    a.grad = tensor([1, -1]);
    b.grad = null;
    optimizer.step();
    expectClose(a, [0.9, 2.1]);
    expectClose(b, [2.9]);
    expect(Object.keys(optimizer.stateDict().state)).toEqual(["0", "1"]);
  });
  test("take a model whose embedding is frozen", () => {
    const model = new nn.Sequential(nn.Embedding.fromPretrained(T.ones(3, 2)), new nn.Linear(2, 1));
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    model(tensor([0, 2], { dtype: "int32" }))
      .sum()
      .backward();
    optimizer.step();
    const [table, , bias] = optimizer.paramGroups[0].params;
    expect(table.requiresGrad).toBe(false);
    expectClose(table, [1, 1, 1, 1, 1, 1]);
    expect(bias.grad!.tolistSync()).toEqual([2]);
  });
  test("LBFGS moves no frozen parameter", () => {
    const [x, y] = [tensor([3, -1]), learnt(2)];
    const optimizer = new optim.LBFGS([x, y], { lr: 0.25, maxIter: 3 });
    const loss = optimizer.step(() => {
      optimizer.zeroGrad();
      const value = y.sub(1).square().mul(x.select(0, 0)).sum().add(y.pow(4).sum());
      value.backward();
      return value;
    });
    expect(loss.itemSync()).toBe(19);
    expectClose(x, [3, -1]);
    expectClose(y, [1.6156088]);
    expectClose(optimizer.stateDict().state[0].d as Tensor, [0, 0, -0.5375648]);
  });

  test("SGD without momentum has no state", () => {
    const p = learnt(1, 2);
    const optimizer = new optim.SGD([p], { lr: 0.5 });
    p.grad = tensor([1, -1]);
    optimizer.step();
    expect(optimizer.stateDict().state).toEqual({});
    // The first step with momentum starts the buffer, without dampening.
    Object.assign(optimizer.paramGroups[0], { momentum: 0.5, dampening: 0.5 });
    optimizer.step();
    optimizer.step();
    expectClose(p, [-0.5, 3.5]);
    expectClose(optimizer.stateDict().state[0].momentum_buffer as Tensor, [1, -1]);
  });
  test("SGD reads checkpoints whose buffer is null", () => {
    const p = learnt(1, 2);
    const optimizer = new optim.SGD([p], { lr: 0.5, momentum: 0.5, dampening: 0.5 });
    const { param_groups } = optimizer.stateDict();
    optimizer.loadStateDict({ state: { 0: { momentum_buffer: null } }, param_groups });
    p.grad = tensor([1, -1]);
    optimizer.step();
    expectClose(p, [0.5, 2.5]);
  });

  test("Adagrad has sums from the start, with the constructor's value in every group", () => {
    const [a, b] = [learnt(1, 2), tensor([3])];
    const optimizer = new optim.Adagrad(
      [{ params: [a], initialAccumulatorValue: 4 }, { params: [b] }],
      { lr: 0.1, initialAccumulatorValue: 0.25 },
    );
    const { state, param_groups } = optimizer.stateDict();
    expect([state[0].step, state[1].step]).toEqual([0, 0]);
    expectClose(state[0].sum as Tensor, [0.25, 0.25]);
    expectClose(state[1].sum as Tensor, [0.25]);
    expect(param_groups.map((g) => g.initial_accumulator_value)).toEqual([4, 0.25]);
    a.grad = tensor([1, 2]);
    optimizer.step();
    expectClose(a, [0.9105573, 1.9029857]);
    // And in a group that joins later.
    const later = learnt(0);
    optimizer.addParamGroup({ params: later, initialAccumulatorValue: 3 });
    later.grad = tensor([1]);
    optimizer.step();
    expectClose(later, [-0.0894427]);
  });
});
