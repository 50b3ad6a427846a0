import { readFileSync } from "node:fs";
import {
  type Backend,
  type DType,
  type Tensor,
  type TypedArray,
  tensor,
  typedArrayFor,
} from "@dl/tensor";
import { expect } from "vitest";

export interface FixtureTensor {
  readonly shape: number[];
  readonly dtype: DType;
  /** JSON has no infinities and no NaN: these are strings. */
  readonly data?: (number | string)[];
  /** Seed and scale of numbers that both sides compute. */
  readonly pattern?: [seed: number, scale: number];
}
export const isFixtureTensor = (x: unknown): x is FixtureTensor =>
  typeof x === "object" && x !== null && "shape" in x && ("data" in x || "pattern" in x);

/** The fixtures that have been read. */
export const read = new Set<string>();

/** What generate.py wrote. */
export function fixture<T>(name: string): T {
  read.add(name);
  const text = readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as { cases: T }).cases;
}

export function numbers({ shape, data, pattern }: FixtureTensor): number[] {
  if (!pattern) return data!.map(Number);
  const [seed, scale] = pattern;
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from(
    { length: size },
    (_, i) => ((((i + 131 * seed) * 7919) % 1000) / 1000 - 0.5) * scale,
  );
}

export function toTensor(t: FixtureTensor, device?: Backend): Tensor {
  const { shape, dtype } = t;
  return tensor(new (typedArrayFor(dtype))(numbers(t)), { shape, dtype, device });
}
/** An option or argument that may be a tensor, or a number that JSON cannot hold. */
export function revive(x: unknown): unknown {
  if (x === "Infinity" || x === "-Infinity" || x === "NaN") return Number(x);
  if (Array.isArray(x)) return x.map(revive);
  return isFixtureTensor(x) ? toTensor(x) : x;
}
export const reviveOptions = (
  options: Record<string, unknown> | null,
): Record<string, unknown> | undefined =>
  options ? Object.fromEntries(Object.entries(options).map(([k, v]) => [k, revive(v)])) : undefined;

/** What the running case has asked for and not seen yet. */
let pending: Promise<void>[] | null = null;

/** Runs a case, and waits once for everything that it inspects. */
export async function checked(run: () => unknown): Promise<void> {
  const mine: Promise<void>[] = [];
  pending = mine;
  try {
    await run();
  } finally {
    pending = null;
    await Promise.allSettled(mine);
  }
  await Promise.all(mine);
}

/** Has the values that a tensor has now looked at as soon as they are there. */
export function inspect(t: Tensor, look: (values: TypedArray) => void): void {
  if (!pending) throw new Error("nobody waits for what is inspected: run it by `checked`");
  const check = t.data().then(look);
  // Who waits may be busy still.
  check.catch(() => {});
  pending.push(check);
}

/** NaN equals NaN; otherwise within the tolerance, absolutely or relatively. */
export function expectNear(
  actual: Tensor,
  expected: FixtureTensor,
  tolerance: number,
  what: string,
): void {
  expect([what, ...actual.shape]).toEqual([what, ...expected.shape]);
  inspect(actual, (values) =>
    numbers(expected).forEach((wanted, i) => {
      const got = values[i];
      if (Object.is(got, wanted) || got === wanted || (Number.isNaN(got) && Number.isNaN(wanted)))
        return;
      if (!(Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted))))
        throw new Error(`${what}: element ${i} is ${got}, PyTorch has ${wanted}`);
    }),
  );
}

/** Σ weight · output with the weights that generate.py uses. */
export function weightedSum(outputs: readonly Tensor[]): Tensor | undefined {
  const parts = outputs
    .filter((t) => t.requiresGrad)
    .map((t) => {
      const weights = new (typedArrayFor(t.dtype))(t.numel);
      for (let i = 0; i < weights.length; i++) weights[i] = 0.5 + ((i * 7) % 11) / 8;
      return t.mul(tensor(weights, { shape: t.shape })).sum();
    });
  return parts.length > 0 ? parts.reduce((a, b) => a.add(b)) : undefined;
}
