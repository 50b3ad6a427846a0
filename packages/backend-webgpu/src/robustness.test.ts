/** What is unusual, and what goes wrong: tensors beyond limits or without elements, other dtypes, errors, lost devices. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { crossEntropy } from "@dl/losses";
import {
  avgPool2d,
  type Backend,
  conv2d,
  type DType,
  expr as E,
  layerNorm,
  logSoftmax,
  maxPool2d,
  program,
  softmax,
  tensor,
  zeros,
} from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { engineOf } from "./backend.ts";
import { warmup, webgpu } from "./index.ts";
import { testedGpu } from "./testing.ts";

const found = await testedGpu();
const gpu = found as Backend;
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => ((i * 37) % 101) - 50);

/** A device of its own, so that what happens to it is nobody else's business. */
async function another(limit?: number): Promise<Backend> {
  const { device } = engineOf.get(await webgpu({ powerPreference: "low-power" }))!;
  const backend = await webgpu({ device });
  if (limit) engineOf.get(backend)!.memory.bindingLimit = limit;
  return backend;
}

describe.skipIf(typeof found === "string")("tensors larger than a binding", () => {
  const limit = 2 ** 16;
  const n = 50_000;
  const values = numbers(n);

  test("maps and copies go in parts, also in place, broadcast, and of bytes", async () => {
    const device = await another(limit);
    const [x, one] = [values, [1]].map((v) => tensor(v, { device }));
    const twice = x.mul(2);
    const y = twice.add(one);
    expect(await y.tolist()).toEqual(values.map((v) => 2 * v + 1));
    y.add_(x);
    expect(await y.tolist()).toEqual(values.map((v) => 3 * v + 1));
    const across = tensor(numbers(100), { device });
    const square = x.reshape(500, 100);
    const matrix = square.add(across);
    const flipped = matrix.t();
    const turned = flipped.contiguous();
    const got = (await turned.data()) as Float32Array;
    const row = numbers(100);
    for (let i = 0; i < 500; i += 7)
      for (let j = 0; j < 100; j++) expect(got[j * 500 + i]).toBe(values[i * 100 + j] + row[j]);
    const many = tensor(numbers(200_000), { device, dtype: "uint8" });
    const less = many.add(1);
    expect(Array.from(await less.data())).toEqual(
      Array.from(Uint8Array.from(numbers(200_000)), (v) => (v + 1) & 255),
    );
    for (const t of [x, one, twice, y, across, square, matrix, flipped, turned, many, less])
      t.dispose();
    await device.finished();
    expect(device.memory()).toMatchObject({ live: 0, buffers: 0 });
  });

  test("a write from JavaScript does not overtake the parts", async () => {
    const device = await another(limit);
    const x = tensor(values, { device });
    const y = x.mul(2);
    device.write(x.memory.storage.buffer, new Float32Array(n));
    expect(await y.tolist()).toEqual(values.map((v) => 2 * v));
  });

  const sumOf = (x: readonly number[]) => x.reduce((a, b) => a + b, 0);
  const product = (a: number[][], b: number[][]): number[][] =>
    a.map((row) => b[0].map((_, j) => sumOf(row.map((v, k) => v * b[k][j]))));
  const matrix = (rows: number, columns: number): number[][] => {
    const all = numbers(rows * columns);
    return Array.from({ length: rows }, (_, i) => all.slice(i * columns, (i + 1) * columns));
  };
  const transposed = (m: number[][]): number[][] => m[0].map((_, j) => m.map((row) => row[j]));

  test("reductions over all, over rows and over columns", async () => {
    const device = await another(limit);
    const x = tensor(values, { device });
    expect(await x.sum().item()).toBe(sumOf(values));
    expect(await x.max().item()).toBe(50);
    expect(await x.mul(x).mean().item()).toBeCloseTo(sumOf(values.map((v) => v * v)) / n, 2);
    const rows = matrix(500, 100);
    const square = tensor(rows, { device });
    expect(await square.sum(1).tolist()).toEqual(rows.map(sumOf));
    expect(await square.sum(0).tolist()).toEqual(transposed(rows).map(sumOf));
    // The result is larger than a binding too.
    const triples = matrix(20_000, 3);
    expect(await tensor(triples, { device }).amax(1).tolist()).toEqual(
      triples.map((three) => Math.max(...three)),
    );
  });

  test("products: of which rows, columns or depth have to be divided, and vectors", async () => {
    const device = await another(limit);
    const [tall, small] = [matrix(500, 100), matrix(100, 20)];
    const [a, b] = [tall, small].map((m) => tensor(m, { device }));
    expect(await a.matmul(b).tolist()).toEqual(product(tall, small));
    expect(await b.t().matmul(a.t()).tolist()).toEqual(transposed(product(tall, small)));
    // A sum over the long side, and a result that is too large itself.
    expect(await a.t().matmul(a).tolist()).toEqual(product(transposed(tall), tall));
    const thin = tensor(matrix(300, 2), { device });
    expect(await thin.matmul(thin.t()).tolist()).toEqual(
      product(matrix(300, 2), transposed(matrix(300, 2))),
    );
    const vector = tensor(numbers(100), { device });
    expect(await a.matmul(vector).tolist()).toEqual(
      tall.map((row) => sumOf(row.map((v, k) => v * numbers(100)[k]))),
    );
  });

  test("a network: convolution, pooling, softmax, layer norm and cross-entropy with their gradients", async () => {
    const run = async (device: Backend): Promise<number[][]> => {
      let seed = 0;
      const make = (...shape: number[]) => {
        const count = shape.reduce((a, b) => a * b);
        const wave = Float32Array.from({ length: count }, (_, i) =>
          Math.sin(i * (1 + ++seed / 1e5)),
        );
        return tensor(wave, { device }).reshape(shape).detach().requiresGrad_();
      };
      const [x, weight, bias] = [make(40, 3, 16, 16), make(8, 3, 3, 3), make(8)];
      const pooled = maxPool2d(conv2d(x, weight, { bias, padding: 1 }), 2);
      const averaged = avgPool2d(pooled, 2);
      const normed = layerNorm(averaged.flatten(1), [128], { weight: make(128), bias: make(128) });
      const [far, near, logits] = [make(300, 100), make(300, 100), make(300, 101)];
      const labels = tensor(
        numbers(300).map((v) => v + 50),
        { device, dtype: "int32" },
      );
      const total = normed
        .mul(make(40, 128))
        .sum()
        .add(logSoftmax(far, 0).mul(make(300, 100)).sum())
        .add(softmax(near, 1).mul(make(300, 100)).sum())
        .add(crossEntropy(logits, labels, { reduction: "sum" }));
      total.backward();
      const grads = [x, weight, bias, far, near, logits].map((t) => t.grad!);
      const all = [total, normed, ...grads];
      return Promise.all(all.map(async (t) => Array.from((await t.data()) as Float32Array)));
    };
    const expected = await run(cpu());
    const actual = await run(await another(limit));
    actual.forEach((got, k) => {
      const scale = Math.max(...expected[k].map(Math.abs));
      const far = Math.max(...got.map((v, i) => Math.abs(v - expected[k][i])));
      expect(far / scale).toBeLessThan(1e-4);
    });
  });

  test("where nothing can be divided, the error says which limit is in the way", async () => {
    const device = await another(limit);
    const x = tensor(values, { device });
    expect(() => x.cumsum(0)).toThrow(
      /cannot be given a tensor of 0.2 MiB at a time: this adapter allows 0.1 MiB \(maxStorageBufferBindingSize\)/,
    );
    expect(await x.narrow(0, 100, 1000).clone().sum().item()).toBe(sumOf(values.slice(100, 1100)));
    expect(() => device.alloc(2 ** 50)).toThrow("maxBufferSize");
  });
});

