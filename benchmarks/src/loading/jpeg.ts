/** Photographs from a folder, decoded, as batches: ours on this and on other threads, PyTorch's on this and in other processes. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DataLoader } from "@dl/data";
import { ImageFolder, workerDataset } from "@dl/data/node";
import { Generator, type Tensor } from "@dl/tensor";
import sharp from "sharp";

export const WORKERS = [0, 1, 2] as const;
const BATCH = 32;
/** As those of ImageNet are on average. */
const [WIDTH, HEIGHT] = [500, 375];
const SIZE: readonly [number, number] = [224, 224];

/** A folder with files of about 90 KB: blurred noise with sharper noise on it, which compresses as photographs do. */
export async function makePictures(count: number): Promise<{ root: string; remove: () => void }> {
  const root = mkdtempSync(join(tmpdir(), "dl-pictures-"));
  const random = new Generator(0);
  const noise = (width: number, height: number) =>
    sharp(
      Uint8Array.from({ length: 3 * width * height }, () => 256 * random.uniform32()),
      { raw: { width, height, channels: 3 } },
    );
  const grain = await noise(WIDTH, HEIGHT).blur(0.6).linear(0.25, 0).png().toBuffer();
  for (const name of ["a", "b"]) mkdirSync(join(root, name));
  for (let i = 0; i < count; i++)
    await sharp(await noise(20, 15).png().toBuffer())
      .resize(WIDTH, HEIGHT, { kernel: "cubic" })
      .composite([{ input: grain, blend: "add" }])
      .jpeg({ quality: 90 })
      .toFile(join(root, i % 2 ? "a" : "b", `${i}.jpg`));
  return { root, remove: () => rmSync(root, { recursive: true }) };
}

/** Images per second of an epoch. */
export type Epoch = () => Promise<number>;

/** Ours with so many worker threads; 0: decoded from this one. */
export async function ours(root: string, numWorkers: number): Promise<Epoch> {
  const options = { size: SIZE, fit: "cover" } as const;
  const data = numWorkers
    ? await workerDataset<[Tensor, number]>(import.meta.resolve("@dl/data/node"), {
        export: "imageFolder",
        args: [root, options],
        numWorkers,
      })
    : new ImageFolder(root, options);
  return async () => {
    const start = performance.now();
    let images = 0;
    for await (const [, labels] of new DataLoader(data, {
      batchSize: BATCH,
      shuffle: true,
      prefetchFactor: 2,
    }))
      images += labels.numel;
    return (1000 * images) / (performance.now() - start);
  };
}

/** PyTorch's, in a process that stays: its loader with 0, 1 and 2 worker processes. */
export class PyTorchLoader {
  readonly #process;
  readonly #lines: AsyncIterator<string>;
  constructor(python: string, root: string) {
    const script = fileURLToPath(new URL("../../peers/loading.py", import.meta.url));
    this.#process = spawn(python, [script, root, `${BATCH}`, `${SIZE[0]}`], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines: Interface = createInterface(this.#process.stdout);
    this.#lines = lines[Symbol.asyncIterator]();
  }
  async epoch(numWorkers: number): Promise<number> {
    this.#process.stdin.write(`${numWorkers}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("PyTorch's loader has stopped: its message is above");
    return Number(value);
  }
  stop(): void {
    this.#process.kill();
  }
}
