import {
  type Backend,
  DlError,
  defaultGenerator,
  eachTensor,
  type Generator,
  type GeneratorState,
  macrotask,
} from "@dl/tensor/core";
import { bytesOf, type Collated, collateAt } from "./collate.ts";
import { type AnyDataset, asDataset, type Dataset } from "./dataset.ts";
import { type DataLoaderState, requireState, streamsOf } from "./loaderState.ts";
import {
  BatchSampler,
  batches,
  drawSeed,
  RandomSampler,
  requireCount,
  type Sampler,
  SequentialSampler,
} from "./sampler.ts";
import { mixSeed } from "./seeds.ts";
import { END, withinTime } from "./waiting.ts";

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
  /**
   * Batches asked for ahead in `for await`, where samples are promises: while the loop works on one, the next are on
   * their way. For each of a dataset's threads. Default: 2 for a dataset that has threads, else 0.
   */
  prefetchFactor?: number;
  /** Seconds after which a batch that does not come is an error, in `for await`. Default 0: never. */
  timeout?: number;
}

/** Bytes of batches after which the event loop gets a turn, in which dropped tensors are finalized. */
const TURN_BYTES = 8 * 2 ** 20;

/**
 * Batches of a dataset. `for await` works with every dataset; a plain `for` with those whose samples are not promises.
 *
 * Memory stays flat: when the loop asks for the next batch, the device's copy of the last one is let go. Whoever still
 * looks at it finds it again, from the JavaScript array it was made from.
 *
 * @see https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
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
  readonly prefetchFactor: number;
  readonly timeout: number;
  /** Of the last epoch that was begun. */
  #given = 0;
  /** The random streams when it began; null when none is under way. */
  #start: readonly GeneratorState[] | null = null;
  /** Where the next epoch goes on. */
  #resume: DataLoaderState | null = null;

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
    const parallel = (dataset as Dataset<T>).parallel;
    const { prefetchFactor = parallel ? 2 : 0, timeout = 0 } = options;
    if (!Number.isInteger(prefetchFactor) || prefetchFactor < 0)
      throw new DlError(
        "value",
        `DataLoader: prefetchFactor is a whole number from 0, got ${String(prefetchFactor)}`,
      );
    if (!(timeout >= 0))
      throw new DlError("value", `DataLoader: timeout is seconds, from 0, got ${String(timeout)}`);
    this.prefetchFactor = prefetchFactor;
    this.timeout = timeout;

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

  /**
   * Where the loader is: also in the middle of an epoch, where the batch in hand counts as done. Loaded into a loader
   * that was made in the same way, the next loop gives the rest of the epoch, batch by batch the same.
   *
   * Its own generator is restored for the epochs after that, too; where the order comes from the default generator,
   * save that with `getRngState`. What an iterable dataset gave before is read again, and dropped.
   *
   * @example
   * const make = () => new DataLoader([0, 1, 2, 3, 4], { shuffle: true });
   * const loader = make();
   * const seen: number[] = [];
   * for (const x of loader) if (seen.push(x.itemSync()) === 2) break;
   * const other = make();
   * other.loadStateDict(loader.stateDict());
   * for (const x of other) seen.push(x.itemSync());
   * seen.sort() // => [0, 1, 2, 3, 4]
   */
  stateDict(): DataLoaderState {
    // Loaded, and not gone on with yet.
    if (this.#resume) return this.#resume;
    return {
      batches: this.#start ? this.#given : 0,
      underWay: this.#start !== null,
      batchSize: this.batchSize,
      samples: this.dataset.length ?? null,
      generators: this.#start ?? this.#streams().map((g) => g.getState()),
    };
  }
  /** Goes on where `stateDict` was called, in the next loop. */
  loadStateDict(state: DataLoaderState): void {
    const streams = this.#streams();
    requireState(state, {
      batchSize: this.batchSize,
      samples: this.dataset.length ?? null,
      streams: streams.length,
    });
    this.#start = null;
    this.#resume = state.underWay ? state : null;
    if (!state.underWay)
      // The first is the default stream, which is not the loader's to move.
      for (const [k, g] of streams.entries()) if (k > 0) g.setState(state.generators[k]);
  }
  #streams(): Generator[] {
    const { batchSampler } = this;
    return streamsOf(this, (batchSampler as Partial<BatchSampler>)?.sampler, batchSampler);
  }

  [Symbol.iterator](): IterableIterator<B> {
    return this.#atOnce(this.#begin());
  }
  [Symbol.asyncIterator](): AsyncIterableIterator<B> {
    return this.#waiting(this.#begin());
  }

  /**
   * PyTorch draws a seed for its worker processes, also when it starts none; the shuffle's own seed comes after it.
   * An epoch that is gone on with draws the same from the same streams, and skips what was handed out.
   */
  #begin(): Epoch {
    const resume = this.#resume;
    this.#resume = null;
    const streams = this.#streams();
    const [shared] = streams;
    const elsewhere = shared.getState();
    if (resume) for (const [k, g] of streams.entries()) g.setState(resume.generators[k]);
    this.#start = streams.map((g) => g.getState());
    this.#given = resume?.batches ?? 0;
    const seed = Number(BigInt.asUintN(53, drawSeed(this.generator)));
    const order = this.batchSampler?.[Symbol.iterator]();
    if (resume) {
      for (let k = 0; k < resume.batches; k++) order?.next();
      // Whoever draws from it besides us is somewhere else by now.
      shared.setState(elsewhere);
    }
    return { seed, order, done: resume?.batches ?? 0 };
  }
  #end(): void {
    this.#start = null;
  }

  *#atOnce(epoch: Epoch): IterableIterator<B> {
    for (const { batch } of this.#epoch(epoch)) {
      if (batch instanceof Promise) {
        batch.catch(() => {});
        throw new DlError(
          "no-sync",
          "DataLoader: the samples of this dataset are promises: use for await (const batch of loader)",
        );
      }
      this.#given++;
      yield batch;
      evict(batch);
    }
    this.#end();
  }
  async *#waiting(epoch: Epoch): AsyncIterableIterator<B> {
    const { timeout } = this;
    const depth = this.prefetchFactor * ((this.dataset as Dataset<T>).parallel ?? 1);
    const source = this.#epochOrStream(epoch);
    const queue: Pending<B>[] = [];
    let ended = false;
    /** Asks for batches until so many are on their way. What is there at once is not made before it is wanted. */
    const fill = (enough: number): void => {
      while (!ended && queue.length < enough) {
        const pending = pull(source);
        if (pending === END) ended = true;
        else queue.push(pending);
        if (pending === END || !(pending.batch instanceof Promise)) return;
        // An error is thrown when it is the batch's turn, and not at all if the loop stops before.
        pending.batch.catch(() => {});
      }
    };
    let bytes = 0;
    try {
      for (;;) {
        if (queue.length === 0) fill(Math.max(1, depth));
        const next = queue.shift();
        if (!next) break;
        const place = () => `batch ${this.#given}${describe(next.indices)}`;
        const batch = await withinTime(next.batch, timeout, place);
        if (batch === END) break;
        fill(depth);
        this.#given++;
        yield batch;
        evict(batch);
        bytes += bytesOf(batch);
        if (bytes < TURN_BYTES) continue;
        bytes = 0;
        await macrotask();
      }
    } finally {
      // Not awaited: a stream that hangs would keep the loop from stopping.
      void Promise.resolve(source.return?.().value).catch(() => {});
    }
    this.#end();
  }

  #epochOrStream(epoch: Epoch): Iterator<Pending<B>, unknown> {
    const { dataset } = this;
    if (hasIndices(dataset) || !dataset[Symbol.asyncIterator]) return this.#epoch(epoch);
    const stream = this.#stream(dataset as AsyncIterable<T>, epoch);
    // Whether it has ended is known later only.
    return {
      next: () => ({
        value: { batch: stream.next().then(({ done, value }) => (done ? END : value)) },
      }),
      return: () => ({ done: true, value: stream.return?.() }),
    };
  }
  *#epoch({ seed, order, done }: Epoch): IterableIterator<Pending<B>> {
    if (hasIndices(this.dataset)) {
      const dataset = asDataset(this.dataset);
      let at = done;
      const own = order as Iterator<readonly number[]>;
      for (let next = own.next(); !next.done; next = own.next())
        yield {
          batch: this.#fetch(dataset, next.value, mixSeed(seed, at++)),
          indices: next.value,
        };
      return;
    }
    if (!this.dataset[Symbol.iterator])
      throw new DlError(
        "no-sync",
        "DataLoader: this dataset has no [Symbol.iterator]: use for await (const batch of loader)",
      );
    let skip = done * this.batchSize;
    let samples: T[] = [];
    for (const sample of this.dataset as Iterable<T>) {
      if (skip-- > 0) continue;
      samples.push(sample);
      if (samples.length < this.batchSize) continue;
      yield { batch: this.#collate(samples) };
      samples = [];
    }
    if (samples.length > 0 && !this.dropLast) yield { batch: this.#collate(samples) };
  }
  async *#stream(dataset: AsyncIterable<T>, { done }: Epoch): AsyncIterableIterator<B> {
    let skip = done * this.batchSize;
    let samples: T[] = [];
    for await (const sample of dataset) {
      if (skip-- > 0) continue;
      samples.push(sample);
      if (samples.length < this.batchSize) continue;
      yield this.#collate(samples);
      samples = [];
    }
    if (samples.length > 0 && !this.dropLast) yield this.#collate(samples);
  }

  #fetch(dataset: Dataset<T>, indices: readonly number[], seed: number): B | Promise<B> {
    const whole = this.collateFn ? undefined : dataset.getBatch?.(indices, this.device, seed);
    if (whole !== undefined) return whole as B | Promise<B>;
    const samples = indices.map((i, k) => getSample(dataset, i, mixSeed(seed, k)));
    return samples.some((s) => s instanceof Promise)
      ? Promise.all(samples).then((all) => this.#collate(all, indices))
      : this.#collate(samples as T[], indices);
  }
  #collate(samples: T[], indices?: readonly number[]): B {
    if (this.collateFn) return this.collateFn(samples);
    return collateAt(samples, indices, this.device) as B;
  }
}

/** An epoch under way: its seed, its batches of indices, and how many of them were handed out before. */
interface Epoch {
  readonly seed: number;
  readonly order: Iterator<readonly number[]> | undefined;
  readonly done: number;
}
interface Pending<B> {
  readonly batch: B | Promise<B | typeof END>;
  readonly indices?: readonly number[];
}

function pull<B>(source: Iterator<Pending<B>, unknown>): Pending<B> | typeof END {
  try {
    const next = source.next();
    return next.done ? END : next.value;
  } catch (error) {
    return { batch: Promise.reject(error) };
  }
}

/** ` (samples 4, 5, 6, …)` */
const describe = (indices: readonly number[] | undefined): string =>
  indices ? ` (samples ${indices.slice(0, 8).join(", ")}${indices.length > 8 ? ", …" : ""})` : "";

const hasIndices = <T>(dataset: AnyDataset<T>): dataset is Dataset<T> | readonly T[] =>
  Array.isArray(dataset) || "get" in dataset;

function getSample<T>(dataset: Dataset<T>, index: number, seed: number): T | Promise<T> {
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
    sample = dataset.get(index, seed);
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
