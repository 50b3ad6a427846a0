import "@dl/autograd";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { crossEntropy } from "@dl/losses";
import * as T from "@dl/tensor";
import { type Backend, type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test, vi } from "vitest";
import { cpu } from "../index.ts";
import { Memory } from "../memory.ts";
import { Fn, I32, moduleBytes } from "../simd/assembler.ts";
import { readWords, writeWords } from "../simd/parameters.ts";
import { CONTROL_START, WORD } from "./control.ts";
import { type Kernel, Threads } from "./threads.ts";

/** Numbers without a pattern, the same each time. */
const numbers = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => (Math.sin(i * 12.9898 + seed) * 43758.5453) % 1);

/** Work that is large enough to be divided, in every family of kernels. */
function everything(device: Backend): Record<string, Float32Array> {
  return T.scope(() => {
    const of = (shape: number[], seed: number) =>
      tensor(
        numbers(
          shape.reduce((a, b) => a * b),
          seed,
        ),
        { device },
      ).reshape(shape);
    const learnt = (shape: number[], seed: number) => of(shape, seed).requiresGrad_();
    const image = learnt([8, 8, 30, 30], 1);
    const weight = learnt([16, 8, 3, 3], 2);
    const pooled = T.maxPool2d(T.conv2d(image, weight, { padding: 1 }).relu(), 2);
    const averaged = T.avgPool2d(pooled, 3, { stride: 2, padding: 1 });
    const logits = averaged.flatten(1).matmul(learnt([1024, 100], 3));
    crossEntropy(
      logits,
      tensor(
        Int32Array.from({ length: 8 }, (_, i) => i * 11),
        { device },
      ),
    ).backward();
    const x = of([600, 700], 4);
    const results: Record<string, Tensor> = {
      logits,
      image: image.grad!,
      weight: weight.grad!,
      product: of([300, 200], 5).matmul(of([200, 260], 6)),
      batch: of([9, 60, 70], 7).matmul(of([9, 70, 50], 8)),
      vector: of([1200, 900], 9).matmul(of([900], 10)),
      map: x.mul(2).add(1).tanh(),
      broadcast: x.add(of([700], 11)),
      transposed: x.t().add(of([700, 600], 12)),
      sum: x.sum(),
      columns: x.sum(0),
      rows: x.sum(1),
      softmax: x.softmax(1),
      logSoftmax: x.logSoftmax(1),
      layerNorm: T.layerNorm(x, [700]),
    };
    return Object.fromEntries(
      Object.entries(results).map(([name, t]) => [
        name,
        t.detach().contiguous().dataSync().slice() as Float32Array,
      ]),
    );
  });
}

/** A module of one function that adds 1 to `count` integers from `at` on. */
const COUNT_WORDS = ["at", "count"] as const;
function countModule(inside?: (f: Fn) => unknown): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const { at, count } = readWords(f, COUNT_WORDS);
  inside?.(f);
  f.countdown(count, 1, () => {
    f.get(at).get(at).loadI32().i32(1).op("i32.add").storeI32().bump(at, 4);
  });
  return moduleBytes([{ name: "run", fn: f }], true);
}
function count(memory: Memory, threads: Threads, kernel: Kernel, parts: number): number[] {
  const at = memory.reserve(4 * parts);
  memory.int32.fill(0, at >> 2, (at >> 2) + parts);
  const start = threads.parameters;
  for (let i = 0; i < parts; i++)
    writeWords(memory.int32, start + 64 * i, COUNT_WORDS, { at: at + 4 * i, count: 1 });
  threads.run(kernel, parts, 64);
  return [...memory.int32.subarray(at >> 2, (at >> 2) + parts)];
}
const word = (memory: Memory, which: number): number =>
  Atomics.load(memory.int32, (CONTROL_START >> 2) + which);
const started = (memory: Memory, workers: number) =>
  vi.waitFor(() => expect(word(memory, WORD.ready)).toBe(workers), { timeout: 10_000 });

describe("threads", () => {
  test("the same bits for 1, 2 and 5 of them, and on every run", async () => {
    const expected = everything(cpu({ threads: 1 }));
    for (const threads of [2, 5]) {
      const backend = cpu({ threads });
      for (let run = 0; run < 4; run++) {
        const actual = everything(backend);
        for (const [name, list] of Object.entries(expected))
          expect(
            list.findIndex((x, i) => !Object.is(x, actual[name][i])),
            `${name}, ${threads} threads`,
          ).toBe(-1);
        // The first run may find the workers not started yet.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  });

  test("every part is done once, whoever does it, also after the workers have gone to sleep", async () => {
    const memory = new Memory(2 ** 30);
    const threads = new Threads(memory, 3);
    const kernel = threads.compile(countModule());
    for (let round = 0; round < 200; round++)
      expect(count(memory, threads, kernel, 1 + (round % 40))).toEqual(
        new Array(1 + (round % 40)).fill(1),
      );
    await started(memory, 2);
    await vi.waitFor(() => expect(word(memory, WORD.sleeping)).toBe(2), { timeout: 10_000 });
    for (let round = 0; round < 200; round++)
      expect(count(memory, threads, kernel, 64)).toEqual(new Array(64).fill(1));
    threads.stop();
  });

  test("a kernel that fails on a worker is an error, and the next job runs", async () => {
    const memory = new Memory(2 ** 30);
    const threads = new Threads(memory, 2);
    const good = threads.compile(countModule());
    // Fails wherever the scratch memory is not the calling thread's; there it takes its time.
    const own = threads.scratch;
    const bad = threads.compile(
      countModule((f) => {
        f.get(1)
          .i32(own)
          .op("i32.eq")
          .op("i32.eqz")
          .if(() => f.bytes(0x00));
        const turns = f.local();
        f.i32(3_000_000).set(turns);
        f.countdown(turns, 1, () => {});
      }),
    );
    count(memory, threads, good, 8);
    await started(memory, 1);
    await vi.waitFor(
      () =>
        expect(() => count(memory, threads, bad, 50)).toThrow(
          /worker thread of the CPU backend stopped.*cpu\(\{ threads: 1 \}\)/s,
        ),
      { timeout: 20_000 },
    );
    expect(count(memory, threads, good, 8)).toEqual(new Array(8).fill(1));
    threads.stop();
  });

  test("a kernel that fails on the calling thread leaves nobody at work", () => {
    const memory = new Memory(2 ** 30);
    const threads = new Threads(memory, 2);
    const bad = threads.compile(countModule((f) => f.bytes(0x00)));
    expect(() => count(memory, threads, bad, 8)).toThrow();
    const good = threads.compile(countModule());
    expect(count(memory, threads, good, 8)).toEqual(new Array(8).fill(1));
    threads.stop();
  });

  test("a process whose workers wait for work ends by itself", () => {
    const program = `
      import { cpu } from "@dl/backend-cpu";
      import { ones, setBackend } from "@dl/tensor";
      setBackend(cpu({ threads: 2 }));
      for (let i = 0; i < 20; i++) {
        ones(400, 400).matmul(ones(400, 400));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      console.log(ones(400, 400).matmul(ones(400, 400)).sum().itemSync());`;
    const out = execFileSync(
      process.execPath,
      ["--conditions=@dl/source", "--input-type=module", "--eval", program],
      { cwd: fileURLToPath(new URL(".", import.meta.url)), timeout: 20_000, encoding: "utf8" },
    );
    expect(out.trim()).toBe("64000000");
  });
});
