import { DlError, defaultGenerator, Generator } from "@dl/tensor/core";
import type { Sized } from "../sampler.ts";

/** Indices of the samples to train on, and of those to test on. */
export interface Fold {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Where the order of what is shuffled comes from. Default: the stream that `manualSeed` starts. */
export interface Randomness {
  /** The same folds each time. */
  seed?: number | bigint;
  generator?: Generator;
}

/** @internal */
export function generatorOf({ seed, generator }: Randomness, name: string): Generator {
  if (seed !== undefined && generator)
    throw new DlError("value", `${name}: seed and generator both say where the order comes from`);
  return seed === undefined ? (generator ?? defaultGenerator) : new Generator(seed);
}

/** @internal How many samples there are, from 1. */
export function samplesOf(source: Sized | number, name: string): number {
  const n = typeof source === "number" ? source : source?.length;
  if (!Number.isInteger(n) || n < 1)
    throw new DlError(
      "value",
      `${name}: a dataset of known length with a sample at least is expected, or how many samples there are, got ${String(n)}`,
    );
  return n;
}

/** @internal Of `n` samples those where `isTest`, and the others; both ascending. */
export function divide(n: number, isTest: (i: number) => boolean): Fold {
  const train: number[] = [];
  const test: number[] = [];
  for (let i = 0; i < n; i++) (isTest(i) ? test : train).push(i);
  return { train: Int32Array.from(train), test: Int32Array.from(test) };
}

/** @internal */
export const range = (from: number, to: number): Int32Array =>
  Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** @internal `values` in random order. */
export const shuffled = (values: ArrayLike<number>, generator: Generator): Int32Array =>
  generator.permutation(values.length).map((i) => values[i]);

/** @internal `nSplits` is a whole number from 2 that does not exceed what is to be divided. */
export function requireSplits(nSplits: number, name: string): void {
  if (!Number.isInteger(nSplits) || nSplits < 2)
    throw new DlError("value", `${name}: nSplits is a whole number from 2, got ${String(nSplits)}`);
}
