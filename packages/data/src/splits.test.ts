import { readFileSync } from "node:fs";
import { Generator, manualSeed, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import {
  Bootstrap,
  type Fold,
  GroupKFold,
  KFold,
  LeaveOneOut,
  ShuffleSplit,
  StratifiedKFold,
  StratifiedShuffleSplit,
  Subset,
  TimeSeriesSplit,
  trainTestSplit,
} from "./index.ts";
import "./testing.ts";

const scikit = JSON.parse(readFileSync(new URL("./fixtures/scikit.json", import.meta.url), "utf8"));
const kinds: Record<string, new (options?: any) => { split(n: number, y?: any): Iterable<Fold> }> =
  {
    KFold,
    StratifiedKFold,
    GroupKFold,
    LeaveOneOut,
    TimeSeriesSplit,
  };

describe("without shuffling, folds are those of scikit-learn:", () => {
  test.each<any>(scikit.splits)("$name of $n, $options", ({ name, options, n, labels, folds }) =>
    expect(
      Array.from(new kinds[name](options).split(n, labels), ({ train, test }) => [
        [...train],
        [...test],
      ]),
    ).toEqual(folds),
  );
  test.each<any>(scikit.sizes)(
    "trainTestSplit of $n, test $testSize, train $trainSize",
    ({ n, testSize, trainSize, train, test }) => {
      const parts = trainTestSplit(n, {
        testSize: testSize ?? undefined,
        trainSize: trainSize ?? undefined,
        shuffle: false,
      });
      expect([[...parts.train], [...parts.test]]).toEqual([train, test]);
    },
  );
});

const labels = Array.from({ length: 90 }, (_, i) => ["a", "b", "b", "c", "c", "c"][i % 6]);
const counts = (indices: Iterable<number>): Record<string, number> => {
  const out: Record<string, number> = {};
  for (const i of indices) out[labels[i]] = (out[labels[i]] ?? 0) + 1;
  return out;
};
const sorted = (...lists: Int32Array[]) => lists.flatMap((l) => [...l]).sort((a, b) => a - b);
const all = (n: number) => [...Array(n).keys()];

describe("shuffled folds", () => {
  const shuffle = true;
  test.each([
    ["KFold", () => new KFold({ shuffle, seed: 3 }).split(90)],
    ["StratifiedKFold", () => new StratifiedKFold({ shuffle, seed: 3 }).split(90, labels)],
    [
      "GroupKFold",
      () =>
        new GroupKFold({ shuffle, seed: 3 }).split(
          90,
          all(90).map((i) => i % 7),
        ),
    ],
  ])("%s tests on each sample once, and trains on the others", (_, make) => {
    const folds = [...make()];
    expect(folds.length).toBe(5);
    expect(sorted(...folds.map((f) => f.test))).toEqual(all(90));
    for (const { train, test } of folds) expect(sorted(train, test)).toEqual(all(90));
    // Neither blocks, nor the same twice with another seed.
    expect([...folds[0].test]).not.toEqual(all(18));
    expect([...make()]).toEqual(folds);
  });
  test("StratifiedKFold keeps the shares of the classes", () => {
    for (const { test } of new StratifiedKFold({ shuffle, seed: 1 }).split(90, labels))
      expect(counts(test)).toEqual({ a: 3, b: 6, c: 9 });
  });
  test("StratifiedKFold takes a tensor of classes", () => {
    const y = tensor(
      labels.map((l) => "abc".indexOf(l)),
      { dtype: "int32" },
    );
    const [one] = new StratifiedKFold().split(90, y);
    const [two] = new StratifiedKFold().split(90, labels);
    expect(one).toEqual(two);
  });
  test("GroupKFold divides no group", () => {
    const groups = all(90).map((i) => `g${(i * i) % 17}`);
    for (const options of [{}, { shuffle, seed: 4 }])
      for (const { train, test } of new GroupKFold({ nSplits: 4, ...options }).split(90, groups)) {
        const known = new Set(Array.from(train, (i) => groups[i]));
        expect([...test].some((i) => known.has(groups[i]))).toBe(false);
      }
  });
  test("follow the default generator, or one of their own", () => {
    const make = (generator?: Generator) => [...new KFold({ shuffle, generator }).split(20)];
    manualSeed(9);
    const one = make();
    expect(make()).not.toEqual(one);
    manualSeed(9);
    expect(make()).toEqual(one);
    expect(make(new Generator(9))).toEqual(one);
  });
  test.each([1, 2, 3])(
    "ShuffleSplit %i: parts of the sizes asked for that share nothing",
    (seed) => {
      const splits = [
        ...new ShuffleSplit({ nSplits: 4, testSize: 0.2, trainSize: 30, seed }).split(90),
      ];
      expect(splits.length).toBe(4);
      for (const { train, test } of splits) {
        expect([train.length, test.length]).toEqual([30, 18]);
        expect(new Set([...train, ...test]).size).toBe(48);
      }
      expect(splits[0]).not.toEqual(splits[1]);
    },
  );
  test("StratifiedShuffleSplit and trainTestSplit keep the shares", () => {
    const [fold] = new StratifiedShuffleSplit({ testSize: 0.2, seed: 1 }).split(90, labels);
    const other = trainTestSplit(labels, { testSize: 0.2, stratify: labels, seed: 1 });
    for (const { train, test } of [fold, other]) {
      expect(counts(test)).toEqual({ a: 3, b: 6, c: 9 });
      expect(counts(train)).toEqual({ a: 12, b: 24, c: 36 });
      expect(sorted(train, test)).toEqual(all(90));
    }
  });
  test.each(all(20))("stratified sizes add up where shares are no whole numbers (%i)", (seed) => {
    const y = all(53).map((i) => (i * i) % 6);
    const { train, test } = trainTestSplit(53, { testSize: 17, trainSize: 30, stratify: y, seed });
    expect([train.length, test.length, new Set([...train, ...test]).size]).toEqual([30, 17, 47]);
    expect(new Set(Array.from(test, (i) => y[i])).size).toBe(new Set(y).size);
  });
  test("a quarter of a dataset to test on, as Subsets", () => {
    const { train, test } = trainTestSplit(labels, { seed: 5 });
    expect([new Subset(labels, train).length, new Subset(labels, test).length]).toEqual([67, 23]);
    expect(sorted(train, test)).toEqual(all(90));
  });
  test("Bootstrap tests on what was not drawn, about 37%", () => {
    let left = 0;
    for (const { train, test } of new Bootstrap({ nSplits: 20, seed: 2 }).split(1000)) {
      expect(train.length).toBe(1000);
      expect(sorted(Int32Array.from(new Set(train)), test)).toEqual(all(1000));
      left += test.length / 20_000;
    }
    expect(left).toBeCloseTo(1 / Math.E, 2);
    expect([...new Bootstrap({ seed: 1, numSamples: 3 }).split(9)][0].train.length).toBe(3);
  });
});

describe("splits say what is wrong:", () => {
  test.each<[string, () => unknown, string]>([
    ["one part", () => new KFold({ nSplits: 1 }), "KFold: nSplits is a whole number from 2, got 1"],
    ["half a part", () => new StratifiedKFold({ nSplits: 2.5 }), "StratifiedKFold: nSplits is"],
    [
      "a seed for nothing",
      () => new KFold({ seed: 1 }),
      "seed and generator are for shuffle: true",
    ],
    [
      "more parts than samples",
      () => [...new KFold().split(3)],
      "KFold: 5 parts cannot be made of 3 samples",
    ],
    ["no samples", () => [...new KFold().split([])], "a sample at least is expected"],
    ["no length", () => [...new KFold().split({} as any)], "got undefined"],
    [
      "a class of too few",
      () => [...new StratifiedKFold().split(4, [1, 1, 1, 1])],
      "5 parts cannot be made of 4 samples of a class",
    ],
    [
      "labels of other length",
      () => [...new StratifiedKFold({ nSplits: 2 }).split(4, [1, 1])],
      "there are 4 samples, 2 were given",
    ],
    [
      "labels that are none",
      () => [...new StratifiedKFold({ nSplits: 2 }).split(2, [1, Number.NaN])],
      "the class of sample 1 is NaN",
    ],
    [
      "one-hot labels",
      () => [
        ...new StratifiedKFold().split(
          2,
          tensor([
            [1, 0],
            [0, 1],
          ]),
        ),
      ],
      "of probabilities or one-hot rows take argmax(1) first",
    ],
    [
      "no labels",
      () => [...new StratifiedKFold().split(2, undefined as any)],
      "an array of classes is expected",
    ],
    [
      "more parts than groups",
      () => [...new GroupKFold().split(6, [1, 1, 2, 2, 3, 3])],
      "5 parts cannot be made of 3 groups",
    ],
    ["one alone", () => [...new LeaveOneOut().split(1)], "none is left to train on"],
    [
      "a short series",
      () => [...new TimeSeriesSplit().split(5)],
      "5 folds of 1 samples to test on leave nothing of 5 samples",
    ],
    [
      "a long gap",
      () => [...new TimeSeriesSplit({ nSplits: 2, gap: 5 }).split(9)],
      "after a gap of 5 leave nothing of 9",
    ],
    ["a negative gap", () => new TimeSeriesSplit({ gap: -1 }), "gap is a whole number from 0"],
    [
      "a test of nothing",
      () => trainTestSplit(10, { testSize: 0 }),
      "testSize is a fraction between 0 and 1, or a whole number of samples from 1 to 9, got 0",
    ],
    ["a test of everything", () => trainTestSplit(10, { testSize: 10 }), "testSize is a fraction"],
    ["a test of 2.5", () => trainTestSplit(10, { testSize: 2.5 }), "got 2.5"],
    [
      "more than there is",
      () => trainTestSplit(10, { testSize: 0.5, trainSize: 6 }),
      "6 samples to train on and 5 to test on are more than there are, 10",
    ],
    [
      "nothing to train on",
      () => trainTestSplit(2, { trainSize: 0.1 }),
      "of 2 samples none is left to train on",
    ],
    ["one sample", () => trainTestSplit(1), "none is left to train on"],
    [
      "a lonely class",
      () => trainTestSplit(4, { stratify: [0, 0, 0, "x"] }),
      'class "x" has a single sample',
    ],
    [
      "more classes than tests",
      () => trainTestSplit(9, { stratify: [0, 0, 0, 1, 1, 1, 2, 2, 2], testSize: 2 }),
      "3 classes do not fit into the 2 samples to test on",
    ],
    [
      "stratify in order",
      () => trainTestSplit(4, { stratify: [0, 0, 1, 1], shuffle: false }),
      "stratify does not go with shuffle: false",
    ],
    [
      "two sources of chance",
      () => trainTestSplit(4, { seed: 1, generator: new Generator(1) }),
      "seed and generator both",
    ],
    [
      "no draws",
      () => new Bootstrap({ nSplits: 0 }),
      "Bootstrap: nSplits is a whole number from 1",
    ],
  ])("%s", (_, run, message) => expect(run).toThrow(message));
});
