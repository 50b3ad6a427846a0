import type { ReduceOp } from "@dl/tensor/core";
import { bitsOf, moduleBytes, V128, type VectorOp } from "./assembler.ts";
import { FLAG_AT, type KernelShape, Lowering, type Target, UNIT } from "./lowering.ts";

const COMBINE: Readonly<Record<ReduceOp, VectorOp>> = {
  sum: "f32x4.add",
  prod: "f32x4.mul",
  max: "f32x4.max",
  min: "f32x4.min",
};
const IDENTITY: Readonly<Record<ReduceOp, number>> = {
  sum: 0,
  prod: 1,
  max: -Infinity,
  min: Infinity,
};

/**
 * Two orders of loops. Rows: kept, kept, reduced, and innermost reduced again: vectors of partial results, joined across
 * their lanes in the end. Columns: kept, reduced, reduced, and innermost kept: vectors of results.
 *
 * With the flag set, what the output already holds is joined too.
 */
export function reduceKernel(
  op: ReduceOp,
  isRow: boolean,
  shape: KernelShape,
  target: Target,
): Uint8Array<ArrayBuffer> {
  const k = new Lowering(shape, target, 3);
  if (isRow) rows(k, op, shape);
  else columns(k, op, shape);
  return moduleBytes([{ name: "run", fn: k.f }, ...k.helpers], target.shared);
}

/** Results that are positions are stored as integers. */
const isInteger = (k: Lowering, shape: KernelShape): boolean =>
  shape.types[k.firstOutput] === "int32";
const fromStored = (k: Lowering, shape: KernelShape): unknown =>
  isInteger(k, shape) && k.f.v("f32x4.convert_i32x4_s");
const toStored = (k: Lowering, shape: KernelShape): unknown =>
  isInteger(k, shape) && k.f.v("i32x4.trunc_sat_f32x4_s");

/** So many values are added up in one lane before the total moves on: the error of a sum does not grow beyond theirs. */
const BLOCK = 256;

/**
 * Running totals of one or more vectors. Sums are added in blocks, and the blocks' totals with compensation (Kahan,
 * 1965): adding 16 million equal float32 numbers one after another loses 1 % of the result.
 */
class Totals {
  readonly current: readonly number[];
  private readonly k: Lowering;
  private readonly combine: VectorOp;
  private readonly identity: number;
  /** Of sums: what finished blocks add up to, and what rounding added to it. */
  private readonly sums: readonly { readonly total: number; readonly lost: number }[];
  /** How much the current block holds, and whether one has been finished: few sums are that long. */
  private readonly held: number;
  private readonly isLong: number;

  constructor(k: Lowering, op: ReduceOp, vectors: number) {
    this.k = k;
    this.combine = COMBINE[op];
    this.identity = bitsOf(IDENTITY[op]);
    const { f } = k;
    this.current = Array.from({ length: vectors }, () => f.local(V128));
    this.sums =
      op === "sum" ? this.current.map(() => ({ total: f.local(V128), lost: f.local(V128) })) : [];
    this.held = f.local();
    this.isLong = f.local();
  }

  reset(): void {
    this.clear(this.current);
    if (this.sums.length > 0) this.k.f.i32(0).set(this.held).i32(0).set(this.isLong);
  }

  /** Joins a value to the u-th total. */
  join(u: number, value: number): void {
    this.k.f.get(this.current[u]).get(value).v(this.combine).set(this.current[u]);
  }

  /** Runs `body`, which counts the local `count` down, with at most `size` of it at a time, and finishes blocks of `size`. */
  inBlocks(count: number, size: number, body: () => unknown): void {
    const { f } = this.k;
    if (this.sums.length === 0) {
      body();
      return;
    }
    const left = f.local();
    f.get(count).set(left);
    f.while(
      () => f.get(left).i32(0).op("i32.gt_s"),
      () => {
        f.get(left).i32(size).get(left).i32(size).op("i32.lt_s").op("select").tee(count);
        f.get(this.held).op("i32.add").set(this.held);
        f.get(left).get(count).op("i32.sub").set(left);
        body();
        f.get(this.held).i32(size).op("i32.ge_s");
        f.if(() => this.finishBlock());
      },
    );
  }

  /** Afterwards `current` holds everything. */
  finish(): void {
    if (this.sums.length === 0) return;
    const { f } = this.k;
    f.get(this.isLong).if(() => {
      this.finishBlock();
      this.sums.forEach(({ total }, u) => {
        f.get(total).set(this.current[u]);
      });
    });
  }

  private clear(locals: readonly number[]): void {
    for (const local of locals) {
      this.k.constant(this.identity);
      this.k.f.set(local);
    }
  }

  private finishBlock(): void {
    const { k, current, sums } = this;
    const { f } = k;
    f.get(this.isLong)
      .op("i32.eqz")
      .if(() => this.clear(sums.flatMap((s) => [s.total, s.lost])));
    f.i32(1).set(this.isLong).i32(0).set(this.held);
    sums.forEach(({ total, lost }, u) => {
      const block = current[u];
      // y = block − lost; t = total + y; lost = (t − total) − y, which is NaN beside infinities: then 0.
      f.get(block).get(lost).v("f32x4.sub").set(block);
      f.get(total).get(block).v("f32x4.add").tee(lost);
      f.get(total).v("f32x4.sub").get(block).v("f32x4.sub").set(block);
      f.get(lost).set(total);
      f.get(block).get(block).get(block).v("f32x4.eq").v("v128.and").set(lost);
    });
    this.clear(current);
  }
}

