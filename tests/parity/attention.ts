/** Replays sections/attention.py. */
import "@dl/autograd";
import * as F from "@dl/nn/functional";

import {
  expectNear,
  type FixtureTensor,
  fixture,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { modules } from "./module.ts";
import { section } from "./replay.ts";

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

export const attention = [
  section("scaledDotProductAttention against PyTorch", fixture<Case[]>("attention"), {
    name: () => "scaledDotProductAttention",
    title: (c, i) => `${i}: ${c.inputs.map((x) => `[${x.shape}]`)} ${Object.keys(c.options)}`,
    run,
  }),
  modules("multihead"),
];
