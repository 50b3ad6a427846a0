import { gradcheck, noGrad } from "@dl/autograd";
import { manualSeed, ones, rand, randn, type Tensor, tensor, zeros } from "@dl/tensor";
import { describe, expect, test, vi } from "vitest";
import reference from "./fixtures/layers.json" with { type: "json" };
import * as nn from "./index.ts";
import { close, messageOf, parameter } from "./testing.ts";

describe("Linear", () => {
  test("starts with PyTorch's numbers", () => {
    manualSeed(0);
    const { weight, bias } = new nn.Linear(3, 2);
    expect(weight.tolistSync()).toEqual(reference.linear[0]);
    expect(bias!.tolistSync()).toEqual(reference.linear[1]);
  });
  test("takes any number of leading dimensions", () => {
    const layer = new nn.Linear(3, 2);
    expect([zeros(3), zeros(4, 3), zeros(5, 4, 3)].map((x) => layer(x).shape)).toEqual([
      [2],
      [4, 2],
      [5, 4, 2],
    ]);
  });
  test("computes x Wᵀ + b, with and without b", () => {
    const layer = new nn.Linear(2, 2);
    layer.loadStateDict({
      weight: tensor([
        [1, 2],
        [3, 4],
      ]),
      bias: tensor([10, 20]),
    });
    close(layer(tensor([[1, -1]])), [[9, 19]]);
    layer.bias = null;
    close(layer(tensor([[1, -1]])), [[-1, -1]]);
  });
  test("names the number to write when the input does not fit", () =>
    expect(messageOf(() => new nn.Linear(100, 10)(zeros(64, 3136)))).toBe(
      "in Linear: Linear(inFeatures=100): the last dimension of the input [64, 3136] is 3136: write new Linear(3136, ...)",
    ));
  test("points to Flatten when that would make it fit", () =>
    expect(messageOf(() => new nn.Linear(3136, 10)(zeros(2, 64, 7, 7)))).toContain(
      "put new Flatten() before this layer",
    ));
});

describe("Conv2d", () => {
  test("starts with PyTorch's numbers", () => {
    manualSeed(1);
    const { weight, bias } = new nn.Conv2d(4, 2, [2, 1], { groups: 2 });
    expect(weight.tolistSync()).toEqual(reference.conv[0]);
    expect(bias!.tolistSync()).toEqual(reference.conv[1]);
  });
  test.each(["zeros", "reflect", "replicate", "circular"] as const)(
    "pads with %s",
    (paddingMode) => {
      const layer = new nn.Conv2d(1, 1, 3, { padding: 1, paddingMode, bias: false });
      layer.loadStateDict({ weight: tensor([0, 1, 2, 3, 4, 5, 6, 7, 8]).reshape(1, 1, 3, 3) });
      close(
        layer(
          tensor([
            [
              [0, 1, 2],
              [3, 4, 5],
            ],
          ]),
        ),
        reference[`pad_${paddingMode}`],
      );
    },
  );
  test('keeps the size with padding "same", more of it at the end', () => {
    const layer = new nn.Conv2d(1, 1, 2, { padding: "same", paddingMode: "reflect", bias: false });
    layer.loadStateDict({
      weight: tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
    });
    close(
      layer(
        tensor([
          [
            [
              [0, 1, 2],
              [3, 4, 5],
            ],
          ],
        ]),
      ),
      reference.same,
    );
  });
  test("takes a single image", () => {
    const layer = new nn.Conv2d(2, 3, 3, { stride: 2, dilation: [1, 2] });
    expect(layer(zeros(2, 9, 9)).shape).toEqual([3, 4, 3]);
  });
  test("says what to change for another number of channels", () =>
    expect(messageOf(() => new nn.Conv2d(1, 8, 3)(zeros(4, 3, 8, 8)))).toContain(
      "has 3 channels, expected 1: write new Conv2d(3, 8, ...)",
    ));
  test("recognises a batch without channels, channels last, and flat images", () => {
    const grey = new nn.Conv2d(1, 8, 3);
    expect(messageOf(() => grey(zeros(64, 28, 28)))).toContain("x.unsqueeze(1)");
    expect(messageOf(() => grey(zeros(64, 784)))).toContain("x.reshape(-1, 1, 28, 28)");
    expect(messageOf(() => new nn.Conv2d(3, 8, 3)(zeros(4, 8, 8, 3)))).toContain(
      "x.permute(0, 3, 1, 2)",
    );
  });
  test("rejects what cannot be meant when it is made", () => {
    expect(() => new nn.Conv2d(3, 4, 3, { groups: 2 })).toThrow("2 groups do not divide");
    expect(() => new nn.Conv2d(3, 4, 3, { stride: 2, padding: "same" })).toThrow("stride 1");
  });
});

