/**
 * Copies between two orders of dimensions, along which source and target each have one of stride 1. Read or written one
 * element at a time, every element costs a cache line; four by four, turned in registers, whole lines are used.
 */
import type { Memory } from "../memory.ts";
import { Fn, I32, moduleBytes, V128 } from "./assembler.ts";

/** So many rows of the source are worked on at a time: their lines stay in the cache until all of their columns are done. */
const ROWS = 64;

/** turn(rows, columns, source, sourceBytes, target, targetBytes): target[c, r] = source[r, c], with bytes from row to row. */
function turnKernel(): Fn {
  const f = new Fn(new Array<number>(6).fill(I32));
  const [rows, columns, source, sourceBytes, target, targetBytes] = [0, 1, 2, 3, 4, 5];
  const [block, left, from, column, p, r] = [
    f.local(),
    f.local(),
    f.local(),
    f.local(),
    f.local(),
    f.local(),
  ];
  const to = Array.from({ length: 8 }, () => f.local());
  const row = f.local();
  const q = Array.from({ length: 8 }, () => f.local(V128));
  const interleave = (x: number, y: number, lanes: readonly number[], into: number) =>
    f.get(q[x]).get(q[y]).shuffle(lanes).set(q[into]);
  const fourByFour = (first: number) => {
    f.get(p).set(r);
    for (let i = 0; i < 4; i++) {
      f.get(r)
        .loadV(4 * first)
        .set(q[i]);
      if (i < 3) f.bumpBy(r, sourceBytes);
    }
    interleave(0, 1, [0, 4, 1, 5], 4);
    interleave(2, 3, [0, 4, 1, 5], 5);
    interleave(0, 1, [2, 6, 3, 7], 6);
    interleave(2, 3, [2, 6, 3, 7], 7);
    const turned = [
      [4, 5, [0, 1, 4, 5]],
      [4, 5, [2, 3, 6, 7]],
      [6, 7, [0, 1, 4, 5]],
      [6, 7, [2, 3, 6, 7]],
    ] as const;
    turned.forEach(([x, y, lanes], i) => {
      f.get(to[first + i])
        .get(q[x])
        .get(q[y])
        .shuffle(lanes)
        .storeV();
    });
  };
  const strip = (width: number) =>
    f.countdown(left, width, () => {
      const targets = to.slice(0, width);
      f.get(column).set(p);
      for (const t of targets) f.get(row).set(t).bumpBy(row, targetBytes);
      f.get(block).set(from);
      if (width >= 4)
        f.countdown(from, 4, () => {
          for (let first = 0; first < width; first += 4) fourByFour(first);
          f.get(sourceBytes).i32(2).op("i32.shl").get(p).op("i32.add").set(p);
          for (const t of targets) f.bump(t, 16);
        });
      f.countdown(from, 1, () => {
        targets.forEach((t, i) => {
          f.get(t)
            .get(p)
            .loadF32(4 * i)
            .storeF32();
        });
        f.bumpBy(p, sourceBytes);
        for (const t of targets) f.bump(t, 4);
      });
      f.bump(column, 4 * width);
    });
  f.while(
    () => f.get(rows).i32(0).op("i32.gt_s"),
    () => {
      f.get(rows).i32(ROWS).get(rows).i32(ROWS).op("i32.lt_s").op("select").set(block);
      f.get(columns).set(left).get(source).set(column).get(target).set(row);
      for (const width of [8, 4, 1]) strip(width);
      f.get(source).get(sourceBytes).i32(ROWS).op("i32.mul").op("i32.add").set(source);
      f.bump(target, 4 * ROWS).bump(rows, -ROWS);
    },
  );
  return f;
}

type Turn = (
  rows: number,
  columns: number,
  source: number,
  sourceBytes: number,
  target: number,
  targetBytes: number,
) => void;

/** One operand on its way into another order of dimensions; strides count elements of four bytes. */
export interface Turning {
  readonly sizes: readonly number[];
  readonly source: number;
  readonly sourceStrides: readonly number[];
  readonly target: number;
  readonly targetStrides: readonly number[];
  /** The dimension along which the source, the one along which the target is contiguous. */
  readonly column: number;
  readonly row: number;
}

export class Transpose {
  private readonly memory: Memory;
  private readonly shared: boolean;
  private turn: Turn | null = null;

  constructor(memory: Memory, shared: boolean) {
    this.memory = memory;
    this.shared = shared;
  }

  run({ sizes, source, sourceStrides, target, targetStrides, column, row }: Turning): void {
    this.turn ??= this.compile();
    const others = sizes.map((_, d) => d).filter((d) => d !== column && d !== row);
    const at = others.map(() => 0);
    for (;;) {
      let from = source;
      let to = target;
      others.forEach((d, i) => {
        from += 4 * at[i] * sourceStrides[d];
        to += 4 * at[i] * targetStrides[d];
      });
      this.turn(
        sizes[row],
        sizes[column],
        from,
        4 * sourceStrides[row],
        to,
        4 * targetStrides[column],
      );
      let i = others.length - 1;
      while (i >= 0 && ++at[i] === sizes[others[i]]) at[i--] = 0;
      if (i < 0) return;
    }
  }

  private compile(): Turn {
    const bytes = moduleBytes([{ name: "turn", fn: turnKernel() }], this.shared);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: this.memory.wasm },
    });
    return instance.exports.turn as Turn;
  }
}
