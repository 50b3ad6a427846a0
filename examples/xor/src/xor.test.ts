import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { expect, test } from "vitest";
import { inputs, learn, models } from "./learn.ts";

setBackend(cpu());
const [line, network] = Object.keys(models);

test("one layer says one half to everything, and its loss stays at ln 2", async () => {
  const { losses, predictions } = await learn(line, 500);
  expect(losses.at(-1)).toBeCloseTo(Math.LN2, 4);
  for (const p of predictions) expect(p).toBeCloseTo(0.5, 2);
});
test("two layers get all four right", async () => {
  const { predictions } = await learn(network, 500);
  expect(predictions.map(Math.round)).toEqual(inputs.map(([a, b]) => a ^ b));
  for (const p of predictions) expect(Math.abs(p - 0.5)).toBeGreaterThan(0.45);
});
