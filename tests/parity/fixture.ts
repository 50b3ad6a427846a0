import { readFileSync } from "node:fs";
import { type Backend, type DType, type Tensor, tensor, typedArrayFor } from "@dl/tensor";
import { expect } from "vitest";

export interface FixtureTensor {
  readonly shape: number[];
  readonly dtype: DType;
  readonly data: (number | string)[];
}

/** What generate.py wrote. */
export function fixture<T>(name: string): T {
  const text = readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as { cases: T }).cases;
}

export const numbers = (t: FixtureTensor): number[] => t.data.map(Number);

export function toTensor({ shape, dtype, data }: FixtureTensor, device?: Backend): Tensor {
  return tensor(new (typedArrayFor(dtype))(data.map(Number)), { shape, dtype, device });
}
/** An option or argument that may be a tensor, or a number that JSON cannot hold. */
export function revive(x: unknown): unknown {
  if (x === "Infinity" || x === "-Infinity" || x === "NaN") return Number(x);
  if (x && typeof x === "object" && "data" in x && "shape" in x)
    return toTensor(x as FixtureTensor);
  return x;
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
