import { defaultGenerator, Generator, manualSeed, type Tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import {
  BatchSampler,
  DataLoader,
  type DataLoaderOptions,
  Dataset,
  IterableDataset,
  RandomSampler,
  StratifiedBatchSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "./index.ts";
import "./testing.ts";

const numbers = Array.from({ length: 23 }, (_, i) => i);
type Options = DataLoaderOptions<number, Tensor>;
type Make = (generator: Generator | undefined) => Options;

/** Loaders in which the order comes from somewhere else each time. */
const kinds: Record<string, Make> = {
  "in order": () => ({ batchSize: 4 }),
  shuffled: (generator) => ({ batchSize: 4, shuffle: true, generator }),
  "without the last": (generator) => ({ batchSize: 4, shuffle: true, dropLast: true, generator }),
  "drawn with replacement": (generator) => ({
    sampler: new RandomSampler(numbers, { replacement: true, numSamples: 70, generator }),
    batchSize: 4,
  }),
  "of a subset": (generator) => ({
    sampler: new SubsetRandomSampler([5, 3, 9, 2, 8], { generator }),
  }),
  weighted: (generator) => ({
    sampler: new WeightedRandomSampler(numbers, 20, { generator }),
    batchSize: 3,
  }),
  "of batches": (generator) => ({
    batchSampler: new BatchSampler(new RandomSampler(numbers, { generator }), 5, false),
  }),
  stratified: (generator) => ({
    batchSampler: new StratifiedBatchSampler(
      numbers.map((i) => i % 3),
      5,
      { generator },
    ),
  }),
};
const list = (b: Tensor): number[] => b.tolistSync() as number[];

describe.each(Object.keys(kinds))("a loader %s goes on where its state was saved", (kind) => {
  for (const own of [true, false])
    test.each([0, 1, 3, 99])(
      `${own ? "with a generator of its own" : "from the default generator"}, after %i batches`,
      async (stop) => {
        const make = (seed: number) => {
          const generator = own ? new Generator(seed) : undefined;
          if (!own) manualSeed(seed);
          return new DataLoader(numbers, kinds[kind](generator));
        };
        // What an uninterrupted run gives in its second epoch, and in its third.
        const whole = make(7);
        for (const _ of whole);
        let state = whole.stateDict();
        let inBetween = defaultGenerator.getState();
        const before: number[][] = [];
        const after: number[][] = [];
        for (const b of whole) {
          if (before.length < stop) before.push(list(b));
          else after.push(list(b));
          defaultGenerator.uint32(); // as a model with dropout does
          if (before.length !== stop || after.length > 0) continue;
          state = whole.stateDict();
          inBetween = defaultGenerator.getState();
        }
        if (stop === 99) {
          state = whole.stateDict();
          inBetween = defaultGenerator.getState();
        }
        const third = Array.from(whole, list);

        const other = make(99);
        defaultGenerator.setState(inBetween);
        other.loadStateDict(JSON.parse(JSON.stringify(state)));
        expect(other.stateDict()).toEqual(state);
        const rest: number[][] = [];
        if (stop !== 99)
          for (const b of other) {
            rest.push(list(b));
            defaultGenerator.uint32();
          }
        expect(rest).toEqual(after);
        expect(Array.from(other, list)).toEqual(third);
      },
    );
});

class Slow extends Dataset<number> {
  length = 23;
  calls: number[] = [];
  async get(i: number): Promise<number> {
    this.calls.push(i);
    await new Promise((r) => setTimeout(r, (i * 7) % 4));
    return i;
  }
}

describe("prefetchFactor", () => {
  test.each([0, 1, 3, 50])(
    "%i: the batches are the same, in the same order",
    async (prefetchFactor) => {
      const options = { batchSize: 4, shuffle: true };
      const expected = Array.from(
        new DataLoader(numbers, { ...options, generator: new Generator(3) }),
        list,
      );
      const loader = new DataLoader(new Slow(), {
        ...options,
        generator: new Generator(3),
        prefetchFactor,
      });
      const seen: number[][] = [];
      for await (const b of loader) seen.push(list(b));
      expect(seen).toEqual(expected);
    },
  );
  test("asks for so many batches ahead, and for no more", async () => {
    const data = new Slow();
    for await (const _ of new DataLoader(data, { batchSize: 2, prefetchFactor: 3 })) break;
    expect(data.calls).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
  test("counts in the state only what was handed out", async () => {
    const loader = new DataLoader(new Slow(), { batchSize: 4, prefetchFactor: 3 });
    for await (const b of loader) if (list(b)[0] === 4) break;
    expect(loader.stateDict().batches).toBe(2);
    const other = new DataLoader(new Slow(), { batchSize: 4, prefetchFactor: 1 });
    other.loadStateDict(loader.stateDict());
    for await (const b of other) {
      expect(list(b)).toEqual([8, 9, 10, 11]);
      break;
    }
  });
  test("throws an error when it is the batch's turn, and not if the loop stops before", async () => {
    const data = {
      length: 8,
      get: async (i: number) => {
        if (i === 5) throw new Error("broken");
        return i;
      },
    };
    const loader = () => new DataLoader(data, { batchSize: 2, prefetchFactor: 4 });
    let seen = 0;
    const loop = async () => {
      for await (const _ of loader()) seen++;
    };
    await expect(loop()).rejects.toThrow("DataLoader: dataset.get(5) failed: broken");
    expect(seen).toBe(2);
    for await (const _ of loader()) break;
    await new Promise((r) => setTimeout(r, 5));
  });
});

describe("streams", () => {
  class Count extends IterableDataset<number> {
    override *[Symbol.iterator]() {
      yield* numbers;
    }
  }
  class Later extends IterableDataset<number> {
    override async *[Symbol.asyncIterator]() {
      yield* numbers;
    }
  }
  test.each([Count, Later])("%o: what was given is read again, and dropped", async (Kind) => {
    const make = () => new DataLoader<number>(new Kind(), { batchSize: 5, prefetchFactor: 2 });
    const loader = make();
    for await (const b of loader) if (list(b)[0] === 5) break;
    const other = make();
    other.loadStateDict(loader.stateDict());
    const seen: number[][] = [];
    for await (const b of other) seen.push(list(b));
    expect(seen).toEqual([numbers.slice(10, 15), numbers.slice(15, 20), numbers.slice(20)]);
  });
});

describe("timeout", () => {
  const never = { length: 30, get: (i: number) => (i < 10 ? i : new Promise<number>(() => {})) };
  test("names the batch and its samples", async () => {
    const loop = async () => {
      for await (const _ of new DataLoader(never, { batchSize: 10, timeout: 0.05 }));
    };
    await expect(loop()).rejects.toThrow(
      /batch 1 \(samples 10, 11, 12, 13, 14, 15, 16, 17, …\) did not come within 0.05 seconds/,
    );
  });
  test("of a stream that hangs", async () => {
    const stream = {
      async *[Symbol.asyncIterator]() {
        yield 1;
        await new Promise(() => {});
      },
    };
    const loop = async () => {
      for await (const _ of new DataLoader<number>(stream, { timeout: 0.05 }));
    };
    await expect(loop()).rejects.toThrow("batch 1 did not come within 0.05 seconds");
  });
  test("does nothing to what comes in time", async () => {
    let n = 0;
    for await (const b of new DataLoader(new Slow(), { batchSize: 5, timeout: 5 })) n += b.numel;
    expect(n).toBe(23);
  });
});

describe("loadStateDict says what is wrong:", () => {
  const saved = new DataLoader(numbers, { batchSize: 4 }).stateDict();
  const load = (state: unknown, options: Options = { batchSize: 4 }, data = numbers) =>
    expect(() => new DataLoader(data, options).loadStateDict(state as any));
  test.each([
    undefined,
    null,
    {},
    [],
    { batches: -1 },
    { ...saved, batches: 1.5 },
    { ...saved, generators: 1 },
  ])("%o is no state", (state) => load(state).toThrow("what stateDict returned is wanted"));
  test("another batch size", () =>
    load(saved, { batchSize: 5 }).toThrow("saved with batchSize 4, this loader has 5"));
  test("another dataset", () =>
    load(saved, undefined, numbers.slice(1)).toThrow("saved with samples 23, this loader has 22"));
  test("another generator", () =>
    load(saved, { batchSize: 4, generator: new Generator(1) }).toThrow(
      "saved with 0 generators of the loader's own, this one has 1",
    ));
  test("options that are none", () => {
    expect(() => new DataLoader([1], { prefetchFactor: -1 })).toThrow("prefetchFactor is a whole");
    expect(() => new DataLoader([1], { timeout: Number.NaN })).toThrow("timeout is seconds");
  });
});
