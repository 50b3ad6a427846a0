import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { expectNear, type FixtureTensor, fixture, toTensor } from "./fixture.ts";

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

for (const wasm of [true, false])
  describe(`low rank against PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    for (const c of fixture<Case[]>("lowrank"))
      test(`${c.name} of [${c.input.shape}] with ${JSON.stringify(c.options)}`, () => {
        T.setBackend(cpu({ wasm }));
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
        const isFull = Math.min(...(S.dataSync() as Float64Array)) > 1e-6;
        if (isFull) expectNear(input.grad!, c.grad, 1e-5, "gradient");
      });
  });
