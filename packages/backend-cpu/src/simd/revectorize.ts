/**
 * V8 can join two neighbouring vectors of 128 bits into one of 256, which makes products about 1.4 times as fast. It is an
 * experiment of V8's, behind a flag that can be set while Node runs and is for the whole process: hence an option, and a
 * trial whether it pays here and computes the same.
 */
import { nodeModule } from "../threads/spawn.ts";
import { GEMM_WORDS, gemmModule, gemmScratch } from "./gemm/gemm.ts";
import type { Machine } from "./gemm/tile.ts";
import { writeWords } from "./parameters.ts";

/** Of the square products of the trial, and how much faster they have to be. */
const SIZE = 96;
const GAIN = 0.87;
/** Milliseconds after which the trial has failed: by then the optimised code would be there. */
const PATIENCE = 150;

interface NodeV8 {
  setFlagsFromString(flags: string): void;
}

let verdict: boolean | undefined;

/** Switches it on where there is such a flag. Answers whether products four vectors wide are faster then, and equal. */
export function revectorizes(hasMadd: boolean): boolean {
  verdict ??= tryOut(hasMadd);
  return verdict;
}

function tryOut(hasMadd: boolean): boolean {
  const v8 = nodeModule<NodeV8>("node:v8");
  if (!v8 || !hasMadd) return false;
  v8.setFlagsFromString("--experimental-wasm-revectorize");
  const narrow = product({ hasMadd, vectors: 2 });
  const wide = product({ hasMadd, vectors: 4 });
  for (const end = performance.now() + PATIENCE; performance.now() < end; ) {
    // Interleaved, the best of several each: other programs run too.
    let [a, b] = [Infinity, Infinity];
    for (let i = 0; i < 8; i++) {
      a = Math.min(a, narrow.time());
      b = Math.min(b, wide.time());
    }
    if (b < GAIN * a) return isSame(narrow.result(), wide.result());
  }
  // Off again for what is compiled from here on.
  v8.setFlagsFromString("--no-experimental-wasm-revectorize");
  return false;
}

const isSame = (a: Float32Array, b: Float32Array): boolean => a.every((x, i) => x === b[i]);

/** One product of numbers that need all of their bits, in a memory of its own. */
function product(machine: Machine) {
  const bytes = 4 * SIZE * SIZE;
  const [a, b, c] = [1024, 1024 + bytes, 1024 + 2 * bytes];
  const scratch = 1024 + 3 * bytes;
  const pages = Math.ceil((scratch + gemmScratch(machine)) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
  const module = new WebAssembly.Module(gemmModule(machine, false));
  const run = new WebAssembly.Instance(module, { env: { memory } }).exports.run as (
    words: number,
    scratch: number,
  ) => void;
  const operands = new Float32Array(memory.buffer, a, 2 * SIZE * SIZE);
  for (let i = 0; i < operands.length; i++) operands[i] = Math.sin(i * 12.9898);
  writeWords(new Int32Array(memory.buffer), 0, GEMM_WORDS, {
    m: SIZE,
    n: SIZE,
    k: SIZE,
    a,
    aRowBytes: 4 * SIZE,
    aColumnBytes: 4,
    b,
    bRowBytes: 4 * SIZE,
    bColumnBytes: 4,
    c,
    rowBytes: 4 * SIZE,
    accumulate: 0,
  });
  return {
    time(): number {
      const start = performance.now();
      for (let i = 0; i < 4; i++) run(0, scratch);
      return performance.now() - start;
    },
    result: () => new Float32Array(memory.buffer, c, SIZE * SIZE),
  };
}
