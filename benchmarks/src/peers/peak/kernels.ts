/** Two WebAssembly functions that do nothing but what the machine is best at. */
import { Fn, I32, moduleBytes, V128 } from "../../../../packages/backend-cpu/src/simd/assembler.ts";

/**
 * Independent sums: more than a unit's latency times the units, fewer than there are registers. Twice as many are for an
 * engine that joins neighbouring vectors into ones of 256 bits (V8 does behind a flag).
 */
const SUMS = { narrow: 12, wide: 24 };
export type Width = keyof typeof SUMS;
const UNROLL = 4;
/** Of one call: a multiplication and an addition in four lanes. */
export const flopsOf = (width: Width, count: number): number =>
  count * UNROLL * SUMS[width] * 4 * 2;

/** (count): multiplies two vectors and adds to each sum. In the loop nothing is read or written. */
function multiplyAdd(width: Width): Fn {
  const fn = new Fn([I32]);
  const factors = [fn.local(V128), fn.local(V128)];
  for (const [i, x] of factors.entries())
    fn.i32(0)
      .loadV(16 * i)
      .set(x);
  const sums = Array.from({ length: SUMS[width] }, () => fn.local(V128));
  fn.countdown(0, 1, () => {
    for (let i = 0; i < UNROLL; i++)
      for (const [j, sum] of sums.entries()) {
        const x = factors[j % 2];
        fn.get(x).get(x).get(sum).v("f32x4.relaxed_madd").set(sum);
      }
  });
  // Stored side by side, the sums are neighbours for the engine, and none is for nothing.
  for (const [i, sum] of sums.entries())
    fn.i32(0)
      .get(sum)
      .storeV(32 + 16 * i);
  return fn;
}

/** (to, from, bytes): memory.copy */
const copy = (): Fn => new Fn([I32, I32, I32]).get(0).get(1).get(2).bytes(0xfc, 10, 0, 0);

export interface Kernels {
  narrow(count: number): void;
  wide(count: number): void;
  copy(to: number, from: number, bytes: number): void;
}

export function kernels(memory: WebAssembly.Memory): Kernels {
  const functions = [
    { name: "narrow", fn: multiplyAdd("narrow") },
    { name: "wide", fn: multiplyAdd("wide") },
    { name: "copy", fn: copy() },
  ];
  const module = new WebAssembly.Module(moduleBytes(functions, false));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
