import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { DlError, scope, setBackend, type Tensor, tensor, unscoped, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import {
  Adafactor,
  Adam,
  Adamax,
  AdamW,
  AveragedModel,
  type AveragedModule,
  getEmaAvgFn,
  getSwaAvgFn,
  LBFGS,
  l1Penalty,
  l2Penalty,
  Muon,
  Rprop,
  SGD,
  SparseAdam,
  updateBn,
} from "./index.ts";

setBackend(cpu());
const leaf = (data: number[] | number[][]): Tensor => tensor(data, { requiresGrad: true });
const given = (p: Tensor, grad: Tensor): Tensor => {
  p.grad = grad;
  return p;
};

describe("groups", () => {
  test("may join later, with hyperparameters of their own", () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const optimizer = new SGD([a], { lr: 0.5, momentum: 0.9 });
    given(a, tensor([1]));
    optimizer.step();
    optimizer.addParamGroup({ params: [b], lr: 0.1 });
    for (const p of [a, b]) given(p, tensor([1]));
    optimizer.step();
    expect(a.tolistSync()).toEqual([expect.closeTo(-0.45, 6)]);
    expect(b.tolistSync()).toEqual([expect.closeTo(0.9, 6)]);
    expect(optimizer.stateDict().param_groups.map((g) => [g.params, g.lr, g.momentum])).toEqual([
      [[0], 0.5, 0.9],
      [[1], 0.1, 0.9],
    ]);
  });
  test("AdamW stays AdamW with a state dictionary of Adam", () => {
    const optimizer = new AdamW([leaf([1])]);
    optimizer.loadStateDict(new Adam([leaf([1])], { weightDecay: 0.3 }).stateDict());
    expect(optimizer.paramGroups[0]).toMatchObject({
      weightDecay: 0.3,
      decoupledWeightDecay: true,
    });
  });
});

describe("what optimizers refuse", () => {
  test("Muon: vectors", () =>
    expect(() => new Muon([leaf([1, 2])])).toThrow(/parameter 0 \[2\] is not a matrix.*AdamW/));
  test("Muon: unknown adjustments, and too many steps", () => {
    expect(() => new Muon([leaf([[1]])], { adjustLrFn: "none" as never })).toThrow(/adjustLrFn/);
    expect(() => new Muon([leaf([[1]])], { nsSteps: 100 })).toThrow(/nsSteps is 100/);
  });
  test("Rprop: factors on the wrong side of 1", () =>
    expect(() => new Rprop([leaf([1])], { etas: [0.5, 0.9] })).toThrow(/etas are \[0.5, 0.9\]/));
  test("SparseAdam: a rate of 0", () =>
    expect(() => new SparseAdam([leaf([1])], { lr: 0 })).toThrow(/lr is 0/));
  test("Adafactor: a threshold below 1", () =>
    expect(() => new Adafactor([leaf([1])], { d: 0.5 })).toThrow(/d is 0.5/));
  test("Adamax: means that never forget", () =>
    expect(() => new Adamax([leaf([1])], { betas: [0.9, 1] })).toThrow(/betas\[1\] is 1/));
});

