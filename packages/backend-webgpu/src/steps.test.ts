/** What a step costs: dispatches, submits, kernels compiled. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { crossEntropy } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam, SGD } from "@dl/optim";
import {
  type Backend,
  expr as E,
  type MapCall,
  manualSeed,
  program,
  randn,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from "@dl/tensor";
import { afterAll, describe, expect, test, vi } from "vitest";
import { engineOf } from "./backend.ts";
import { statistics, warmup, webgpu } from "./index.ts";
import { testedGpu } from "./testing.ts";

const found = await testedGpu();
const gpu = found as Backend;
afterAll(() => setBackend(cpu()));

const numbers = (n: number, from = 0): number[] =>
  Array.from({ length: n }, (_, i) => (((i + from) * 37) % 101) - 50);

/** What happens on the device while `run` does. */
async function costOf(run: () => Promise<unknown>, backend = gpu) {
  const before = statistics(backend)!;
  await run();
  const after = statistics(backend)!;
  return {
    dispatches: after.dispatches - before.dispatches,
    submits: after.submits - before.submits,
    kernels: after.kernels - before.kernels,
    stalls: after.stalls - before.stalls,
  };
}

describe.skipIf(typeof found === "string")("maps of one program, together", () => {
  const [x, g] = [0, 1].map(E.input);
  const descent = program([E.sub(x, E.mul(E.scalar(0), g)), E.mul(g, 2)], 2, 1);
  const call = (params: Tensor, grad: Tensor, scalar: number): MapCall => ({
    inputs: [params.memory, grad.memory],
    outputs: [params.memory, grad.memory],
    scalars: [scalar],
  });
  const expected = (n: number, scalar: number) => {
    const gradient = numbers(n, 7);
    return numbers(n).map((v, i) => v - scalar * gradient[i]);
  };

  test("tensors of any small sizes are one dispatch", async () => {
    const sizes = [1, 255, 256, 257, 3, 1000, 20_000, 17];
    const params = sizes.map((n) => tensor(numbers(n), { device: gpu }));
    const grads = sizes.map((n) => tensor(numbers(n, 7), { device: gpu }));
    for (const t of [...params, ...grads]) t.memory.storage.willWrite();
    const cost = await costOf(async () => {
      gpu.mapEach!(
        descent,
        sizes.map((_, i) => call(params[i], grads[i], 0.5)),
      );
      await gpu.finished();
    });
    expect(cost).toMatchObject({ dispatches: 1, submits: 1 });
    for (const [i, n] of sizes.entries()) {
      expect(await params[i].tolist()).toEqual(expected(n, 0.5));
      expect(await grads[i].tolist()).toEqual(numbers(n, 7).map((v) => 2 * v));
    }
  });

  test("more tensors than a table has room for", async () => {
    const all = Array.from({ length: 400 }, (_, i) => i);
    const params = all.map((i) => tensor(numbers(1 + (i % 5)), { device: gpu }).add(0));
    const grads = all.map((i) => tensor(numbers(1 + (i % 5), 7), { device: gpu }).add(0));
    const cost = await costOf(async () => {
      gpu.mapEach!(
        descent,
        all.map((i) => call(params[i], grads[i], 2)),
      );
    });
    expect(cost.dispatches).toBeLessThan(5);
    for (const i of all) expect(await params[i].tolist()).toEqual(expected(1 + (i % 5), 2));
  });

  test("other scalars, other layouts, large tensors", async () => {
    const sizes = [6, 6, 100_000, 6, 6];
    const params = sizes.map((n) => tensor(numbers(n), { device: gpu }).add(0));
    const grads = sizes.map((n) => tensor(numbers(n, 7), { device: gpu }).add(0));
    const calls = sizes.map((_, i) => call(params[i], grads[i], i < 3 ? 1 : 3));
    // The gradient of the last one is transposed.
    const matrix = params[4].reshape(2, 3);
    const across = tensor(numbers(6, 7), { device: gpu, shape: [2, 3] })
      .t()
      .contiguous()
      .t();
    calls[4] = call(matrix, across, 3);
    gpu.mapEach!(descent, calls);
    for (const [i, n] of sizes.entries())
      expect(await params[i].tolist()).toEqual(expected(n, i < 3 ? 1 : 3));
  });

  test("a write from JavaScript does not overtake them", async () => {
    const params = [2, 3].map((n) => tensor(numbers(n), { device: gpu }).add(0));
    const grads = [2, 3].map((n) => tensor(numbers(n, 7), { device: gpu }).add(0));
    const result = [2, 3].map((n) => zeros(n, { device: gpu }).add(0));
    await gpu.finished();
    gpu.mapEach!(
      program([E.add(x, g)], 2),
      params.map((p, i) => ({
        inputs: [p.memory, grads[i].memory],
        outputs: [result[i].memory],
        scalars: [],
      })),
    );
    gpu.write(params[0].memory.buffer, new Float32Array([1000, 1000]));
    expect(await result[0].tolist()).toEqual(numbers(2).map((v, i) => v + numbers(2, 7)[i]));
  });

  test("an optimizer's step of a network of many layers is few dispatches, and that of the CPU", async () => {
    const results: number[][] = [];
    for (const backend of [gpu, cpu()]) {
      setBackend(backend);
      manualSeed(1);
      const model = new nn.Sequential(
        ...Array.from({ length: 20 }, () => new nn.Linear(24, 24)),
        new nn.Linear(24, 300),
      );
      const optimizer = new Adam(model.parameters(), { weightDecay: 0.01 });
      for (const p of model.parameters()) p.grad = randn(p.shape);
      for (let i = 0; i < 2; i++) {
        const before = statistics(gpu)!.dispatches;
        optimizer.step();
        const dispatches = statistics(gpu)!.dispatches - before;
        // 42 tensors. The moments are made, and filled, in the first step.
        if (i === 1) expect(dispatches).toBeLessThanOrEqual(2);
      }
      const values = await Promise.all([...model.parameters()].map((p) => p.data()));
      results.push(values.flatMap((v) => Array.from(v)));
    }
    const apart = results[0].map((v, i) => Math.abs(v - results[1][i]));
    expect(Math.max(...apart)).toBeLessThan(1e-6);
  });
});

