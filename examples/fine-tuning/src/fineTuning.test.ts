import "@dl/autograd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpu } from "@dl/backend-cpu";
import { drawDigits, type ImageDataset } from "@dl/data";
import { MissingFilesError, mnist } from "@dl/data/node";
import { loadSafetensors } from "@dl/io/node";
import { manualSeed, randn, setBackend } from "@dl/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { source, target } from "./data.ts";
import { Network } from "./network.ts";
import { freeze, pretrain, tune } from "./train.ts";
import { compare, fromCheckpoint, save } from "./transfer.ts";

setBackend(cpu());
const values = (network: Network) =>
  Object.fromEntries(
    Object.entries(network.stateDict()).map(([name, t]) => [name, Array.from(t.dataSync())]),
  );

const real = await mnist({ normalize: { mean: 0.1307, std: 0.3081 } }).catch((error) => {
  if (error instanceof MissingFilesError) return null;
  throw error;
});
test.skipIf(!real)("MNIST: what is known of five digits helps with the others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dl-"));
  try {
    manualSeed(0);
    const network = new Network();
    await pretrain(network, source(real!, 4000));
    await save(join(folder, "body.safetensors"), network);
    const outcomes = await compare(join(folder, "body.safetensors"), target(real!));
    const [scratch, frozen, gentle] = outcomes.map(({ test }) => test);
    expect(scratch).toBeGreaterThan(0.7);
    expect(frozen).toBeGreaterThan(scratch);
    expect(gentle).toBeGreaterThan(scratch);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("a network from a checkpoint", () => {
  let folder: string;
  let path: string;
  let data: ImageDataset;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dl-"));
    path = join(folder, "body.safetensors");
    data = drawDigits(3000, { seed: 7, normalize: { mean: 0.1307, std: 0.3081 } });
    manualSeed(0);
    const network = new Network();
    await pretrain(network, source(data, 2400));
    await save(path, network);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("has the body of the file, under PyTorch's names, and a head of its own", async () => {
    const { tensors, metadata } = await loadSafetensors(path);
    expect(metadata).toEqual({ format: "pt" });
    expect(Object.keys(tensors)).toContain("body.1.running_mean");
    const network = await fromCheckpoint(path, 7);
    const mine = values(network);
    for (const [name, t] of Object.entries(tensors))
      if (name.startsWith("body.")) expect(mine[name]).toEqual(Array.from(t.dataSync()));
    expect(network.head.weight.shape).toEqual([7, 256]);
  });
  test("takes images of any size", async () => {
    const network = await fromCheckpoint(path);
    for (const size of [8, 20, 28, 41])
      expect(network(randn(2, 1, size, size)).shape).toEqual([2, 5]);
  });
  test("keeps a frozen body to the last bit, batch norm's statistics included", async () => {
    const network = await fromCheckpoint(path);
    const before = values(network);
    freeze(network);
    const few = target(data, { from: 2400, count: 200 });
    await tune(network, [{ params: network.head.parameters(), lr: 1e-2 }], few.train, 3);
    const after = values(network);
    for (const name of Object.keys(before)) {
      if (name.startsWith("body.")) expect(after[name]).toEqual(before[name]);
      else expect(after[name]).not.toEqual(before[name]);
    }
  });
  test("learns other classes from few samples better than a new one does", async () => {
    const few = target(data, { from: 2400, count: 600 });
    const [scratch, frozen] = await compare(path, few, 30);
    expect(frozen.test).toBeGreaterThan(scratch.test);
    expect(frozen.trained).toBe(256 * 5 + 5);
  });
});
