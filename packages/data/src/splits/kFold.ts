import { DlError } from "@dl/tensor/core";
import { classesOf, type Labels } from "../labels.ts";
import type { Sized } from "../sampler.ts";
import {
  divide,
  type Fold,
  generatorOf,
  type Randomness,
  requireSplits,
  samplesOf,
  shuffled,
} from "./fold.ts";

export interface KFoldOptions extends Randomness {
  /** How many parts, each of which is tested on once. Default 5. */
  nSplits?: number;
  /** Put the samples into parts at random, not in the order in which they are. Default false. */
  shuffle?: boolean;
}

abstract class Folds {
  readonly nSplits: number;
  readonly shuffle: boolean;
  protected readonly randomness: Randomness;

  constructor({ nSplits = 5, shuffle = false, ...randomness }: KFoldOptions = {}) {
    requireSplits(nSplits, new.target.name);
    if (!shuffle && (randomness.seed !== undefined || randomness.generator))
      throw new DlError(
        "value",
        `${new.target.name}: seed and generator are for shuffle: true; without, the parts are in order`,
      );
    this.nSplits = nSplits;
    this.shuffle = shuffle;
    this.randomness = randomness;
  }

  /** One fold for each part, given the part of each sample. */
  protected *folds(partOf: ArrayLike<number>): IterableIterator<Fold> {
    for (let k = 0; k < this.nSplits; k++) yield divide(partOf.length, (i) => partOf[i] === k);
  }
  protected requireEnough(n: number, what: string): void {
    if (this.nSplits > n)
      throw new DlError(
        "value",
        `${this.constructor.name}: ${this.nSplits} parts cannot be made of ${n} ${what}: lower nSplits`,
      );
  }
}

/** How many of `n` things each of `parts` parts has: the first ones have one more. */
const evenly = (n: number, parts: number): number[] =>
  Array.from({ length: parts }, (_, k) => Math.floor(n / parts) + (k < n % parts ? 1 : 0));

/**
 * Cross-validation: `nSplits` parts of equal size (the first `n % nSplits` have one sample more), each of which is
 * tested on once, after training on the others. The indices of a fold are ascending.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.KFold.html
 *
 * @example
 * const [first, second] = new KFold({ nSplits: 2 }).split(5);
 * first.test // => [0, 1, 2]
 * second.train // => [0, 1, 2]
 */
export class KFold extends Folds {
  /** @param x the dataset, or how many samples it has. */
  *split(x: Sized | number): IterableIterator<Fold> {
    const n = samplesOf(x, "KFold");
    this.requireEnough(n, "samples");
    const part = new Int32Array(n);
    const order = this.shuffle ? generatorOf(this.randomness, "KFold").permutation(n) : null;
    let at = 0;
    for (const [k, size] of evenly(n, this.nSplits).entries())
      for (const end = at + size; at < end; at++) part[order ? order[at] : at] = k;
    yield* this.folds(part);
  }
}

/**
 * `KFold` in which every part has each class in the share that it has of the whole.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.StratifiedKFold.html
 *
 * @example
 * const [first] = new StratifiedKFold({ nSplits: 2 }).split(6, ["a", "a", "b", "b", "b", "b"]);
 * first.test // => [0, 2, 3]
 */
export class StratifiedKFold extends Folds {
  /**
   * @param x the dataset, or how many samples it has.
   * @param y the class of each sample.
   * @throws DlError when no class has `nSplits` samples.
   */
  *split(x: Sized | number, y: Labels): IterableIterator<Fold> {
    const n = samplesOf(x, "StratifiedKFold");
    const { codes, members } = classesOf(y, "StratifiedKFold");
    requireOneEach(n, codes.length, "StratifiedKFold: the classes");
    this.requireEnough(Math.max(...members.map((m) => m.length)), "samples of a class");
    // Where the samples, sorted by class, are dealt out one by one: a class goes on where the last one stopped, so
    // that the parts are of equal size as well.
    const part = new Int32Array(n);
    const generator = this.shuffle ? generatorOf(this.randomness, "StratifiedKFold") : null;
    let dealt = 0;
    for (const samples of members) {
      const share = new Int32Array(this.nSplits);
      for (let i = 0; i < samples.length; i++) share[dealt++ % this.nSplits]++;
      let parts = new Int32Array(samples.length);
      let at = 0;
      for (const [k, size] of share.entries()) parts.fill(k, at, (at += size));
      if (generator) parts = shuffled(parts, generator) as Int32Array<ArrayBuffer>;
      for (const [i, sample] of samples.entries()) part[sample] = parts[i];
    }
    yield* this.folds(part);
  }
}

/**
 * `KFold` that keeps groups together: no group (a patient, a writer, a document) is in both the samples to train on
 * and those to test on. Without `shuffle` the largest groups go first, each to the part that has the fewest samples.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.GroupKFold.html
 *
 * @example
 * const [first] = new GroupKFold({ nSplits: 2 }).split(4, ["ann", "bob", "ann", "cy"]);
 * first.test // => [0, 2]
 */
export class GroupKFold extends Folds {
  /**
   * @param x the dataset, or how many samples it has.
   * @param groups the group of each sample.
   */
  *split(x: Sized | number, groups: Labels): IterableIterator<Fold> {
    const n = samplesOf(x, "GroupKFold");
    const { codes, members, names } = classesOf(groups, "GroupKFold");
    requireOneEach(n, codes.length, "GroupKFold: the groups");
    this.requireEnough(members.length, "groups");
    const home = new Int32Array(members.length);
    if (this.shuffle) {
      const order = generatorOf(this.randomness, "GroupKFold").permutation(members.length);
      let at = 0;
      for (const [k, size] of evenly(order.length, this.nSplits).entries())
        for (const end = at + size; at < end; at++) home[order[at]] = k;
    } else {
      // Among equally large groups the one that comes last in order of its name, as in scikit-learn.
      const largest = [...members.keys()].sort(
        (a, b) => members[b].length - members[a].length || compare(names[b], names[a]),
      );
      const sizes = new Int32Array(this.nSplits);
      for (const group of largest) {
        const lightest = sizes.indexOf(Math.min(...sizes));
        sizes[lightest] += members[group].length;
        home[group] = lightest;
      }
    }
    yield* this.folds(codes.map((group) => home[group]));
  }
}

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);

/** @internal */
export function requireOneEach(n: number, got: number, what: string): void {
  if (n !== got)
    throw new DlError(
      "value",
      `${what} are one a sample: there are ${n} samples, ${got} were given`,
    );
}
