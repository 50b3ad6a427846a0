/** Runs of a map's or a reduction's kernel over a plan: parameters written, and divided among the threads. */
import type { Walk } from "@dl/tensor/core";
import { type Kernel, Threads } from "../threads/threads.ts";
import type { Engine } from "./engine.ts";
import {
  type ElementType,
  elementBytes,
  FLAG_AT,
  pointerAt,
  scalarAt,
  sizeAt,
  strideAt,
} from "./lowering.ts";

/** Elements times nodes of the program below which a further part costs more than it saves, and those of a usual part. */
const SMALL = 2 ** 17;
const USUAL = 2 ** 20;

export interface Run {
  readonly kernel: Kernel;
  readonly walk: Walk;
  /** Which dimensions of the plan are the kernel's own loops; those before them are walked here. */
  readonly loops: readonly number[];
  readonly types: readonly ElementType[];
  /** How many of the dimensions that are walked here are reduced: results join what is there after the first. */
  readonly reduced: number;
  /** Which of the kernel's loops may be divided: those over what is kept. */
  readonly divisible: readonly number[];
  /** Nodes of the program. */
  readonly weight: number;
}

/** Into how many parts this much work is divided. */
export function partsOf(work: number, threads: number): number {
  if (threads === 1 || work < 2 * SMALL) return 1;
  return Math.floor(Math.min(work / SMALL, Math.max(threads, Math.min(4 * threads, work / USUAL))));
}

/** Rows of the loop `loop` in chunks of whole vectors where it is the innermost. */
const grainOf = (loop: number, loops: number): number => (loop === loops - 1 ? 64 : 1);

export class Loops {
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  run(job: Run, addresses: readonly number[], scalars: readonly number[]): void {
    const { threads } = this.engine;
    const { kernel, walk, loops, reduced } = job;
    const outer = walk.sizes.length - loops.length;
    const stride = (scalarAt(addresses.length, scalars.length) + 63) & -64;
    const most = Threads.mostParts(stride);
    let work = job.weight;
    for (const n of walk.sizes) work *= n;
    const wanted = partsOf(work, threads.wanted);
    if (wanted === 1 && outer === 0) {
      const at = threads.parameters;
      this.write(at, job, addresses, scalars, [], 0, 0, 0, walk.sizes[loops[0]]);
      kernel.run(at, 0);
      return;
    }
    let positions = 1;
    for (let d = 0; d < outer; d++) positions *= walk.sizes[d];
    // Parts that join what others left have to follow one another.
    const isFree = reduced === 0 && wanted > 1;
    const [loop, size] = this.division(job, isFree ? Math.ceil(wanted / positions) : wanted);
    const start = threads.parameters;
    let parts = 0;
    const flush = () => {
      if (wanted > 1) threads.run(kernel, parts, stride);
      else for (let i = 0; i < parts; i++) kernel.run(start + i * stride, threads.scratch);
      parts = 0;
    };
    const at = new Array<number>(outer).fill(0);
    const extent = walk.sizes[loops[loop]];
    for (;;) {
      // After the first of several reduced positions the kernel joins what is there already.
      let joins = 0;
      for (let d = outer - reduced; d < outer; d++) if (at[d] > 0) joins = 1;
      for (let from = 0; from < extent; from += size) {
        const n = Math.min(size, extent - from);
        this.write(start + parts * stride, job, addresses, scalars, at, joins, loop, from, n);
        if (++parts === most) flush();
      }
      if (!isFree && parts > 0) flush();
      let d = outer - 1;
      while (d >= 0 && ++at[d] === walk.sizes[d]) at[d--] = 0;
      if (d < 0) break;
    }
    if (parts > 0) flush();
  }

  /** Which loop is divided, and into chunks of what size: the outermost one that is long enough, or the longest. */
  private division({ walk, loops, divisible }: Run, wanted: number): [number, number] {
    if (wanted <= 1 || divisible.length === 0) return [0, Number.POSITIVE_INFINITY];
    const chunks = (loop: number) =>
      Math.ceil(walk.sizes[loops[loop]] / grainOf(loop, loops.length));
    const best =
      divisible.find((loop) => chunks(loop) >= wanted) ??
      divisible.reduce((a, b) => (chunks(b) > chunks(a) ? b : a));
    const grain = grainOf(best, loops.length);
    const count = chunks(best);
    return [best, Math.ceil(count / Math.min(count, wanted)) * grain];
  }

  private write(
    address: number,
    { walk, loops, types }: Run,
    addresses: readonly number[],
    scalars: readonly number[],
    at: readonly number[],
    joins: number,
    divided: number,
    from: number,
    size: number,
  ): void {
    const { int32, float32 } = this.engine.memory;
    const base = address >> 2;
    for (let loop = 0; loop < loops.length; loop++)
      int32[base + (sizeAt(loop) >> 2)] = loop === divided ? size : walk.sizes[loops[loop]];
    int32[base + (FLAG_AT >> 2)] = joins;
    for (let k = 0; k < addresses.length; k++) {
      const bytes = elementBytes(types[k]);
      const strides = walk.strides[k];
      let p = addresses[k] + from * strides[loops[divided]] * bytes;
      for (let d = 0; d < at.length; d++) p += at[d] * strides[d] * bytes;
      int32[base + (pointerAt(k) >> 2)] = p;
      for (let loop = 0; loop < loops.length; loop++)
        int32[base + (strideAt(k, loop) >> 2)] = strides[loops[loop]] * bytes;
    }
    for (let i = 0; i < scalars.length; i++)
      float32[base + (scalarAt(addresses.length, i) >> 2)] = scalars[i];
  }
}
