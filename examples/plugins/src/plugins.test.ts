/** Each part put through the suite for its kind, and held to numbers worked by hand. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { testActivation, testLayer, testLoss, testOptimizer, testScheduler } from "@dl/conformance";
import { SGD } from "@dl/optim";
import { ones, randn, setBackend, tensor, zeros } from "@dl/tensor";
import { describe, expect, it } from "vitest";
import { Lion } from "./lion.ts";
import { LogCoshLoss, logCosh } from "./logCosh.ts";
import { Snake, snake } from "./snake.ts";
import { SqueezeExcitation } from "./squeezeExcitation.ts";
import { type Progress, train } from "./train.ts";
import { WarmupInverseSqrt } from "./warmupInverseSqrt.ts";

setBackend(cpu());
const runner = { describe, it };

testLayer("SqueezeExcitation", () => new SqueezeExcitation(4, 2), {
  ...runner,
  inputs: (batch) => [randn(batch, 4, 3, 2)],
  misfit: () => [randn(2, 3, 3, 2)],
  parameters: ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
});
testLayer("Snake as a layer", () => new Snake({ numParameters: 3 }), {
  ...runner,
  inputs: (batch) => [randn(batch, 3, 4)],
  misfit: () => [randn(2, 4)],
  parameters: ["alpha"],
});
testActivation("Snake with one α", () => new Snake({ init: 0.7 }), runner);
testActivation("Snake with one α per channel", () => new Snake({ numParameters: 3 }), {
  ...runner,
  shapes: [
    [2, 3],
    [2, 3, 4],
  ],
});
const operands = (samples: number) => [randn(samples, 3), randn(samples, 3)];
testLoss("LogCoshLoss", (options) => new LogCoshLoss(options), { ...runner, operands });
testLoss("logCosh", (options) => (x, y) => logCosh(x, y, options), { ...runner, operands });
testOptimizer("Lion", (params) => new Lion(params, { lr: 0.01, weightDecay: 0.01 }), {
  ...runner,
  maximize: (params) => new Lion(params, { lr: 0.01, weightDecay: 0.01, maximize: true }),
});
testScheduler("WarmupInverseSqrt", (o: SGD) => new WarmupInverseSqrt(o, { warmupSteps: 4 }), {
  ...runner,
  optimizer: (groups) => new SGD(groups),
  curve: (steps, lr) => (steps < 4 ? (lr * (steps + 1)) / 4 : lr * Math.sqrt(4 / (steps + 1))),
});

describe("numbers worked by hand", () => {
  it("logCosh(0) is 0, and far from 0 its size less log 2", () => {
    const losses = logCosh(tensor([0, 1, -50]), zeros(3), { reduction: "none" }).dataSync();
    expect(losses[0]).toBeCloseTo(0, 6);
    expect(losses[1]).toBeCloseTo(Math.log(Math.cosh(1)), 6);
    expect(losses[2]).toBeCloseTo(50 - Math.LN2, 5);
  });
  it("snake(π/2) with α = 1 is π/2 + 1", () =>
    expect(snake(tensor(Math.PI / 2), ones(1)).dataSync()[0]).toBeCloseTo(Math.PI / 2 + 1, 6));
  it("the first step of Lion is lr against the gradient's sign, and the decay", () => {
    const p = tensor([1, -2, 3], { requiresGrad: true });
    const optimizer = new Lion([p], { lr: 0.1, weightDecay: 0.5 });
    p.mul(tensor([4, -5, 0]))
      .sum()
      .backward();
    optimizer.step();
    const expected = [0.95 - 0.1, -1.9 + 0.1, 2.85];
    p.dataSync().forEach((x, i) => expect(x).toBeCloseTo(expected[i], 6));
  });
  it("a squeeze that says nothing halves its input", () => {
    const layer = new SqueezeExcitation(2, 1);
    for (const p of layer.parameters()) p.requiresGrad_(false).zero_();
    expect(Array.from(layer(ones(1, 2, 1, 1)).dataSync())).toEqual([0.5, 0.5]);
  });
});

it("all five together learn the direction of waves", async () => {
  const seen: Progress[] = [];
  await train(150, (progress) => seen.push(progress));
  expect(seen[0].loss).toBeGreaterThan(0.15);
  expect(seen.at(-1)!.loss).toBeLessThan(0.25 * seen[0].loss);
});
