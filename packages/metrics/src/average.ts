/** Ratios of counts, and their averages over classes. */

import { requireOneOf } from "./inputs.ts";
import type { Metric } from "./metric.ts";
import { warnOnce } from "./warn.ts";

/**
 * - `"binary"`: of class 1, where data are about yes and no;
 * - `"micro"`: of all classes counted together;
 * - `"macro"`: the mean over classes;
 * - `"weighted"`: the mean by how often each class is true;
 * - `"samples"`: the mean over samples, for labels;
 * - `"none"`: a list, class by class.
 */
export type Average = "binary" | "micro" | "macro" | "weighted" | "samples" | "none";
/** A number, or a list of them for the average `"none"`. */
export type Averaged<A> = A extends "none" ? number[] : number;
/** What 0 / 0 counts as. `"warn"`: 0, with a warning. NaN is left out of averages. */
export type ZeroDivision = 0 | 1 | number | "warn";

/** Of each class. */
export interface Counts {
  /** Samples of the class that are predicted so. */
  readonly hits: readonly number[];
  /** Samples that are predicted to be of the class. */
  readonly predicted: readonly number[];
  /** Samples of the class. */
  readonly actual: readonly number[];
  /** Samples. */
  readonly total: number;
}
/** Factors of hits, predicted, actual and total in numerator and denominator. */
export interface Ratio {
  readonly over: readonly [hits: number, predicted: number, actual: number, total: number];
  readonly under: readonly [hits: number, predicted: number, actual: number, total: number];
}

export function requireZeroDivision(name: string, value: ZeroDivision): void {
  if (!Number.isNaN(value)) requireOneOf(name, "zeroDivision", value, ["warn", 0, 1, Number.NaN]);
}

const weigh = (f: Ratio["over"], c: readonly number[]): number =>
  f[0] * c[0] + f[1] * c[1] + f[2] * c[2] + f[3] * c[3];

/** over / under, and what stands for 0 / 0. */
export function divided(
  metric: Metric<any, any>,
  over: number,
  under: number,
  zeroDivision: ZeroDivision,
): number {
  if (under !== 0) return over / under;
  if (zeroDivision !== "warn") return zeroDivision;
  warnOnce(
    metric.name,
    `${metric.name}: a class that does not occur (or is never predicted) gives 0 / 0, which counts as 0: zeroDivision 0, 1 or NaN says what it is to be`,
  );
  return 0;
}

export function ratiosOf(
  metric: Metric<any, any>,
  { over, under }: Ratio,
  { hits, predicted, actual, total }: Counts,
  zeroDivision: ZeroDivision,
): number[] {
  return hits.map((_, c) => {
    const counts = [hits[c], predicted[c], actual[c], total];
    return divided(metric, weigh(over, counts), weigh(under, counts), zeroDivision);
  });
}
/** All classes counted together. */
export function pooled({ hits, predicted, actual, total }: Counts): Counts {
  return {
    hits: [sum(hits)],
    predicted: [sum(predicted)],
    actual: [sum(actual)],
    total: total * hits.length,
  };
}

export const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

/** The mean of what is not NaN, by weights unless they are all 0. */
export function meanOf(values: readonly number[], weights?: readonly number[]): number {
  const kept = values.map((_, i) => i).filter((i) => !Number.isNaN(values[i]));
  if (kept.length === 0) return Number.NaN;
  const w = kept.map((i) => weights?.[i] ?? 1);
  const all = sum(w);
  if (all === 0) return meanOf(values);
  return sum(kept.map((i, k) => values[i] * w[k])) / all;
}
