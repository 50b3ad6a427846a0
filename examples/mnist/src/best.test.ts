import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { DataLoader, drawDigits } from "@dl/data";
import { crossEntropy } from "@dl/losses";
import { manualSeed, setBackend } from "@dl/tensor";
import { expect, test } from "vitest";
import { augmentation, schedule } from "./best.ts";
import { models } from "./models.ts";
import { evaluate, trainEpoch } from "./train.ts";

setBackend(cpu());
const normalize = { mean: 0.1307, std: 0.3081 };

test("the way of --best learns drawn digits from a thousand of them", async () => {
  manualSeed(0);
  const model = models.best.create();
  const loader = new DataLoader(drawDigits(1000, { seed: 1, normalize }), {
    batchSize: 50,
    shuffle: true,
  });
  const { optimizer, scheduler } = schedule(model, 2 * loader.length);
  const rates: number[] = [];
  const note = () => {
    rates.push(optimizer.paramGroups[0].lr);
    return true;
  };
  for (let epoch = 0; epoch < 2; epoch++)
    await trainEpoch(model, loader, crossEntropy, optimizer, note, {
      augment: augmentation(),
      scheduler,
    });
  // Up in the first fifth, and down.
  expect(rates.indexOf(Math.max(...rates))).toBeCloseTo(8, -1);
  expect(rates.at(-2)!).toBeLessThan(1e-4);
  const test = new DataLoader(drawDigits(300, { seed: 2, normalize }), { batchSize: 100 });
  expect(await evaluate(model, test)).toBeGreaterThan(0.85);
});
test("an augmented image is another one of the same size, on the same black", () => {
  manualSeed(0);
  const [images] = drawDigits(20, { seed: 3, normalize }).getBatch([0, 1, 2, 3]);
  const augmented = augmentation()(images);
  expect(augmented.shape).toEqual(images.shape);
  expect(augmented.amin().itemSync()).toBeCloseTo(images.amin().itemSync(), 4);
  expect(
    augmented
      .sub(images)
      .abs()
      .amax({ dim: [1, 2, 3] })
      .amin()
      .itemSync(),
  ).toBeGreaterThan(1);
});
