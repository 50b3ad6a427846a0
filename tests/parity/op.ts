/** The cases of a section that `op_case.py` wrote. */
import "@dl/autograd";
import * as T from "@dl/tensor";
import { Tensor } from "@dl/tensor";
import { expect } from "vitest";
import {
  expectNear,
  type FixtureTensor,
  fixture,
  inspect,
  numbers,
  revive,
  reviveOptions,
  toTensor,
  weightedSum,
} from "./fixture.ts";
import { section } from "./replay.ts";

export interface OpCase {
  readonly op: string;
  readonly call: "method" | "function";
  /** Where one is "$0", "$1" and so on, these are the inputs in their places; else they follow the inputs. */
  readonly args: unknown[];
  readonly options: Record<string, unknown> | null;
  readonly inputs: FixtureTensor[];
  readonly outputs: (FixtureTensor | boolean)[];
  readonly grads: (FixtureTensor | null)[];
  /** PyTorch's dim argument stands before the other tensors. */
  readonly order?: string;
  /** The tolerance holds for small results too. */
  readonly relative?: boolean;
  readonly tolerance?: number;
  readonly note?: string;
}

const isPlace = (x: unknown): x is string => typeof x === "string" && /^\$\d$/.test(x);

export function argumentsOf(c: OpCase, inputs: readonly Tensor[]): unknown[] {
  const put = (x: unknown): unknown =>
    isPlace(x)
      ? inputs[Number(x[1])]
      : Array.isArray(x) && x.some(isPlace)
        ? x.map(put)
        : revive(x);
  const options = c.options ? [placed(reviveOptions(c.options)!, put)] : [];
  if (c.args.some((x) => isPlace(x) || (Array.isArray(x) && x.some(isPlace))))
    return [...c.args.map(put), ...options];
  const [first, ...rest] = inputs;
  const args = c.args.map(revive);
  const used = Object.values(c.options ?? {}).some(isPlace);
  const others = used ? [] : rest;
  const all = c.order ? [...args, ...others] : [...others, ...args];
  return [first, ...all, ...options];
}
const placed = (options: Record<string, unknown>, put: (x: unknown) => unknown) =>
  Object.fromEntries(Object.entries(options).map(([k, v]) => [k, isPlace(v) ? put(v) : v]));

function resultsOf(result: unknown): unknown[] {
  if (result instanceof Tensor || typeof result === "boolean") return [result];
  return Array.isArray(result) ? result : Object.values(result as object);
}

export function runOp(c: OpCase): void {
  const inputs = c.inputs.map((x) => toTensor(x));
  inputs.forEach((x, i) => {
    if (c.grads[i]) x.requiresGrad = true;
  });
  const [first, ...rest] = argumentsOf(c, inputs) as [Record<string, unknown>, ...unknown[]];
  const fn = (c.call === "method" ? first[c.op] : (T as Record<string, unknown>)[c.op]) as
    | ((...x: unknown[]) => unknown)
    | undefined;
  if (!fn) throw new Error(`${c.op} is not there`);
  const outputs = resultsOf(c.call === "method" ? fn.apply(first, rest) : fn(first, ...rest));
  expect(outputs.length).toBe(c.outputs.length);
  c.outputs.forEach((expected, i) => {
    const actual = outputs[i];
    if (typeof expected === "boolean") expect(actual).toBe(expected);
    else {
      expect([c.op, (actual as Tensor).dtype]).toEqual([c.op, expected.dtype]);
      near(actual as Tensor, expected, c.tolerance ?? 3e-6, c.relative, `${c.op}, result ${i}`);
    }
  });
  weightedSum(outputs.filter((x) => x instanceof Tensor))?.backward();
  c.grads.forEach((expected, i) => {
    if (!expected) return;
    const g = inputs[i].grad ?? T.zerosLike(inputs[i]);
    near(g, expected, Math.max(1e-5, c.tolerance ?? 0), c.relative, `${c.op}, gradient ${i}`);
  });
}

function near(
  actual: Tensor,
  expected: FixtureTensor,
  tolerance: number,
  relative: boolean | undefined,
  what: string,
): void {
  expectNear(actual, expected, tolerance, what);
  if (!relative) return;
  inspect(actual, (values) =>
    numbers(expected).forEach((wanted, i) => {
      // Next to the smallest numbers there is no room for digits.
      const allowed = 1e-5 * Math.abs(wanted) + 3e-45;
      if (Number.isFinite(wanted) && !(Math.abs(values[i] - wanted) <= allowed))
        throw new Error(`${what}: element ${i} is ${values[i]}, PyTorch has ${wanted}`);
    }),
  );
}

/** A title that tells a case from its neighbours. */
function title(c: OpCase, i: number): string {
  const shapes = c.inputs
    .map((x) => `${x.dtype === "float32" ? "" : x.dtype}[${x.shape}]`)
    .join(", ");
  const rest = [
    c.args.length ? JSON.stringify(c.args) : "",
    c.options ? JSON.stringify(c.options) : "",
  ];
  return `${i}: ${c.op}(${shapes}) ${rest.join(" ")} ${c.note ?? ""}`.trimEnd();
}

export const ops = (name: string) =>
  section(`${name} against PyTorch`, fixture<OpCase[]>(name), {
    name: (c) => c.op,
    title,
    run: runOp,
  });
