import { readFileSync } from "node:fs";
import { type Backend, type DType, type Tensor, tensor, typedArrayFor } from "@dl/tensor";
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

/** What generate.py wrote. */
export function fixture<T>(name: string): T {
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

/** NaN equals NaN; otherwise within the tolerance, absolutely or relatively. */
export function expectNear(
  actual: Tensor,
  expected: FixtureTensor,
  tolerance: number,
  what: string,
): void {
  expect([what, ...actual.shape]).toEqual([what, ...expected.shape]);
  const values = actual.dataSync();
  numbers(expected).forEach((wanted, i) => {
    const got = values[i];
    if (Object.is(got, wanted) || got === wanted || (Number.isNaN(got) && Number.isNaN(wanted)))
      return;
    if (!(Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted)))) {
      throw new Error(`${what}: element ${i} is ${got}, PyTorch has ${wanted}`);
    }
  });
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
