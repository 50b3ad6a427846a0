/** In which order a loader visits a dataset: iterables of indices, with the draws of PyTorch. */
import { DlError, defaultGenerator, Generator } from "@dl/tensor/core";

/** Indices, afresh on every iteration. */
export interface Sampler<I = number> extends Iterable<I> {
  readonly length: number;
}
/** What a sampler needs to know of a dataset. */
export interface Sized {
  readonly length: number;
}

/** PyTorch's seeds are drawn as int64 numbers from 0. */
const INT64_MAX = 0x7fff_ffff_ffff_ffffn;
export const drawSeed = (generator: Generator = defaultGenerator): bigint =>
  generator.uint64() & INT64_MAX;

/** @internal `value` is a whole number from 1, or an error that names it. */
export function requireCount(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 1)
    throw new DlError("value", `${what} is a whole number from 1, got ${String(value)}`);
}

/**
 * 0, 1, 2, …
 *
 * @example
 * [...new SequentialSampler({ length: 3 })] // => [0, 1, 2]
 */
export class SequentialSampler implements Sampler {
  readonly source: Sized;
  constructor(source: Sized) {
    this.source = source;
  }
  get length(): number {
    return this.source.length;
  }
  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.source.length; i++) yield i;
  }
}

export interface RandomSamplerOptions {
  /** Draw each index independently instead of shuffling. */
  replacement?: boolean;
  /** How many indices an epoch has. Default: as many as the dataset. */
  numSamples?: number;
  /** Drawn from directly. Without it each epoch seeds a stream of its own from the default generator. */
  generator?: Generator;
}

/**
 * All indices in random order, or independent draws.
 *
 * @example
 * manualSeed(5);
 * [...new RandomSampler({ length: 5 })] // => [2, 1, 0, 3, 4]
 */
export class RandomSampler implements Sampler {
  readonly source: Sized;
  readonly replacement: boolean;
  readonly generator: Generator | undefined;
  readonly #numSamples: number | undefined;

  constructor(
    source: Sized,
    { replacement = false, numSamples, generator }: RandomSamplerOptions = {},
  ) {
    this.source = source;
    this.replacement = replacement;
    this.generator = generator;
    this.#numSamples = numSamples;
    if (numSamples !== undefined) requireCount(numSamples, "RandomSampler: numSamples");
    if (source.length === 0)
      throw new DlError("value", "RandomSampler: the dataset is empty: there is nothing to draw");
  }
  get length(): number {
    return this.#numSamples ?? this.source.length;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const n = this.source.length;
    const generator = this.generator ?? new Generator(drawSeed());
    if (this.replacement) {
      // In blocks of 32, so that a loop that stops early leaves the generator where PyTorch leaves it.
      for (let left = this.length; left > 0; left -= 32) {
        const block = new Int32Array(Math.min(32, left));
        generator.fillInt(block, 0, n);
        yield* block;
      }
      return;
    }
    let left = this.length;
    for (; left >= n; left -= n) yield* generator.permutation(n);
    // Drawn even when nothing of it is used: the next epoch's order depends on it.
    yield* generator.permutation(n).subarray(0, left);
  }
}

/** The given indices in random order. */
export class SubsetRandomSampler implements Sampler {
  readonly indices: ArrayLike<number>;
  readonly generator: Generator;
  constructor(
    indices: ArrayLike<number>,
    { generator = defaultGenerator }: { generator?: Generator } = {},
  ) {
    this.indices = indices;
    this.generator = generator;
  }
  get length(): number {
    return this.indices.length;
  }
  *[Symbol.iterator](): IterableIterator<number> {
    for (const i of this.generator.permutation(this.indices.length)) yield this.indices[i];
  }
}

/**
 * `numSamples` indices, each drawn in proportion to its weight: for classes of unequal size.
 *
 * The draws are PyTorch's, with replacement and without.
 *
 * @example
 * manualSeed(5);
 * [...new WeightedRandomSampler([0.1, 0.2, 0.3, 0.4, 0, 1], 6)] // => [5, 2, 3, 3, 2, 5]
 */
export class WeightedRandomSampler implements Sampler {
  readonly weights: Float64Array;
  readonly length: number;
  readonly replacement: boolean;
  readonly generator: Generator;

  constructor(
    weights: ArrayLike<number>,
    numSamples: number,
    {
      replacement = true,
      generator = defaultGenerator,
    }: { replacement?: boolean; generator?: Generator } = {},
  ) {
    requireCount(numSamples, "WeightedRandomSampler: numSamples");
    this.weights = Float64Array.from(weights);
    const bad = this.weights.findIndex((w) => !(w >= 0 && w < Infinity));
    if (bad >= 0)
      throw new DlError(
        "value",
        `WeightedRandomSampler: weights are finite numbers from 0, weight ${bad} is ${this.weights[bad]}`,
      );
    const positive = this.weights.reduce((count, w) => count + (w > 0 ? 1 : 0), 0);
    if (positive === 0)
      throw new DlError("value", "WeightedRandomSampler: no weight is above 0: nothing to draw");
    if (!replacement && positive < numSamples)
      throw new DlError(
        "value",
        `WeightedRandomSampler: ${numSamples} different indices are wanted, but only ${positive} weights are above 0`,
      );
    this.length = numSamples;
    this.replacement = replacement;
    this.generator = generator;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    yield* this.replacement ? this.#independent() : this.#different();
  }
  #independent(): Int32Array {
    const { weights, generator } = this;
    const upTo = new Float64Array(weights.length);
    let sum = 0;
    for (let i = 0; i < upTo.length; i++) upTo[i] = sum += weights[i];
    for (let i = 0; i < upTo.length; i++) upTo[i] /= sum;
    upTo[upTo.length - 1] = 1;
    return new Int32Array(this.length).map(() => {
      const draw = generator.uniform64();
      let [low, high] = [0, upTo.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (upTo[middle] < draw) low = middle + 1;
        else high = middle;
      }
      return low;
    });
  }
  /** The order in which independent exponential clocks ring, one per weight, is that of draws without replacement. */
  #different(): Int32Array {
    // A weight of 0 draws too, as in PyTorch: the others' draws, and what follows, depend on it.
    const clocks = this.weights.map((w) => {
      const time = -Math.log1p(-this.generator.uniform64());
      return w > 0 ? time / w : Infinity;
    });
    return Int32Array.from(clocks.keys())
      .sort((a, b) => clocks[a] - clocks[b])
      .subarray(0, this.length);
  }
}

/**
 * Groups the indices of another sampler.
 *
 * @example
 * [...new BatchSampler(new SequentialSampler({ length: 5 }), 2, false)] // => [[0, 1], [2, 3], [4]]
 */
export class BatchSampler implements Sampler<number[]> {
  readonly sampler: Iterable<number>;
  readonly batchSize: number;
  readonly dropLast: boolean;

  constructor(sampler: Iterable<number>, batchSize: number, dropLast: boolean) {
    requireCount(batchSize, "BatchSampler: batchSize");
    this.sampler = sampler;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
  }
  get length(): number {
    const { length } = this.sampler as Partial<Sized>;
    if (length === undefined)
      throw new DlError("value", "BatchSampler: the length of its sampler is unknown");
    return batches(length, this.batchSize, this.dropLast);
  }
  *[Symbol.iterator](): IterableIterator<number[]> {
    let batch: number[] = [];
    for (const i of this.sampler) {
      batch.push(i);
      if (batch.length < this.batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
  }
}

export const batches = (length: number, batchSize: number, dropLast: boolean): number =>
  dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
