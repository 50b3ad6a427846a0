import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { expect, test } from "vitest";
import { divide, prepare } from "../../shared/src/tabular.ts";
import { drawnIris, iris } from "./iris.ts";
import { createModel, evaluate, train } from "./learn.ts";

setBackend(cpu());
const real = iris();

test.skipIf(!real)("irises: PyTorch's losses", async () => {
  const all = Int32Array.from({ length: 150 }, (_, i) => i);
  manualSeed(0);
  const losses = await train(createModel(4, 3), divide(real!, all, all));
  // torch.manual_seed(0), all irises standardised, SGD(lr=0.5): losses of steps 1, 2 and 200.
  expect(losses[0]).toBeCloseTo(0.9059931635856628, 5);
  expect(losses[1]).toBeCloseTo(0.6724400520324707, 5);
  expect(losses.at(-1)).toBeCloseTo(0.12416566163301468, 4);
});
test.skipIf(!real)("irises: at most three of 45 unseen flowers wrong", async () => {
  manualSeed(0);
  const split = prepare(real!, 0.3);
  const model = createModel(4, 3);
  await train(model, split);
  const { test, matrix } = await evaluate(model, split, real!.classes);
  expect(test).toBeGreaterThanOrEqual(42 / 45);
  expect(matrix.map((row) => row.reduce((a, b) => a + b))).toEqual([15, 15, 15]);
});
test("drawn flowers are told apart, too", async () => {
  manualSeed(0);
  const data = drawnIris();
  const split = prepare(data, 0.3);
  const model = createModel(4, 3);
  await train(model, split, { epochs: 100 });
  expect((await evaluate(model, split, data.classes)).test).toBeGreaterThan(0.9);
});
test("the training part is standardised, each class is in both parts alike", async () => {
  manualSeed(1);
  const { xTrain, yTrain, yTest } = prepare(drawnIris(), 0.2);
  for (const mean of xTrain.mean(0).dataSync()) expect(mean).toBeCloseTo(0, 5);
  for (const std of xTrain.std(0, { correction: 0 }).dataSync()) expect(std).toBeCloseTo(1, 5);
  expect(Array.from(yTrain.bincount().dataSync())).toEqual([40, 40, 40]);
  expect(Array.from(yTest.bincount().dataSync())).toEqual([10, 10, 10]);
});