describe("LBFGS", () => {
  const target = tensor([1, 2]);
  const lossOf = (optimizer: LBFGS, x: Tensor) => () => {
    optimizer.zeroGrad();
    const loss = x.sub(target).square().sum();
    loss.backward();
    return loss;
  };
  test("finds the minimum of a paraboloid, and returns the first loss", () => {
    const x = leaf([3, -1]);
    const optimizer = new LBFGS([x], { lineSearchFn: "strong_wolfe" });
    expect(optimizer.step(lossOf(optimizer, x)).itemSync()).toBe(13);
    expect(x.tolistSync()).toEqual([expect.closeTo(1, 5), expect.closeTo(2, 5)]);
  });
  test("counts parameters without a gradient as constant", () => {
    const [x, other] = [leaf([3, -1]), leaf([5])];
    const optimizer = new LBFGS([other, x], { lineSearchFn: "strong_wolfe" });
    optimizer.step(lossOf(optimizer, x));
    expect(other.tolistSync()).toEqual([5]);
    expect(x.tolistSync()).toEqual([expect.closeTo(1, 5), expect.closeTo(2, 5)]);
  });
  test("wants a closure that returns the loss, and one group", () => {
    const x = leaf([3, -1]);
    const optimizer = new LBFGS([x]);
    expect(() => optimizer.step()).toThrow(/a closure is wanted/);
    expect(() => optimizer.step(async () => x.sum())).toThrow(/cannot be async/);
    expect(() => optimizer.addParamGroup({ params: [leaf([1])] })).toThrow(/only one group/);
    expect(() => new LBFGS([{ params: [x] }, { params: [leaf([1])] }])).toThrow(/only one group/);
    expect(() => new LBFGS([x], { lineSearchFn: "armijo" as never })).toThrow(/lineSearchFn/);
  });
  test("says why it cannot run where values cannot be read at once", () => {
    const device = Object.create(cpu(), {
      readSync: { value: undefined },
      name: { value: "faraway" },
    });
    const x = tensor([1, 2], { device, requiresGrad: true });
    expect(() => new LBFGS([x]).step(() => x.sum())).toThrow(
      /faraway cannot be read without waiting.*Adam/,
    );
  });
  test("keeps nothing but its history", () => {
    const device = cpu();
    const x = zeros(1000, { device, requiresGrad: true });
    const optimizer = new LBFGS([x], { historySize: 3, maxIter: 5, toleranceChange: 0, lr: 0.01 });
    const step = () =>
      optimizer.step(() => {
        optimizer.zeroGrad();
        const loss = scope(() => x.sub(3).pow(4).sum());
        loss.backward();
        const value = loss.itemSync();
        loss.dispose();
        return value;
      });
    step();
    const { buffers } = device.memory();
    for (let i = 0; i < 6; i++) step();
    expect(device.memory().buffers).toBe(buffers);
  });
  test("gives a state dictionary that later steps leave alone", () => {
    const x = leaf([3, -1]);
    const optimizer = new LBFGS([x], { lr: 0.1, maxIter: 3 });
    optimizer.step(lossOf(optimizer, x));
    const dict = optimizer.stateDict();
    const before = JSON.stringify((dict.state[0].old_dirs as Tensor[]).map((t) => t.tolistSync()));
    for (let i = 0; i < 3; i++) optimizer.step(lossOf(optimizer, x));
    const after = JSON.stringify((dict.state[0].old_dirs as Tensor[]).map((t) => t.tolistSync()));
    expect(after).toBe(before);
    expect(() => (dict.state[0].d as Tensor).tolistSync()).not.toThrow();
  });
});

describe("penalties", () => {
  test("sum over all parameters and have the gradients of |w| and w²", () => {
    const [a, b] = [leaf([1, -2, 0]), leaf([[3]])];
    const l1 = l1Penalty([a, b]);
    l1.backward();
    expect(l1.itemSync()).toBe(6);
    expect([a.grad?.tolistSync(), b.grad?.tolistSync()]).toEqual([[1, -1, 0], [[1]]]);
    a.grad = null;
    const l2 = l2Penalty(new Set([a]));
    l2.backward();
    expect(l2.itemSync()).toBe(5);
    expect(a.grad!.tolistSync()).toEqual([2, -4, 0]);
  });
  test("want parameters", () => expect(() => l1Penalty([])).toThrow(/no parameters/));
});

