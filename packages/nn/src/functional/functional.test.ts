import { manualSeed, type ones, tensor, zeros } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import * as F from "../functional.ts";
import { close } from "../testing.ts";

describe("in-place forms write into their input", () => {
  const forms: [string, (x: ReturnType<typeof ones>) => unknown, number[]][] = [
    ["relu_", F.relu_, [0, 2]],
    ["leakyRelu_", (x) => F.leakyRelu_(x, { negativeSlope: 0.5 }), [-0.5, 2]],
    ["elu_", F.elu_, [-0.632121, 2]],
    ["celu_", F.celu_, [-0.632121, 2]],
    ["selu_", F.selu_, [-1.111331, 2.101402]],
    ["hardtanh_", F.hardtanh_, [-1, 1]],
    ["rrelu_", (x) => F.rrelu_(x, { lower: 0.2, upper: 0.4 }), [-0.3, 2]],
    ["threshold_", (x) => F.threshold_(x, 0, 7), [7, 2]],
  ];
  test.each(forms)("%s", (_, form, wanted) => {
    const x = tensor([-1, 2]);
    expect(form(x)).toBe(x);
    close(x, wanted);
  });
});

describe("gumbelSoftmax", () => {
  test("samples classes with their probabilities", () => {
    manualSeed(1);
    const logits = tensor([0.1, 0.3, 0.6]).log().expand([4000, 3]);
    const samples = F.gumbelSoftmax(logits, { hard: true });
    close(samples.sum(1), Array(4000).fill(1));
    close(samples.mean(0), [0.1, 0.3, 0.6], 0.03);
  });
  test("is differentiable, hard or soft", () => {
    for (const hard of [true, false]) {
      manualSeed(2);
      const x = zeros(2, 3).requiresGrad_();
      F.gumbelSoftmax(x, { hard, tau: 0.5 })
        .mul(tensor([1, 2, 3]))
        .sum()
        .backward();
      close(x.grad!.sum(1), [0, 0]);
      expect(x.grad!.abs().sum().itemSync()).toBeGreaterThan(0.01);
    }
  });
});
