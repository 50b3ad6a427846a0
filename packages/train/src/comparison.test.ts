import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { DataLoader, Subset, TensorDataset } from "@dl/data";
import { mseLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { SGD } from "@dl/optim";
import { defaultGenerator, manualSeed, randn, setBackend, type Tensor, tensor } from "@dl/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import {
  crossValidate,
  evaluate,
  fit,
  gridSearch,
  randomSearch,
  sample,
  type Trial,
} from "./index.ts";

beforeEach(() => setBackend(cpu()));

/** Folds of every third example. */
const folds = [0, 1, 2].map((k) => {
  const all = Array.from({ length: 12 }, (_, i) => i);
  return { train: all.filter((i) => i % 3 !== k), test: all.filter((i) => i % 3 === k) };
});
function data(): [Tensor, Tensor] {
  manualSeed(4);
  return [randn(12, 2), randn(12, 1)];
}
const make = (fold: number) => {
  manualSeed(fold);
  const model = new nn.Linear(2, 1);
  return { model, optimizer: new SGD(model.parameters(), { lr: 0.1 }) };
};
const options = { loss: mseLoss, epochs: 3, batchSize: 4 };

describe("crossValidate", () => {
  test("is training and testing each fold by hand", async () => {
    const [x, y] = data();
    const result = await crossValidate(make, [x, y], folds, options);
    for (const [k, { train, test }] of folds.entries()) {
      const { model, optimizer } = make(k);
      const set = new TensorDataset(x, y);
      const batches = (indices: number[]) =>
        new DataLoader(new Subset(set, indices), { batchSize: 4 });
      const shuffled = {
        *[Symbol.iterator]() {
          const order = defaultGenerator.permutation(train.length);
          for (let i = 0; i < train.length; i += 4)
            yield set.getBatch([...order.subarray(i, i + 4)].map((j) => train[j])) as [
              Tensor,
              Tensor,
            ];
        },
      };
      await fit(model, { loss: mseLoss, optimizer, train: shuffled, epochs: 3 });
      const { loss } = await evaluate(model, batches(test), { loss: mseLoss });
      expect(result.folds[k].loss).toBe(loss);
    }
    const losses = result.folds.map(({ loss }) => loss);
    const mean = (losses[0] + losses[1] + losses[2]) / 3;
    expect(result.mean.loss).toBeCloseTo(mean, 12);
    expect(result.std.loss).toBeCloseTo(
      Math.sqrt(losses.reduce((s, l) => s + (l - mean) ** 2, 0) / 3),
      12,
    );
    expect(String(result)).toBe(`loss  ${mean.toFixed(4)} ± ${result.std.loss.toFixed(4)}`);
  });
  test("takes datasets, loaders and generators of folds", async () => {
    const [x, y] = data();
    const set = new TensorDataset(x, y);
    const plain = { ...options, shuffle: false };
    const want = await crossValidate(make, [x, y], folds, plain);
    expect((await crossValidate(make, set, folds.values(), plain)).mean).toEqual(want.mean);
    const loaders = (indices: ArrayLike<number>) =>
      new DataLoader(new Subset(set, indices), { batchSize: 4 });
    const got = await crossValidate(make as never, loaders, folds, options as never);
    expect(got.mean).toEqual(want.mean);
  });
  test("says what is wrong", async () => {
    const d = data();
    await expect(crossValidate(make, d, [], options)).rejects.toThrow("there are no folds");
    await expect(crossValidate(make, d, [{ train: [0, 12], test: [1] }], options)).rejects.toThrow(
      'example 12 in "train", there are 12',
    );
    await expect(crossValidate(make, d, [{ train: [0], test: [] }], options)).rejects.toThrow(
      'no examples in "test"',
    );
    const one = make(0);
    await expect(crossValidate(() => one, d, folds, options)).rejects.toThrow(
      "has been trained on another fold already",
    );
    await expect(crossValidate(make, [d[0], tensor([1])], folds, options)).rejects.toThrow(
      "as many rows each, got 12, 1",
    );
    await expect(crossValidate(make, { length: 12 }, folds, options)).rejects.toThrow(
      "new Subset(data, indices)",
    );
  });
});

