import {
  type Backend,
  DlError,
  defaultGenerator,
  eachTensor,
  type Generator,
  macrotask,
} from "@dl/tensor/core";
import { bytesOf, type Collated, collateAt } from "./collate.ts";
import { type AnyDataset, asDataset, type Dataset } from "./dataset.ts";
import {
  BatchSampler,
  batches,
  drawSeed,
  RandomSampler,
  requireCount,
  type Sampler,
  SequentialSampler,
} from "./sampler.ts";

export interface DataLoaderOptions<T, B> {
  /** Samples per batch; the last batch may have fewer. Default 1. */
  batchSize?: number;
  /** A new order every epoch, that of PyTorch for the same seed. */
  shuffle?: boolean;
  /** The indices of an epoch, in order, instead of `shuffle`. */
  sampler?: Iterable<number>;
  /** The batches of an epoch as lists of indices, instead of `batchSize`, `shuffle`, `sampler` and `dropLast`. */
  batchSampler?: Iterable<readonly number[]>;
  /** Leave out a last batch that is not full. */
  dropLast?: boolean;
  /** From samples to a batch. Default: `defaultCollate`, or the dataset's own `getBatch`. */
  collateFn?: (samples: T[]) => B;
  /** Where the order comes from. Default: the stream that `manualSeed` starts. */
  generator?: Generator;
  /** The backend that batches are made for. Default: that of the dataset's tensors, or what `setBackend` was given. */
  device?: Backend;
}

/** Bytes of batches after which the event loop gets a turn, in which dropped tensors are finalized. */
const TURN_BYTES = 8 * 2 ** 20;

/**
 * Batches of a dataset. `for await` works with every dataset; a plain `for` with those whose samples are not promises.
 *
 * Memory stays flat: when the loop asks for the next batch, the device's copy of the last one is let go. Whoever still
 * looks at it finds it again, from the JavaScript array it was made from.
 *
 * @example
 * manualSeed(5);
 * const loader = new DataLoader([0, 10, 20, 30, 40], { batchSize: 2, shuffle: true });
 * for await (const batch of loader) console.log(await batch.tolist());
 * loader.length // => 3
 */
export class DataLoader<T, B = Collated<T>> implements Iterable<B>, AsyncIterable<B> {
  readonly dataset: AnyDataset<T>;
  readonly batchSize: number;
  readonly dropLast: boolean;
  /** Absent for iterable datasets, which have an order of their own. */
  readonly batchSampler: Iterable<readonly number[]> | undefined;
  readonly collateFn: ((samples: T[]) => B) | undefined;
  readonly generator: Generator;
  readonly device: Backend | undefined;

  constructor(dataset: AnyDataset<T>, options: DataLoaderOptions<T, B> = {}) {
    const { batchSize = 1, shuffle = false, sampler, batchSampler, dropLast = false } = options;
    requireCount(batchSize, "DataLoader: batchSize");
    if (shuffle && sampler) exclusive("shuffle", "sampler", "both say in which order samples come");
    if (batchSampler) {
      const given = (["batchSize", "shuffle", "sampler", "dropLast"] as const).find(
        (key) => options[key] !== undefined && options[key] !== false,
      );
      if (given) exclusive(given, "batchSampler", "its batches are taken as they are");
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
    this.collateFn = options.collateFn;
    this.generator = options.generator ?? defaultGenerator;
    this.device = options.device;

    if (!hasIndices(dataset)) {
      if (shuffle || sampler || batchSampler)
        exclusive(
          shuffle ? "shuffle" : sampler ? "sampler" : "batchSampler",
          "an iterable dataset",
          "it gives its samples in its own order",
        );
      return;
    }
    if (dataset.length === 0)
      throw new DlError("data", "DataLoader: the dataset is empty: there is nothing to load");
    const order: Iterable<number> =
      sampler ??
      (shuffle
        ? new RandomSampler(dataset, { generator: options.generator })
        : new SequentialSampler(dataset));
    this.batchSampler = batchSampler ?? new BatchSampler(order, batchSize, dropLast);
  }

  /** How many batches an epoch has. */
  get length(): number {
    if (this.batchSampler) {
      const { length } = this.batchSampler as Sampler<readonly number[]>;
      if (length !== undefined) return length;
    } else if (this.dataset.length !== undefined)
      return batches(this.dataset.length, this.batchSize, this.dropLast);
    throw new DlError("value", "DataLoader: the number of batches is unknown beforehand");
  }

  [Symbol.iterator](): IterableIterator<B> {
    this.#begin();
    return this.#atOnce();
  }
  [Symbol.asyncIterator](): AsyncIterableIterator<B> {
    this.#begin();
    return this.#waiting();
  }
  /** PyTorch draws a seed for its worker processes, also when it starts none; the shuffle's own seed comes after it. */
  #begin(): void {
    drawSeed(this.generator);
  }

