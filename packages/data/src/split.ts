import { DlError, defaultGenerator, type Generator } from "@dl/tensor/core";
import { asDataset, type Dataset, Subset } from "./dataset.ts";

/**
 * Cuts a dataset into parts at random: by lengths that add up to the dataset's, or by fractions that add up to 1 (what
 * rounding down leaves over goes to the first parts, one each).
 *
 * @example
 * manualSeed(5);
 * const [validation, train] = randomSplit(["a", "b", "c", "d", "e"], [0.4, 0.6]);
 * validation.length // => 2
 */
export function randomSplit<T>(
  dataset: Dataset<T> | readonly T[],
  lengths: readonly number[],
  { generator = defaultGenerator }: { generator?: Generator } = {},
): Subset<T>[] {
  const data = asDataset(dataset);
  const counts = countsOf(lengths, data.length);
  const order = generator.permutation(data.length);
  let at = 0;
  return counts.map((count) => new Subset(data, order.subarray(at, (at += count))));
}

function countsOf(lengths: readonly number[], total: number): readonly number[] {
  const sum = lengths.reduce((a, b) => a + b, 0);
  const list = `[${lengths.join(", ")}]`;
  const wrong = lengths.find((n) => !(n >= 0));
  if (wrong !== undefined)
    throw new DlError("value", `randomSplit: ${list}: a part cannot have ${wrong} samples`);
  if (Math.abs(sum - 1) < 1e-9 && !(total === 1 && lengths.every(Number.isInteger))) {
    const counts = lengths.map((fraction) => Math.floor(total * fraction));
    const left = total - counts.reduce((a, b) => a + b, 0);
    for (let i = 0; i < left; i++) counts[i % counts.length]++;
    return counts;
  }
  if (!lengths.every(Number.isInteger))
    throw new DlError(
      "value",
      `randomSplit: the fractions ${list} add up to ${Number(sum.toPrecision(6))}, not to 1`,
    );
  if (sum !== total)
    throw new DlError(
      "value",
      `randomSplit: the lengths ${list} add up to ${sum}, the dataset has ${total} samples`,
    );
  return lengths;
}
