import { noGrad } from "@dl/autograd";
import { type Backend, manualSeed, scope, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as nn from "../index.ts";
import { buffers, close, messageOf, parameter } from "../testing.ts";

beforeEach(() => {
  manualSeed(0);
});
const { utils } = nn;
const { parametrize, prune, parametrizations } = utils;
const withGrad = (values: number[]): nn.Parameter => {
  const p = parameter(values.map(() => 0));
  p.grad = tensor(values);
  return p;
};

describe("clipGradNorm_", () => {
  test("reads nothing back", () => {
    const p = withGrad([6, 8]);
    const read = vi.spyOn(p.device as Required<Backend>, "readSync");
    const total = utils.clipGradNorm_([p], 5);
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
    close(total, 10);
    close(p.grad, [3, 4]);
  });
  test("takes one parameter, and a generator of them", () => {
    const [p, q] = [withGrad([3]), withGrad([4])];
    close(utils.clipGradNorm_(p, 1), 3);
    function* both() {
      yield p;
      yield q;
    }
    p.grad = tensor([3]);
    close(utils.clipGradNorm_(both(), 1), 5);
    close(p.grad, [0.6]);
    close(q.grad, [0.8]);
  });
  test("throws for a norm that is not finite only when it is asked to", () => {
    const p = withGrad([Infinity]);
    const message = messageOf(() => utils.clipGradNorm_(p, 1, { errorIfNonfinite: true }));
    expect(message).toContain("norm of order 2 of the gradients is Infinity");
    close(utils.clipGradNorm_(p, 1), Infinity);
  });
  test("keeps nothing but the norm", () => {
    const p = withGrad([3, 4]);
    // The first time the gradient itself moves to the device.
    utils.clipGradNorm_(p, 1).dispose();
    const before = buffers();
    utils.clipGradNorm_(p, 1);
    expect(buffers() - before).toBeLessThanOrEqual(1);
  });
});

class Doubled extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.mul(2);
  }
  rightInverse(x: Tensor): Tensor {
    return x.div(2);
  }
}
class Symmetric extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.triu().add(x.triu({ diagonal: 1 }).t());
  }
}
class Column extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.narrow(1, 0, 1);
  }
}

describe("parametrize", () => {
  test("computes the field from the original, and is trained through it", () => {
    const layer = new nn.Linear(2, 2, { bias: false });
    parametrize.registerParametrization(layer, "weight", new Symmetric());
    const weight = layer.weight.tolistSync() as number[][];
    expect(weight[0][1]).toBe(weight[1][0]);
    layer(tensor([[1, 2]]))
      .sum()
      .backward();
    close(layer.getParameter("parametrizations.weight.original").grad, [
      [1, 3],
      [0, 2],
    ]);
    expect(layer).toBeInstanceOf(nn.Linear);
    expect(layer.constructor.name).toBe("ParametrizedLinear");
    expect(parametrize.isParametrized(layer)).toBe(true);
    expect(parametrize.isParametrized(layer, "bias")).toBe(false);
  });
  test("starts from the right inverse, sets through it, and gives back the same parameter", () => {
    const layer = new nn.Linear(1, 1, { bias: false });
    const { weight } = layer;
    const start = weight.itemSync();
    parametrize.registerParametrization(layer, "weight", new Doubled());
    close(layer.weight, [[start]]);
    layer.weight = tensor([[6]]) as nn.Parameter;
    close(layer.weight, [[6]]);
    close(layer.getParameter("parametrizations.weight.original"), [[3]]);
    parametrize.removeParametrizations(layer, "weight");
    expect(layer.weight).toBe(weight);
    close(weight, [[6]]);
    expect(layer.constructor).toBe(nn.Linear);
    expect(Object.keys(layer.stateDict())).toEqual(["weight"]);
  });
  test("applies several in order", () => {
    const layer = new nn.Linear(2, 2);
    parametrize.registerParametrization(layer, "weight", new Symmetric());
    parametrize.registerParametrization(layer, "weight", new Doubled());
    const original = layer.getParameter("parametrizations.weight.original");
    close(layer.weight.at(0, 0), 2 * original.at(0, 0).itemSync());
    expect(String(layer)).toContain("(1): Doubled()");
  });
  test("is computed once in a call and whenever it is looked at outside, unless cached", () => {
    let count = 0;
    class Counted extends nn.Module {
      forward(x: Tensor): Tensor {
        count++;
        return x.mul(1);
      }
    }
    const layer = new nn.Linear(2, 2);
    parametrize.registerParametrization(layer, "weight", new Counted(), { unsafe: true });
    layer(zeros(1, 2));
    expect(count).toBe(1);
    void [layer.weight, layer.weight];
    expect(count).toBe(3);
    parametrize.cached(() => [layer(zeros(1, 2)), layer(zeros(1, 2)), layer.weight]);
    expect(count).toBe(4);
  });
  test("moves with its module", () => {
    const layer = parametrizations.spectralNorm(new nn.Linear(3, 2)).eval();
    layer.to("float64");
    expect(layer(zeros(1, 3, { dtype: "float64" })).dtype).toBe("float64");
    expect(layer.getSubmodule("parametrizations")).toBeInstanceOf(nn.ModuleDict);
  });
  test("of a layer inside a model loads what it saved", () => {
    const make = () =>
      new nn.Sequential(parametrizations.weightNorm(new nn.Linear(3, 2)), new nn.ReLU());
    const [a, b] = [make(), make()];
    b.loadStateDict(a.stateDict());
    const x = tensor([[1, 2, 3]]);
    close(b(x), a(x).tolistSync() as number[][]);
  });
  test("releases what calls compute", () => {
    const layer = parametrizations.spectralNorm(new nn.Linear(3, 2));
    const x = zeros(1, 3);
    noGrad(() => layer(x)).dispose();
    const before = buffers();
    for (let i = 0; i < 5; i++) noGrad(() => layer(x)).dispose();
    expect(buffers()).toBe(before);
  });
  test("says what is wrong", () => {
    const layer = new nn.Linear(2, 2);
    const register = (name: string, module: nn.Module) => () =>
      parametrize.registerParametrization(layer, name, module);
    expect(messageOf(register("wheight", new Doubled()))).toContain(
      'Linear has no parameter "wheight"; it has weight, bias',
    );
    expect(messageOf(register("weight", new Column()))).toContain("is [2, 2] and would become");
    expect(messageOf(() => parametrize.removeParametrizations(layer, "weight"))).toContain(
      'no parametrized "weight"',
    );
  });
});

