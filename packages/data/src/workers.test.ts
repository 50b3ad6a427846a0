import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DlError, manualSeed, type Tensor } from "@dl/tensor";
import { afterEach, describe, expect, test } from "vitest";
import { DataLoader, MapDataset, Subset, trainTestSplit } from "./index.ts";
import { type WorkerDataset, type WorkerDatasetOptions, workerDataset } from "./node.ts";
import { mixSeed } from "./seeds.ts";
import "./testing.ts";

const module = new URL("./fixtures/testing.ts", import.meta.url);
let open: WorkerDataset<any>[] = [];
async function threads<T = any>(options: WorkerDatasetOptions = {}): Promise<WorkerDataset<T>> {
  const dataset = await workerDataset<T>(module, { numWorkers: 1, ...options });
  open.push(dataset);
  return dataset;
}
afterEach(async () => {
  await Promise.all(open.map((d) => d.close()));
  open = [];
});
type Noisy = { index: number; noise: Float32Array; name: string };

test("mixSeed gives every place another seed, below 2⁵³", () => {
  const seen = new Set<number>();
  for (const seed of [0, 1, 2 ** 32, 2 ** 53 - 1])
    for (let k = 0; k < 2000; k++) seen.add(mixSeed(seed, k));
  expect(seen.size).toBe(8000);
  const top = [...seen].filter((s) => s >= 2 ** 52).length;
  expect([...seen].every((s) => Number.isSafeInteger(s) && s >= 0)).toBe(true);
  expect(top / 8000).toBeCloseTo(0.5, 1);
});

describe("workerDataset", () => {
  test("takes an array, a function, a promise of a dataset", async () => {
    const plain = await threads<number>();
    expect([plain.length, await plain.get(2)]).toEqual([5, 30]);
    const made = await threads<[Tensor, boolean]>({ export: "tensors" });
    const [x, big] = await made.get(1);
    expect([x.tolistSync(), x.dtype, big]).toEqual([[1, 1.5], "float32", false]);
    const seen: unknown[] = [];
    for await (const [x, y] of new DataLoader(made, { batchSize: 2 }))
      seen.push([x.tolistSync(), y.tolistSync(), x.add(1).sum().itemSync()]);
    expect(seen).toEqual([
      [
        [
          [0, 0.5],
          [1, 1.5],
        ],
        [false, false],
        7,
      ],
      [[[2, 2.5]], [true], 6.5],
    ]);
  });

  const epochs = async (numWorkers: number, options: object = {}) => {
    const dataset = await threads<Noisy>({ export: "noisy", args: [13, 2], numWorkers });
    manualSeed(4);
    const loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, ...options });
    const seen: unknown[] = [];
    for (let epoch = 0; epoch < 2; epoch++)
      for await (const { index, noise, name } of loader)
        seen.push([index.tolistSync(), noise.tolistSync(), name]);
    return seen;
  };
  test("gives the same for a seed, however many threads there are", async () => {
    const one = await epochs(1);
    expect(one.length).toBe(8);
    expect(await epochs(3)).toEqual(one);
    expect(await epochs(2, { prefetchFactor: 0 })).toEqual(one);
    // Another epoch draws other noise for the same sample.
    const noise = new Set(JSON.stringify(one).match(/0\.\d+/g));
    expect(noise.size).toBe(2 * 13 * 4);
  });
  test("goes on in the middle of an epoch, with the same noise", async () => {
    const dataset = await threads<Noisy>({ export: "noisy", args: [13], numWorkers: 2 });
    const make = () => new DataLoader(dataset, { batchSize: 4, shuffle: true });
    manualSeed(4);
    const loader = make();
    const whole: unknown[] = [];
    let state = loader.stateDict();
    for await (const { noise } of loader) {
      whole.push(noise.tolistSync());
      if (whole.length === 2) state = loader.stateDict();
    }
    manualSeed(5);
    const other = make();
    other.loadStateDict(state);
    const rest: unknown[] = [];
    for await (const { noise } of other) rest.push(noise.tolistSync());
    expect(rest).toEqual(whole.slice(2));
  });
  test("can be divided and mapped", async () => {
    const dataset = await threads<number>({ numWorkers: 2 });
    const { train } = trainTestSplit(dataset, { shuffle: false });
    const subset = new Subset(dataset, train);
    expect(subset.parallel).toBe(2);
    const seen: unknown[] = [];
    for await (const x of new DataLoader(subset, { batchSize: 2 })) seen.push(x.tolistSync());
    for await (const x of new DataLoader(new MapDataset(subset, (x) => -x)))
      seen.push(x.itemSync());
    expect(seen).toEqual([[10, 20], [30], -10, -20, -30]);
  });
  test("stacks with a function of the module, or with the loader's", async () => {
    const there = await threads<Noisy>({ export: "noisy", args: [3], collateFn: "sum" });
    for await (const x of new DataLoader(there, { batchSize: 3 })) expect(x).toBe(3);
    const here = await threads<Noisy>({ export: "noisy", args: [3] });
    const collateFn = (samples: Noisy[]) => samples.map((s) => s.name);
    for await (const x of new DataLoader(here, { batchSize: 3, collateFn }))
      expect(x).toEqual(["sample 0", "sample 1", "sample 2"]);
  });
  test("leaves memory alone that the dataset keeps", async () => {
    const dataset = await threads<Tensor>({ export: "kept" });
    for (let i = 0; i < 3; i++) {
      expect((await dataset.get(0)).tolistSync()).toEqual([1, 2, 3]);
      expect((await dataset.getBatch([0, 1])).tolistSync()).toEqual([1, 2, 3]);
    }
  });
  test("computes there with a backend, and says so without", async () => {
    const dataset = await threads<Tensor>({ export: "computed", args: [true] });
    expect((await dataset.getBatch([0, 2])).tolistSync()).toEqual([
      [1, 1],
      [3, 3],
    ]);
    const without = await threads<Tensor>({ export: "computed", args: [false] });
    await expect(without.get(0)).rejects.toThrow(
      /dataset.get\(0\) failed: no backend is set on this thread: call setBackend\(cpu/,
    );
  });
});

