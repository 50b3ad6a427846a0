import { DlError, type Generator } from "@dl/tensor/core";

export interface SplitSizes {
  /** A fraction below 1 (rounded up), or a number of samples. */
  testSize?: number;
  /** A fraction below 1 (rounded down), or a number of samples. Default: what is not tested on. */
  trainSize?: number;
}

/** @internal Numbers of samples. */
export function sizesOf(
  n: number,
  { testSize, trainSize }: SplitSizes,
  testDefault: number,
  name: string,
): { train: number; test: number } {
  const wanted = testSize ?? (trainSize === undefined ? testDefault : undefined);
  for (const [key, size] of Object.entries({ testSize: wanted, trainSize }))
    if (size !== undefined && !(size > 0 && size < n && (size < 1 || Number.isInteger(size))))
      throw new DlError(
        "value",
        `${name}: ${key} is a fraction between 0 and 1, or a whole number of samples from 1 to ${n - 1}, got ${String(size)}`,
      );
  const count = (size: number, round: (x: number) => number) => (size < 1 ? round(size * n) : size);
  const given = {
    test: wanted === undefined ? undefined : count(wanted, Math.ceil),
    train: trainSize === undefined ? undefined : count(trainSize, Math.floor),
  };
  const test = given.test ?? n - given.train!;
  const train = given.train ?? n - test;
  if (train + test > n)
    throw new DlError(
      "value",
      `${name}: ${train} samples to train on and ${test} to test on are more than there are, ${n}`,
    );
  if (train === 0 || test === 0)
    throw new DlError(
      "value",
      `${name}: of ${n} samples ${train === 0 ? "none is left to train on" : "none is left to test on"}`,
    );
  return { train, test };
}

/** @internal How many of each class a part of `draws` samples has: in proportion, what is left over by the largest remainder, ties at random. */
export function proportional(
  counts: readonly number[],
  draws: number,
  generator: Generator,
): number[] {
  const total = counts.reduce((a, b) => a + b, 0);
  const exact = counts.map((c) => (c / total) * draws);
  const out = exact.map(Math.floor);
  let left = draws - out.reduce((a, b) => a + b, 0);
  const rest = exact.map((x, k) => x - out[k]);
  for (const value of [...new Set(rest)].sort((a, b) => b - a)) {
    const tied = [...rest.keys()].filter((k) => rest[k] === value);
    const chosen = generator.permutation(tied.length).subarray(0, left);
    for (const i of chosen) out[tied[i]]++;
    left -= chosen.length;
    if (left <= 0) break;
  }
  return out;
}