describe("normalised weights", () => {
  test("are changed only by training", () => {
    const layer = utils.spectralNorm(new nn.Linear(3, 2));
    const estimate = () => [...layer.getBuffer("weight_u").dataSync()];
    const before = estimate();
    layer.eval()(zeros(1, 3));
    expect(estimate()).toEqual(before);
    layer.train()(zeros(1, 3));
    expect(estimate()).not.toEqual(before);
  });
  test("let two calls go before one backward pass", () => {
    const layer = utils.spectralNorm(new nn.Linear(3, 2));
    const loss = layer(tensor([[1, 2, 3]]))
      .sum()
      .sub(layer(tensor([[3, 2, 0]])).sum());
    loss.backward();
    expect(layer.getParameter("weight_orig").grad).not.toBe(null);
  });
  test("cannot be set or normalised twice", () => {
    const layer = utils.weightNorm(new nn.Linear(3, 2));
    expect(messageOf(() => utils.weightNorm(layer))).toContain("computed from other parameters");
    expect(messageOf(() => Object.assign(layer, { weight: zeros(2, 3) }))).toContain(
      "cannot be set",
    );
    expect(messageOf(() => utils.removeSpectralNorm(layer))).toContain("has no spectral");
  });
});

describe("prune", () => {
  test("keeps what it pruned at zero while training", () => {
    const layer = prune.l1Unstructured(new nn.Linear(4, 1), "weight", 2);
    layer(tensor([[1, 1, 1, 1]]))
      .sum()
      .backward();
    close(
      layer.getParameter("weight_orig").grad,
      layer.getBuffer("weight_mask").tolistSync() as number[][],
    );
    expect(prune.isPruned(new nn.Sequential(layer))).toBe(true);
    prune.remove(layer, "weight");
    expect(prune.isPruned(layer)).toBe(false);
    expect([...layer.weight.dataSync()].filter((v) => v === 0).length).toBe(2);
  });
  test("says what is wrong", () => {
    const layer = new nn.Linear(4, 1);
    expect(messageOf(() => prune.l1Unstructured(layer, "weight", 5))).toContain("up to 4");
    expect(messageOf(() => prune.l1Unstructured(layer, "weight", 1.5))).toContain("0 to 1");
    expect(messageOf(() => prune.lnStructured(layer, "bias", 1, 2, 0))).toContain("2 dimensions");
    expect(messageOf(() => prune.customFromMask(layer, "weight", zeros(2)))).toContain(
      "[1, 4] like weight, got [2]",
    );
    expect(messageOf(() => prune.remove(layer, "weight"))).toContain("is not pruned");
    expect(Object.keys(layer.stateDict())).toEqual(["weight", "bias"]);
  });
});

describe("fusion", () => {
  test("draws no random numbers and leaves both layers as they are", () => {
    const conv = new nn.Conv2d(1, 2, 3).eval();
    const bn = new nn.BatchNorm2d(2).eval();
    const before = [...conv.weight.dataSync()];
    manualSeed(5);
    const wanted = new nn.Linear(2, 2).weight.tolistSync() as number[][];
    manualSeed(5);
    utils.fuseConvBnEval(conv, bn);
    close(new nn.Linear(2, 2).weight, wanted);
    expect([...conv.weight.dataSync()]).toEqual(before);
    expect(messageOf(() => utils.fuseConvBnEval(conv.train(), bn))).toContain("evaluation mode");
  });
});

test("vectorToParameters copies in place", () => {
  const layer = new nn.Linear(2, 1);
  const { weight } = layer;
  scope(() => utils.vectorToParameters(tensor([1, 2, 3]), layer.parameters()));
  expect(layer.weight).toBe(weight);
  close(layer(tensor([[1, 1]])), [[6]]);
  expect(messageOf(() => utils.vectorToParameters(zeros(2), layer.parameters()))).toContain(
    "a vector of 3 elements",
  );
});
