import "@dl/autograd";
import * as T from "@dl/tensor";
import { expect } from "vitest";
import { expectNear, type FixtureTensor, fixture, numbers, toTensor } from "./fixture.ts";
import { section } from "./replay.ts";

interface Case {
  readonly name: "svdLowrank" | "pcaLowrank";
  readonly options: Record<string, number | boolean | FixtureTensor>;
  readonly input: FixtureTensor;
  readonly S: FixtureTensor;
  readonly product: FixtureTensor;
  readonly shapes: [U: number[], V: number[]];
  readonly grad: FixtureTensor;
  readonly next: FixtureTensor;
}

function run(c: Case): void {
  T.manualSeed(3);
  const { M, ...options } = c.options;
  const input = toTensor(c.input).requiresGrad_();
  const given = { ...options, ...(M ? { M: toTensor(M as FixtureTensor) } : {}) };
  const { U, S, V } = T[c.name](input, given);
  expect([U.shape, V.shape]).toEqual(c.shapes);
  expectNear(S, c.S, 1e-5, "S");
  expectNear(U.matmul(T.diagEmbed(S)).matmul(V.mT), c.product, 1e-5, "U S Vᵀ");
  expectNear(T.rand(2), c.next, 1e-7, "the next random numbers");
  const weights = T.arange(1, S.numel + 1).reshape(S.shape);
  S.mul(weights).sum().backward();
  // Singular values that are 0 have any vectors.
  const isFull = Math.min(...numbers(c.S)) > 1e-6;
  if (isFull) expectNear(input.grad!, c.grad, 1e-5, "gradient");
}

export const lowrank = section("low rank against PyTorch", fixture<Case[]>("lowrank"), {
  name: (c) => c.name,
  title: (c) => `${c.name} of [${c.input.shape}] with ${JSON.stringify(c.options)}`,
  run,
});
