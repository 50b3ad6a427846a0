/** Gradients against difference quotients, and gradients of gradients, in float64. */
import { grad, gradcheck } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { scope, setBackend, type Tensor, tensor } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import * as losses from "./index.ts";

beforeAll(() => setBackend(cpu()));

/** Numbers in −1.5 … 1.5 that are far from each other and from kinks. */
const numbers = (seed: number, shape: number[], low = -1.5, high = 1.5): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float64Array.from(
    { length: size },
    (_, i) => low + (high - low) * ((((i + 31 * seed) * 7919) % 1009) / 1009),
  );
  return tensor(values, { shape, requiresGrad: true });
};
const scores = (seed: number, ...shape: number[]) => numbers(seed, shape);
const shares = (seed: number, ...shape: number[]) => numbers(seed, shape, 0.15, 0.85);
const signs = (...values: number[]) => tensor(new Float64Array(values));

type Fn = (...inputs: any[]) => Tensor;
const check = (fn: Fn, inputs: Tensor[]) =>
  scope(() => {
    gradcheck(fn, inputs);
    const gradients: (...x: Tensor[]) => Tensor[] = (...x) =>
      grad(
        fn(...x).square(),
        x.filter((t) => t.requiresGrad),
        { createGraph: true },
      );
    // What is not differentiable gradcheck passes over.
    expect(gradients(...inputs).every((g) => g.requiresGrad)).toBe(true);
    gradcheck(gradients, inputs);
  });

const SUM = { reduction: "sum" } as const;
/** Made in the test, when there is a backend. */
const cases: Record<string, () => [Fn, Tensor[]]> = {
  mseLoss: () => [(x, y) => losses.mseLoss(x, y, SUM), [scores(1, 3), scores(2, 3)]],
  "mseLoss, weighted": () => [
    (x, y, weight) => losses.mseLoss(x, y, { weight }),
    [scores(1, 3), scores(2, 3), shares(3, 3)],
  ],
  l1Loss: () => [losses.l1Loss, [scores(1, 3), scores(2, 3)]],
  smoothL1Loss: () => [
    (x, y) => losses.smoothL1Loss(x, y, { beta: 0.7 }),
    [scores(1, 2, 3), scores(2, 2, 3)],
  ],
  huberLoss: () => [
    (x, y) => losses.huberLoss(x, y, { delta: 0.7 }),
    [scores(1, 2, 3), scores(2, 2, 3)],
  ],
  binaryCrossEntropy: () => [losses.binaryCrossEntropy, [shares(1, 2, 2), shares(2, 2, 2)]],
  binaryCrossEntropyWithLogits: () => [
    (x, y) => losses.binaryCrossEntropyWithLogits(x, y, { posWeight: tensor([2, 0.5]) }),
    [scores(1, 2, 2), shares(2, 2, 2)],
  ],
  nllLoss: () => [(x) => losses.nllLoss(x.logSoftmax(1), tensor([0, 2])), [scores(1, 2, 3)]],
  crossEntropy: () => [
    (x) => losses.crossEntropy(x, tensor([0, 2]), { labelSmoothing: 0.1 }),
    [scores(1, 2, 3)],
  ],
  klDiv: () => [
    (x, y) => losses.klDiv(x, y, { reduction: "batchmean" }),
    [scores(1, 4), shares(2, 4)],
  ],
  "klDiv, logTarget": () => [
    (x, y) => losses.klDiv(x, y, { logTarget: true }),
    [scores(1, 4), scores(2, 4)],
  ],
  poissonNllLoss: () => [losses.poissonNllLoss, [scores(1, 4), shares(2, 4)]],
  "poissonNllLoss of rates": () => [
    (x, y) => losses.poissonNllLoss(x, y.mul(5), { logInput: false, full: true }),
    [shares(1, 4), shares(2, 4)],
  ],
  gaussianNllLoss: () => [
    (x, y, v) => losses.gaussianNllLoss(x, y, v),
    [scores(1, 2, 3), scores(2, 2, 3), shares(3, 2)],
  ],
  hingeEmbeddingLoss: () => [
    (x) => losses.hingeEmbeddingLoss(x, signs(1, -1, -1, 1)),
    [scores(1, 4)],
  ],
  marginRankingLoss: () => [
    (x, y) => losses.marginRankingLoss(x, y, signs(1, -1, -1, 1), { margin: 0.5 }),
    [scores(1, 4), scores(2, 4)],
  ],
  softMarginLoss: () => [(x) => losses.softMarginLoss(x, signs(1, -1, -1, 1)), [scores(1, 4)]],
  multiMarginLoss: () => [
    (x) => losses.multiMarginLoss(x, tensor([0, 2]), { p: 2, weight: tensor([1, 2, 3]) }),
    [scores(1, 2, 3)],
  ],
  multilabelMarginLoss: () => [
    (x) =>
      losses.multilabelMarginLoss(
        x,
        tensor([
          [0, 2, -1, 1],
          [1, -1, 0, 0],
        ]),
      ),
    [scores(1, 2, 4)],
  ],
  multilabelSoftMarginLoss: () => [
    losses.multilabelSoftMarginLoss,
    [scores(1, 2, 3), shares(2, 2, 3)],
  ],
  cosineEmbeddingLoss: () => [
    (x, y) => losses.cosineEmbeddingLoss(x, y, signs(1, -1), { margin: -0.9 }),
    [scores(1, 2, 3), scores(2, 2, 3)],
  ],
  tripletMarginLoss: () => [
    (a, p, n) => losses.tripletMarginLoss(a, p, n, { swap: true, margin: 3 }),
    [scores(1, 2, 3), scores(2, 2, 3), scores(3, 2, 3)],
  ],
  "tripletMarginLoss, p = 3": () => [
    (a, p, n) => losses.tripletMarginLoss(a, p, n, { p: 3, margin: 3 }),
    [scores(1, 2, 3), scores(2, 2, 3), scores(3, 2, 3)],
  ],
  tripletMarginWithDistanceLoss: () => [
    (a, p, n) => losses.tripletMarginWithDistanceLoss(a, p, n, { margin: 3 }),
    [scores(1, 3), scores(2, 3), scores(3, 3)],
  ],
  sigmoidFocalLoss: () => [
    (x, y) => losses.sigmoidFocalLoss(x, y, SUM),
    [scores(1, 4), shares(2, 4)],
  ],
  "sigmoidFocalLoss of 0": () => [
    (x) => losses.sigmoidFocalLoss(x, signs(1, 0, 0.5), SUM),
    [tensor(new Float64Array(3), { requiresGrad: true })],
  ],
  diceLoss: () => [
    (x, y) => losses.diceLoss(x, y, { activation: "softmax" }),
    [scores(1, 2, 2, 3), shares(2, 2, 2, 3)],
  ],
};

describe("gradients and gradients of gradients", () => {
  for (const [name, make] of Object.entries(cases)) {
    test(name, () => {
      const [fn, inputs] = make();
      check(fn, inputs);
    });
  }
});

describe("ctcLoss", () => {
  const loss = (x: Tensor) =>
    losses.ctcLoss(
      x.logSoftmax(-1),
      tensor([
        [1, 2],
        [2, 2],
      ]),
      [4, 3],
      [2, 2],
      SUM,
    );
  test("has the gradient of the difference quotient behind logSoftmax", () => {
    gradcheck(loss, [scores(1, 4, 2, 3)]);
  });
  test("says that it has no second gradient", () => {
    const x = scores(1, 4, 2, 3);
    const [g] = grad(loss(x), x, { createGraph: true });
    expect(() => g.square().sum().backward()).toThrow(/no second gradient/);
  });
});
