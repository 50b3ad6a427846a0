/** What one thread reaches, per millisecond. */
import { setFlagsFromString } from "node:v8";
import { median } from "../../child/measure.ts";
import { flopsOf, kernels, type Width } from "./kernels.ts";

const PAGE = 65536;
const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
// What ours may switch on, too.
setFlagsFromString("--experimental-wasm-revectorize");
const { copy, ...products } = kernels(memory);
// Not 0: sums of zeros might be quicker.
new Float32Array(memory.buffer, 0, 8).fill(1e-3);

export interface Probe {
  readonly millis: number;
  /** To copy; without, products are counted. */
  readonly bytes?: number;
}

/** Floating-point operations, or bytes read and written, per millisecond. */
export function rate({ millis, bytes }: Probe): number {
  if (bytes === undefined) return Math.max(flops("narrow", millis / 2), flops("wide", millis / 2));
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
