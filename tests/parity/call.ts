/** Calls that `sections/calls.py` noted: as a function, as a method, and with operands that lie otherwise in memory. */
import "@dl/autograd";
import * as T from "@dl/tensor";
import { Tensor } from "@dl/tensor";
import { expect } from "vitest";
import { expectNear, type FixtureTensor, fixture, toTensor, weightedSum } from "./fixture.ts";
import type { Case, Section } from "./replay.ts";

export interface Call {
  /** "cat", "linalg.solve" */
  readonly op: string;
  /** `{ $: i }` stands for input i. */
  readonly args: unknown[];
  readonly options?: Record<string, unknown>;
  readonly inputs: FixtureTensor[];
  readonly outputs: FixtureTensor[];
  readonly grads: (FixtureTensor | null)[];
  readonly tolerance?: number;
}
type Form = "function" | "method" | "on other strides";
type Callable = (...args: unknown[]) => unknown;

export function substitute(x: unknown, inputs: readonly Tensor[]): unknown {
  if (x === "Infinity" || x === "-Infinity") return Number(x);
  if (Array.isArray(x)) return x.map((y) => substitute(y, inputs));
  if (x !== null && typeof x === "object") return inputs[(x as { $: number }).$];
  return x;
}
const tensorsOf = (x: unknown): Tensor[] =>
  x instanceof Tensor
    ? [x]
    : x !== null && typeof x === "object"
      ? Object.values(x).flatMap(tensorsOf)
      : [];

/** The same numbers, backwards in memory and with gaps. */
const elsewhere = (t: Tensor): Tensor =>
  t.rank === 0 || t.numel === 0
    ? t
    : T.stack([t.flip(t.shape.map((_, d) => d)), t], t.rank)
        .select(t.rank, 0)
        .flip(t.shape.map((_, d) => d));

export const functionOf = (op: string): Callable =>
  op.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], T) as Callable;
export const methodOf = (c: Call): Callable | undefined =>
  (Tensor.prototype as unknown as Record<string, Callable>)[c.op];
const takesTensorFirst = (c: Call): boolean =>
  typeof c.args[0] === "object" && c.args[0] !== null && "$" in c.args[0];

function run(c: Call, form: Form): void {
  const leaves = c.inputs.map((x) => toTensor(x));
  leaves.forEach((x, i) => {
    if (c.grads[i]) x.requiresGrad = true;
  });
  const inputs = form === "on other strides" ? leaves.map(elsewhere) : leaves;
  const args = c.args.map((x) => substitute(x, inputs));
  if (c.options)
    args.push(
      Object.fromEntries(Object.entries(c.options).map(([k, v]) => [k, substitute(v, inputs)])),
    );
  const isMethod = form !== "function" && methodOf(c) && takesTensorFirst(c);
  const result = isMethod ? methodOf(c)!.apply(args[0], args.slice(1)) : functionOf(c.op)(...args);
  const outputs = tensorsOf(result);
  const tolerance = c.tolerance ?? 1e-5;
  expect(outputs.map((t) => [t.dtype, ...t.shape])).toEqual(
    c.outputs.map((t) => [t.dtype, ...t.shape]),
  );
  c.outputs.forEach((expected, i) =>
    expectNear(outputs[i], expected, tolerance, `${c.op}, result ${i}`),
  );
  weightedSum(outputs)?.backward();
  c.grads.forEach((expected, i) => {
    if (!expected) return;
    const g = leaves[i].grad ?? T.zerosLike(leaves[i]);
    expectNear(g, expected, tolerance, `${c.op}, gradient ${i}`);
  });
}

/** A case per entry of the fixture and form of call. */
export const calls = (name: string): Section => ({
  title: `${name} against PyTorch`,
  cases: fixture<Call[]>(name).flatMap((c, i) => {
    const shapes = c.inputs.map((x) => `[${x.shape}]`).join(", ");
    const given = `${JSON.stringify(c.args)}${c.options ? `, ${JSON.stringify(c.options)}` : ""}`;
    const inForm = (form: Form): Case => ({
      name: c.op,
      title: `${i}: ${c.op}(${shapes}) ${given}, ${form}`,
      given: c,
      isOnce: form === "method",
      run: () => {
        // Some draw random numbers.
        T.manualSeed(0);
        T.scope(() => run(c, form));
      },
    });
    return [
      ...(functionOf(c.op) ? [inForm("function")] : []),
      ...(methodOf(c) && takesTensorFirst(c) ? [inForm("method")] : []),
      inForm("on other strides"),
    ];
  }),
});
