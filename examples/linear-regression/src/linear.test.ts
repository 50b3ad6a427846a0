import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { expect, test } from "vitest";
import { learn, line } from "./learn.ts";

setBackend(cpu());

test("the line is found, and its loss falls all the way", async () => {
  const losses: number[] = [];
  const { weight, bias, testLoss } = await learn(1000, (_, loss) => losses.push(loss));
  expect(weight).toBeCloseTo(line.weight, 4);
  expect(bias).toBeCloseTo(line.bias, 4);
  expect(testLoss).toBeLessThan(1e-9);
  expect(losses).toHaveLength(11);
  expect(losses).toEqual(losses.toSorted((a, b) => b - a));
});
