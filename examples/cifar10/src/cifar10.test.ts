import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { ImageDataset } from "@dl/data";
import { cifar10, MissingFilesError } from "@dl/data/node";
import { setBackend } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { parseOptions } from "./options.ts";
import { drawShapes, SHAPES } from "./shapes.ts";
import { best, evaluate, train, tutorial } from "./train.ts";

setBackend(cpu());
const normalize = { mean: 0.5, std: 0.5 };

test("the tutorial's program has PyTorch's losses", async () => {
  const losses = await train(tutorial(drawShapes(400, { seed: 1, normalize }), 0), 1);
  // torch.manual_seed(0), the same images, DataLoader(batch_size=4, shuffle=True): steps 1, 2, 3, 50 and 100.
  const expected = [
    2.3723177909851074, 2.339019298553467, 2.269517421722412, 2.260122776031494, 2.3075766563415527,
  ];
  for (const [i, step] of [1, 2, 3, 50, 100].entries())
    expect(losses[step - 1]).toBeCloseTo(expected[i], 3);
});
test("the way of --best learns shapes from few images", async () => {
  const data = drawShapes(384, { seed: 1, normalize });
  const recipe = best(data, 0, 4, { batchSize: 32, maxLr: 0.05 });
  const rates: number[] = [];
  const losses = await train(recipe, 4, () => {
    rates.push(recipe.optimizer.paramGroups[0].lr);
    return true;
  });
  expect(losses).toHaveLength(4 * 12);
  expect(losses.slice(-5).reduce((a, b) => a + b) / 5).toBeLessThan(0.8 * losses[0]);
  // Up to 0.05, and down.
  expect(Math.max(...rates)).toBeGreaterThan(0.045);
  expect(rates.at(-2)!).toBeLessThan(0.001);
  const { accuracy, matrix } = await evaluate(
    recipe.model,
    drawShapes(200, { seed: 2, normalize }),
  );
  expect(accuracy).toBeGreaterThan(0.3);
  expect(matrix.flat().reduce((a, b) => a + b)).toBe(200);
});
const real = await cifar10({ train: false, normalize }).catch((error) => {
  if (error instanceof MissingFilesError) return null;
  throw error;
});
test.skipIf(!real)(
  "the way of --best knows four of ten photographs after 800 of them",
  async () => {
    const part = (from: number, to: number): ImageDataset =>
      new ImageDataset(
        real!.images.subarray(3072 * from, 3072 * to),
        real!.labels.subarray(from, to),
        [3, 32, 32],
        { normalize, classes: real!.classes },
      );
    const recipe = best(part(0, 800), 0, 4, { batchSize: 32, maxLr: 0.05 });
    const losses = await train(recipe, 4);
    expect(losses.slice(-5).reduce((a, b) => a + b) / 5).toBeLessThan(losses[0]);
    const { accuracy } = await evaluate(recipe.model, part(800, 1300));
    expect(accuracy).toBeGreaterThan(0.3);
  },
);
test("training can be stopped", async () => {
  const recipe = tutorial(drawShapes(40, { seed: 1 }), 0);
  expect(await train(recipe, 2, ({ batch }) => batch < 3)).toHaveLength(3);
});
test("shapes come in ten classes, the same for the same seed", () => {
  const [a, b] = [drawShapes(100, { seed: 3 }), drawShapes(100, { seed: 3 })];
  expect(a.images).toEqual(b.images);
  expect(new Set(a.labels).size).toBe(SHAPES.length);
});
describe("options", () => {
  test("are those of the mode unless they are given", () => {
    expect(parseOptions([])).toMatchObject({ mode: "quick", epochs: 1, limit: 8000, test: 2000 });
    expect(parseOptions(["--full"])).toMatchObject({ mode: "full", epochs: 3, limit: 50_000 });
    expect(parseOptions(["--best", "--epochs", "2"])).toMatchObject({ mode: "best", epochs: 2 });
  });
});
