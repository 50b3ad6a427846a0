import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { expect, test } from "vitest";
import { mulan, type Problem, planes } from "./data.ts";
import { createModel, evaluate, train } from "./learn.ts";

setBackend(cpu());

async function run(problem: Problem, epochs: number) {
  manualSeed(0);
  const model = createModel(problem.xTrain.shape[1], problem.labels.length);
  await train(model, problem, { epochs });
  return evaluate(model, problem);
}
const [emotions, yeast] = [mulan("emotions"), mulan("yeast")];

test.skipIf(!emotions)(
  "emotions: a fifth of the labels wrong, where a third would be",
  async () => {
    expect([emotions!.xTrain.shape, emotions!.yTest.shape]).toEqual([
      [391, 72],
      [202, 6],
    ]);
    const { model, baseline } = await run(emotions!, 20);
    expect(baseline.hamming).toBeGreaterThan(0.3);
    expect(model.hamming).toBeLessThan(0.22);
    expect(model.microF1).toBeGreaterThan(0.62);
  },
);
test.skipIf(!yeast)("yeast: better than the usual labels", async () => {
  const { model, baseline } = await run(yeast!, 10);
  expect(model.hamming).toBeLessThan(baseline.hamming - 0.02);
  expect(model.subset).toBeGreaterThan(0.12);
});
test("labels of one's own making", async () => {
  manualSeed(0);
  const { model } = await run(planes(), 20);
  expect(model.microF1).toBeGreaterThan(0.8);
});
