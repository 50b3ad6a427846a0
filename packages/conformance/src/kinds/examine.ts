/** What the suites of layers, losses, optimizers, schedulers and activations have in common. */
import {
  eachTensor,
  getBackend,
  getRngState,
  isFloating,
  isTensor,
  manualSeed,
  scope,
  setRngState,
  type Tensor,
} from "@dl/tensor";
import { expectClose, type Tolerance } from "../compare.ts";

/** No rounding: equal bits, but for the sign of zero. */
export const EXACT: Tolerance = { absolute: 0, relative: 0 };
/** The same sums in another order or layout. */
export const ROUNDING: Tolerance = { absolute: 1e-5, relative: 1e-5 };

/** What is wrong, and what to do about it. */
export function fail(wrong: string, remedy: string): never {
  throw new Error(`${wrong}. ${remedy}`);
}

/** Like `expectClose`, with what to do about it. */
export function expectSame(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  what: string,
  remedy: string,
): void {
  try {
    expectClose(actual, expected, tolerance, what);
  } catch (error) {
    fail((error as Error).message, remedy);
  }
}

/** Runs `fn` with a generator that starts anew; whoever uses the generator otherwise does not notice. */
export function seeded<T>(seed: number, fn: () => T): T {
  const before = getRngState();
  manualSeed(seed);
  try {
    return fn();
  } finally {
    setRngState(before);
  }
}

/** The tensors that a result or a list of arguments holds, however deeply. */
export function tensorsIn(x: unknown): Tensor[] {
  const found: Tensor[] = [];
  eachTensor(x, (t) => found.push(t));
  return found;
}

export const numbers = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
export const numbersOf = (tensors: readonly Tensor[]): Promise<number[][]> =>
  Promise.all(tensors.map(numbers));

export const isFinite = (values: readonly number[]): boolean => values.every(Number.isFinite);

/** The error that `fn` throws, or rejects with; undefined when all goes well. */
export async function errorOf(fn: () => unknown): Promise<Error | undefined> {
  try {
    await fn();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
  return undefined;
}

/** The same argument as a leaf of its own; floating tensors in another dtype, and those at `differentiable` with a gradient. */
export function leaves(
  args: readonly unknown[],
  dtype: "float32" | "float64",
  differentiable: readonly number[] | undefined,
): unknown[] {
  return args.map((x, i) => {
    if (!isTensor(x) || !isFloating(x.dtype)) return x;
    const leaf = x.detach().clone().to(dtype);
    return differentiable && !differentiable.includes(i) ? leaf : leaf.requiresGrad_();
  });
}

/** Equal values in another memory layout: dimensions lie in reverse order. */
export const reversed = (x: Tensor): Tensor => {
  const order = x.shape.map((_, d) => x.rank - 1 - d);
  return x.detach().permute(order).contiguous().permute(order);
};

/**
 * Buffers that stay behind after `again`, which has run before so that caches are filled. Nothing is awaited on the way:
 * the collector gets no turn, so what is counted is what the framework itself releases.
 */
export function leftBehind(again: () => void): number {
  const warmUp = 3;
  for (let i = 0; i < warmUp; i++) again();
  const before = getBackend().memory().buffers;
  for (let i = 0; i < 4; i++) again();
  return Math.ceil((getBackend().memory().buffers - before) / 4);
}

/** The scope is the caller's: what a call returns is released, and then nothing may be left. */
export function expectNothingLeft(what: string, again: () => void, remedy: string): void {
  const count = leftBehind(() => scope(again));
  if (count > 0)
    fail(`${what}: ${count} buffer${count > 1 ? "s" : ""} more after every call`, remedy);
}
