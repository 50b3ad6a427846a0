import { DlError } from "@dl/tensor/core";
import { asDataset, Dataset, IterableDataset } from "./dataset.ts";

/**
 * A dataset whose samples are a function of another's: `transform(sample, index)`. It is called when a sample is
 * asked for, each time again, so it may draw at random. It may be async, and so may the dataset.
 *
 * A plain array or a dataset with `get` is wanted; for streams there is `mapIterable`.
 *
 * @example
 * new MapDataset([1, 2, 3], (x) => x * 10).get(1) // => 20
 */
export class MapDataset<T, U> extends Dataset<U> {
  readonly dataset: Dataset<T>;
  readonly transform: (sample: T, index: number) => U | Promise<U>;
  override readonly parallel?: number;

  constructor(
    dataset: Dataset<T> | readonly T[],
    transform: (sample: T, index: number) => U | Promise<U>,
  ) {
    super();
    if (typeof transform !== "function")
      throw new DlError("value", `MapDataset: transform is a function, got ${typeof transform}`);
    this.dataset = asDataset(dataset);
    this.parallel = this.dataset.parallel;
    this.transform = transform;
  }
  get length(): number {
    return this.dataset.length;
  }
  get(index: number, seed?: number): U | Promise<U> {
    const sample = this.dataset.get(index, seed);
    return sample instanceof Promise
      ? sample.then((s) => this.transform(s, index))
      : this.transform(sample, index);
  }
}

/**
 * A stream whose samples are a function of another's, one after the other: `transform(sample, index)` with the index
 * counted from 0. Where the stream or the function is async, loop with `for await`.
 *
 * @example
 * [...mapIterable({ *[Symbol.iterator]() { yield 1; yield 2; } }, (x) => x * 10)] // => [10, 20]
 */
export function mapIterable<T, U>(
  dataset: Iterable<T>,
  transform: (sample: T, index: number) => U,
): IterableDataset<U> & Iterable<U>;
export function mapIterable<T, U>(
  dataset: IterableDataset<T> | AsyncIterable<T>,
  transform: (sample: T, index: number) => U | Promise<U>,
): IterableDataset<U>;
export function mapIterable<T, U>(
  dataset: IterableDataset<T> | Iterable<T> | AsyncIterable<T>,
  transform: (sample: T, index: number) => U | Promise<U>,
): IterableDataset<U> {
  const source = dataset as IterableDataset<T>;
  const out = new (class extends IterableDataset<U> {
    override readonly length = source.length;
  })();
  if (source[Symbol.iterator])
    out[Symbol.iterator] = function* () {
      let index = 0;
      for (const sample of source as Iterable<T>) yield transform(sample, index++) as U;
    };
  else
    out[Symbol.asyncIterator] = async function* () {
      let index = 0;
      for await (const sample of source as AsyncIterable<T>) yield transform(sample, index++);
    };
  return out;
}