  *#atOnce(): IterableIterator<B> {
    for (const batch of this.#epoch()) {
      if (batch instanceof Promise) {
        batch.catch(() => {});
        throw new DlError(
          "no-sync",
          "DataLoader: the samples of this dataset are promises: use for await (const batch of loader)",
        );
      }
      yield batch;
      evict(batch);
    }
  }
  async *#waiting(): AsyncIterableIterator<B> {
    let bytes = 0;
    for await (const batch of this.#epochOrStream()) {
      yield batch;
      evict(batch);
      bytes += bytesOf(batch);
      if (bytes < TURN_BYTES) continue;
      bytes = 0;
      await macrotask();
    }
  }

  #epochOrStream(): Iterable<B | Promise<B>> | AsyncIterable<B> {
    const { dataset } = this;
    const isStream = !hasIndices(dataset) && dataset[Symbol.asyncIterator];
    return isStream ? this.#stream(dataset as AsyncIterable<T>) : this.#epoch();
  }
  *#epoch(): IterableIterator<B | Promise<B>> {
    if (hasIndices(this.dataset)) {
      const dataset = asDataset(this.dataset);
      for (const indices of this.batchSampler!) yield this.#fetch(dataset, indices);
      return;
    }
    if (!this.dataset[Symbol.iterator])
      throw new DlError(
        "no-sync",
        "DataLoader: this dataset has no [Symbol.iterator]: use for await (const batch of loader)",
      );
    let samples: T[] = [];
    for (const sample of this.dataset as Iterable<T>) {
      samples.push(sample);
      if (samples.length < this.batchSize) continue;
      yield this.#collate(samples);
      samples = [];
    }
    if (samples.length > 0 && !this.dropLast) yield this.#collate(samples);
  }
  async *#stream(dataset: AsyncIterable<T>): AsyncIterableIterator<B> {
    let samples: T[] = [];
    for await (const sample of dataset) {
      samples.push(sample);
      if (samples.length < this.batchSize) continue;
      yield this.#collate(samples);
      samples = [];
    }
    if (samples.length > 0 && !this.dropLast) yield this.#collate(samples);
  }

  #fetch(dataset: Dataset<T>, indices: readonly number[]): B | Promise<B> {
    const whole = this.collateFn ? undefined : dataset.getBatch?.(indices, this.device);
    if (whole !== undefined) return whole as B | Promise<B>;
    const samples = indices.map((i) => getSample(dataset, i));
    return samples.some((s) => s instanceof Promise)
      ? Promise.all(samples).then((all) => this.#collate(all, indices))
      : this.#collate(samples as T[], indices);
  }
  #collate(samples: T[], indices?: readonly number[]): B {
    if (this.collateFn) return this.collateFn(samples);
    return collateAt(samples, indices, this.device) as B;
  }
}

const hasIndices = <T>(dataset: AnyDataset<T>): dataset is Dataset<T> | readonly T[] =>
  Array.isArray(dataset) || "get" in dataset;

function getSample<T>(dataset: Dataset<T>, index: number): T | Promise<T> {
  const present = (sample: T): T => {
    if (sample === undefined)
      throw new DlError(
        "data",
        `DataLoader: the dataset has no sample ${index} (of ${dataset.length}): get(${index}) is undefined`,
      );
    return sample;
  };
  const failed = (cause: unknown): never => {
    throw new DlError(
      "data",
      `DataLoader: dataset.get(${index}) failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  };
  let sample: T | Promise<T>;
  try {
    sample = dataset.get(index);
  } catch (cause) {
    return failed(cause);
  }
  return sample instanceof Promise ? sample.catch(failed).then(present) : present(sample);
}

/** Gives the device's memory of a batch back; its data is in JavaScript, and comes again if someone looks. */
const evict = (batch: unknown): void =>
  eachTensor(batch, (t) => {
    if (t.released === null) t.memory.storage.evict();
  });

function exclusive(option: string, other: string, why: string): never {
  throw new DlError("value", `DataLoader: ${option} does not go with ${other}: ${why}`);
}
