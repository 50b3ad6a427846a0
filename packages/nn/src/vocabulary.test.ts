import { grad, gradcheck } from "@dl/autograd";
import { isTensor, manualSeed, type Tensor, tensor } from "@dl/tensor";
import { describe, test } from "vitest";
import * as nn from "./index.ts";
import "./testing.ts";

/** Numbers that are no kink of any activation, and all different. */
const numbers = (...shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float64Array.from(
    { length: size },
    (_, i) => Math.sin(i * 2.7 + 0.4) * 1.9 + 0.03,
  );
  return tensor(values, { shape, requiresGrad: true });
};
/** Σ weight · t with weights that differ. */
const weighted = (t: Tensor, k: number): Tensor => {
  const weights = Float64Array.from({ length: t.numel }, (_, i) => 0.5 + (((i + k) * 7) % 11) / 8);
  return t.mul(tensor(weights, { shape: t.shape })).sum();
};
const total = (all: readonly Tensor[]): Tensor => all.map(weighted).reduce((a, b) => a.add(b));

/** First and second derivatives of inputs and parameters against differences. */
function check(module: nn.Module, ...inputs: Tensor[]): void {
  manualSeed(0);
  module.to("float64");
  const fields = Object.entries(module).filter(([, t]) => isTensor(t) && t.requiresGrad) as [
    string,
    Tensor,
  ][];
  const learnt = inputs.filter((t) => t.requiresGrad);
  const all = [...learnt, ...fields.map(([, t]) => t)];
  const value = (...values: Tensor[]): Tensor => {
    fields.forEach(([name], i) => {
      (module as unknown as Record<string, Tensor>)[name] = values[learnt.length + i];
    });
    const given = inputs.map((t) => (t.requiresGrad ? values[learnt.indexOf(t)] : t));
    const result: unknown = (module as unknown as (...x: Tensor[]) => unknown)(...given);
    const outputs = isTensor(result) ? [result] : (Object.values(result as object) as Tensor[]);
    // Squared, so that the second derivatives are not those of a weighted sum.
    return total(outputs.map((t) => t.square().add(t)));
  };
  gradcheck(value, all);
  gradcheck((...values) => total(grad(value(...values), values, { createGraph: true })), all);
}

const x = () => numbers(2, 4);
const whole = (...values: number[]) => tensor(Int32Array.from(values));

describe("first and second gradients agree with differences: activations", () => {
  const modules = [
    ...[new nn.Threshold(0.1, 2), new nn.ReLU(), new nn.Hardtanh(), new nn.ReLU6()],
    ...[new nn.Sigmoid(), new nn.Hardsigmoid(), new nn.Tanh(), new nn.SiLU(), new nn.Mish()],
    ...[new nn.Hardswish(), new nn.ELU({ alpha: 0.7 }), new nn.CELU({ alpha: 0.7 }), new nn.SELU()],
    ...[new nn.GLU(), new nn.GELU(), new nn.GELU({ approximate: "tanh" }), new nn.Hardshrink()],
    ...[new nn.LeakyReLU(), new nn.LogSigmoid(), new nn.Softplus({ beta: 2 }), new nn.Softshrink()],
    ...[new nn.PReLU(), new nn.PReLU({ numParameters: 4 }), new nn.Softsign(), new nn.Tanhshrink()],
    ...[new nn.Softmin(1), new nn.Softmax(1), new nn.LogSoftmax(0), new nn.RReLU().eval()],
  ];
  test.each(modules.map((m) => [String(m), m] as const))("%s", (_, module) => check(module, x()));
  test("Softmax2d()", () => check(new nn.Softmax2d(), numbers(3, 2, 1)));
  test("AdaptiveLogSoftmaxWithLoss", () => {
    const layer = new nn.AdaptiveLogSoftmaxWithLoss(16, 6, [2, 4]);
    check(layer, numbers(2, 16), whole(1, 5));
  });
  test("are finite far from zero", () => {
    for (const module of [new nn.ELU(), new nn.CELU(), new nn.SELU(), new nn.Mish()]) {
      const far = tensor([200, -200], { requiresGrad: true });
      const [first] = grad(module(far).sum(), far, { createGraph: true });
      const [second] = grad(first.sum(), far);
      const values = [...first.dataSync(), ...second.dataSync()];
      if (!values.every(Number.isFinite)) throw new Error(`${module}: ${values}`);
    }
  });
});

