/** Comparing numbers, with messages that say where they differ. */
import type { DType } from "@dl/tensor";

export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}
/** For one rounding or a few: elementwise work and short sums. */
export const TOLERANCE: Record<DType, Tolerance> = {
  float16: { absolute: 2e-3, relative: 2e-3 },
  float32: { absolute: 1e-6, relative: 2e-6 },
  float64: { absolute: 1e-12, relative: 1e-12 },
  int32: { absolute: 0, relative: 0 },
  uint8: { absolute: 0, relative: 0 },
  bool: { absolute: 0, relative: 0 },
};

/** NaN equals NaN, infinities equal themselves. */
export function isClose(
  actual: number,
  expected: number,
  { absolute, relative }: Tolerance,
): boolean {
  if (Object.is(actual, expected) || actual === expected) return true;
  if (Number.isNaN(actual) || Number.isNaN(expected)) return false;
  return Math.abs(actual - expected) <= absolute + relative * Math.abs(expected);
}

export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  what: string,
): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}: ${actual.length} elements, expected ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (isClose(actual[i], expected[i], tolerance)) continue;
    throw new Error(
      `${what}: element ${i} is ${actual[i]}, expected ${expected[i]}\n  got      ${preview(actual)}\n  expected ${preview(expected)}`,
    );
  }
}
const preview = (x: ArrayLike<number>): string =>
  `[${Array.from(x).slice(0, 12).join(", ")}${x.length > 12 ? ", …" : ""}]`;
