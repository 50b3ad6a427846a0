/**
 * Products of a matrix and a vector. They are bound by reading the matrix, so it is read once, in the order in which it
 * lies in memory, and never packed.
 */
import { Fn, I32, moduleBytes, V128 } from "./assembler.ts";
import { readWords } from "./parameters.ts";

/** sum += x · y, of locals. */
function multiplyAdd(f: Fn, hasMadd: boolean, x: number, y: () => unknown, sum: number): void {
  f.get(x);
  y();
  if (hasMadd) f.get(sum).v("f32x4.relaxed_madd").set(sum);
  else f.v("f32x4.mul").get(sum).v("f32x4.add").set(sum);
}

export const DOTS_WORDS = ["rows", "k", "a", "aRowBytes", "x", "y"] as const;

/** y[i] = Σ_p a[i, p] · x[p], where neighbours in p are neighbours in memory. */
export function dotsModule(hasMadd: boolean, shared: boolean): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const { rows, k, a, aRowBytes, x, y } = readWords(f, DOTS_WORDS);
  const [left, at] = [f.local(), f.local()];
  const value = f.local(V128);
  const tile = (height: number) => {
    const pointers = Array.from({ length: height }, () => f.local());
    // Two sums a row: one multiply-add does not wait for the one before.
    const sums = pointers.map(() => [f.local(V128), f.local(V128)]);
    f.countdown(rows, height, () => {
      for (const sum of sums.flat()) f.constantV(0).set(sum);
      for (const p of pointers) f.get(a).set(p).bumpBy(a, aRowBytes);
      f.get(k).set(left).get(x).set(at);
      for (const vectors of [2, 1]) {
        f.countdown(left, 4 * vectors, () => {
          for (let u = 0; u < vectors; u++) {
            f.get(at)
              .loadV(16 * u)
              .set(value);
            pointers.forEach((p, i) => {
              multiplyAdd(f, hasMadd, value, () => f.get(p).loadV(16 * u), sums[i][u]);
            });
          }
          for (const p of [at, ...pointers]) f.bump(p, 16 * vectors);
        });
      }
      f.countdown(left, 1, () => {
        f.get(at).loadZero().set(value);
        pointers.forEach((p, i) => {
          multiplyAdd(f, hasMadd, value, () => f.get(p).loadZero(), sums[i][0]);
        });
        for (const p of [at, ...pointers]) f.bump(p, 4);
      });
      for (const [sum, other] of sums) {
        f.get(sum).get(other).v("f32x4.add").tee(sum);
        f.get(sum).get(sum).shuffle([2, 3, 2, 3]).v("f32x4.add").tee(sum);
        f.get(sum).get(sum).shuffle([1, 1, 1, 1]).v("f32x4.add").set(sum);
        f.get(y).get(sum).storeLane(0).bump(y, 4);
      }
    });
  };
  tile(4);
  tile(1);
  return moduleBytes([{ name: "run", fn: f }], shared);
}

export const COMBINE_WORDS = ["n", "k", "x", "xBytes", "b", "bRowBytes", "y"] as const;

/** y[j] = Σ_p x[p] · b[p, j], where neighbours in j are neighbours in memory. */
export function combineModule(hasMadd: boolean, shared: boolean): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const { n, k, x, xBytes, b, bRowBytes, y } = readWords(f, COMBINE_WORDS);
  const [left, at] = [f.local(), f.local()];
  const sum = f.local(V128);
  const clear = (elements: number, store: () => unknown) =>
    f.countdown(left, elements, () => {
      f.get(at).constantV(0);
      store();
      f.bump(at, 4 * elements);
    });
  f.get(n).set(left).get(y).set(at);
  clear(4, () => f.storeV());
  clear(1, () => f.storeLane(0));
  /** So many rows of b at a time, since every one of them reads and writes y. */
  const rows = (height: number) => {
    const factors = Array.from({ length: height }, () => f.local(V128));
    const pointers = factors.map(() => f.local());
    f.countdown(k, height, () => {
      factors.forEach((factor, i) => {
        f.get(x).loadSplat().set(factor).bumpBy(x, xBytes);
        f.get(b).set(pointers[i]).bumpBy(b, bRowBytes);
      });
      f.get(n).set(left).get(y).set(at);
      f.countdown(left, 4, () => {
        f.get(at).loadV().set(sum);
        factors.forEach((factor, i) => {
          multiplyAdd(f, hasMadd, factor, () => f.get(pointers[i]).loadV(), sum);
        });
        f.get(at).get(sum).storeV();
        for (const p of [at, ...pointers]) f.bump(p, 16);
      });
      f.countdown(left, 1, () => {
        f.get(at).loadZero().set(sum);
        factors.forEach((factor, i) => {
          multiplyAdd(f, hasMadd, factor, () => f.get(pointers[i]).loadZero(), sum);
        });
        f.get(at).get(sum).storeLane(0);
        for (const p of [at, ...pointers]) f.bump(p, 4);
      });
    });
  };
  rows(4);
  rows(1);
  return moduleBytes([{ name: "run", fn: f }], shared);
}