describe("gridSearch", () => {
  test("tries everything, in order", async () => {
    const seen: unknown[] = [];
    const grid = { a: [1, 2], b: ["x", "y"] };
    const { best } = await gridSearch(
      grid,
      ({ a, b }, { index, total }) => {
        seen.push([a, b, index, total]);
        return b === "y" ? a : -a;
      },
      { mode: "max" },
    );
    expect(seen).toEqual([
      [1, "x", 0, 4],
      [1, "y", 1, 4],
      [2, "x", 2, 4],
      [2, "y", 3, 4],
    ]);
    expect(best).toEqual({ params: { a: 2, b: "y" }, score: 2 });
  });
  test("goes on from earlier results, also from JSON", async () => {
    const grid = { a: [1, 2, 3] };
    const controller = new AbortController();
    const kept: Trial<{ a: number }>[] = [];
    await gridSearch(grid, ({ a }) => a, {
      mode: "min",
      signal: controller.signal,
      onTrial: (trial) => {
        kept.push(trial);
        if (kept.length === 2) controller.abort();
      },
    });
    const tried: number[] = [];
    const { results } = await gridSearch(grid, ({ a }) => tried.push(a) + 2, {
      mode: "min",
      results: JSON.parse(JSON.stringify(kept)),
    });
    expect([kept.length, tried, results.map(({ score }) => score)]).toEqual([2, [3], [1, 2, 3]]);
  });
  test("takes functions for values, too", async () => {
    const up = (x: number) => x + 1;
    const { best, results } = await gridSearch(
      { f: [up, (x: number) => -x, (x: number) => 3 * x] },
      ({ f }) => f(2),
      { mode: "max" },
    );
    expect([best!.score, results.map(({ score }) => score)]).toEqual([6, [3, -2, 6]]);
  });
  test("does not take NaN for the best, and says what is wrong", async () => {
    const { best } = await gridSearch({ a: [1, 2] }, ({ a }) => (a === 1 ? Number.NaN : 5), {
      mode: "min",
    });
    expect(best!.score).toBe(5);
    await expect(gridSearch({ a: [] as number[] }, () => 1, { mode: "min" })).rejects.toThrow(
      '"a" needs a list',
    );
    await expect(gridSearch({ a: [1] }, () => undefined as never, { mode: "min" })).rejects.toThrow(
      "has to be a number, got undefined",
    );
    await expect(gridSearch({ a: [1] }, () => 1, {} as never)).rejects.toThrow(
      'mode: "min" or mode: "max"',
    );
  });
});

describe("randomSearch", () => {
  const space = {
    lr: sample.logUniform(1e-4, 1),
    n: sample.integer(2, 4),
    p: sample.uniform(-1, 1),
    kind: ["a", "b"],
  };
  const run = (trials: number, seed = 7, results?: Trial<any>[]) =>
    randomSearch(space, ({ lr }) => lr, { mode: "min", trials, seed, results });
  test("draws what the seed says, first ones first", async () => {
    const [few, many] = [await run(5), await run(60)];
    expect(many.results.slice(0, 5)).toEqual(few.results);
    expect((await run(5, 8)).results).not.toEqual(few.results);
    const params = many.results.map((r) => r.params);
    expect(new Set(params.map(({ n }) => n))).toEqual(new Set([2, 3, 4]));
    expect(new Set(params.map(({ kind }) => kind))).toEqual(new Set(["a", "b"]));
    expect(params.every(({ lr, p }) => lr >= 1e-4 && lr < 1 && p >= -1 && p < 1)).toBe(true);
    expect(Math.abs(params.filter(({ lr }) => lr < 1e-2).length - 30)).toBeLessThan(12);
  });
  test("goes on from earlier results", async () => {
    const first = await run(5);
    const marked = first.results.map((r) => ({ ...r, score: -1 }));
    const more = await run(8, 7, marked);
    expect(more.results.slice(0, 5)).toEqual(marked);
    expect(more.results[7].score).toBeGreaterThan(0);
  });
  test("says what is wrong", async () => {
    await expect(run(0)).rejects.toThrow("trials has to be");
    expect(() => sample.logUniform(0, 1)).toThrow("above 0");
  });
});
