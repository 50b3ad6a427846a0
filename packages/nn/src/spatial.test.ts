import { grad, gradcheck } from "@dl/autograd";
import { arange, manualSeed, rand, type Tensor, tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import * as nn from "./index.ts";
import { buffers, close, messageOf } from "./testing.ts";

const F = nn.functional;
const f64 = (...shape: number[]): Tensor => rand(shape, { dtype: "float64", requiresGrad: true });

describe("gradients and their gradients agree with difference quotients", () => {
  const cases: [string, (...x: Tensor[]) => Tensor, () => Tensor[]][] = [
    [
      "conv1d",
      (x, w) => F.conv1d(x, w, { stride: 2, padding: 1 }),
      () => [f64(1, 2, 5), f64(2, 2, 3)],
    ],
    ["conv3d", (x, w) => F.conv3d(x, w), () => [f64(1, 1, 2, 3, 2), f64(1, 1, 2, 2, 1)]],
    [
      "convTranspose2d",
      (x, w) => F.convTranspose2d(x, w, { stride: 2, outputPadding: 1 }),
      () => [f64(1, 2, 2, 2), f64(2, 1, 2, 2)],
    ],
    ["maxPool1d", (x) => F.maxPool1d(x, 3, { stride: 2, padding: 1 }), () => [f64(1, 2, 6)]],
    ["maxPool3d", (x) => F.maxPool3d(x, 2), () => [f64(1, 1, 2, 4, 3)]],
    [
      "avgPool3d",
      (x) => F.avgPool3d(x, 2, { stride: 1, padding: 1, countIncludePad: false }),
      () => [f64(1, 1, 2, 2, 3)],
    ],
    ["lpPool2d", (x) => F.lpPool2d(x.add(0.2), 3, 2, { ceilMode: true }), () => [f64(1, 3, 3)]],
    ["adaptiveAvgPool1d", (x) => F.adaptiveAvgPool1d(x, 3), () => [f64(2, 5)]],
    ["adaptiveMaxPool2d", (x) => F.adaptiveMaxPool2d(x, 2), () => [f64(1, 3, 5)]],
    [
      "maxUnpool1d",
      (x) => F.maxUnpool1d(x, tensor([[1, 2]], { dtype: "int32" }), 2),
      () => [f64(1, 2)],
    ],
    ["unfold", (x) => F.unfold(x, 2, { padding: 1, stride: 2 }), () => [f64(1, 1, 3, 4)]],
    ["fold", (x) => F.fold(x, [3, 3], 2), () => [f64(1, 4, 4)]],
    ["pixelShuffle", (x) => F.pixelShuffle(x, 2), () => [f64(4, 1, 2)]],
    ["pad", (x) => F.pad(x, [2, 1, 1, 0], { mode: "reflect" }), () => [f64(1, 2, 3)]],
    [
      "interpolate, bicubic",
      (x) => F.interpolate(x, { size: [3, 5], mode: "bicubic" }),
      () => [f64(1, 1, 2, 3)],
    ],
    ["interpolate, nearest", (x) => F.interpolate(x, { size: [4, 4] }), () => [f64(1, 1, 2, 3)]],
    ["gridSample", (x, g) => F.gridSample(x, g.sub(0.4)), () => [f64(1, 1, 3, 3), f64(1, 2, 2, 2)]],
    [
      "gridSample, bicubic and reflected",
      (x, g) => F.gridSample(x, g.mul(3), { mode: "bicubic", paddingMode: "reflection" }),
      () => [f64(1, 1, 3, 3), f64(1, 1, 2, 2)],
    ],
    [
      "gridSample of volumes",
      (x, g) => F.gridSample(x, g.sub(0.4), { paddingMode: "border" }),
      () => [f64(1, 1, 2, 2, 2), f64(1, 1, 1, 2, 3)],
    ],
    ["affineGrid", (t) => F.affineGrid(t, [1, 1, 2, 2]), () => [f64(1, 2, 3)]],
  ];
  test.each(cases)("%s", (_, fn, make) => {
    manualSeed(1);
    const inputs = make();
    gradcheck(fn, inputs);
    const first = (...x: Tensor[]) => {
      const y = fn(...x);
      return grad(y.mul(y).sum(), x, { createGraph: true });
    };
    gradcheck(first, inputs);
  });
});

describe("FractionalMaxPool", () => {
  test("draws PyTorch's places", () => {
    manualSeed(3);
    const x = arange(121, { dtype: "float32" }).reshape(1, 1, 11, 11);
    const four = new nn.FractionalMaxPool2d(2, { outputSize: 4 })(x);
    close(four.select(2, 0), [[[12, 15, 18, 21]]]);
    close(four.select(3, 0), [[[12, 45, 78, 111]]]);
    const half = new nn.FractionalMaxPool2d(2, { outputRatio: 0.5 })(x.expand(1, 2, 11, 11));
    const across = [
      [12, 14, 17, 19, 21],
      [12, 14, 16, 18, 21],
    ];
    const down = [12, 34, 56, 78, 111];
    close(half.select(2, 0), [across]);
    close(half.select(3, 0), [[down, down]]);
    const volume = arange(125, { dtype: "float32" }).reshape(1, 5, 5, 5);
    const pooled = new nn.FractionalMaxPool3d(2, { outputSize: [2, 3, 2] })(volume);
    close(pooled.flatten(), [31, 34, 36, 39, 46, 49, 106, 109, 111, 114, 121, 124]);
  });
  test("takes every place between the sizes' quotient rounded down and up", () => {
    manualSeed(0);
    const x = arange(101, { dtype: "float32" }).reshape(1, 1, 1, 101);
    const { indices } = new nn.FractionalMaxPool2d([1, 1], {
      outputSize: [1, 41],
      returnIndices: true,
    })(x.expand(1, 50, 1, 101));
    const steps = indices.narrow(3, 1, 40).sub(indices.narrow(3, 0, 40));
    // The last step leads to the end, wherever that is.
    const inner = Array.from(steps.narrow(3, 0, 39).contiguous().dataSync());
    expect(new Set(inner)).toEqual(new Set([2, 3]));
    const mean = inner.reduce((a, b) => a + b, 0) / inner.length;
    expect(Math.abs(mean - 2.5)).toBeLessThan(0.02);
  });
  test("wants one of outputSize and outputRatio", () => {
    expect(messageOf(() => new nn.FractionalMaxPool2d(2))).toContain(
      "one of outputSize and outputRatio is needed",
    );
    expect(messageOf(() => new nn.FractionalMaxPool3d(2, { outputRatio: 1.5 }))).toContain(
      "between 0 and 1",
    );
  });
});

describe("messages say what to write", () => {
  test.each([
    ["sequences without channels", () => new nn.Conv1d(1, 2, 3)(zeros(64, 10)), "x.unsqueeze(1)"],
    ["channels last", () => new nn.Conv1d(3, 2, 3)(zeros(4, 10, 3)), "x.permute(0, 2, 1)"],
    [
      "a volume's channels last",
      () => new nn.Conv3d(3, 2, 1)(zeros(4, 5, 6, 3)),
      "x.permute(3, 0, 1, 2)",
    ],
    [
      "another number of channels",
      () => new nn.ConvTranspose2d(4, 2, 3)(zeros(1, 3, 5, 5)),
      "write new ConvTranspose2d(3, 2, ...)",
    ],
    ["a wrong rank", () => new nn.Conv3d(3, 2, 1)(zeros(4, 5)), "[N, 3, D, H, W] or [3, D, H, W]"],
    [
      "an unknown padding",
      () => new nn.Conv2d(1, 1, 3, { padding: "full" as never }),
      '"same" or "valid"',
    ],
    [
      "padding modes of a transpose",
      () => new nn.ConvTranspose1d(1, 1, 3, { paddingMode: "reflect" as never }),
      'paddingMode "zeros" alone',
    ],
    [
      "an output size that cannot be",
      () => new nn.ConvTranspose1d(1, 1, 3, { stride: 2 })(zeros(1, 1, 4), { outputSize: [12] }),
      "[12] is not between [9] and [10]",
    ],
    [
      "too much padding of a pool",
      () => new nn.MaxPool3d(2, { padding: 2 })(zeros(1, 4, 4, 4)),
      "at most half of kernelSize [2, 2, 2]",
    ],
    [
      "a window that does not fit",
      () => new nn.AvgPool1d(5)(zeros(1, 4)),
      "a window of [5] does not fit the input [1, 1, 4]",
    ],
    ["too much reflection", () => new nn.ReflectionPad1d(3)(zeros(1, 3)), "can be at most 2"],
    ["a wrong number of sides", () => new nn.ZeroPad2d([1, 2]), "a whole number or 4 of them"],
    [
      "columns of another image",
      () => new nn.Fold([4, 4], 2)(zeros(1, 4, 8)),
      "has 3·3 windows, the input [1, 4, 8] has 8 columns",
    ],
    [
      "a mode of another rank",
      () => new nn.Upsample({ size: 2, mode: "bilinear" })(zeros(1, 1, 4)),
      'use mode "linear"',
    ],
    [
      "neither size nor factor",
      () => new nn.Upsample()(zeros(1, 1, 4)),
      "one of size and scaleFactor",
    ],
    [
      "alignCorners of nearest",
      () => new nn.Upsample({ size: 2, alignCorners: true })(zeros(1, 1, 4)),
      "knows no alignCorners",
    ],
    ["channels for no shuffle", () => new nn.PixelShuffle(2)(zeros(6, 2, 2)), "multiple of 2² = 4"],
    [
      "indices that are no indices",
      () => new nn.MaxUnpool1d(2)(zeros(1, 2), zeros(1, 2)),
      "those that pooling with returnIndices gave",
    ],
  ])("%s", (_, fn, message) => expect(messageOf(fn)).toContain(message));
});

test("printed forms are PyTorch's", () => {
  const lines: [nn.Module, string][] = [
    [
      new nn.Conv1d(2, 3, 4, { padding: "same" }),
      "Conv1d(2, 3, kernel_size=(4,), stride=(1,), padding=same)",
    ],
    [
      new nn.ConvTranspose2d(2, 4, 3, { stride: 2, outputPadding: 1, groups: 2 }),
      "ConvTranspose2d(2, 4, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 1), groups=2)",
    ],
    [
      new nn.MaxPool1d(3),
      "MaxPool1d(kernel_size=3, stride=3, padding=0, dilation=1, ceil_mode=False)",
    ],
    [new nn.AvgPool1d(2), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"],
    [new nn.AvgPool3d(2), "AvgPool3d(kernel_size=2, stride=2, padding=0)"],
    [
      new nn.LPPool2d(1.5, [2, 2], { stride: 1 }),
      "LPPool2d(norm_type=1.5, kernel_size=(2, 2), stride=1, ceil_mode=False)",
    ],
    [new nn.LPPool1d(2, 3), "LPPool1d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)"],
    [new nn.AdaptiveMaxPool2d([2, null]), "AdaptiveMaxPool2d(output_size=(2, None))"],
    [new nn.MaxUnpool1d(2), "MaxUnpool1d(kernel_size=(2,), stride=(2,), padding=(0,))"],
    [new nn.FractionalMaxPool2d(2, { outputRatio: 0.5 }), "FractionalMaxPool2d()"],
    [new nn.ReflectionPad1d(2), "ReflectionPad1d((2, 2))"],
    [new nn.ZeroPad2d([1, 2, 3, 4]), "ZeroPad2d((1, 2, 3, 4))"],
    [new nn.ConstantPad2d(1, 3.5), "ConstantPad2d(padding=(1, 1, 1, 1), value=3.5)"],
    [new nn.Unfold(2), "Unfold(kernel_size=2, dilation=1, padding=0, stride=1)"],
    [
      new nn.Fold([4, 5], [2, 2]),
      "Fold(output_size=(4, 5), kernel_size=(2, 2), dilation=1, padding=0, stride=1)",
    ],
    [new nn.PixelShuffle(2), "PixelShuffle(upscale_factor=2)"],
    [new nn.ChannelShuffle(2), "ChannelShuffle(groups=2)"],
    [new nn.Upsample({ scaleFactor: 2 }), "Upsample(scale_factor=2.0, mode='nearest')"],
    [new nn.Upsample({ scaleFactor: [2, 3] }), "Upsample(scale_factor=(2.0, 3.0), mode='nearest')"],
    [
      new nn.UpsamplingBilinear2d({ size: [3, 4] }),
      "UpsamplingBilinear2d(size=(3, 4), mode='bilinear')",
    ],
  ];
  for (const [module, printed] of lines) expect(String(module)).toBe(printed);
});

test("only results are left in memory", () => {
  const x = rand(1, 2, 6, 6);
  const volume = rand(1, 2, 4, 4, 4);
  const grid = rand(1, 3, 3, 2);
  const calls: (() => Tensor)[] = [
    () => F.interpolate(x, { size: 9, mode: "bicubic" }),
    () => F.interpolate(x, { scaleFactor: 1.5 }),
    () => F.gridSample(x, grid),
    () => F.adaptiveAvgPool2d(x, 4),
    () => F.adaptiveMaxPool2d(x, 4),
    () => F.fractionalMaxPool2d(x, 2, { outputSize: 4 }),
    () => F.lpPool2d(x, 2, 2),
    () => F.maxPool3d(volume, 2),
    () => F.avgPool3d(volume, 2),
    () => F.unfold(x, 2),
  ];
  for (const call of calls) {
    // The first call brings its operands to the device.
    call().dispose();
    const before = buffers();
    const y = call();
    expect(buffers() - before, String(call)).toBe(1);
    y.dispose();
  }
});
