/** A whole program in a page: data, training with callbacks, a checkpoint, and what comes after it. */
import { isGradEnabled, noGrad } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { webgpu } from "@dl/backend-webgpu";
import { DataLoader, drawDigits, gunzip } from "@dl/data";
import { readCheckpoint, writeCheckpoint, writePng } from "@dl/io";
import { crossEntropy } from "@dl/losses";
import { Accuracy } from "@dl/metrics";
import * as nn from "@dl/nn";
import { Adam } from "@dl/optim";
import { defaultGenerator, manualSeed, setBackend, tensor } from "@dl/tensor";
import * as train from "@dl/train";
import { beforeAll, describe, expect, test } from "vitest";

function makeRun() {
  manualSeed(1);
  const model = new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(144, 24),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.1 }),
    new nn.Linear(24, 10),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.03 });
  const digits = drawDigits(200, { seed: 1, size: 12 });
  const loader = new DataLoader(digits, { batchSize: 32, shuffle: true });
  return { model, optimizer, loader, generator: defaultGenerator };
}

/** After everything was collected that nobody can reach. */
async function buffersInUse(model: nn.Module): Promise<number> {
  const [{ device }] = model.parameters();
  let buffers: number;
  do {
    buffers = device.memory().buffers;
    gc!();
    await new Promise((resolve) => setTimeout(resolve, 20));
  } while (device.memory().buffers < buffers);
  return buffers;
}

describe.each(Object.entries({ CPU: cpu, WebGPU: webgpu }))("on %s", (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test("digits are learnt, and a run that goes on from a checkpoint ends with the same numbers", async () => {
    const lines: string[] = [];
    const learn = ({ model, optimizer, loader }: ReturnType<typeof makeRun>, epochs: number) =>
      train.fit(model, {
        loss: crossEntropy,
        optimizer,
        train: loader,
        epochs,
        metrics: { accuracy: new Accuracy() },
        callbacks: [new train.ProgressLogger({ write: (text) => lines.push(text) })],
      });
    const whole = makeRun();
    const history = await learn(whole, 2);
    expect(lines.length).toBeGreaterThan(0);
    const checkpoint = await writeCheckpoint(whole);
    const before = await buffersInUse(whole.model);
    const { last } = await learn(whole, 3);
    expect(await buffersInUse(whole.model)).toBeLessThanOrEqual(before);
    expect(last!.loss).toBeLessThan(history.get("loss")[0] / 2);
    expect(last!.metrics.accuracy).toBeGreaterThan(0.6);

    const again = makeRun();
    readCheckpoint(checkpoint, again);
    expect((await learn(again, 3)).last!.loss).toBe(last!.loss);
  });
});

test("an asynchronous function under noGrad records nothing, before and after it waits", async () => {
  setBackend(cpu());
  const w = tensor([1, 2], { requiresGrad: true });
  const seen: boolean[] = [];
  await noGrad(async () => {
    seen.push(w.mul(2).requiresGrad, isGradEnabled());
    await new Promise((resolve) => setTimeout(resolve));
    seen.push(w.mul(2).requiresGrad, isGradEnabled());
  });
  expect(seen).toEqual([false, false, false, false]);
  expect(w.mul(2).requiresGrad).toBe(true);
});

test("compressed files are read and written by what browsers have", async () => {
  setBackend(cpu());
  const [digit] = drawDigits(1).get(0);
  const png = await writePng(digit);
  const { width, height } = await createImageBitmap(new Blob([png], { type: "image/png" }));
  expect([width, height]).toEqual([28, 28]);

  const bytes = new TextEncoder().encode("0123456789".repeat(1000));
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  expect(await gunzip(packed, "digits.gz")).toEqual(bytes);
});
