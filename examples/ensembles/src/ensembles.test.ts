import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { beforeAll, expect, test } from "vitest";
import { digits8, drawnDigits8 } from "../../shared/src/digits8.ts";
import { averaging, bagged, boosted, type Parts, parts, type Result } from "./compare.ts";

setBackend(cpu());
let data: Parts;
const real = digits8();
beforeAll(() => {
  manualSeed(0);
  data = parts(real ?? drawnDigits8());
});
const accuracy = (results: readonly Result[], name: string): number =>
  results.find((r) => r.name.startsWith(name))!.accuracy;

test("together they are better than one of them is on average", async () => {
  const results = await averaging(data, 6);
  const one = accuracy(results, "one network, mean");
  for (const name of ["hard voting", "soft voting", "mean of logits"])
    expect(accuracy(results, name)).toBeGreaterThan(one);
});
test.skipIf(!real)("the ten networks are PyTorch's", async () => {
  const results = await averaging(data);
  // torch.manual_seed(0 … 9), Adam(lr=0.02), 60 steps: the mean of ten accuracies, and that of the mean of logits.
  expect(accuracy(results, "one network, mean")).toBeCloseTo(0.9305, 2);
  expect(accuracy(results, "mean of logits")).toBeCloseTo(0.9446, 2);
});
test("digits that were left out of the bag say how good the bag is", async () => {
  const { result, outOfBag } = await bagged(data, 8);
  expect(result.accuracy).toBeGreaterThan(0.75);
  expect(Math.abs(outOfBag - result.accuracy)).toBeLessThan(0.1);
});
test("boosting makes much of weak networks", async () => {
  const { results, errors } = await boosted(data, 25);
  expect(accuracy(results, "AdaBoost")).toBeGreaterThan(accuracy(results, "one weak") + 0.2);
  for (const error of errors) expect(error).toBeLessThan(0.9);
});