describe.skipIf(typeof found === "string")("tensors without elements", () => {
  test("go through every kind of kernel", async () => {
    const on = async (device: Backend) => {
      const x = zeros([0, 3], { device });
      const weight = tensor(numbers(6), { shape: [3, 2], device });
      const results = [
        x.exp().add(1),
        x.sum(0),
        x.sum(),
        x.matmul(weight),
        x.t().matmul(zeros([0, 2], { device })),
        x.cumsum(0),
        x.sort(0).values,
        x.gather(0, zeros([0, 3], { device, dtype: "int32" })),
        x.softmax(1),
        weight
          .clone()
          .indexAdd(0, zeros([0], { device, dtype: "int32" }), zeros([0, 2], { device })),
      ];
      return Promise.all(results.map(async (t) => [t.shape, await t.tolist()]));
    };
    expect(await on(gpu)).toEqual(await on(cpu()));
  });

  test("some of them in a map of many", async () => {
    const sizes = [0, 3, 0, 5];
    const params = sizes.map((n) => tensor(numbers(n), { device: gpu }).add(0));
    const calls = params.map((p) => ({ inputs: [p.memory], outputs: [p.memory], scalars: [] }));
    gpu.mapEach!(program([E.add(E.input(0), 1)], 1), calls);
    for (const [i, p] of params.entries())
      expect(await p.tolist()).toEqual(numbers(sizes[i]).map((v) => v + 1));
  });
});