describe("pooling", () => {
  test("MaxPool2d gives positions on request", () => {
    const x = tensor([
      [
        [0, 5, 3],
        [1, 6, 4],
      ],
    ]);
    const { values, indices } = new nn.MaxPool2d(2, { stride: 1, padding: 1, returnIndices: true })(
      x,
    );
    close(values, reference.mp[0]);
    close(indices, reference.mp[1]);
  });
  test("strides are the window's size by default", () => {
    expect(new nn.MaxPool2d(2)(zeros(1, 1, 5, 6)).shape).toEqual([1, 1, 2, 3]);
    expect(new nn.AvgPool2d([2, 3])(zeros(1, 1, 5, 6)).shape).toEqual([1, 1, 2, 2]);
  });
  test("AdaptiveAvgPool2d averages to any size", () => {
    close(
      new nn.AdaptiveAvgPool2d(1)(
        tensor([
          [
            [1, 2],
            [3, 6],
          ],
        ]),
      ),
      [[[3]]],
    );
    expect(new nn.AdaptiveAvgPool2d([null, 2])(zeros(1, 3, 5, 7)).shape).toEqual([1, 3, 5, 2]);
  });
});

describe("batch norm", () => {
  const { bn, bc } = reference;
  const layer = new nn.BatchNorm2d(3);
  layer.loadStateDict({ weight: tensor([1, 2, -1]), bias: tensor([0, 1, 2]) }, { strict: false });
  const x = parameter(bn.x);
  const backward = () => {
    x.grad = null;
    layer.zeroGrad();
    const y = layer(x);
    y.backward(tensor(bn.g));
    return y;
  };
  test("normalises by the batch in training, with PyTorch's gradients", () => {
    close(backward(), bn.y);
    close(x.grad, bn.gx);
    close(layer.weight!.grad, bn.gw);
    close(layer.bias!.grad, bn.gb);
  });
  test("moves the running statistics", () => {
    close(layer.runningMean, bn.rm);
    close(layer.runningVar, bn.rv);
    expect(layer.numBatchesTracked!.itemSync()).toBe(1);
    layer(x.detach().mul(2));
    close(layer.runningMean, bn.rm2);
    close(layer.runningVar, bn.rv2);
  });
  test("uses them in evaluation", () => {
    layer.eval();
    close(backward(), bn.ey);
    close(x.grad, bn.egx);
    close(layer.weight!.grad, bn.egw);
  });
  test("averages over all batches with momentum null", () => {
    const cumulative = new nn.BatchNorm1d(2, { momentum: null });
    const a = tensor([
      [1, 2],
      [3, 5],
      [8, 1],
    ]);
    cumulative(a);
    cumulative(a.mul(3).add(1));
    close(cumulative.runningMean, bc.rm);
    close(cumulative.runningVar, bc.rv);
  });
  test("has gradients of gradients", () => {
    const f64 = (...shape: number[]) => rand(shape, { dtype: "float64", requiresGrad: true });
    const fn = nn.functional.batchNorm;
    gradcheck(
      (t, weight, bias) => fn(t, null, null, { training: true, weight, bias }),
      [f64(4, 2, 3), f64(2), f64(2)],
    );
    gradcheck((t) => fn(t, null, null, { training: true }), [f64(4, 2)]);
  });
  test("keeps its precision far from zero", () => {
    const far = new nn.BatchNorm1d(1, { affine: false })(tensor([[10000], [10001], [10002]]));
    close(far, [[-1.22474], [0], [1.22474]], 1e-4);
  });
  test("keeps the batch's own statistics in evaluation without running ones", () => {
    const bare = new nn.BatchNorm1d(1, { trackRunningStats: false, affine: false }).eval();
    close(bare(tensor([[0], [2]])), [[-0.999995], [0.999995]]);
    expect(Object.keys(bare.stateDict())).toEqual([]);
  });
  test("names its state as PyTorch does", () =>
    expect(Object.keys(new nn.BatchNorm1d(2).stateDict())).toEqual([
      "weight",
      "bias",
      "running_mean",
      "running_var",
      "num_batches_tracked",
    ]));
  test("rejects other shapes, and one value per channel in training", () => {
    expect(messageOf(() => new nn.BatchNorm2d(3)(zeros(4, 3)))).toContain(
      "BatchNorm2d(3): the input has to be [N, 3, H, W], got [4, 3]",
    );
    expect(messageOf(() => new nn.BatchNorm1d(3)(zeros(4, 5)))).toContain(
      "write new BatchNorm1d(5)",
    );
    expect(messageOf(() => new nn.BatchNorm1d(3)(zeros(1, 3)))).toContain(
      "more than one value per channel",
    );
    expect(new nn.BatchNorm1d(3).eval()(zeros(1, 3)).shape).toEqual([1, 3]);
  });
});

