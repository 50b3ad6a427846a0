/** What one thread reaches, per millisecond. */
import { setFlagsFromString } from "node:v8";
import { median } from "../../child/measure.ts";
import { flopsOf, kernels, type Width } from "./kernels.ts";

const PAGE = 65536;
const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
// What ours may switch on, too: for the main thread's process and its workers.
if (process.argv[3] === "wide") setFlagsFromString("--experimental-wasm-revectorize");
const { copy, ...products } = kernels(memory);
// Not 0: sums of zeros might be quicker.
new Float32Array(memory.buffer, 0, 8).fill(1e-3);

export interface Probe {
  readonly millis: number;
  /** Vectors of 128 bits, or such that the engine joins into ones of 256. */
  readonly width: Width;
  /** To copy; without, products are counted. */
  readonly bytes?: number;
}

/** Floating-point operations, or bytes read and written, per millisecond. */
export function rate({ millis, width, bytes }: Probe): number {
  if (bytes === undefined) return flops(width, millis);
  const half = Math.ceil(bytes / 2 / 16) * 16;
  const missing = Math.ceil((2 * half - memory.buffer.byteLength) / PAGE);
  if (missing > 0) memory.grow(missing);
  return (2 * half) / timeOf(() => copy(half, 0, half), millis);
}

const flops = (width: Width, millis: number): number =>
  flopsOf(width, COUNT) / timeOf(() => products[width](COUNT), millis);

/** Some 50 µs: often enough called that the engine compiles it with care. */
const COUNT = 4000;

function timeOf(run: () => unknown, millis: number): number {
  const start = performance.now();
  const samples: number[] = [];
  while (performance.now() - start < millis || samples.length < 3) {
    const before = performance.now();
    run();
    samples.push(performance.now() - before);
  }
  return median(samples);
}
