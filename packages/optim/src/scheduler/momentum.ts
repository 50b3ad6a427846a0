/** Momentum that goes up when the learning rate goes down, of SGD (`momentum`) or of Adam (the first of its `betas`). */
import { DlError } from "@dl/tensor/core";
import { type AnyOptimizer, perGroup } from "./scheduler.ts";

/** Whether momentum is β₁. */
export function usesBeta1(scheduler: string, optimizer: AnyOptimizer): boolean {
  if ("betas" in optimizer.defaults) return true;
  if ("momentum" in optimizer.defaults) return false;
  throw new DlError(
    "value",
    `${scheduler}: ${optimizer.constructor.name} has neither momentum nor betas to change: use { cycleMomentum: false }`,
  );
}

export function setMomentum(group: Record<string, any>, isBeta1: boolean, value: number): void {
  if (isBeta1) group.betas = [value, ...group.betas.slice(1)];
  else group.momentum = value;
}

/** Notes the bounds in the groups, where PyTorch keeps them, and begins with the greatest. */
export function beginMomentum(
  optimizer: AnyOptimizer,
  isBeta1: boolean,
  base: readonly number[],
  max: readonly number[],
): void {
  optimizer.paramGroups.forEach((group, i) => {
    setMomentum(group, isBeta1, max[i]);
    group.maxMomentum = max[i];
    group.baseMomentum = base[i];
  });
}

export const bounds = (
  scheduler: string,
  optimizer: AnyOptimizer,
  base: number | readonly number[],
  max: number | readonly number[],
): [base: number[], max: number[]] => [
  perGroup(`${scheduler}: baseMomentum`, optimizer, base),
  perGroup(`${scheduler}: maxMomentum`, optimizer, max),
];
