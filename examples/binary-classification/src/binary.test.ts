import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { divide } from "../../shared/src/tabular.ts";
import { moons, penguins } from "./data.ts";
import { evaluate, models, train } from "./learn.ts";
import { compare } from "./withLogits.ts";

setBackend(cpu());

describe("two moons", () => {
  const run = async (name: string) => {
    manualSeed(0);
    const problem = moons();
    const model = models[name]();
    await train(model, problem, 300);
    return evaluate(model, problem);
  };
  test("a line gets five of six right", async () => {
    const { accuracy, auc } = await run("logistic regression");
    expect(accuracy).toBeGreaterThan(0.8);
    expect(accuracy).toBeLessThan(0.92);
    expect(auc).toBeGreaterThan(0.9);
  });
  test("a hidden layer nearly all", async () => {
    const { accuracy, auc } = await run("hidden layer of 16");
    expect(accuracy).toBeGreaterThan(0.95);
    expect(auc).toBeGreaterThan(0.98);
  });
});

const real = penguins();
test.skipIf(!real)("penguins: PyTorch's losses", async () => {
  // All penguins standardised; torch.manual_seed(0) before each model, Adam(lr=0.02): losses of steps 1, 2 and 400.
  const expected = {
    "logistic regression": [0.6742023825645447, 0.6666132807731628, 0.5876132845878601],
    "hidden layer of 16": [0.6905510425567627, 0.6683712005615234, 0.3318288028240204],
  };
  const all = Int32Array.from({ length: real!.y.numel }, (_, i) => i);
  const split = divide(real!, all, all);
  for (const [name, [first, second, last]] of Object.entries(expected)) {
    manualSeed(0);
    const losses = await train(models[name](), split);
    expect(losses[0]).toBeCloseTo(first, 5);
    expect(losses[1]).toBeCloseTo(second, 5);
    expect(losses.at(-1)).toBeCloseTo(last, 3);
  }
});

test("a sigmoid before the loss stops the gradient of what is very wrong", () => {
  const [small, great] = compare([5, 100]);
  expect(small.bce[1]).toBeCloseTo(small.withLogits[1], 4);
  expect(great.bce).toEqual([100, 0]);
  expect(great.withLogits).toEqual([100, 1]);
});
