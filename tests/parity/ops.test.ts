import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { setBackend, Tensor } from "@dl/tensor";
import { describe, test } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  revive,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";

interface OpCase {
  readonly op: string;
  readonly call: "method" | "function";
  readonly args: unknown[];
  readonly options: Record<string, unknown> | null;
  readonly inputs: FixtureTensor[];
  readonly outputs: FixtureTensor[];
  readonly grads: (FixtureTensor | null)[];
  /** PyTorch's dim argument stands before the other tensors. */
  readonly order?: string;
}

function run(c: OpCase): void {
  const inputs = c.inputs.map((x) => toTensor(x));
  inputs.forEach((x, i) => {
    if (c.grads[i]) x.requiresGrad = true;
  });
  const [first, ...rest] = inputs;
  const options = reviveOptions(c.options);
  const args = c.args.map(revive);
  const all = [
    ...(c.order ? [...args, ...rest] : [...rest, ...args]),
    ...(options ? [options] : []),
  ];
  const method = (first as unknown as Record<string, (...x: unknown[]) => unknown>)[c.op];
  const result =
    c.call === "method"
      ? method.apply(first, all)
      : (T as unknown as Record<string, (...x: unknown[]) => unknown>)[c.op](first, ...all);
  const outputs = (
    result instanceof Tensor
      ? [result]
      : Array.isArray(result)
        ? result
        : Object.values(result as object)
  ) as Tensor[];
  c.outputs.forEach((expected, i) =>
    expectNear(outputs[i], expected, 3e-6, `${c.op}, result ${i}`),
  );
  weightedSum(outputs)?.backward();
  c.grads.forEach((expected, i) => {
    if (!expected) return;
    const g = inputs[i].grad ?? T.zerosLike(inputs[i]);
    expectNear(g, expected, 1e-5, `${c.op}, gradient ${i}`);
  });
}

for (const wasm of [true, false]) {
  describe(`ops against PyTorch, ${wasm ? "WASM" : "reference path"}`, () => {
    for (const [i, c] of fixture<OpCase[]>("ops").entries()) {
      const shapes = c.inputs.map((x) => `[${x.shape}]`).join(", ");
      test(`${i}: ${c.op}(${shapes}) ${c.args.length ? JSON.stringify(c.args) : ""} ${c.options ? JSON.stringify(c.options) : ""}`, () => {
        setBackend(cpu({ wasm }));
        T.scope(() => run(c));
      });
    }
  });
}
