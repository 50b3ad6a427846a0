import type { Tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import * as nn from "./index.ts";
import "./testing.ts";

describe("a module prints as PyTorch's repr", () => {
  const lines: [string, nn.Module][] = [
    ["Linear(in_features=3, out_features=4, bias=True)", new nn.Linear(3, 4)],
    ["Linear(in_features=3, out_features=4, bias=False)", new nn.Linear(3, 4, { bias: false })],
    [
      "Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))",
      new nn.Conv2d(1, 32, 3, { padding: 1 }),
    ],
    [
      "Conv2d(2, 4, kernel_size=(3, 5), stride=(2, 2), dilation=(2, 1), groups=2, bias=False)",
      new nn.Conv2d(2, 4, [3, 5], { stride: 2, dilation: [2, 1], groups: 2, bias: false }),
    ],
    [
      "Conv2d(2, 4, kernel_size=(3, 3), stride=(1, 1), padding=same, padding_mode=reflect)",
      new nn.Conv2d(2, 4, 3, { padding: "same", paddingMode: "reflect" }),
    ],
    [
      "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
      new nn.MaxPool2d(2),
    ],
    [
      "MaxPool2d(kernel_size=(2, 3), stride=1, padding=(1, 0), dilation=1, ceil_mode=True)",
      new nn.MaxPool2d([2, 3], { stride: 1, padding: [1, 0], ceilMode: true }),
    ],
    ["AvgPool2d(kernel_size=2, stride=2, padding=0)", new nn.AvgPool2d(2)],
    ["AdaptiveAvgPool2d(output_size=1)", new nn.AdaptiveAvgPool2d(1)],
    ["AdaptiveAvgPool2d(output_size=(None, 7))", new nn.AdaptiveAvgPool2d([null, 7])],
    [
      "BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
      new nn.BatchNorm2d(64),
    ],
    [
      "BatchNorm1d(3, eps=0.001, momentum=None, affine=False, bias=False, track_running_stats=False)",
      new nn.BatchNorm1d(3, { eps: 1e-3, momentum: null, affine: false, trackRunningStats: false }),
    ],
    ["Dropout(p=0.5, inplace=False)", new nn.Dropout()],
    ["Flatten(start_dim=1, end_dim=-1)", new nn.Flatten()],
    ["Unflatten(dim=1, unflattened_size=(2, 5))", new nn.Unflatten(1, [2, 5])],
    ["Identity()", new nn.Identity()],
    ["ReLU()", new nn.ReLU()],
    ["ReLU(inplace=True)", new nn.ReLU({ inplace: true })],
    [
      "LeakyReLU(negative_slope=0.2, inplace=True)",
      new nn.LeakyReLU({ negativeSlope: 0.2, inplace: true }),
    ],
    ["Sigmoid()", new nn.Sigmoid()],
    ["Softmax(dim=1)", new nn.Softmax({ dim: 1 })],
    ["LogSoftmax(dim=-1)", new nn.LogSoftmax({ dim: -1 })],
    ["GELU(approximate='none')", new nn.GELU()],
    ["SiLU()", new nn.SiLU()],
    ["ELU(alpha=1.0)", new nn.ELU()],
    ["Softplus(beta=1.0, threshold=20.0)", new nn.Softplus()],
    ["Hardtanh(min_val=-1.0, max_val=1.0)", new nn.Hardtanh()],
    ["Sequential()", new nn.Sequential()],
    ["ModuleList()", new nn.ModuleList()],
    [
      "ModuleList(\n  (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)\n  (3): ReLU()\n)",
      new nn.ModuleList([...[0, 1, 2].map(() => new nn.Linear(2, 2)), new nn.ReLU()]),
    ],
    [
      "ModuleList(\n  (0-1): 2 x Sequential(\n    (0): ReLU()\n  )\n)",
      new nn.ModuleList([0, 1].map(() => new nn.Sequential(new nn.ReLU()))),
    ],
    [
      "ModuleDict(\n  (a): ReLU()\n  (b): Linear(in_features=1, out_features=1, bias=True)\n)",
      new nn.ModuleDict({ a: new nn.ReLU(), b: new nn.Linear(1, 1) }),
    ],
  ];
  test.each(lines)("%s", (text, module) => expect(String(module)).toBe(text));

  test("with the modules inside it, indented", () => {
    class Net extends nn.Module {
      features = new nn.Sequential({ conv: new nn.Conv2d(1, 2, 3), act: new nn.ReLU() });
      head = new nn.Linear(2, 2);
      forward(x: Tensor) {
        return this.head(this.features(x));
      }
    }
    expect(String(new Net())).toBe(`Net(
  (features): Sequential(
    (conv): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))
    (act): ReLU()
  )
  (head): Linear(in_features=2, out_features=2, bias=True)
)`);
  });
});
