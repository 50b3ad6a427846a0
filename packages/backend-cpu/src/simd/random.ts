import type { RandomKey, View } from "@dl/tensor/core";
import type { Memory } from "../memory.ts";
import { bitsOf, Fn, I32, moduleBytes, V128 } from "./assembler.ts";

const EVEN = [13, 15, 26, 6];
const ODD = [17, 29, 16, 24];
/** Four counters give eight numbers. */
const COUNTERS = 4;

/**
 * fill(target, groups, key 0, key 1, low, high): Threefry-2x32-20, as in the tensor package's host/threefry.ts, for four counters at a time.
 * The counter's low word must not overflow on the way.
 */
function fillKernel(): Fn {
  const f = new Fn(new Array<number>(6).fill(I32));
  const [target, groups, key0, key1, low, high] = [0, 1, 2, 3, 4, 5];
  const vector = (push: () => unknown): number => {
    const local = f.local(V128);
    push();
    f.set(local);
    return local;
  };
  const splat = (local: number) => () => f.get(local).v("i32x4.splat");
  const k0 = vector(splat(key0));
  const k1 = vector(splat(key1));
  const k2 = vector(() => f.get(k0).get(k1).v("v128.xor").constantV(0x1bd11bda).v("v128.xor"));
  const schedule = [
    [k1, k2],
    [k2, k0],
    [k0, k1],
  ];
  const counter = vector(() => f.get(low).v("i32x4.splat").laneNumbers().v("i32x4.add"));
  // The high word and its key never change.
  const first = vector(() => f.get(high).v("i32x4.splat").get(k1).v("i32x4.add"));
  const [x, y] = [f.local(V128), f.local(V128)];
  const toUnit = (word: number) =>
    f
      .get(word)
      .i32(8)
      .v("i32x4.shr_u")
      .v("f32x4.convert_i32x4_s")
      .constantV(bitsOf(2 ** -24))
      .v("f32x4.mul")
      .set(word);
  f.countdown(groups, 1, () => {
    f.get(counter).get(k0).v("i32x4.add").set(x).get(first).set(y);
    for (let group = 0; group < 5; group++) {
      for (const bits of group % 2 === 0 ? EVEN : ODD) {
        f.get(x).get(y).v("i32x4.add").set(x);
        f.get(y).i32(bits).v("i32x4.shl");
        f.get(y)
          .i32(32 - bits)
          .v("i32x4.shr_u")
          .v("v128.or")
          .get(x)
          .v("v128.xor")
          .set(y);
      }
      const [a, b] = schedule[group % 3];
      f.get(x).get(a).v("i32x4.add").set(x);
      f.get(y)
        .get(b)
        .v("i32x4.add")
        .constantV(group + 1)
        .v("i32x4.add")
        .set(y);
    }
    toUnit(x);
    toUnit(y);
    f.get(target).get(x).get(y).shuffle([0, 4, 1, 5]).storeV();
    f.get(target).get(x).get(y).shuffle([2, 6, 3, 7]).storeV(16);
    f.bump(target, 8 * COUNTERS);
    f.get(counter).constantV(COUNTERS).v("i32x4.add").set(counter);
  });
  return f;
}

type Fill = (
  target: number,
  groups: number,
  key0: number,
  key1: number,
  low: number,
  high: number,
) => void;

/** Uniform random numbers for whole groups of eight. */
export class Random {
  private readonly memory: Memory;
  private readonly shared: boolean;
  private fill: Fill | null = null;

  constructor(memory: Memory, shared: boolean) {
    this.memory = memory;
    this.shared = shared;
  }

  /** How many elements it has written; the rest, from the counter moved on by half of that, is left to the caller. */
  run(output: View, { seed, counter }: RandomKey): number {
    const groups = Math.floor(output.numel / (2 * COUNTERS));
    const low = counter[0] >>> 0;
    if (groups === 0 || low + COUNTERS * groups > 2 ** 32) return 0;
    this.fill ??= this.compile();
    const target = this.memory.address(output.buffer) + 4 * output.offset;
    this.fill(target, groups, seed[0], seed[1], low, counter[1]);
    return groups * 2 * COUNTERS;
  }

  private compile(): Fill {
    const bytes = moduleBytes([{ name: "fill", fn: fillKernel() }], this.shared);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: this.memory.wasm },
    });
    return instance.exports.fill as Fill;
  }
}
