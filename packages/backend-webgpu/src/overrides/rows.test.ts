/** Long, dense rows are read four elements at a time: held to the formulas, in double precision. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { crossEntropy } from "@dl/losses";
import { type Backend, layerNorm, logSoftmax, setBackend, softmax, tensor } from "@dl/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testedGpu } from "../testing.ts";

type Rows = number[][];
const found = await testedGpu();

/** Numbers between −2 and 2 that repeat nowhere near. */
const rows = (count: number, length: number, seed: number): Rows =>
  Array.from({ length: count }, (_, r) =>
    Array.from({ length }, (_, i) => 4 * ((((r * length + i) * 0.6180339887 + seed) % 1) - 0.5)),
  );
const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
const zip = (x: readonly number[], y: readonly number[], f: (a: number, b: number) => number) =>
  x.map((a, i) => f(a, y[i]));

const softmaxOf = (x: readonly number[]): number[] => {
  const e = x.map(Math.exp);
  const total = sum(e);
  return e.map((v) => v / total);
};
const normalised = (x: readonly number[]): [xHat: number[], inverse: number] => {
  const mean = sum(x) / x.length;
  const inverse = 1 / Math.sqrt(sum(x.map((v) => (v - mean) ** 2)) / x.length + 1e-5);
  return [x.map((v) => (v - mean) * inverse), inverse];
};

async function expectNear(actual: { tolist(): Promise<unknown> }, expected: Rows): Promise<void> {
  const got = (await actual.tolist()) as Rows;
  const far = got.map((row, r) => Math.max(...zip(row, expected[r], (a, b) => Math.abs(a - b))));
  expect(Math.max(...far)).toBeLessThan(1e-5);
}

describe.skipIf(typeof found === "string")(
  `rows${typeof found === "string" ? ` (skipped: ${found})` : ""}`,
  () => {
    beforeAll(() => setBackend(found as Backend));
    afterAll(() => setBackend(cpu()));

    // By workgroups; by threads; and of a length that fours do not fill.
    describe.each([
      [40, 516],
      [4200, 12],
      [30, 777],
    ])("%i of %i", (count, length) => {
      const [x, g] = [rows(count, length, 0), rows(count, length, 0.3)];

      test("softmax and its gradient", async () => {
        const input = tensor(x).requiresGrad_();
        const y = softmax(input, 1);
        y.mul(tensor(g)).sum().backward();
        await expectNear(y, x.map(softmaxOf));
        const gradient = x.map((row, r) => {
          const p = softmaxOf(row);
          const along = sum(zip(p, g[r], (a, b) => a * b));
          return zip(p, g[r], (a, b) => a * (b - along));
        });
        await expectNear(input.grad!, gradient);
      });
      test("logSoftmax and its gradient", async () => {
        const input = tensor(x).requiresGrad_();
        const y = logSoftmax(input, 1);
        y.mul(tensor(g)).sum().backward();
        await expectNear(
          y,
          x.map((row) => softmaxOf(row).map(Math.log)),
        );
        const gradient = x.map((row, r) => {
          const total = sum(g[r]);
          return zip(softmaxOf(row), g[r], (p, b) => b - p * total);
        });
        await expectNear(input.grad!, gradient);
      });
      test("layerNorm, with weight and bias, and its gradient", async () => {
        const [[w], [b]] = [rows(1, length, 0.1), rows(1, length, 0.2)];
        const input = tensor(x).requiresGrad_();
        const y = layerNorm(input, [length], { weight: tensor(w), bias: tensor(b) });
        y.mul(tensor(g)).sum().backward();
        await expectNear(
          y,
          x.map((row) => normalised(row)[0].map((v, i) => v * w[i] + b[i])),
        );
        const gradient = x.map((row, r) => {
          const [xHat, inverse] = normalised(row);
          const h = zip(g[r], w, (a, c) => a * c);
          const [mean, along] = [sum(h) / length, sum(zip(h, xHat, (a, c) => a * c)) / length];
          return zip(h, xHat, (a, v) => inverse * (a - mean - v * along));
        });
        await expectNear(input.grad!, gradient);
      });
      test("crossEntropy and its gradient", async () => {
        const labels = x.map((_, r) => (7 * r) % length);
        const input = tensor(x).requiresGrad_();
        const loss = crossEntropy(input, tensor(labels, { dtype: "int32" }), { reduction: "sum" });
        loss.backward();
        const p = x.map(softmaxOf);
        expect(await loss.item()).toBeCloseTo(-sum(p.map((row, r) => Math.log(row[labels[r]]))), 1);
        const gradient = p.map((row, r) => row.map((v, i) => v - (i === labels[r] ? 1 : 0)));
        await expectNear(input.grad!, gradient);
      });
    });

    test("rows that do not begin at a vector", async () => {
      const x = rows(40, 516, 0.7);
      const flat = tensor([0, ...x.flat()]);
      await expectNear(
        softmax(flat.slice(0, 1, 1 + 40 * 516).reshape(40, 516), 1),
        x.map(softmaxOf),
      );
      const within = tensor(x).slice(1, 4, 516);
      await expectNear(
        softmax(within, 1),
        x.map((row) => softmaxOf(row.slice(4))),
      );
    });
  },
);
