/** Replays sections/attention.py. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as F from "@dl/nn/functional";
import { scope, setBackend } from "@dl/tensor";
import { describe, test } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { testModules } from "./module.ts";

interface Case {
  readonly inputs: FixtureTensor[];
  readonly options: Record<string, unknown>;
  readonly outputs: FixtureTensor[];
  readonly grads: FixtureTensor[];
}

function run(c: Case): void {
  const inputs = c.inputs.map((x) => toTensor(x).requiresGrad_());
  const [query, key, value, attnMask] = inputs;
  const options = { ...(attnMask && { attnMask }), ...reviveOptions(c.options) };
  const output = F.scaledDotProductAttention(query, key, value, options);
  expectNear(output, c.outputs[0], 1e-5, "result");
  weightedSum([output])!.backward();
  c.grads.forEach((wanted, i) => {
    expectNear(inputs[i].grad!, wanted, 1e-5, `gradient ${i}`);
  });
}

for (const wasm of [true, false]) {
  describe(`scaledDotProductAttention against PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    fixture<Case[]>("attention").forEach((c, i) => {
      test(`${i}: ${c.inputs.map((x) => `[${x.shape}]`)} ${Object.keys(c.options)}`, () => {
        setBackend(cpu({ wasm }));
        scope(() => run(c));
      });
    });
  });
}
testModules("multihead");