describe("Dropout", () => {
  test("drops a share p and scales the rest", () => {
    manualSeed(0);
    const y = new nn.Dropout({ p: 0.25 })(ones(100, 100));
    const values = y.dataSync();
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    const dropped = values.filter((v: number) => v === 0).length / values.length;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.02);
  });
  test("gives the gradient through the same mask", () => {
    const x = parameter([[1, 1, 1, 1, 1, 1, 1, 1]]);
    const y = new nn.Dropout()(x);
    y.sum().backward();
    expect(x.grad!.tolistSync()).toEqual(y.tolistSync());
  });
  test("drops nothing with p = 0 and in evaluation, everything with p = 1", () => {
    const x = tensor([1, 2, 3]);
    expect(new nn.Dropout({ p: 0 })(x)).toBe(x);
    expect(new nn.Dropout().eval()(x)).toBe(x);
    close(new nn.Dropout({ p: 1 })(x), [0, 0, 0]);
  });
  test("rejects what is no probability", () =>
    expect(() => new nn.Dropout({ p: 1.5 })).toThrow("p = 1.5"));
  test("warns once, by name, in training mode without gradients", () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    class Forgetful extends nn.Module {
      inner = new nn.Sequential(new nn.Identity(), new nn.Dropout());
      forward(x: Tensor) {
        return this.inner(x);
      }
    }
    const model = new Forgetful();
    noGrad(() => [model(tensor([1])), model(tensor([1]))]);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringContaining(
        "Forgetful.inner.1 (Dropout) runs in training mode while gradients are off: call model.eval()",
      ),
    ]);
    warn.mockRestore();
  });
});

describe("activations: values and gradients of PyTorch", () => {
  const x = [-3, -1, -0.5, 0, 0.5, 1, 3];
  const layers: [string, (options: { inplace?: boolean }) => nn.Module][] = [
    ["ReLU", (o) => new nn.ReLU(o)],
    ["LeakyReLU", (o) => new nn.LeakyReLU({ negativeSlope: 0.2, ...o })],
    ["Sigmoid", () => new nn.Sigmoid()],
    ["Tanh", () => new nn.Tanh()],
    ["GELU", () => new nn.GELU()],
    ["GELUt", () => new nn.GELU({ approximate: "tanh" })],
    ["SiLU", (o) => new nn.SiLU(o)],
    ["ELU", (o) => new nn.ELU({ alpha: 0.5, ...o })],
    ["Softplus", () => new nn.Softplus({ beta: 2, threshold: 3 })],
    ["Hardtanh", (o) => new nn.Hardtanh({ minVal: -0.7, maxVal: 2, ...o })],
    ["Softmax", () => new nn.Softmax({ dim: 0 })],
    ["LogSoftmax", () => new nn.LogSoftmax(0)],
  ];
  for (const [name, make] of layers) {
    const [values, gradients] = reference[`act_${name}` as "act_ReLU"];
    test(name, () => {
      const input = parameter(x);
      const y = make({})(input) as nn.Parameter;
      close(y, values);
      y.backward(tensor([1, 2, 3, 4, 5, 6, 7]));
      close(input.grad, gradients);
    });
    if (!("inplace" in make({ inplace: true }))) continue;
    test(`${name} in place`, () => {
      const input = parameter(x);
      const between = input.mul(1);
      const y = make({ inplace: true })(between) as nn.Parameter;
      expect(y).toBe(between);
      close(y, values);
      y.backward(tensor([1, 2, 3, 4, 5, 6, 7]));
      close(input.grad, gradients);
    });
  }
  test("Softmax asks for its dimension", () => {
    // @ts-expect-error PyTorch would guess one
    expect(() => new nn.Softmax({})).toThrow("new Softmax({ dim: 1 })");
  });
});

