import { arange, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { hostOf } from "./collate.ts";
import {
  ConcatDataset,
  DataLoader,
  defaultCollate,
  ImageDataset,
  randomSplit,
  Subset,
  TensorDataset,
  WeightedRandomSampler,
} from "./index.ts";
import "./testing.ts";

describe("TensorDataset", () => {
  test.each(["float32", "float64", "int32", "uint8", "bool", "float16"] as const)(
    "gathers rows of %s as they are",
    (dtype) => {
      const t = tensor(
        [
          [1, 0, 1],
          [0, 0, 1],
          [1, 1, 1],
        ],
        { dtype },
      );
      const [batch] = new TensorDataset(t).getBatch([2, 0, 2]);
      expect(batch.dtype).toBe(dtype);
      expect(batch.to("float32").tolistSync()).toEqual([
        [1, 1, 1],
        [1, 0, 1],
        [1, 1, 1],
      ]);
    },
  );
  test("gathers rows longer than a cache line, from a part of a tensor too", () => {
    const t = arange(400).reshape(4, 100).narrow(0, 1, 3);
    const [batch] = new TensorDataset(t).getBatch([2, 0]);
    expect(batch.select(1, 99).tolistSync()).toEqual([399, 199]);
  });
  test("gathers from a transposed, an expanded and a computed tensor", () => {
    const data = new TensorDataset(
      tensor([
        [1, 2],
        [3, 4],
      ]).t(),
      tensor([[5, 6]]).expand(2, 2),
      tensor([
        [1, 2],
        [3, 4],
      ]).mul(10),
    );
    expect(data.getBatch([1]).map((t) => t.tolistSync())).toEqual([[[2, 4]], [[5, 6]], [[30, 40]]]);
    expect(data.get(0).map((t) => t.tolistSync())).toEqual([
      [1, 3],
      [5, 6],
      [10, 20],
    ]);
  });
  test("adopts the gathered array: its data is on the host", () =>
    expect(hostOf(new TensorDataset(arange(4)).getBatch([1])[0])).toEqual(Int32Array.of(1)));
  test("sees what was written into its tensor", () => {
    const t = tensor([1, 2, 3]);
    const data = new TensorDataset(t);
    t.mul_(2);
    expect(data.getBatch([2, 0])[0].tolistSync()).toEqual([6, 2]);
  });
  test("says which tensor has another number of rows", () =>
    expect(() => new TensorDataset(arange(3), arange(4))).toThrow(
      "tensor 0 is [3], tensor 1 is [4]",
    ));
});

describe("defaultCollate", () => {
  const collated = (samples: unknown[]) =>
    JSON.stringify(defaultCollate(samples), (_, x) =>
      x?.memory ? { [x.dtype]: x.tolistSync() } : x,
    );
  test("stacks tensors", () =>
    expect(collated([tensor([1, 2]), tensor([3, 4])])).toBe('{"float32":[[1,2],[3,4]]}'));
  test("stacks tensors that are on the device only, and differentiates", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(defaultCollate([x.mul(2), x.mul(3)]).tolistSync()).toEqual([
      [2, 4],
      [3, 6],
    ]);
  });
  test("makes tensors of numbers, booleans and typed arrays", () =>
    expect(
      collated([
        [1.5, true, Uint8Array.of(1)],
        [2, false, Uint8Array.of(2)],
      ]),
    ).toBe('[{"float32":[1.5,2]},{"bool":[true,false]},{"uint8":[[1],[2]]}]'));
  test("goes through objects, keeps strings", () =>
    expect(
      collated([
        { a: { b: 1 }, c: "x" },
        { a: { b: 2 }, c: "y" },
      ]),
    ).toBe('{"a":{"b":{"float32":[1,2]}},"c":["x","y"]}'));
  test("names the odd one", () => {
    expect(() => collated([[1], [1, 2]])).toThrow(
      "sample 0 has an array of 1, sample 1 has an array of 2",
    );
    expect(() => collated([1, "a"])).toThrow("sample 0 has a number, sample 1 has a string");
    expect(() => collated([{ a: 1 }, { b: 1 }])).toThrow(
      "the members a, sample 1 has the members b",
    );
    expect(() => collated([])).toThrow("no samples");
  });
});

describe("Subset, ConcatDataset, randomSplit", () => {
  const data = new TensorDataset(arange(10), arange(10));
  test("a subset loads as fast as the whole: in batches", () => {
    const [batch] = [
      ...new DataLoader(new Subset(new Subset(data, [9, 8, 7]), [2, 0]), { batchSize: 2 }),
    ];
    expect(batch.map((t) => t.tolistSync())).toEqual([
      [7, 9],
      [7, 9],
    ]);
  });
  test("datasets one after the other", () => {
    const both = new ConcatDataset<string>([["a", "b"], [], ["c"]]);
    expect([both.length, both.get(1), both.get(2)]).toEqual([3, "b", "c"]);
    expect(() => both.get(3)).toThrow("index 3");
  });
  test.each([
    [[5, 4], "add up to 9, the dataset has 10"],
    [[0.5, 0.4], "add up to 0.9, not to 1"],
    [[11, -1], "cannot have -1"],
  ])("lengths %j", (lengths, message) => expect(() => randomSplit(data, lengths)).toThrow(message));
  test("the parts are everything, once", () => {
    const parts = randomSplit(data, [0.34, 0.33, 0.33]);
    expect(parts.map((p) => p.length)).toEqual([4, 3, 3]);
    expect(parts.flatMap((p) => [...(p.indices as Int32Array)]).sort()).toEqual([
      ...Array(10).keys(),
    ]);
  });
});

describe("WeightedRandomSampler without replacement", () => {
  test("draws different indices, none of weight 0, heavy ones first", () => {
    let first = 0;
    for (let i = 0; i < 300; i++) {
      const drawn = [...new WeightedRandomSampler([1, 0, 8, 1], 3, { replacement: false })];
      expect(drawn.toSorted()).toEqual([0, 2, 3]);
      if (drawn[0] === 2) first++;
    }
    expect(first).toBeGreaterThan(210);
    expect(first).toBeLessThan(270);
  });
  test.each([
    [[1, -1], 1, "weight 1 is -1"],
    [[0, 0], 1, "no weight is above 0"],
    [[1, 0], 2, "only 1 weights"],
  ])("%j", (weights, n, message) =>
    expect(() => new WeightedRandomSampler(weights, n, { replacement: false })).toThrow(message),
  );
});

describe("ImageDataset", () => {
  test("normalizes channel by channel", () => {
    const data = new ImageDataset(Uint8Array.of(255, 255), [1], [2, 1, 1], {
      normalize: { mean: [0, 0.5], std: [1, 0.25] },
    });
    expect(data.get(0).map((t) => t.tolistSync())).toEqual([[[[1]], [[2]]], 1]);
  });
  test("says how many images do not fit how many labels", () => {
    expect(() => new ImageDataset(new Uint8Array(10), [1, 2], [1, 2, 2])).toThrow(
      "2 labels want 8 bytes of images [1, 2, 2], got 10, which is 2.5 images",
    );
    expect(
      () =>
        new ImageDataset(new Uint8Array(4), [1], [1, 2, 2], {
          normalize: { mean: [1, 2], std: 1 },
        }),
    ).toThrow("1 channels, mean has 2");
  });
});
