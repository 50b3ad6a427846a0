import { DlError } from "@dl/tensor/core";
import { IterableDataset } from "./dataset.ts";

/**
 * Streams one after the other: all samples of the first, then all of the second, and so on.
 *
 * With streams that wait for their samples loop with `for await`; a plain `for` works when none of them does.
 *
 * @see https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.ChainDataset
 *
 * @example
 * const count = (n: number) => ({ *[Symbol.iterator]() { for (let i = 0; i < n; i++) yield i; } });
 * [...new ChainDataset([count(2), count(3)])] // => [0, 1, 0, 1, 2]
 */
export class ChainDataset<T> extends IterableDataset<T> {
  readonly datasets: readonly IterableDataset<T>[];
  declare readonly length?: number;

  constructor(datasets: readonly (IterableDataset<T> | Iterable<T> | AsyncIterable<T>)[]) {
    super();
    this.datasets = datasets as readonly IterableDataset<T>[];
    const other = this.datasets.findIndex(
      (d) => !d?.[Symbol.iterator] && !d?.[Symbol.asyncIterator],
    );
    if (other >= 0)
      throw new DlError(
        "value",
        `ChainDataset: dataset ${other} is not a stream: it has neither [Symbol.iterator] nor [Symbol.asyncIterator]; ` +
          "datasets with get are for ConcatDataset",
      );
    if (this.datasets.every((d) => d.length !== undefined))
      this.length = this.datasets.reduce((sum, d) => sum + d.length!, 0);
    if (this.datasets.some((d) => !d[Symbol.iterator]))
      this[Symbol.asyncIterator] = () => this.#waiting();
  }
  override *[Symbol.iterator](): IterableIterator<T> {
    for (const [k, d] of this.datasets.entries()) {
      if (!d[Symbol.iterator])
        throw new DlError(
          "no-sync",
          `ChainDataset: dataset ${k} has no [Symbol.iterator]: use for await`,
        );
      yield* d as Iterable<T>;
    }
  }
  async *#waiting(): AsyncIterableIterator<T> {
    for (const d of this.datasets) {
      if (d[Symbol.asyncIterator]) yield* d as AsyncIterable<T>;
      else yield* d as Iterable<T>;
    }
  }
}