describe.skipIf(typeof found === "string")("numbers", () => {
  const special = [Number.NaN, Infinity, -Infinity, 0, 1, -2.5, 3e38];
  const long = Array.from({ length: 20_003 }, (_, i) => special[i % special.length]);
  test("NaN and infinities in vectors of four, as on the CPU", async () => {
    const on = (device: Backend) => {
      const x = tensor(long, { device });
      const y = x
        .relu()
        .maximum(tensor([0.5], { device }))
        .sub(x.abs().minimum(2));
      return Promise.all([y.data(), x.isnan().sum().item()]);
    };
    expect(await on(gpu)).toEqual(await on(cpu()));
  });
  test("in products with ragged edges they stay where they are", async () => {
    const values = numbers(67 * 33);
    values[40] = Number.NaN;
    values[66 * 33 + 32] = Infinity;
    const on = async (device: Backend) => {
      const a = tensor(values, { shape: [67, 33], device });
      return Array.from(
        await a.matmul(tensor(numbers(33 * 35), { shape: [33, 35], device })).data(),
      );
    };
    expect(await on(gpu)).toEqual(await on(cpu()));
  });
  test.each(["int32", "uint8", "bool"] as DType[])("%s as on the CPU", async (dtype) => {
    const values = numbers(20_001).map((v) =>
      dtype === "bool" ? v & 1 : dtype === "uint8" ? v & 255 : v * 21_000_000,
    );
    const on = async (device: Backend) => {
      const x = tensor(values, { dtype, device });
      const results = [
        dtype === "bool" ? x.logicalXor(x.flip(0)) : x.mul(3).sub(x.flip(0)),
        x.eq(1),
        x.amax(0),
        dtype === "bool" ? x.any() : x.sum(),
        x.reshape(59, 339).t().contiguous(),
        x.to("float32").div(7),
      ];
      return Promise.all(results.map(async (t) => [t.dtype, Array.from(await t.data())]));
    };
    expect(await on(gpu)).toEqual(await on(cpu()));
  });
});

describe.skipIf(typeof found === "string")("without subgroups", () => {
  test("totals go over a tree, and are the same", async () => {
    const device = await another();
    expect(engineOf.get(gpu)!.hasSubgroups).toBe(true);
    (engineOf.get(device) as { hasSubgroups: boolean }).hasSubgroups = false;
    const on = (backend: Backend) => {
      const x = tensor(numbers(3 * 2000), { shape: [3, 2000], device: backend });
      return Promise.all(
        [x.sum(1), x.amax(1), x.amin(), x.softmax(1).amax(1)].map(async (t) =>
          Array.from(await t.data()),
        ),
      );
    };
    const [a, b] = [await on(device), await on(cpu())];
    a.flat().forEach((v, i) => expect(v).toBeCloseTo(b.flat()[i], 5));
  });
});

describe.skipIf(typeof found === "string")("errors", () => {
  const broken = (backend: Backend, body: string, groups: [number, number, number]) => {
    const engine = engineOf.get(backend)!;
    const block = engine.memory.take(4);
    const kernel = engine.kernel(body, () => ({
      name: "my kernel",
      access: ["w"],
      workgroup: 1,
      body,
    }));
    engine.queue.dispatch(kernel, [block], [], groups);
    engine.memory.release(block);
  };
  test("name the kernel without `debug`: one that does not compile", async () => {
    broken(gpu, "b0[0] = nonsense;", [1, 1, 1]);
    await expect(gpu.finished()).rejects.toThrow(/in my kernel, which does not compile.*nonsense/s);
    expect(await tensor([1], { device: gpu }).add(1).item()).toBe(2);
  });
  test("name the kernels among which it is", async () => {
    await gpu.finished();
    const x = tensor([1], { device: gpu }).exp();
    broken(gpu, "b0[0] = 1u;", [1_000_000, 1, 1]);
    await expect(gpu.finished()).rejects.toThrow(/in one of these kernels.*map exp; my kernel/);
    x.dispose();
  });
  test("a device that is lost in a warm-up rejects what waits", async () => {
    const backend = await webgpu({ powerPreference: "low-power" });
    const result = warmup(backend, async () => {
      const x = tensor([1, 2], { device: backend }).mul(1.5);
      const value = x.tolist();
      engineOf.get(backend)!.device.destroy();
      return value;
    });
    await expect(result).rejects.toThrow("the device is gone");
    const next = await webgpu({ powerPreference: "low-power" });
    expect(next).not.toBe(backend);
    expect(await tensor([1, 2], { device: next }).add(1).tolist()).toEqual([2, 3]);
    engineOf.get(next)!.device.destroy();
  });
});