describe("functional", () => {
  const { normalize, cosineSimilarity, linear, softmax, batchNorm } = nn.functional;
  test("normalize and cosineSimilarity", () => {
    close(
      normalize(
        tensor([
          [3, 4],
          [0, 0],
        ]),
      ),
      [
        [0.6, 0.8],
        [0, 0],
      ],
    );
    close(
      cosineSimilarity(
        tensor([
          [1, 0],
          [1, 2],
        ]),
        tensor([
          [1, 1],
          [-1, -2],
        ]),
      ),
      [0.7071068, -1],
    );
  });
  test("takes dim by position and by name", () => {
    close(softmax(tensor([[0, 0]]), 1), [[0.5, 0.5]]);
    close(softmax(tensor([[0, 0]]), { dim: 1 }), [[0.5, 0.5]]);
  });
  test("linear names both shapes", () =>
    expect(() => linear(zeros(2, 3), zeros(4, 5))).toThrow(
      "[2, 3] has to be 5, that of the weight [4, 5]",
    ));
  test("batchNorm in evaluation needs statistics", () =>
    expect(() => batchNorm(zeros(2, 3), null, null)).toThrow("running statistics"));
});

describe("mistakes are named before anything is computed", () => {
  const lin = new nn.Linear(2, 2);
  test("data that is no tensor", () =>
    expect(messageOf(() => lin([1, 2] as never))).toBe(
      "in Linear: Linear: operand 0 is an array; a tensor or a number is wanted: wrap data in tensor(...)",
    ));
  test("bytes of images", () =>
    expect(
      messageOf(() => new nn.Conv2d(1, 2, 3)(zeros([1, 1, 4, 4], { dtype: "uint8" }))),
    ).toContain(
      'the input is uint8, float32 is wanted: images of bytes are converted first, x.to("float32").div(255)',
    ));
  test("another floating point dtype", () =>
    expect(messageOf(() => lin(zeros([1, 2], { dtype: "float64" })))).toContain(
      'x.to("float32") or model.to("float64") makes them agree',
    ));
  test("integers where only fractions make sense", () => {
    expect(messageOf(() => new nn.Dropout()(zeros([2], { dtype: "int32" })))).toContain(
      "dropout: the input is int32",
    );
    expect(
      messageOf(() =>
        new nn.BatchNorm1d(2, { affine: false, trackRunningStats: false })(
          zeros([4, 2], { dtype: "int32" }),
        ),
      ),
    ).toContain("float32 is wanted");
  });
  test("counts that are none", () => {
    expect(() => new nn.Linear(2.5, 1)).toThrow(
      "Linear: inFeatures is 2.5: a whole number is wanted",
    );
    // @ts-expect-error no second argument
    expect(() => new nn.Linear(2)).toThrow("Linear: outFeatures is missing");
    // @ts-expect-error no window
    expect(() => new nn.Conv2d(1, 2)).toThrow("kernelSize is missing");
  });
});

test("a convolutional network starts, learns and evaluates as PyTorch's", () => {
  const { losses, evaluated, keys } = reference.training;
  manualSeed(0);
  const net = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(4, 6, 3, { stride: 2, padding: 1 }),
    new nn.GELU(),
    new nn.AdaptiveAvgPool2d(2),
    new nn.Flatten(),
    new nn.Linear(24, 3),
  );
  const [x, y] = [rand(5, 1, 8, 8), randn(5, 3)];
  for (const expected of losses) {
    net.zeroGrad();
    const loss = net(x).sub(y).square().mean();
    loss.backward();
    noGrad(() => net.parameters().forEach((p) => p.sub_(p.grad!.mul(0.1))));
    close(loss, expected);
  }
  close(net.eval()(x), evaluated, 1e-4);
  expect(Object.keys(net.stateDict())).toEqual(keys);
});