describe("first and second gradients agree with differences: normalisation", () => {
  const image = () => numbers(2, 4, 2, 1);
  const modules: [nn.Module, () => Tensor][] = [
    [new nn.BatchNorm1d(4), () => numbers(3, 4)],
    [new nn.BatchNorm3d(2), () => numbers(2, 2, 2, 1, 1)],
    [new nn.InstanceNorm1d(2, { affine: true }), () => numbers(2, 2, 3)],
    [new nn.InstanceNorm2d(4), image],
    [new nn.InstanceNorm2d(4, { affine: true, trackRunningStats: true }).eval(), image],
    [new nn.GroupNorm(2, 4), image],
    [new nn.GroupNorm(4, 4, { affine: false }), image],
    [new nn.LayerNorm([2, 1]), image],
    [new nn.RMSNorm([2, 1]), image],
    [new nn.RMSNorm(4, { elementwiseAffine: false }), () => numbers(2, 4)],
    [new nn.LocalResponseNorm(3, { alpha: 0.5 }), image],
  ];
  test.each(modules.map(([m, make]) => [String(m), m, make] as const))("%s", (_, module, make) =>
    check(module, make()),
  );
});

describe("first and second gradients agree with differences: the rest", () => {
  test("Linear", () => check(new nn.Linear(4, 3), x()));
  test("Bilinear", () => check(new nn.Bilinear(4, 2, 3), x(), numbers(2, 2)));
  test("Embedding", () => {
    check(new nn.Embedding(4, 2), whole(0, 1, 3, 3));
  });
  test.each(["sum", "mean", "max"] as const)("EmbeddingBag, %s", (mode) => {
    class Bags extends nn.Module {
      readonly weight = numbers(4, 2) as nn.Parameter;
      forward(input: Tensor, offsets: Tensor): Tensor {
        const options = { offsets, mode, paddingIdx: 2 };
        return nn.functional.embeddingBag(input, this.weight, options);
      }
    }
    check(new Bags(), whole(0, 1, 3, 2, 3), whole(0, 2, 2));
  });
  test("CosineSimilarity", () => check(new nn.CosineSimilarity(), x(), numbers(1, 4)));
  test.each([1, 2, 3, 1.5, Infinity])("PairwiseDistance of order %s", (p) => {
    check(new nn.PairwiseDistance({ p }), x(), numbers(2, 4).detach().mul(-0.3).requiresGrad_());
  });
  test.each([1, 2, 3, Infinity])("pdist of order %s", (p) => {
    class Pairs extends nn.Module {
      forward(rows: Tensor): Tensor {
        return nn.functional.pdist(rows, { p });
      }
    }
    check(new Pairs(), numbers(3, 4));
  });
  test("normalised weights", () => {
    const { parametrizations } = nn.utils;
    const input = tensor([[1, -2, 0.5]], { dtype: "float64" });
    for (const layer of [
      parametrizations.weightNorm(new nn.Linear(3, 2, { dtype: "float64" })),
      parametrizations.spectralNorm(new nn.Linear(3, 2, { dtype: "float64" })).eval(),
      nn.utils.weightNorm(new nn.Linear(3, 2, { dtype: "float64" })),
      nn.utils.spectralNorm(new nn.Linear(3, 2, { dtype: "float64" })).eval(),
    ]) {
      gradcheck((t) => layer(t), [input.clone().requiresGrad_()]);
      const parameters = layer.parameters();
      const values = grad(total([layer(input).square()]), parameters);
      parameters.forEach((p, k) => {
        const start = p.dataSync();
        for (let i = 0; i < p.numel; i++) {
          const at = (step: number) => {
            const moved = Float64Array.from(start);
            moved[i] += step;
            const given = tensor(moved, { shape: p.shape });
            p.set_(given);
            return total([layer(input).square()]).itemSync();
          };
          const numeric = (at(1e-6) - at(-1e-6)) / 2e-6;
          p.set_(tensor(Float64Array.from(start), { shape: p.shape }));
          const ours = values[k].dataSync()[i];
          if (Math.abs(numeric - ours) > 1e-5 * Math.max(1, Math.abs(numeric)))
            throw new Error(`${layer}: parameter ${k}[${i}]: ${ours}, differences give ${numeric}`);
        }
      });
    }
  });
});
