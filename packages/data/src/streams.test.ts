import { type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import {
  ChainDataset,
  DataLoader,
  MapDataset,
  mapIterable,
  StackDataset,
  StratifiedBatchSampler,
  Subset,
  TensorDataset,
} from "./index.ts";
import "./testing.ts";

const count = (n: number, from = 0) => ({
  *[Symbol.iterator]() {
    for (let i = 0; i < n; i++) yield from + i;
  },
});
const later = (n: number, from = 0) => ({
  async *[Symbol.asyncIterator]() {
    for (let i = 0; i < n; i++) yield from + i;
  },
});
async function all<T>(stream: any): Promise<T[]> {
  const out: T[] = [];
  for await (const x of stream) out.push(x);
  return out;
}
const batchesOf = async (loader: AsyncIterable<Tensor>) =>
  (await all<Tensor>(loader)).map((b) => b.tolistSync());

describe("StackDataset", () => {
  test("puts samples side by side, by place or by name", () => {
    const rows = new TensorDataset(tensor([[1], [2]]));
    const [both] = new DataLoader(new StackDataset(rows, ["a", "b"], [true, false]), {
      batchSize: 2,
    });
    const [[x], names, flags] = both as [[Tensor], string[], Tensor];
    expect([x.tolistSync(), names, flags.tolistSync()]).toEqual([
      [[1], [2]],
      ["a", "b"],
      [true, false],
    ]);
    const named = new StackDataset({ x: [1, 2], y: [3, 4] });
    expect(named.get(1)).toEqual({ x: 2, y: 4 });
    const [batch] = new DataLoader(named, { batchSize: 2 });
    expect([batch.x.tolistSync(), batch.y.tolistSync()]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
  test("waits for those that are promises", async () => {
    const slow = { length: 2, get: async (i: number) => i * 10 };
    expect(await new StackDataset([1, 2], slow).get(1)).toEqual([2, 10]);
  });
  test("types: a sample has the members of the datasets", () => {
    const [n, s] = new StackDataset([1], ["a"]).get(0) as [number, string];
    n satisfies number;
    s satisfies string;
    // @ts-expect-error the name is not one of the datasets'
    expect(new StackDataset({ x: [1] }).get(0).y).toBe(undefined);
  });
  test.each<[string, () => unknown, string]>([
    ["nothing", () => new StackDataset(), "it needs a dataset"],
    ["unequal lengths", () => new StackDataset([1], [1, 2]), "dataset 0 has 1, dataset 1 has 2"],
    ["unequal lengths by name", () => new StackDataset({ a: [1], b: [] }), "a has 1, b has 0"],
    ["an index beyond", () => new StackDataset([1]).get(1), "index 1 is out of range"],
  ])("rejects %s", (_, run, message) => expect(run).toThrow(message));
});

describe("MapDataset", () => {
  test("applies a function when a sample is asked for", async () => {
    let calls = 0;
    const data = new MapDataset(["a", "b"], (x, i) => {
      calls++;
      return `${x}${i}`;
    });
    expect([data.length, calls, data.get(1), calls]).toEqual([2, 0, "b1", 1]);
    const slow = new MapDataset({ length: 1, get: async () => 5 }, async (x) => x + 1);
    expect(await slow.get(0)).toBe(6);
    expect(() => new MapDataset([1], 2 as any)).toThrow("transform is a function, got number");
  });
  test("of a Subset has the Subset's samples", () =>
    expect(new MapDataset(new Subset([1, 2, 3], [2]), (x) => -x).get(0)).toBe(-3));
});

describe("streams", () => {
  test("one after the other", async () => {
    const chain = new ChainDataset([count(2), count(0), count(2, 7)]);
    expect([...chain]).toEqual([0, 1, 7, 8]);
    expect(await batchesOf(new DataLoader(chain, { batchSize: 3 }))).toEqual([[0, 1, 7], [8]]);
    expect(chain.length).toBe(undefined);
    expect(new ChainDataset([[1], [2, 3]]).length).toBe(3);
  });
  test("that wait, among others that do not", async () => {
    const chain = new ChainDataset<number>([count(2), later(2, 7)]);
    expect(await all(chain)).toEqual([0, 1, 7, 8]);
    expect(await batchesOf(new DataLoader(chain, { batchSize: 4 }))).toEqual([[0, 1, 7, 8]]);
    expect(() => [...chain]).toThrow("dataset 1 has no [Symbol.iterator]: use for await");
  });
  test("that are none", () =>
    expect(() => new ChainDataset([count(1), { length: 1, get: () => 1 } as any])).toThrow(
      "dataset 1 is not a stream",
    ));
  test("mapped, at once or later", async () => {
    expect([...mapIterable(count(2), (x, i) => [x, i])]).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(await all(mapIterable(later(2), async (x) => x * 3))).toEqual([0, 3]);
  });
});

describe("StratifiedBatchSampler", () => {
  const labels = Array.from({ length: 120 }, (_, i) =>
    i % 12 === 0 ? "rare" : i % 3 === 0 ? "some" : "many",
  );
  test.each([true, false])("gives each batch each class in its share (shuffle %s)", (shuffle) => {
    const sampler = new StratifiedBatchSampler(labels, 24, { shuffle });
    expect(sampler.length).toBe(5);
    const batches = [...sampler];
    for (const batch of batches) {
      const of = (c: string) => batch.filter((i) => labels[i] === c).length;
      expect(batch.length).toBe(24);
      expect(Math.abs(of("rare") - 2)).toBeLessThanOrEqual(1);
      expect(Math.abs(of("some") - 6)).toBeLessThanOrEqual(1);
      expect(Math.abs(of("many") - 16)).toBeLessThanOrEqual(2);
    }
    expect(batches.flat().sort((a, b) => a - b)).toEqual([...labels.keys()]);
    if (shuffle) expect([...sampler]).not.toEqual(batches);
  });
  test("leaves a last batch out, or gives it", () => {
    const sizes = (dropLast: boolean) =>
      [...new StratifiedBatchSampler(labels, 50, { dropLast })].map((b) => b.length);
    expect([sizes(true), sizes(false)]).toEqual([
      [50, 50],
      [50, 50, 20],
    ]);
  });
  test("goes into a loader", () => {
    const batchSampler = new StratifiedBatchSampler([0, 0, 1, 1], 2);
    const loader = new DataLoader([0, 0, 1, 1], { batchSampler });
    expect([...loader].map((b) => b.sum().itemSync())).toEqual([1, 1]);
  });
  test("says what is wrong", () => {
    expect(() => new StratifiedBatchSampler([], 2)).toThrow("there are no labels");
    expect(() => new StratifiedBatchSampler([1], 0)).toThrow("batchSize is a whole number from 1");
  });
});
