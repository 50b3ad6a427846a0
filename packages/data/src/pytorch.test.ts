import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defaultGenerator, Generator, manualSeed, type Tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import {
  BatchSampler,
  DataLoader,
  ImageDataset,
  RandomSampler,
  randomSplit,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "./index.ts";
import "./testing.ts";

const orders = JSON.parse(readFileSync(new URL("./fixtures/orders.json", import.meta.url), "utf8"));
const ten = Array.from({ length: 10 }, (_, i) => i);
const weights = [0.1, 0.2, 0.3, 0.4, 0, 1];
const sha256 = (array: ArrayBufferView): string =>
  createHash("sha256")
    .update(array as Uint8Array)
    .digest("hex");

/** Two epochs, and what the generator gives after them. */
function check(name: string, generator: Generator, loader: Iterable<number | Tensor>): void {
  const epoch = () => [...loader].map((x) => (typeof x === "number" ? x : x.tolistSync()));
  const epochs = [epoch(), epoch()];
  expect({ epochs, next: generator.uniform32() }).toEqual(orders[name]);
}
const byDefault = (name: string, make: () => Iterable<number | Tensor>) =>
  test(name, () => check(name, manualSeed(5), make()));
const byItsOwn = (name: string, make: (generator: Generator) => Iterable<number | Tensor>) =>
  test(name, () => {
    const generator = new Generator(7);
    check(name, generator, make(generator));
  });

describe("orders are those of PyTorch, and the generators are left where it leaves them", () => {
  byDefault("loader", () => new DataLoader(ten, { batchSize: 4, shuffle: true }));
  byItsOwn(
    "loader full batches",
    (generator) => new DataLoader(ten, { batchSize: 5, shuffle: true, generator }),
  );
  byItsOwn(
    "loader dropLast",
    (generator) => new DataLoader(ten, { batchSize: 4, shuffle: true, dropLast: true, generator }),
  );
  byDefault("loader in order", () => new DataLoader(ten, { batchSize: 4 }));
  byItsOwn("loader in order, own", (generator) => new DataLoader(ten, { batchSize: 4, generator }));
  byDefault(
    "loader of a sampler",
    () =>
      new DataLoader(ten, { batchSize: 3, sampler: new RandomSampler(ten, { numSamples: 14 }) }),
  );
  byDefault(
    "loader of batches",
    () => new DataLoader(ten, { batchSampler: new BatchSampler(new RandomSampler(ten), 4, true) }),
  );
  byDefault("random", () => new RandomSampler(ten));
  byItsOwn("random own", (generator) => new RandomSampler(ten, { generator }));
  byItsOwn("random 25", (generator) => new RandomSampler(ten, { numSamples: 25, generator }));
  byDefault(
    "random replacement",
    () => new RandomSampler(ten, { replacement: true, numSamples: 40 }),
  );
  byItsOwn(
    "random replacement own",
    (generator) => new RandomSampler(ten, { replacement: true, numSamples: 40, generator }),
  );
  byDefault("subset", () => new SubsetRandomSampler([3, 1, 4, 1, 5]));
  byDefault("weighted", () => new WeightedRandomSampler(weights, 20));
  byItsOwn("weighted own", (generator) => new WeightedRandomSampler(weights, 20, { generator }));

  test("for await gives the same as for", async () => {
    const generator = manualSeed(5);
    const loader = new DataLoader(ten, { batchSize: 4, shuffle: true });
    const epochs: unknown[][] = [[], []];
    for (const epoch of epochs) for await (const x of loader) epoch.push(await x.tolist());
    expect({ epochs, next: generator.uniform32() }).toEqual(orders.loader);
  });
  test("a loop that stops early", () => {
    manualSeed(5);
    for (const _ of new DataLoader(ten, { batchSize: 4, shuffle: true })) break;
    expect(defaultGenerator.uniform32()).toBe(orders["after break"]);
  });
  test("60,000 samples, all of them", () => {
    manualSeed(0);
    const indices = new Int32Array(60_000);
    let at = 0;
    const collateFn = (batch: number[]) => batch;
    const numbers = Array.from(indices.keys());
    for (const batch of new DataLoader(numbers, { batchSize: 64, shuffle: true, collateFn })) {
      indices.set(batch, at);
      at += batch.length;
    }
    expect([...indices.subarray(0, 8)]).toEqual(orders["60000"].first);
    expect(sha256(indices)).toBe(orders["60000"].sha256);
  });
  test.each<any>(orders.split)("randomSplit by $lengths", ({ lengths, parts }) => {
    manualSeed(5);
    expect(randomSplit(ten, lengths).map((s) => Array.from(s.indices))).toEqual(parts);
  });
});

describe("pixels are those of ToTensor and Normalize, to the last bit", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const pixels = (normalize?: { mean: number; std: number }) =>
    new ImageDataset(bytes, [0], [1, 16, 16], { normalize }).get(0)[0].dataSync();
  test("x / 255", () => expect(sha256(pixels())).toBe(orders.bytes.plain));
  test("(x / 255 − 0.1307) / 0.3081", () =>
    expect(sha256(pixels({ mean: 0.1307, std: 0.3081 }))).toBe(orders.bytes.normalized));
});
