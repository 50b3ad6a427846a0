import type { ReduceOp } from "@dl/tensor";
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
): { bytes: Uint8Array<ArrayBuffer>; lowering: Lowering } {
  const k = new Lowering(shape, target, 3);
  if (isRow) rows(k, op, shape, target);
  else columns(k, op, shape, target);
  return { bytes: moduleBytes([{ name: "run", fn: k.f }], target.shared, k.imports), lowering: k };
}

/** Results that are positions are stored as integers. */
const isInteger = (k: Lowering, shape: KernelShape): boolean =>
  shape.types[k.firstOutput] === "int32";
const fromStored = (k: Lowering, shape: KernelShape): unknown =>
  isInteger(k, shape) && k.f.v("f32x4.convert_i32x4_s");
const toStored = (k: Lowering, shape: KernelShape): unknown =>
  isInteger(k, shape) && k.f.v("i32x4.trunc_sat_f32x4_s");

function rows(k: Lowering, op: ReduceOp, shape: KernelShape, target: Target): void {
  const { f } = k;
  const combine = COMBINE[op];
  const identity = target.constantAddress(bitsOf(IDENTITY[op]));
  const [a, b, c, d] = [k.pointerSet(), k.pointerSet(), k.pointerSet(), k.pointerSet()];
  const [i, j, r, n] = [f.local(), f.local(), f.local(), f.local()];
  const totals = Array.from({ length: k.unroll }, () => f.local(V128));
  const rest = f.local(V128);
  const out = k.firstOutput;
  const value = (u: number) => k.slot(shape.program.exprs[0], u);
  k.pointers = d;
  const step = (vectors: number) => {
    k.run(k.body, vectors);
    for (let u = 0; u < vectors; u++) f.get(totals[u]).get(value(u)).v(combine).set(totals[u]);
    k.advance(d, 4 * vectors, out);
  };
  k.loadPointers(a);
  k.loadSize(0, i);
  f.countdown(i, 1, () => {
    k.copy(a, b);
    k.loadSize(1, j);
    f.countdown(j, 1, () => {
      k.copy(b, c);
      for (const total of [...totals, rest]) f.i32(identity).loadV().set(total);
      k.loadSize(2, r);
      f.countdown(r, 1, () => {
        k.copy(c, d);
        k.run(k.rowNodes);
        k.loadSize(3, n);
        if (k.unroll > 1) f.countdown(n, 4 * k.unroll, () => step(k.unroll));
        f.countdown(n, 4, () => step(1));
        f.countdown(n, 1, () => {
          k.run(k.body, 1, true);
          f.get(rest).get(value(0)).v(combine).set(rest);
          k.advance(d, 1, out);
        });
        k.stride(c, 2);
      });
      const [total] = totals;
      for (const other of totals.slice(1)) f.get(total).get(other).v(combine).set(total);
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

function columns(k: Lowering, op: ReduceOp, shape: KernelShape, target: Target): void {
  const { f } = k;
  const combine = COMBINE[op];
  const identity = target.constantAddress(bitsOf(IDENTITY[op]));
  const [a, b, c, d] = [k.pointerSet(), k.pointerSet(), k.pointerSet(), k.pointerSet()];
  const [i, j, r, n, p] = [f.local(), f.local(), f.local(), f.local(), f.local()];
  const totals = Array.from({ length: k.unroll }, () => f.local(V128));
  const out = k.firstOutput;
  const isUnit = shape.kinds[out] === UNIT;
  k.pointers = d;
  const block = (vectors: number, lane: boolean) => {
    for (let u = 0; u < vectors; u++) f.i32(identity).loadV().set(totals[u]);
    k.copy(b, c);
    k.loadSize(1, r);
    f.countdown(r, 1, () => {
      k.copy(c, d);
      k.loadSize(2, j);
      f.countdown(j, 1, () => {
        k.run(k.rowNodes);
        k.run(k.body, vectors, lane);
        for (let u = 0; u < vectors; u++)
          f.get(totals[u]).get(k.slot(shape.program.exprs[0], u)).v(combine).set(totals[u]);
        k.stride(d, 2);
      });
      k.stride(c, 1);
    });
    f.get(b[out]).set(p);
    for (let u = 0; u < vectors; u++) {
      if (isUnit && !lane) {
        f.get(0).loadI32(FLAG_AT);
        f.if(() => {
          f.get(totals[u])
            .get(p)
            .loadV(16 * u);
          fromStored(k, shape);
          f.v(combine).set(totals[u]);
        });
        f.get(p).get(totals[u]);
        toStored(k, shape);
        f.storeV(16 * u);
        continue;
      }
      for (let l = 0; l < (lane ? 1 : 4); l++) {
        f.get(p).get(0).loadI32(FLAG_AT);
        f.if(
          () => {
            f.get(totals[u]).get(p).loadSplat();
            fromStored(k, shape);
            f.v(combine);
          },
          () => f.get(totals[u]),
          V128,
        );
        toStored(k, shape);
        f.storeLane(l).bumpBy(p, k.steps[out]);
      }
    }
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
