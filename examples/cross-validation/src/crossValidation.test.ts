import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { crossValidateByHand, mean } from "./byHand.ts";
import { foldsOf } from "./folds.ts";
import { models } from "./models.ts";
import { invented, wines } from "./wine.ts";
import { crossValidateWithTrain } from "./withTrain.ts";

setBackend(cpu());
manualSeed(0);
const real = wines();
const made = invented();

describe.each(
  [
    { what: "wines", data: real! },
    { what: "invented ones", data: made },
  ].filter(({ data }) => data),
)("$what", ({ data }) => {
  test("every wine is tested on once, and each fold has as many good ones", () => {
    const folds = foldsOf(data);
    const tested = folds.flatMap(({ test }) => [...test]);
    expect(tested.toSorted((a, b) => a - b)).toEqual([...tested.keys()]);
    const y = Array.from(data.y.dataSync(), Number);
    const share = mean(y);
    for (const { test } of folds) expect(mean(Array.from(test, (i) => y[i]))).toBeCloseTo(share, 2);
  });
  test("by hand and with @dl/train: the same numbers", async () => {
    const folds = foldsOf(data, 3);
    const create = models["hidden layer of 16"];
    const byHand = await crossValidateByHand(create, data, folds, 4);
    const other = await crossValidateWithTrain(create, data, folds, 4);
    expect(other.folds.map((f) => f.metrics.accuracy)).toEqual(byHand.map((s) => s.accuracy));
    for (const [k, { loss }] of other.folds.entries()) expect(loss).toBeCloseTo(byHand[k].loss, 5);
    expect(mean(byHand.map((s) => s.accuracy))).toBeGreaterThan(0.7);
  });
});
