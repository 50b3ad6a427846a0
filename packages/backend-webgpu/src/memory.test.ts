/** Programs that free nothing themselves: what they take of the GPU does not grow. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { crossEntropy } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam, SGD } from "@dl/optim";
import {
  type Backend,
  type BackendMemory,
  macrotask,
  manualSeed,
  randn,
  setBackend,
  type Tensor,
  tensor,
} from "@dl/tensor/core";
import { afterAll, describe, expect, test, vi } from "vitest";
import { Memory } from "./memory.ts";
import { testedGpu } from "./testing.ts";

const found = await testedGpu();
const gpu = found as Backend;
const { gc } = globalThis as { gc?: () => void };
afterAll(() => setBackend(cpu()));

const mlp = () =>
  new nn.Sequential(new nn.Flatten(), new nn.Linear(64, 32), new nn.ReLU(), new nn.Linear(32, 4));
const cnn = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 3, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(27, 4),
  );
const sgd = (model: nn.Module) => new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
const adam = (model: nn.Module) => new Adam(model.parameters());

describe.skipIf(typeof found === "string" || !gc)("memory over 2,000 steps of training", () => {
  /** Once what nobody holds has been collected. */
  const settled = async (): Promise<BackendMemory> => {
    gc!();
    await macrotask();
    await gpu.finished();
    return gpu.memory();
  };

  test.each([
    ["an MLP by SGD", mlp, sgd],
    ["a CNN by Adam", cnn, adam],
  ])("%s, whose loss is read every 50 steps", async (_, make, optimizerOf) => {
    setBackend(gpu);
    manualSeed(0);
    const model = make();
    const optimizer = optimizerOf(model);
    const images = randn([4, 1, 8, 8]);
    const labels = tensor([0, 1, 2, 3]);
    // As they are, without a collection that is asked for.
    const samples: BackendMemory[] = [];
    let early: BackendMemory | undefined;
    let loss: Tensor | undefined;
    for (let step = 1; step <= 2000; step++) {
      optimizer.zeroGrad();
      loss = crossEntropy(model(images), labels);
      loss.backward();
      optimizer.step();
      if (step % 50 > 0) continue;
      expect(await loss.item()).toBeLessThan(3);
      samples.push(gpu.memory());
      if (step === 200) early = await settled();
    }
    const late = await settled();
    expect(late.live).toBeLessThanOrEqual(early!.live);
    expect(late.buffers).toBeLessThanOrEqual(early!.buffers);
    expect(late.reserved).toBeLessThanOrEqual(early!.reserved);
    // The results of some hundred steps may wait for the collector: two small tensors of each.
    const most = (of: readonly BackendMemory[]) => Math.max(...of.map((m) => m.buffers));
    expect(most(samples)).toBeLessThan(early!.buffers + 2000);
    expect(Math.max(...samples.map((m) => m.reserved))).toBe(early!.reserved);
  });
});

describe("memory that is merely dropped", () => {
  const MIB = 2 ** 20;
  const device = {
    limits: { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30 },
    createBuffer: () => ({ destroy() {} }),
  } as unknown as GPUDevice;

  test("is collected early when there is much of it, without being asked for", async () => {
    const memory = new Memory(device);
    for (let i = 0; i < 3000; i++) {
      memory.alloc(MIB);
      if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    expect(memory.stats().peak).toBeLessThan(1500 * MIB);
  });
  test("does not hide that what is in use is needed", async () => {
    const memory = new Memory(device);
    const held = Array.from({ length: 600 }, () => memory.alloc(MIB));
    const asked = vi.spyOn(globalThis, "ArrayBuffer");
    // A step that frees what it takes, but for a small result.
    for (let i = 0; i < 200; i++) {
      const taken = Array.from({ length: 300 }, () => memory.alloc(MIB));
      for (const buffer of taken) memory.free(buffer);
      memory.alloc(4);
      if (i % 10 === 0) await macrotask();
    }
    // By a quarter more each time, and never again for the same.
    expect(asked.mock.calls.length).toBeLessThanOrEqual(3);
    asked.mockRestore();
    expect(held.length).toBe(600);
  });
});