describe("a worker thread that fails", () => {
  const error = async (promise: Promise<unknown>): Promise<DlError> => {
    const e = await promise.then(
      () => expect.unreachable(),
      (e) => e,
    );
    expect(e).toBeInstanceOf(DlError);
    expect(e.message).toContain("worker thread of ");
    return e;
  };
  test.each<[string, WorkerDatasetOptions, string]>([
    [
      "an export that is not there",
      { export: "other" },
      'cannot be loaded: there is no export "other"; there are broken, computed, default',
    ],
    [
      "an export that is no dataset",
      { export: "nothing" },
      'export "nothing" is a dataset with length and get',
    ],
    ["a function that throws", { export: "failing" }, "cannot be loaded: no disk"],
    ["a collateFn that is not there", { collateFn: "c" }, 'no export "c"'],
  ])("%s", async (_, options, message) =>
    expect((await error(workerDataset(module, { numWorkers: 2, ...options }))).message).toContain(
      message,
    ),
  );
  test("a module that is not there, or is no module", async () => {
    await error(workerDataset("/nowhere/a.ts", { numWorkers: 1 }));
    const path = join(mkdtempSync(join(tmpdir(), "dl-data-")), "a.mjs");
    writeFileSync(path, "export default [1;");
    expect((await error(workerDataset(path, { numWorkers: 1 }))).message).toContain(path);
  });
  test("datasets that differ", async () => {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    await expect(threads({ export: "growing", args: [shared], numWorkers: 2 })).rejects.toThrow(
      /the datasets of .* differ: one has \d samples, another \d/,
    );
  });
  test("a sample that fails: which, and why; the next one is fine", async () => {
    const dataset = await threads<number>({ export: "broken" });
    expect((await error(dataset.get(3))).message).toMatch(
      /: dataset.get\(3\) failed: no such picture$/,
    );
    expect((await error(dataset.getBatch([1, 3]))).message).toContain("dataset.get(3) failed");
    expect((await error(dataset.get(4))).message).toContain("no sample 4 (of 10)");
    expect((await error(dataset.get(7))).message).toContain("could not be cloned");
    expect(await dataset.get(1)).toBe(1);
    await expect(dataset.get(10)).rejects.toThrow("WorkerDataset: index 10 is out of range");
  });
  test.each([
    [5, "ended, with exit code 7"],
    [6, "stopped: out of the blue"],
  ])("a thread that stops (%i): all who wait are told, and who asks later", async (i, message) => {
    const dataset = await threads<number>({ export: "broken" });
    const both = [
      dataset.get(i).then(() => dataset.get(1)),
      dataset.get(2).then(() => dataset.get(1)),
    ];
    for (const one of both) expect((await error(one)).message).toContain(message);
    expect((await error(dataset.get(1))).message).toContain(message);
  });
  test("one that was closed", async () => {
    const dataset = await threads<number>();
    await dataset.close();
    expect((await error(dataset.get(0))).message).toContain("the dataset was closed");
  });
  test("no threads", () =>
    expect(workerDataset(module, { numWorkers: 0 })).rejects.toThrow(
      "numWorkers is a whole number from 1",
    ));
});