function rows(k: Lowering, op: ReduceOp, shape: KernelShape): void {
  const { f } = k;
  const combine = COMBINE[op];
  const [a, b, c, d] = [k.pointerSet(), k.pointerSet(), k.pointerSet(), k.pointerSet()];
  const [i, j, r, n] = [f.local(), f.local(), f.local(), f.local()];
  // The last vector takes, in lane 0, what is left of a row beyond whole vectors.
  const totals = new Totals(k, op, k.unroll + 1);
  const REST = k.unroll;
  const out = k.firstOutput;
  const value = (u: number) => k.slot(shape.program.exprs[0], u);
  k.pointers = d;
  const step = (vectors: number) => {
    k.run(k.body, vectors);
    for (let u = 0; u < vectors; u++) totals.join(u, value(u));
    k.advance(d, 4 * vectors, out);
    k.forget();
  };
  k.loadPointers(a);
  k.loadSize(0, i);
  f.countdown(i, 1, () => {
    k.copy(a, b);
    k.loadSize(1, j);
    f.countdown(j, 1, () => {
      k.copy(b, c);
      totals.reset();
      k.loadSize(2, r);
      f.countdown(r, 1, () => {
        k.copy(c, d);
        k.run(k.rowNodes);
        k.loadSize(3, n);
        totals.inBlocks(n, 4 * k.unroll * BLOCK, () => {
          if (k.unroll > 1) f.countdown(n, 4 * k.unroll, () => step(k.unroll));
          f.countdown(n, 4, () => step(1));
          f.countdown(n, 1, () => {
            k.run(k.body, 1, true);
            totals.join(REST, value(0));
            k.advance(d, 1, out);
          });
        });
        k.stride(c, 2);
      });
      totals.finish();
      const [total, ...others] = totals.current;
      const rest = others.pop()!;
      for (const other of others) f.get(total).get(other).v(combine).set(total);
      f.get(total).get(total).get(total).shuffle([2, 3, 2, 3]).v(combine).set(total);
      f.get(total)
        .get(total)
        .get(total)
        .shuffle([1, 1, 1, 1])
        .v(combine)
        .get(rest)
        .v(combine)
        .set(total);
      f.get(0).loadI32(FLAG_AT);
      f.if(() => {
        f.get(total).get(b[out]).loadZero();
        fromStored(k, shape);
        f.v(combine).set(total);
      });
      f.get(b[out]).get(total);
      toStored(k, shape);
      f.storeLane(0);
      k.stride(b, 1);
    });
    k.stride(a, 0);
  });
}

function columns(k: Lowering, op: ReduceOp, shape: KernelShape): void {
  const { f } = k;
  const combine = COMBINE[op];
  const [a, b, c, d] = [k.pointerSet(), k.pointerSet(), k.pointerSet(), k.pointerSet()];
  const [i, j, r, n, p] = [f.local(), f.local(), f.local(), f.local(), f.local()];
  const out = k.firstOutput;
  const isUnit = shape.kinds[out] === UNIT;
  k.pointers = d;
  const wide = new Totals(k, op, k.unroll);
  const narrow = k.unroll > 1 ? new Totals(k, op, 1) : wide;
  const block = (vectors: number, lane: boolean) => {
    const totals = vectors === 1 ? narrow : wide;
    totals.reset();
    k.copy(b, c);
    k.loadSize(1, r);
    f.countdown(r, 1, () => {
      k.copy(c, d);
      k.loadSize(2, j);
      totals.inBlocks(j, BLOCK, () =>
        f.countdown(j, 1, () => {
          k.run(k.rowNodes);
          k.run(k.body, vectors, lane);
          for (let u = 0; u < vectors; u++) totals.join(u, k.slot(shape.program.exprs[0], u));
          k.stride(d, 2);
          k.forget();
        }),
      );
      k.stride(c, 1);
    });
    totals.finish();
    f.get(b[out]).set(p);
    totals.current.forEach((total, u) => {
      if (isUnit && !lane) {
        f.get(0).loadI32(FLAG_AT);
        f.if(() => {
          f.get(total)
            .get(p)
            .loadV(16 * u);
          fromStored(k, shape);
          f.v(combine).set(total);
        });
        f.get(p).get(total);
        toStored(k, shape);
        f.storeV(16 * u);
        return;
      }
      for (let l = 0; l < (lane ? 1 : 4); l++) {
        f.get(p).get(0).loadI32(FLAG_AT);
        f.if(
          () => {
            f.get(total).get(p).loadSplat();
            fromStored(k, shape);
            f.v(combine);
          },
          () => f.get(total),
          V128,
        );
        toStored(k, shape);
        f.storeLane(l).bumpBy(p, k.steps[out]);
      }
    });
    k.advance(b, lane ? 1 : 4 * vectors);
  };
  k.loadPointers(a);
  k.loadSize(0, i);
  f.countdown(i, 1, () => {
    k.copy(a, b);
    k.loadSize(3, n);
    if (k.unroll > 1) f.countdown(n, 4 * k.unroll, () => block(k.unroll, false));
    f.countdown(n, 4, () => block(1, false));
    f.countdown(n, 1, () => block(1, true));
    k.stride(a, 0);
  });
}
