import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { digits8, drawnDigits8 } from "../../shared/src/digits8.ts";
import { averaging, bagged, boosted, type Parts, parts, type Result } from "./compare.ts";

setBackend(cpu());
const real = digits8();
const accuracy = (results: readonly Result[], name: string): number =>
  results.find((r) => r.name.startsWith(name))!.accuracy;

describe.each(
  [
    { what: "digits", digits: real!, members: 6, rounds: 25, floor: 0.85 },
    { what: "drawn digits", digits: drawnDigits8(), members: 4, rounds: 15, floor: 0.7 },
  ].filter(({ digits }) => digits),
)("$what", ({ digits, members, rounds, floor }) => {
  let data: Parts;
  beforeAll(() => {
    manualSeed(0);
    data = parts(digits);
  });
  test("together they are better than one of them is on average", async () => {
    const results = await averaging(data, members);
    const one = accuracy(results, "one network, mean");
    for (const name of ["hard voting", "soft voting", "mean of logits"])
      expect(accuracy(results, name)).toBeGreaterThan(one);
  });
  test("digits that were left out of the bag say how good the bag is", async () => {
    const { result, outOfBag } = await bagged(data, members);
    expect(result.accuracy).toBeGreaterThan(floor);
    expect(Math.abs(outOfBag - result.accuracy)).toBeLessThan(0.1);
  });
  test("boosting makes much of weak networks", async () => {
    const { results, errors } = await boosted(data, rounds);
    expect(accuracy(results, "AdaBoost")).toBeGreaterThan(accuracy(results, "one weak") + 0.2);
    for (const error of errors) expect(error).toBeLessThan(0.9);
  });
});
test.skipIf(!real)("the ten networks are PyTorch's", async () => {
  manualSeed(0);
  const results = await averaging(parts(real!));
  // torch.manual_seed(0 … 9), Adam(lr=0.02), 60 steps: the mean of ten accuracies, and that of the mean of logits.
  expect(accuracy(results, "one network, mean")).toBeCloseTo(0.9305, 2);
  expect(accuracy(results, "mean of logits")).toBeCloseTo(0.9446, 2);
});
