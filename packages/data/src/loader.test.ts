import { arange, defaultGenerator, manualSeed, type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { DataLoader, Dataset, IterableDataset, Subset, TensorDataset } from "./index.ts";
import { backend } from "./testing.ts";

const rows = () => new TensorDataset(arange(10).reshape(5, 2), arange(5));
const lists = (loader: Iterable<Tensor[]>) => [...loader].map((b) => b.map((t) => t.tolistSync()));

describe("DataLoader", () => {
  test("cuts a dataset into batches, the last one shorter", () => {
    const loader = new DataLoader(rows(), { batchSize: 2 });
    expect(loader.length).toBe(3);
    expect(lists(loader)).toEqual([
      [
        [
          [0, 1],
          [2, 3],
        ],
        [0, 1],
      ],
      [
        [
          [4, 5],
          [6, 7],
        ],
        [2, 3],
      ],
      [[[8, 9]], [4]],
    ]);
  });
  test("leaves the short one out with dropLast", () => {
    const loader = new DataLoader(rows(), { batchSize: 2, dropLast: true });
    expect(loader.length).toBe(2);
    expect(lists(loader).length).toBe(2);
  });
  test("gives a new order every epoch, and each sample once", () => {
    manualSeed(1);
    const loader = new DataLoader(arange(100).tolistSync() as number[], {
      batchSize: 7,
      shuffle: true,
    });
    const epoch = () => [...loader].flatMap((b) => [...b.dataSync()]);
    const [one, two] = [epoch(), epoch()];
    expect(one).not.toEqual(two);
    for (const order of [one, two])
      expect(order.toSorted((a, b) => a - b)).toEqual([...Array(100).keys()]);
  });
  test("takes batches from a sampler of lists", () => {
    const loader = new DataLoader([10, 20, 30], { batchSampler: [[2, 0], [1]] });
    expect(loader.length).toBe(2);
    expect([...loader].map((b) => b.tolistSync())).toEqual([[30, 10], [20]]);
  });
  test("waits for samples that are promises, all of a batch at once", async () => {
    let running = 0;
    let most = 0;
    class Slow extends Dataset<number> {
      length = 6;
      async get(i: number) {
        most = Math.max(most, ++running);
        await new Promise((r) => setTimeout(r, 1));
        running--;
        return i;
      }
    }
    const seen: unknown[] = [];
    for await (const b of new DataLoader(new Slow(), { batchSize: 3 })) seen.push(await b.tolist());
    expect(seen).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(most).toBe(3);
    expect(() => [...new DataLoader(new Slow())]).toThrow("use for await");
  });
  test("groups what an iterable dataset gives, at once or later", async () => {
    class Count extends IterableDataset<number> {
      override *[Symbol.iterator]() {
        for (let i = 0; i < 5; i++) yield i;
      }
    }
    class Later extends IterableDataset<number> {
      override async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 5; i++) yield i;
      }
    }
    const expected = [[0, 1], [2, 3], [4]];
    expect([...new DataLoader(new Count(), { batchSize: 2 })].map((b) => b.tolistSync())).toEqual(
      expected,
    );
    const seen: unknown[] = [];
    for await (const b of new DataLoader(new Later(), { batchSize: 2 })) seen.push(b.tolistSync());
    expect(seen).toEqual(expected);
    expect(() => [...new DataLoader(new Later())]).toThrow("use for await");
    expect(() => new DataLoader(new Count()).length).toThrow("unknown");
    expect(() => new DataLoader(new Count(), { shuffle: true })).toThrow("its own order");
  });
  test("types: a batch has the members of a sample, stacked", () => {
    for (const [x, y] of new DataLoader(rows())) {
      const both: [Tensor, Tensor] = [x, y];
      void both;
    }
    for (const { name, at } of new DataLoader([{ name: "a", at: 1 }])) {
      name satisfies string[];
      at satisfies Tensor;
      // @ts-expect-error a number becomes a tensor
      at satisfies number;
    }
    for (const n of new DataLoader([1, 2], { collateFn: (batch) => batch.length }))
      n satisfies number;
  });

  test("lets go of the device's copy of the last batch, which comes back for who still looks", () => {
    const before = backend.memory().live;
    const kept: Tensor[] = [];
    const big = new TensorDataset(tensor(new Float32Array(64 * 4096), { shape: [64, 4096] }));
    for (const [x] of new DataLoader(big, { batchSize: 8 })) {
      kept.push(x);
      expect(x.add(1).sum().itemSync()).toBe(8 * 4096);
      expect(kept.filter((t) => (t.memory.storage as any).resident !== null).length).toBe(1);
    }
    expect(kept.every((t) => (t.memory.storage as any).resident === null)).toBe(true);
    expect(kept[0].add(1).sum().itemSync()).toBe(8 * 4096);
    expect(before).toBeGreaterThanOrEqual(0);
  });
  test("gives the event loop a turn after some megabytes", async () => {
    const big = new TensorDataset(tensor(new Float32Array(32 * 2 ** 18), { shape: [32, 2 ** 18] }));
    let turns = 0;
    let looping = true;
    const count = (): void => {
      turns++;
      if (looping) setImmediate(count);
    };
    setImmediate(count);
    for await (const [x] of new DataLoader(big, { batchSize: 2 })) void x;
    looping = false;
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});

describe("DataLoader says what is wrong:", () => {
  const make = (options: object, data: readonly number[] = [1, 2, 3]) =>
    new DataLoader(data, options);
  test("an empty dataset", () => expect(() => make({}, [])).toThrow("the dataset is empty"));
  test.each([0, -1, 2.5, Number.NaN, "8"])("batchSize %s", (batchSize) =>
    expect(() => make({ batchSize })).toThrow(
      `batchSize is a whole number from 1, got ${batchSize}`,
    ),
  );
  test("shuffle with a sampler", () =>
    expect(() => make({ shuffle: true, sampler: [0] })).toThrow(
      "shuffle does not go with sampler",
    ));
  test("batchSampler with batchSize", () =>
    expect(() => make({ batchSize: 2, batchSampler: [[0]] })).toThrow(
      "batchSize does not go with batchSampler",
    ));
  test("samples of unequal shape: which", () => {
    const data = [tensor([1, 2]), tensor([1, 2]), tensor([1, 2, 3])].map((x) => ({ x }));
    expect(() => [...new DataLoader(data, { batchSize: 2, sampler: [1, 2] })]).toThrow(
      "sample 1 at .x has shape [2], sample 2 at .x has shape [3]",
    );
  });
  test("a sample that fails: which, and why", async () => {
    const cause = new Error("no such picture");
    const sync = {
      length: 3,
      get(i: number): number {
        if (i === 2) throw cause;
        return i;
      },
    };
    const later = { length: 3, get: async (i: number) => sync.get(i) };
    const expected = { message: "DataLoader: dataset.get(2) failed: no such picture", cause };
    expect(() => [...new DataLoader(sync)]).toThrow(expect.objectContaining(expected));
    const loop = async () => {
      for await (const x of new DataLoader(later, { batchSize: 3 })) void x;
    };
    await expect(loop()).rejects.toMatchObject(expected);
  });
  test("an index that the dataset does not have", () => {
    expect(() => [...make({ sampler: [5] })]).toThrow("no sample 5 (of 3)");
    expect(() => [...new DataLoader(rows(), { sampler: [5] })]).toThrow(
      "TensorDataset: index 5 is out of range: it has 5 samples",
    );
    expect(() => [...new DataLoader(new Subset(rows(), [1]), { sampler: [1] })]).toThrow("Subset");
  });
  test("and leaves the default generator alone when it is not iterated", () => {
    const before = defaultGenerator.getState();
    make({ shuffle: true });
    expect(defaultGenerator.getState()).toEqual(before);
  });
});
