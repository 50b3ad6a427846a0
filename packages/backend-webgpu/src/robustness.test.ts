/** What is unusual, and what goes wrong: tensors beyond limits or without elements, other dtypes, errors, lost devices. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { type Backend, DlError, type DType, expr as E, program, tensor, zeros } from "@dl/tensor";
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

  test("anything else says which limit is in the way", async () => {
    const device = await another(limit);
    const x = tensor(values, { device });
    expect(() => x.sum()).toThrow(
      /sum of input cannot be given a tensor of 0.2 MiB at a time: this adapter allows 0.1 MiB \(maxStorageBufferBindingSize\)/,
    );
    expect(() => x.reshape(500, 100).matmul(x.reshape(100, 500))).toThrow(DlError);
    expect(await x.narrow(0, 100, 1000).clone().sum().item()).toBe(
      values.slice(100, 1100).reduce((a, b) => a + b),
    );
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
