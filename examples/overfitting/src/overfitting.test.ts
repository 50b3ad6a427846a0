import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { arange, manualSeed, setBackend } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { digits8, drawnDigits8 } from "../../shared/src/digits8.ts";
import { type Parts, parts, shifted } from "./data.ts";
import { remedies } from "./remedies.ts";
import { train } from "./train.ts";

setBackend(cpu());

describe.each(
  [
    { what: "digits", digits: digits8()! },
    { what: "drawn digits", digits: drawnDigits8() },
  ].filter(({ digits }) => digits),
)("30 epochs on 300 $what, a fifth of them with wrong labels", ({ digits }) => {
  let data: Parts;
  beforeAll(() => {
    manualSeed(0);
    data = parts(digits);
  });
  const outcomes = new Map<string, ReturnType<typeof train>>();
  const run = async (name: keyof typeof remedies) => {
    if (!outcomes.has(name)) {
      manualSeed(0);
      outcomes.set(name, train(remedies[name], data, 30));
    }
    return outcomes.get(name)!;
  };
  test("without a remedy the network learns the wrong labels too", async () => {
    const { train, test, testLoss } = await run("none");
    expect(train.accuracy).toBeGreaterThan(0.95);
    expect(test.accuracy).toBeLessThan(0.86);
    // It was better before.
    expect(Math.min(...testLoss)).toBeLessThan(0.85 * test.loss);
  });
  test("early stopping keeps the weights of the best epoch", async () => {
    const none = await run("none");
    const { epochs, test, testLoss } = await run("early stopping");
    expect(epochs).toBeLessThan(30);
    expect(testLoss).toContain(test.loss);
    expect(test.loss).toBeLessThan(none.test.loss);
    expect(test.accuracy).toBeGreaterThan(none.test.accuracy + 0.03);
  });
  test.each(["dropout", "L2 penalty", "L1 penalty"])("%s helps", async (name) => {
    const [none, { test }] = [await run("none"), await run(name)];
    expect(test.loss).toBeLessThan(none.test.loss);
    expect(test.accuracy).toBeGreaterThan(none.test.accuracy);
  });
});
test("a fifth of the labels are wrong, in the small part and in all", () => {
  manualSeed(0);
  const digits = drawnDigits8(500);
  const order = (d: Parts["train"]) => Array.from(d.y.dataSync(), Number);
  const [right, wrong] = [0, 0.2].map((share) => {
    manualSeed(1);
    return parts(digits, { train: 100, wrong: share });
  });
  const differ = (a: number[], b: number[]): number =>
    a.filter((label, i) => label !== b[i]).length;
  expect(differ(order(right.train), order(wrong.train))).toBe(20);
  expect(differ(order(right.more), order(wrong.more))).toBe(60);
  expect(order(right.test)).toEqual(order(wrong.test));
});
test("a shifted image is one of nine", () => {
  manualSeed(0);
  const x = arange(1, 65).reshape([1, 64]);
  const corners = new Set<number>();
  for (let i = 0; i < 40; i++) corners.add(Number(shifted(x).dataSync()[9]));
  // The pixel in row 1, column 1 is one of those around it.
  expect([...corners].sort((a, b) => a - b)).toEqual([1, 2, 3, 9, 10, 11, 17, 18, 19]);
});
