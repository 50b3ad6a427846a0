import { DlError, type Generator } from "@dl/tensor/core";
import { classesOf, type Labels } from "../labels.ts";
import { requireCount, type Sized } from "../sampler.ts";
import { type Fold, generatorOf, type Randomness, range, samplesOf, shuffled } from "./fold.ts";
import { requireOneEach } from "./kFold.ts";
import { proportional, type SplitSizes, sizesOf } from "./sizes.ts";

export interface ShuffleSplitOptions extends SplitSizes, Randomness {
  /** How many divisions are drawn. Default 10. */
  nSplits?: number;
}

/**
 * Random divisions, each drawn anew: a sample may be tested on in several, or in none. A tenth is tested on by default.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.ShuffleSplit.html
 *
 * @example
 * const [first] = new ShuffleSplit({ nSplits: 3, testSize: 0.25, seed: 1 }).split(8);
 * first.train.length // => 6
 */
export class ShuffleSplit {
  readonly nSplits: number;
  readonly #options: ShuffleSplitOptions;
  constructor(options: ShuffleSplitOptions = {}) {
    const { nSplits = 10 } = options;
    requireCount(nSplits, "ShuffleSplit: nSplits");
    this.nSplits = nSplits;
    this.#options = options;
  }
  /** @param x the dataset, or how many samples it has. */
  *split(x: Sized | number): IterableIterator<Fold> {
    const n = samplesOf(x, "ShuffleSplit");
    const sizes = sizesOf(n, this.#options, 0.1, "ShuffleSplit");
    const generator = generatorOf(this.#options, "ShuffleSplit");
    for (let k = 0; k < this.nSplits; k++) yield drawn(n, sizes, generator);
  }
}

/**
 * `ShuffleSplit` in which both parts have each class in the share that it has of the whole.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.StratifiedShuffleSplit.html
 *
 * @example
 * const labels = [0, 0, 0, 0, 1, 1, 1, 1];
 * const [{ test }] = new StratifiedShuffleSplit({ testSize: 4, seed: 1 }).split(8, labels);
 * [...test].filter((i) => labels[i] === 1).length // => 2
 */
export class StratifiedShuffleSplit {
  readonly nSplits: number;
  readonly #options: ShuffleSplitOptions;
  constructor(options: ShuffleSplitOptions = {}) {
    const { nSplits = 10 } = options;
    requireCount(nSplits, "StratifiedShuffleSplit: nSplits");
    this.nSplits = nSplits;
    this.#options = options;
  }
  /**
   * @param x the dataset, or how many samples it has.
   * @param y the class of each sample.
   * @throws DlError for a class of a single sample.
   */
  *split(x: Sized | number, y: Labels): IterableIterator<Fold> {
    const name = "StratifiedShuffleSplit";
    const n = samplesOf(x, name);
    const sizes = sizesOf(n, this.#options, 0.1, name);
    const generator = generatorOf(this.#options, name);
    for (let k = 0; k < this.nSplits; k++) yield drawnByClass(n, y, sizes, generator, name);
  }
}

export interface TrainTestSplitOptions extends SplitSizes, Randomness {
  /** False: the first samples to train on, the ones behind them to test on. Default true. */
  shuffle?: boolean;
  /** The class of each sample: both parts get each class in the share that it has of the whole. */
  stratify?: Labels;
}

/**
 * Divides samples in two: a quarter to test on by default. For datasets, `new Subset(dataset, train)`.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.train_test_split.html
 *
 * @example
 * trainTestSplit(4, { shuffle: false }) // => { train: [0, 1, 2], test: [3] }
 * trainTestSplit(["a", "b", "c", "d"], { testSize: 2, seed: 0 }).test.length // => 2
 */
export function trainTestSplit(x: Sized | number, options: TrainTestSplitOptions = {}): Fold {
  const name = "trainTestSplit";
  const { shuffle = true, stratify } = options;
  const n = samplesOf(x, name);
  const sizes = sizesOf(n, options, 0.25, name);
  if (!shuffle) {
    if (stratify)
      throw new DlError(
        "value",
        "trainTestSplit: stratify does not go with shuffle: false: parts in order have the classes that they have",
      );
    return { train: range(0, sizes.train), test: range(sizes.train, sizes.train + sizes.test) };
  }
  const generator = generatorOf(options, name);
  return stratify ? drawnByClass(n, stratify, sizes, generator, name) : drawn(n, sizes, generator);
}

type Sizes = ReturnType<typeof sizesOf>;

function drawn(n: number, { train, test }: Sizes, generator: Generator): Fold {
  const order = generator.permutation(n);
  return { test: order.slice(0, test), train: order.slice(test, test + train) };
}

function drawnByClass(
  n: number,
  y: Labels,
  { train, test }: Sizes,
  generator: Generator,
  name: string,
): Fold {
  const { codes, members, names } = classesOf(y, name);
  requireOneEach(n, codes.length, `${name}: the classes`);
  const lonely = members.findIndex((m) => m.length < 2);
  if (lonely >= 0)
    throw new DlError(
      "value",
      `${name}: class ${JSON.stringify(names[lonely])} has a single sample, which cannot be both trained and tested on`,
    );
  for (const [part, size] of Object.entries({ train, test }))
    if (size < members.length)
      throw new DlError(
        "value",
        `${name}: ${members.length} classes do not fit into the ${size} samples to ${part} on`,
      );
  const counts = members.map((m) => m.length);
  const toTrain = proportional(counts, train, generator);
  const toTest = proportional(
    counts.map((c, k) => c - toTrain[k]),
    test,
    generator,
  );
  const parts: { train: number[]; test: number[] } = { train: [], test: [] };
  for (const [k, samples] of members.entries()) {
    const order = shuffled(samples, generator);
    // Not all as arguments of one push, of which there may be only so many.
    for (const i of order.subarray(0, toTrain[k])) parts.train.push(i);
    for (const i of order.subarray(toTrain[k], toTrain[k] + toTest[k])) parts.test.push(i);
  }
  return { train: shuffled(parts.train, generator), test: shuffled(parts.test, generator) };
}
