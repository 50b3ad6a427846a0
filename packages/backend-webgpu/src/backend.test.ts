import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import {
  type Backend,
  DlError,
  type DType,
  expr as E,
  program,
  randn,
  tensor,
  typedArrayFor,
  type View,
  zeros,
} from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { engineOf } from "./backend.ts";
import { webgpu } from "./index.ts";
import { testedGpu } from "./testing.ts";

const found = await testedGpu();
if (typeof found === "string") console.warn(`The WebGPU backend is not tested: ${found}`);
const gpu = found as Backend;
const x = E.input(0);

/** A row-major operand with these elements. */
function operand(values: readonly number[], dtype: DType, backend = gpu): View {
  const data = new (typedArrayFor(dtype))(values);
  const buffer = backend.alloc(data.byteLength);
  backend.write(buffer, data);
  const numel = values.length;
  return { buffer, dtype, shape: [numel], strides: [1], offset: 0, contiguous: true, numel };
}
const valuesOf = async (v: View, backend = gpu): Promise<number[]> =>
  Array.from(new (typedArrayFor(v.dtype))(await backend.read(v.buffer)));
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => ((i * 37) % 101) - 50);

describe.skipIf(typeof found === "string")("memory", () => {
  test("bytes are written and read at any offset, and leave their neighbours alone", async () => {
    const v = operand([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "uint8");
    gpu.write(v.buffer, new Uint8Array([20, 21, 22]), 3);
    gpu.write(v.buffer, new Uint8Array([30]), 10);
    expect(await valuesOf(v)).toEqual([1, 2, 3, 20, 21, 22, 7, 8, 9, 10, 30]);
    expect([...new Uint8Array(await gpu.read(v.buffer, 5, 3))]).toEqual([22, 7, 8]);
    gpu.free(v.buffer);
  });

  test("a write does not overtake kernels that are recorded before it", async () => {
    const v = operand([1, 2, 3], "float32");
    const to = operand([0, 0, 0], "float32");
    gpu.map(program([E.mul(x, 2)], 1), [v], [to], []);
    gpu.write(v.buffer, new Float32Array([7, 8, 9]));
    expect(await valuesOf(to)).toEqual([2, 4, 6]);
    expect(await valuesOf(v)).toEqual([7, 8, 9]);
    for (const { buffer } of [v, to]) gpu.free(buffer);
  });

  test("freed memory is used again, and stays within bounds over many steps", async () => {
    const step = () => {
      const v = operand(numbers(10_000), "float32");
      gpu.map(program([E.exp(x)], 1), [v], [v], []);
      gpu.free(v.buffer);
    };
    step();
    const { reserved, buffers } = gpu.memory();
    for (let i = 0; i < 500; i++) step();
    await gpu.finished();
    expect(gpu.memory()).toMatchObject({ reserved, buffers });
  });

  test("unused memory goes back to the system in the end, but not between steps", async () => {
    const step = () => {
      const buffers = Array.from({ length: 12 }, () => gpu.alloc(2 ** 24));
      for (const buffer of buffers) {
        gpu.write(buffer, new Float32Array(1));
        gpu.free(buffer);
      }
    };
    const turn = async () => {
      const v = operand([1], "float32");
      gpu.map(program([E.neg(x)], 1), [v], [v], []);
      gpu.free(v.buffer);
      await gpu.finished();
    };
    step();
    const { reserved } = gpu.memory();
    for (let i = 0; i < 10; i++) {
      await turn();
      step();
    }
    expect(gpu.memory().reserved).toBe(reserved);
    for (let i = 0; i < 600; i++) await turn();
    expect(gpu.memory().reserved).toBeLessThan(2 ** 27);
  });

  test("a tensor beyond the adapter's limit is refused, with the limit", () => {
    expect(() => gpu.alloc(2 ** 50)).toThrow(/MiB at most/);
  });

  test("says which range is not in a buffer", async () => {
    const v = operand([1, 2], "float32");
    expect(() => gpu.write(v.buffer, new Float32Array(2), 4)).toThrow("bytes 4 to 12 of a buffer");
    await expect(gpu.read(v.buffer, 0, 12)).rejects.toThrow("bytes 0 to 12 of a buffer of 8");
    gpu.free(v.buffer);
  });
});

describe.skipIf(typeof found === "string")("kernels", () => {
  test("more operands and results than a kernel may have buffers", async () => {
    const inputs = Array.from({ length: 30 }, (_, i) => operand([i, 2 * i, 1], "float32"));
    const total = inputs.map((_, i) => E.input(i)).reduce((a, b) => E.add(a, b));
    const doubled = inputs.map((_, i) => E.mul(E.input(i), 2));
    const outputs = [operand([0, 0, 0], "float32"), ...inputs];
    gpu.map(program([total, ...doubled], 30), inputs, outputs, []);
    expect(await valuesOf(outputs[0])).toEqual([435, 870, 30]);
    expect(await valuesOf(inputs[29])).toEqual([58, 116, 2]);
    for (const { buffer } of outputs) gpu.free(buffer);
  });

  test("results that read what others overwrite", async () => {
    const inputs = Array.from({ length: 14 }, (_, i) => operand([i], "float32"));
    const swapped = inputs.map((_, i) => E.input(13 - i));
    gpu.map(program(swapped, 14), inputs, inputs, []);
    const after = await Promise.all(inputs.map((v) => valuesOf(v)));
    expect(after.flat()).toEqual(inputs.map((_, i) => 13 - i));
    for (const { buffer } of inputs) gpu.free(buffer);
  });

  test("more elements than one dimension of a dispatch has workgroups for", async () => {
    const n = 256 * 65535 + 1000;
    const ones = zeros(n, { device: gpu }).add(1);
    expect(await ones.sum().item()).toBe(n);
    ones.dispose();
  });

  test("what compilers would make constants of is NaN where it has to be", async () => {
    const values = [2, 0, Number.NaN, Infinity, -Infinity];
    const v = operand(values, "float32");
    const cases: [expr: E.Expr, expected: number[]][] = [
      [E.mul(x, 0), values.map((n) => n * 0)],
      [E.sub(x, x), values.map((n) => n - n)],
      [E.div(x, x), values.map((n) => n / n)],
      [E.div(0, x), values.map((n) => 0 / n)],
    ];
    for (const [e, expected] of cases) {
      const to = operand(values, "float32");
      gpu.map(program([e], 1), [v], [to], []);
      expect((await valuesOf(to)).map((n) => n + 0)).toEqual(expected.map((n) => n + 0));
      gpu.free(to.buffer);
    }
    gpu.free(v.buffer);
  });

  test("halves are rounded to the even one, overflow, and keep NaN", async () => {
    const values = [0, -0, 1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 65504, 65519.996, 65520, 1e9, -1e9];
    values.push(
      Number.NaN,
      Infinity,
      2 ** -24,
      2 ** -25,
      1.5 * 2 ** -24,
      2 ** -14,
      6.1e-5,
      -3.14159,
    );
    const from = operand(values, "float32");
    const half = operand(
      values.map(() => 0),
      "float16",
    );
    const back = operand(
      values.map(() => 0),
      "float32",
    );
    gpu.map(program([x], 1), [from], [half], []);
    gpu.map(program([x], 1), [half], [back], []);
    const expected = Array.from(new (typedArrayFor("float16"))(values));
    expect(await valuesOf(half)).toEqual(expected);
    expect((await valuesOf(back)).map((v) => v + 0)).toEqual(expected.map((v) => v + 0));
    for (const { buffer } of [from, half, back]) gpu.free(buffer);
  });

  test.each([
    ["one sum of many", [1, 100_000], 1],
    ["sums down columns", [5000, 7], 0],
    ["a few long sums", [3, 20_000], 1],
    ["many short sums", [5000, 3], 1],
  ] as const)("reduces in stages: %s", async (_, shape, dim) => {
    const values = numbers(shape[0] * shape[1]);
    const on = (device: Backend) => tensor(values, { shape, device }).sum(dim);
    const [a, b] = [on(gpu), on(cpu())];
    expect(await a.tolist()).toEqual(await b.tolist());
    a.dispose();
    b.dispose();
  });

  test.each([
    [20, 3000, 24],
    [130, 70, 65],
    [1, 500, 300],
    [300, 500, 1],
    [2, 2000, 2],
  ])("multiplies %i × %i × %i", async (m, k, n) => {
    const on = (device: Backend) =>
      tensor(numbers(m * k), { shape: [m, k], device }).matmul(
        tensor(numbers(k * n), { shape: [k, n], device }),
      );
    const [a, b] = [on(gpu), on(cpu())];
    expect(Array.from(await a.data())).toEqual(Array.from(await b.data()));
    a.dispose();
    b.dispose();
  });

  test.each([
    ["32 × 64", 20, 3000],
    ["64 × 32", 3000, 20],
    ["64 × 64", 700, 500],
    ["128 × 128", 1500, 1450],
  ])("multiplies in tiles of %s", async (tile, m, n) => {
    const on = async (device: Backend) => {
      const a = tensor(numbers(m * 9), { shape: [9, m], device });
      const b = tensor(numbers(n * 9), { shape: [n, 9], device });
      return (await a.t().matmul(b.t()).data()) as Float32Array;
    };
    const [got, want] = [await on(gpu), await on(cpu())];
    expect(engineOf.get(gpu)!.queue.last).toContain(`matmul, tiles of ${tile}`);
    expect(want.findIndex((v, i) => v !== got[i])).toBe(-1);
  });

  test.each(["float32", "int32", "bool"] as const)(
    "sorts long lanes of %s, and scatters along them",
    async (dtype) => {
      const n = 5000;
      const values = Array.from({ length: n }, (_, i) => (i * 7919) % (dtype === "bool" ? 2 : 311));
      const [a, b] = [gpu, cpu()].map((device) => {
        const t = tensor(values, { dtype, device });
        const { values: sorted, indices } = t.sort(0, { descending: true, stable: true });
        return [sorted, indices];
      });
      for (const i of [0, 1])
        expect(Array.from(await a[i].data())).toEqual(Array.from(await b[i].data()));
      if (dtype === "bool") return;
      const scattered = [gpu, cpu()].map((device) =>
        zeros(311, { dtype, device }).scatterAdd(
          0,
          tensor(values, { dtype: "int32", device }),
          tensor(numbers(n), { dtype, device }),
        ),
      );
      expect(await scattered[0].tolist()).toEqual(await scattered[1].tolist());
    },
  );

  test("running sums of one long lane", async () => {
    const on = (device: Backend) => tensor(numbers(3000), { device }).cumsum(0);
    expect(await on(gpu).tolist()).toEqual(await on(cpu()).tolist());
  });

  test("what there is no memory for: float64", () => {
    expect(() => tensor([1], { dtype: "float64", device: gpu })).toThrow(
      "webgpu has no float64; it has float32, int32, uint8, bool, float16",
    );
  });

  test("an op that is asked for float64 says that there is none", () => {
    const t = randn(3, { device: gpu });
    expect(() => t.sum({ dtype: "float64" })).toThrow("no float64");
    t.dispose();
  });

  test("a value cannot be read without waiting, and the error says so", () => {
    const t = randn(3, { device: gpu }).add(1);
    expect(() => t.tolistSync()).toThrow(DlError);
    t.dispose();
  });
});

describe.skipIf(typeof found === "string")("devices", () => {
  test("equal options share one", async () => {
    expect(await webgpu()).toBe(gpu);
  });

  test("one that is given is used", async () => {
    const backend = await webgpu({ device: engineOf.get(gpu)!.device });
    expect(backend).not.toBe(gpu);
    expect(await tensor([1, 2], { device: backend }).add(1).tolist()).toEqual([2, 3]);
  });

  test("with `debug`, an error names the kernel that it is in", async () => {
    const backend = await webgpu({ debug: true });
    const engine = engineOf.get(backend)!;
    const body = "b0[0] = nonsense;";
    const broken = engine.kernel("broken", () => ({
      name: "my broken kernel",
      access: ["w"],
      workgroup: 1,
      body,
    }));
    const v = operand([1], "float32", backend);
    engine.queue.dispatch(broken, [engine.memory.blockOf(v.buffer)], [], [1, 1, 1]);
    await expect(backend.finished()).rejects.toThrow("my broken kernel");
    // Told once; what comes after works.
    expect(await valuesOf(v, backend)).toEqual([1]);
    engine.device.destroy();
  });

  test("a lost one rejects what waits for it, refuses new work, and is replaced by the next call", async () => {
    const backend = await webgpu({ powerPreference: "low-power" });
    const v = operand([1, 2, 3], "float32", backend);
    backend.map(program([E.exp(x)], 1), [v], [v], []);
    const pending = backend.read(v.buffer);
    const finished = backend.finished();
    engineOf.get(backend)!.device.destroy();
    const isGone = expect.objectContaining({
      code: "device",
      message: expect.stringContaining("the device is gone"),
    });
    // Work that was done before the loss may still arrive.
    for (const wait of [pending, finished]) await wait.catch((e) => expect(e).toEqual(isGone));
    await expect(backend.read(v.buffer)).rejects.toEqual(isGone);
    expect(() => backend.alloc(4)).toThrow("the device is gone");
    const next = await webgpu({ powerPreference: "low-power" });
    expect(next).not.toBe(backend);
    expect(await tensor([1, 2], { device: next }).add(1).tolist()).toEqual([2, 3]);
    engineOf.get(next)!.device.destroy();
  });
});