describe.skipIf(typeof found === "string")("a training step", () => {
  test("of a convolutional network on MNIST's shapes: 60 dispatches and 2 submits at most", async () => {
    const backend = await webgpu({ powerPreference: "high-performance" });
    setBackend(backend);
    const { device } = engineOf.get(backend)!;
    // Counted are commands, which do not depend on values; a software GPU takes seconds to compute them.
    vi.spyOn(device.queue, "submit").mockImplementation(() => undefined);
    const model = new nn.Sequential(
      new nn.Conv2d(1, 32, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(32, 64, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(64 * 7 * 7, 10),
    );
    const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
    const step = async () => {
      const images = tensor(new Float32Array(64 * 784), { shape: [64, 1, 28, 28] });
      const labels = tensor(Array.from({ length: 64 }, (_, i) => i % 10));
      optimizer.zeroGrad();
      const loss = crossEntropy(model(images), labels);
      loss.backward();
      optimizer.step();
      await loss.item();
    };
    await step();
    const cost = await costOf(step, backend);
    const names = engineOf.get(backend)!.queue.last;
    expect(cost.dispatches, names.join("\n")).toBeLessThanOrEqual(34);
    expect(cost.submits).toBeLessThanOrEqual(2);
    expect(cost.kernels).toBe(0);
    device.destroy();
  });
});

describe.skipIf(typeof found === "string")("warmup", () => {
  test("compiles beside what happens; what runs is real, and so are values that it waits for", async () => {
    const results: number[][] = [];
    for (const device of [gpu, cpu()]) {
      setBackend(device);
      manualSeed(2);
      const model = new nn.Sequential(
        new nn.Linear(3, 37),
        new nn.Softsign(),
        new nn.Linear(37, 2),
      );
      const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      const x = randn(5, 3);
      const step = async () => {
        optimizer.zeroGrad();
        const loss = crossEntropy(model(x.mul(1.25)), tensor([0, 1, 1, 0, 1]));
        loss.backward();
        optimizer.step();
        return loss.item();
      };
      // Twice: what the first step makes has to be filled.
      const twice = async () => [await step(), await step()];
      if (device === gpu) {
        let losses: number[] = [];
        const cost = await costOf(async () => {
          losses = await warmup(gpu, twice);
        });
        expect(cost.kernels).toBeGreaterThan(0);
        expect(cost.stalls).toBe(0);
        const again = await costOf(async () => losses.push(await step()));
        expect(again).toMatchObject({ kernels: 0, stalls: 0, submits: 1 });
        results.push(losses);
      } else results.push([...(await warmup(device, twice)), await step()]);
    }
    results[0].forEach((loss, i) => expect(loss).toBeCloseTo(results[1][i], 5));
  });

  test("what is not awaited is there in the end, in order with what comes from JavaScript", async () => {
    const source = new Float32Array([1, 2, 3]);
    const buffer = gpu.alloc(12);
    const view = { ...tensor(source, { device: gpu }).memory, buffer, numel: 3 };
    const to = { ...view, buffer: gpu.alloc(12) };
    const result = warmup(gpu, () => {
      gpu.write(buffer, source);
      gpu.map(program([E.mul(E.input(0), 1.0625)], 1), [view], [to], []);
      // Neither this nor the array's own end changes what was written before.
      gpu.write(buffer, new Float32Array([7, 8, 9]));
      source.fill(0);
      return "done";
    });
    // From outside, meanwhile: it waits for its turn.
    const first = gpu.read(to.buffer);
    expect(await result).toBe("done");
    expect([...new Float32Array(await first)]).toEqual([1.0625, 2.125, 3.1875]);
    expect([...new Float32Array(await gpu.read(buffer))]).toEqual([7, 8, 9]);
    gpu.free(buffer);
    gpu.free(to.buffer);
  });

  test("passes on what went wrong, in it and on the device", async () => {
    await expect(
      warmup(gpu, () => {
        throw new Error("a reason of its own");
      }),
    ).rejects.toThrow("a reason of its own");
    const engine = engineOf.get(gpu)!;
    const block = engine.memory.take(4);
    const run = () => {
      const kernel = engine.kernel("broken beside", () => ({
        name: "my broken kernel",
        access: ["w"],
        workgroup: 1,
        body: "b0[0] = nonsense;",
      }));
      engine.queue.dispatch(kernel, [block], [], [1, 1, 1]);
      return gpu.finished();
    };
    await expect(warmup(gpu, run)).rejects.toThrow("my broken kernel");
    engine.memory.release(block);
    expect(await tensor([1], { device: gpu }).add(1).tolist()).toEqual([2]);
  });
});
