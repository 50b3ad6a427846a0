/** A beginner's training loop, without a single disposal, runs in constant memory. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { DataLoader, TensorDataset } from "@dl/data";
import { nllLoss } from "@dl/losses";
import * as nn from "@dl/nn";
import { Adam } from "@dl/optim";
import { manualSeed, randint, randn, setBackend } from "@dl/tensor";
import { describe, expect, test } from "vitest";

const MIB = 2 ** 20;

function program() {
  setBackend(cpu());
  manualSeed(0);
  const model = new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(784, 512),
    new nn.ReLU(),
    new nn.Linear(512, 10),
    new nn.LogSoftmax({ dim: 1 }),
  );
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const loader = new DataLoader(new TensorDataset(randn(2048, 1, 28, 28), randint(10, [2048])), {
    batchSize: 64,
    shuffle: true,
  });
  return { model, optimizer, loader };
}

describe("memory", () => {
  test("10,000 steps of the MLP, awaiting each loss, are flat in bytes and in tensors", {
    timeout: 600_000,
  }, async () => {
    const { model, optimizer, loader } = program();
    const samples: { live: number; buffers: number; reserved: number }[] = [];
    let step = 0;
    while (step < 10_000) {
      for await (const [images, labels] of loader) {
        optimizer.zeroGrad();
        const loss = nllLoss(model(images), labels);
        loss.backward();
        optimizer.step();
        await loss.item();
        if (++step % 500 === 0) samples.push(cpu().memory());
        if (step === 10_000) break;
      }
    }
    const later = samples.slice(samples.length / 2);
    const most = (key: "live" | "buffers" | "reserved", list: typeof samples) =>
      Math.max(...list.map((s) => s[key]));
    const text = samples.map((s) => `${(s.live / MIB).toFixed(1)} MiB in ${s.buffers}`).join(", ");
    console.log(
      `memory every 500 steps: ${text}; reserved ${(most("reserved", samples) / MIB).toFixed(0)} MiB`,
    );
    // The model, its gradients and Adam's state are 6.2 MiB; some steps' worth waits for the collector.
    expect(most("live", later)).toBeLessThan(64 * MIB);
    expect(most("live", later)).toBeLessThan(
      most("live", samples.slice(0, samples.length / 2)) + 16 * MIB,
    );
    expect(most("reserved", later)).toBe(most("reserved", samples.slice(0, samples.length / 2)));
    expect(most("buffers", later)).toBeLessThan(10_000);
  });

  test("1,500 steps that never await stay within the loop's own memory", {
    timeout: 300_000,
  }, () => {
    const { model, optimizer, loader } = program();
    const before = cpu().memory();
    let last = Number.NaN;
    let peak = 0;
    for (let epoch = 0, step = 0; step < 1_500; epoch++) {
      for (const [images, labels] of loader) {
        optimizer.zeroGrad();
        const loss = nllLoss(model(images), labels);
        loss.backward();
        optimizer.step();
        last = loss.itemSync();
        peak = Math.max(peak, cpu().memory().live);
        if (++step === 1_500) break;
      }
    }
    console.log(
      `synchronous loop: ${((peak - before.live) / MIB).toFixed(1)} MiB at most above the start`,
    );
    expect(last).toBeLessThan(2);
    expect(peak - before.live).toBeLessThan(128 * MIB);
  });
});
