import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { descend, optimizers, stepsBelow } from "./descend.ts";
import { bars, rates, schedules } from "./schedules.ts";

setBackend(cpu());

describe("300 steps down the valley end where PyTorch's do", () => {
  // torch.optim, from (-1.2, 1), with the rates given.
  const expected: [name: string, lr: number, value: number][] = [
    ["SGD", 0.003, 0.1979638785123825],
    ["SGD, Nesterov", 0.001, 0.017059573903679848],
    ["AdamW", 0.3, 0.044659510254859924],
    ["RMSprop", 0.1, 0.3824440538883209],
    ["Rprop", 0.03, 0.0767292007803917],
  ];
  test.each(expected)("%s with %d", (name, lr, value) => {
    expect(descend(name, lr, 300).values.at(-1)! / value).toBeCloseTo(1, 2);
  });
});
test("momentum is faster than none, LBFGS faster than either", () => {
  const plain = descend("SGD", 0.003, 200);
  const momentum = descend("SGD, momentum", 0.003, 200);
  const lbfgs = descend("LBFGS", 0.03, 60);
  expect(momentum.values.at(-1)!).toBeLessThan(plain.values.at(-1)!);
  expect(stepsBelow(lbfgs, 0.01)!).toBeLessThan(stepsBelow(momentum, 0.01)!);
  expect(stepsBelow(plain, 0.01)).toBeNull();
});
test.each(Object.keys(optimizers))("%s goes down", (name) => {
  const { values } = descend(name, name === "Adadelta" ? 1 : 0.001, 50);
  expect(values.at(-1)!).toBeLessThan(values[0]);
});
test("schedules are what their names say", () => {
  const at = (name: keyof typeof schedules, epoch: number): number => rates(name)[epoch];
  expect(at("StepLR", 29)).toBeCloseTo(0.1);
  expect(at("StepLR", 30)).toBeCloseTo(0.01);
  expect(at("CosineAnnealingLR", 50)).toBeCloseTo(0.05);
  expect(at("LinearLR", 20)).toBeCloseTo(0.1);
  const plateau = Object.keys(schedules).find((name) => name.startsWith("ReduceLROnPlateau"))!;
  expect(at(plateau, 48)).toBeCloseTo(0.1);
  expect(at(plateau, 55)).toBeCloseTo(0.03);
  expect(bars([0, 0.05, 0.1], 0.1, 3)).toBe(" ▄█");
});
