import { DlError, defaultGenerator, type Generator } from "@dl/tensor/core";
import { classesOf, type Labels } from "./labels.ts";
import { batches, requireCount, type Sampler } from "./sampler.ts";

export interface StratifiedBatchSamplerOptions {
  /** Leave out a last batch that is not full. Default false. */
  dropLast?: boolean;
  /** Another order every epoch. Default true. */
  shuffle?: boolean;
  /** Where the order comes from. Default: the stream that `manualSeed` starts. */
  generator?: Generator;
}

/**
 * Batches in which every class has the share that it has of the whole, as nearly as whole numbers allow; each sample
 * once an epoch. For the `batchSampler` of a loader, where classes are so rare that batches would miss them.
 *
 * The samples of a class of `n` are put in random order at the places `(r + u) / n` of the epoch, `r = 0 … n−1`, with
 * one random `u` from 0 to 1 a class, so that they come at even distances.
 *
 * @example
 * const labels = [0, 0, 0, 0, 1, 1];
 * [...new StratifiedBatchSampler(labels, 3, { shuffle: false })] // => [[0, 4, 1], [2, 5, 3]]
 */
export class StratifiedBatchSampler implements Sampler<number[]> {
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly shuffle: boolean;
  readonly generator: Generator;
  readonly #classes: readonly Int32Array[];
  readonly #samples: number;

  constructor(
    labels: Labels,
    batchSize: number,
    {
      dropLast = false,
      shuffle = true,
      generator = defaultGenerator,
    }: StratifiedBatchSamplerOptions = {},
  ) {
    requireCount(batchSize, "StratifiedBatchSampler: batchSize");
    const { members, codes } = classesOf(labels, "StratifiedBatchSampler");
    if (codes.length === 0)
      throw new DlError("value", "StratifiedBatchSampler: there are no labels");
    this.#classes = members;
    this.#samples = codes.length;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
    this.shuffle = shuffle;
    this.generator = generator;
  }
  get length(): number {
    return batches(this.#samples, this.batchSize, this.dropLast);
  }

  *[Symbol.iterator](): IterableIterator<number[]> {
    const order = new Int32Array(this.#samples);
    const places = new Float64Array(this.#samples);
    let k = 0;
    for (const members of this.#classes) {
      const n = members.length;
      const turn = this.shuffle ? this.generator.permutation(n) : null;
      const offset = this.shuffle ? this.generator.uniform64() : 0.5;
      for (let r = 0; r < n; r++, k++) {
        order[k] = members[turn ? turn[r] : r];
        places[k] = (r + offset) / n;
      }
    }
    const sorted = Int32Array.from(order.keys()).sort((a, b) => places[a] - places[b] || a - b);
    for (let at = 0; at < sorted.length; at += this.batchSize) {
      const batch = Array.from(sorted.subarray(at, at + this.batchSize), (i) => order[i]);
      if (batch.length === this.batchSize || !this.dropLast) yield batch;
    }
  }
}