describe("AveragedModel", () => {
  type Scale = AveragedModule & { weight: Tensor };
  /** What is asked of a model, without layers. */
  function scale(start: number): Scale {
    const weight = leaf([start]);
    const model: Scale & { training: boolean } = Object.assign((x: Tensor) => x.mul(weight), {
      weight,
      training: true,
      deepcopy: () => {
        const other = scale(0);
        unscoped(() => other.weight.set_(weight.detach().clone()));
        return other;
      },
      parameters: () => [weight],
      buffers: () => [],
      modules: () => [model],
      stateDict: () => ({ weight }),
      loadStateDict: (dict: { weight?: Tensor }) => {
        if (!dict.weight) throw new DlError("state-dict", "weight is missing");
        weight.set_(dict.weight.detach().clone());
      },
      train: (mode = true) => (model.training = mode),
    });
    return model;
  }
  const set = (model: { weight: Tensor }, value: number) => model.weight.set_(tensor([value]));

  test("averages alone, and leaves the model as it is", () => {
    const model = scale(1);
    const averaged = new AveragedModel(model);
    averaged.updateParameters(model);
    for (const value of [3, 8]) {
      set(model, value);
      averaged.updateParameters(model);
    }
    expect((averaged(tensor([10])) as Tensor).tolistSync()).toEqual([40]);
    expect(model.weight.tolistSync()).toEqual([8]);
    expect(averaged.nAveraged).toBe(3);
  });
  test("keeps one copy of the weights", () => {
    const device = cpu();
    const model = scale(1);
    model.weight.set_(tensor([1], { device }));
    const x = tensor([1], { device });
    const step = () => {
      averaged.updateParameters(model);
      (averaged(x) as Tensor).dispose();
    };
    const averaged = new AveragedModel(model);
    step();
    const { buffers } = device.memory();
    for (let i = 0; i < 3; i++) step();
    expect(device.memory().buffers).toBe(buffers);
  });
  test("keeps the averages on another backend", () => {
    const device = cpu({ wasm: false });
    const model = scale(1);
    const averaged = new AveragedModel(model, { device });
    for (const value of [2, 4]) {
      set(model, value);
      averaged.updateParameters(model);
    }
    const result = averaged(tensor([10], { device })) as Tensor;
    expect([result.device, result.tolistSync()]).toEqual([device, [30]]);
    expect(model.weight.device).not.toBe(device);
  });
  test("is a model of its own: with its own mode and gradients", () => {
    const model = scale(2);
    const averaged = new AveragedModel(model);
    averaged.eval();
    expect([averaged.training, model.training]).toEqual([false, true]);
    (averaged(tensor([3])) as Tensor).sum().backward();
    expect(averaged.parameters()[0].grad!.tolistSync()).toEqual([3]);
    expect(model.weight.grad).toBeNull();
    const again = new AveragedModel(model);
    set(averaged.module, 7);
    again.loadStateDict(averaged.stateDict());
    expect(again.module.weight.tolistSync()).toEqual([7]);
    expect(model.weight.tolistSync()).toEqual([2]);
  });
  test("refuses two ways of averaging, another model, and a dictionary of another model", () => {
    const model = scale(1);
    const averaged = new AveragedModel(model);
    expect(() => new AveragedModel(model, { avgFn: getSwaAvgFn(), multiAvgFn: () => {} })).toThrow(
      /not both/,
    );
    expect(() =>
      averaged.updateParameters({ parameters: () => [leaf([1, 2])], buffers: () => [] }),
    ).toThrow(/the parameters are \[2\], averaged are \[1\]/);
    expect(() => averaged.loadStateDict({ weight: tensor([1]) })).toThrow(
      /weight is not expected\n.*n_averaged is missing/,
    );
    expect(() => averaged.loadStateDict({ n_averaged: tensor(5) })).toThrow("weight is missing");
    expect(averaged.nAveraged).toBe(0);
    expect(() => new AveragedModel((() => 0) as unknown as AveragedModule)).toThrow(
      "the model has no deepcopy()",
    );
    expect(() => getEmaAvgFn(1.5)).toThrow(/decay is 1.5/);
  });
});

describe("updateBn", () => {
  test("runs async batches through a model with batch norm, in training mode, with an equal average", async () => {
    const seen: unknown[] = [];
    const norm = {
      momentum: 0.1 as number | null,
      [Symbol.for("@dl/nn.BatchNorm")]: true,
      resetRunningStats: () => seen.push("reset"),
    };
    const model = Object.assign(
      (x: Tensor) => seen.push([x.itemSync(), norm.momentum, model.training]),
      {
        training: false,
        modules: () => [norm],
        train(mode = true) {
          model.training = mode;
        },
      },
    );
    async function* batches() {
      yield tensor([1]);
      yield [tensor([2]), "label"];
    }
    await updateBn(batches(), model);
    expect(seen).toEqual(["reset", [1, null, true], [2, null, true]]);
    expect([norm.momentum, model.training]).toEqual([0.1, false]);
    await expect(updateBn([3], model)).rejects.toThrow(/a batch has to be a tensor/);
    expect([norm.momentum, model.training]).toEqual([0.1, false]);
  });
  test("does nothing without batch norm", async () => {
    class InstanceNorm {
      momentum = 0.1;
      numBatchesTracked = null;
      resetRunningStats = () => expect.unreachable();
    }
    const model = Object.assign(() => expect.unreachable(), {
      training: true,
      modules: () => [new InstanceNorm()],
      train: () => {},
    });
    await updateBn([tensor([1])], model);
  });
});
