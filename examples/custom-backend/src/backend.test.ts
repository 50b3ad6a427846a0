/** The whole suite, then the examples' own programs, step by step beside the CPU backend. */
import "@dl/autograd";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cpu } from "@dl/backend-cpu";
import { testBackend } from "@dl/conformance";
import { DataLoader, drawDigits } from "@dl/data";
import { Adam } from "@dl/optim";
import {
  type Backend,
  manualSeed,
  maxPool2dWithIndices,
  scope,
  setBackend,
  tensor,
} from "@dl/tensor";
import { describe, expect, it, test } from "vitest";
import { models as classifiers } from "../../mnist/src/models.ts";
import { trainEpoch } from "../../mnist/src/train.ts";
import { inputs, learn, models } from "../../xor/src/learn.ts";
import { counting } from "./backend.ts";
import { maxPool2d } from "./maxPool2d.ts";

testBackend("counting", () => counting({ maxPool2d }), { describe, it });

/** The largest difference between the losses of one program on two backends. */
async function difference(run: () => Promise<readonly number[]>, backend: Backend) {
  setBackend(cpu());
  const expected = await run();
  setBackend(backend);
  const losses = await run();
  expect(losses.length).toBe(expected.length);
  return { losses, worst: Math.max(...losses.map((x, i) => Math.abs(x - expected[i]))) };
}

describe("trains", () => {
  test("XOR, with the CPU's losses", async () => {
    const [, network] = Object.keys(models);
    let predictions: readonly number[] = [];
    const run = async () => {
      const learnt = await learn(network, 500);
      predictions = learnt.predictions;
      return learnt.losses;
    };
    const { losses, worst } = await difference(run, counting());
    expect(worst).toBeLessThan(1e-5);
    expect(losses.at(-1)).toBeLessThan(0.01);
    expect(predictions.map(Math.round)).toEqual(inputs.map(([a, b]) => a ^ b));
  });

  const normalize = { mean: 0.1307, std: 0.3081 };
  const onDigits = (name: "mlp" | "cnn", batchSize: number, steps: number) => async () => {
    const digits = drawDigits(batchSize * steps, { seed: 1, normalize });
    manualSeed(0);
    const { create, loss: criterion } = classifiers[name];
    const model = create();
    const loader = new DataLoader(digits, { batchSize, shuffle: true });
    const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
    const losses: number[] = [];
    await trainEpoch(model, loader, criterion, optimizer, ({ loss }) => losses.push(loss) > 0);
    return losses;
  };
  test("the MLP of MNIST, with the CPU's losses", async () => {
    const { losses, worst } = await difference(onDigits("mlp", 16, 6), counting());
    expect(worst).toBeLessThan(1e-4);
    expect(losses.at(-1)).toBeLessThan(losses[0]);
  });
  test("the CNN of MNIST, with the CPU's losses, with and without a kernel for pooling", async () => {
    const [plain, overridden] = [counting(), counting({ maxPool2d })];
    const run = onDigits("cnn", 8, 3);
    expect((await difference(run, plain)).worst).toBeLessThan(1e-4);
    expect((await difference(run, overridden)).worst).toBeLessThan(1e-4);
    const calls = (backend: typeof plain, kernel: string) =>
      backend.profile().find((row) => row.kernel === kernel)?.calls ?? 0;
    expect([calls(plain, "maxPool2d"), calls(overridden, "maxPool2d")]).toEqual([0, 6]);
    // Two poolings in each of three steps were two reductions each.
    expect(calls(plain, "reduce") - calls(overridden, "reduce")).toBe(12);
  });
});

describe("profile()", () => {
  test("counts calls, elements and bytes of operands and results", () => {
    const backend = counting();
    setBackend(backend);
    scope(() => {
      const a = tensor([[1, 2, 3]]);
      for (let i = 0; i < 3; i++) a.matmul(tensor([[1], [2], [3]]));
      expect(a.exp().sum().itemSync()).toBeCloseTo(Math.E + Math.E ** 2 + Math.E ** 3, 4);
    });
    const rows = Object.fromEntries(backend.profile().map((row) => [row.kernel, row]));
    expect(Object.keys(rows).sort()).toEqual(["map", "matmul", "reduce"]);
    expect(rows.matmul).toMatchObject({ calls: 3, elements: 3 * 7, bytes: 4 * 3 * 7 });
    expect(rows.map).toMatchObject({ calls: 1, elements: 6, bytes: 24 });
    expect(rows.reduce).toMatchObject({ calls: 1, elements: 4, bytes: 16 });
    expect(backend.memory()).toMatchObject({ live: 0, buffers: 0 });
  });
  test("has the slowest kernel first, and no more time than has passed", async () => {
    const backend = counting();
    setBackend(backend);
    const start = performance.now();
    await learn(Object.keys(models)[1], 20);
    const passed = performance.now() - start;
    const times = backend.profile().map((row) => row.milliseconds);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(times.reduce((a, b) => a + b)).toBeLessThanOrEqual(passed);
    // Two layers forward, two weights and what lies between them backward; two more to predict.
    expect(backend.profile().find((row) => row.kernel === "matmul")?.calls).toBe(20 * 5 + 2);
  });
});

describe("the override of maxPool2d", () => {
  const pooled = (values: number[][], device: Backend, options = {}) => {
    const x = tensor(values, { device }).t().unsqueeze(0).unsqueeze(0);
    const [y, indices] = Object.values(maxPool2dWithIndices(x, 2, options));
    return [Array.from(y.dataSync()), Array.from(indices.dataSync())];
  };
  const strange = [
    [1, Number.NaN, -Infinity, -Infinity],
    [Number.NaN, 2, -Infinity, -Infinity],
    [3, 3, 0, 5],
    [3, 3, 5, 0],
  ];
  test("takes the first of equal elements, NaN before all, and any memory layout", () => {
    const backend = counting({ maxPool2d });
    expect(pooled(strange, backend)).toEqual(pooled(strange, cpu()));
    expect(backend.profile().map((row) => row.kernel)).toEqual(["maxPool2d"]);
  });
  test("leaves padding to the decomposition", () => {
    const backend = counting({ maxPool2d });
    expect(pooled(strange, backend, { padding: 1 })).toEqual(
      pooled(strange, counting(), { padding: 1 }),
    );
    expect(backend.profile().map((row) => row.kernel)).not.toContain("maxPool2d");
  });
});

test("is less than 300 lines, comments included, that import nothing but @dl/tensor/core", () => {
  const files = readdirSync(import.meta.dirname).filter((f) => !/^main\.ts$|\.test\.ts$/.test(f));
  const sources = files.map((f) => readFileSync(join(import.meta.dirname, f), "utf8"));
  const lines = sources.reduce((n, text) => n + text.trimEnd().split("\n").length, 0);
  expect(files).toContain("backend.ts");
  expect(lines).toBeLessThan(300);
  const imported = sources.flatMap((text) =>
    [...text.matchAll(/ from "([^"]+)"/g)].map(([, from]) => from),
  );
  expect(imported.filter((from) => !from.startsWith("./"))).toEqual(
    imported.filter((from) => from === "@dl/tensor/core"),
  );
});
