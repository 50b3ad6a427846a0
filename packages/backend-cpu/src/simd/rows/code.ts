/**
 * Ops that look at whole rows of consecutive numbers: softmax, its logarithm, layer normalisation, cross-entropy, and what
 * flows back from them. A row is read from memory once; further passes over it find it in the first cache.
 */
import { Fn, I32, moduleBytes, V128, type VectorOp } from "../assembler.ts";
import { type ConstantPool, Constants } from "../constants.ts";
import type { Machine } from "../gemm/tile.ts";
import { expOfNegative } from "../math/index.ts";
import { readWords, type Words } from "../parameters.ts";
import { type Operand, type Vec, Vectors } from "../vectors.ts";

/**
 * One part: some rows. `a` to `d` are rows of length n, `p` to `s` hold one number per row, `v` and `w` one per column;
 * `scalar` is a float, `qStep` how far the numbers of q are apart, 0 if all rows share one. What each is, a kernel says below; what it does not need is 0.
 */
export const ROW_WORDS = [
  "rows",
  "n",
  "a",
  "b",
  "c",
  "p",
  "q",
  "v",
  "w",
  "scalar",
  "qStep",
] as const;
type Locals = Words<(typeof ROW_WORDS)[number]>;

/** Totals of a pass: one for each of the vectors side by side, and one of which lane 0 takes what is left. */
interface Totals {
  readonly vectors: Vec;
  readonly rest: Vec;
}

/** The elements at which a pass is: some vectors, or one number in lane 0. */
export interface Place {
  readonly load: (pointer: number) => Vec;
  readonly store: (pointer: number, value: Vec) => void;
  /** Joins values to these totals. */
  readonly join: (totals: Totals, op: VectorOp, value: Vec) => void;
}

/** Code for rows. */

export class Rows {
  readonly f = new Fn([I32, I32]);
  readonly v: Vectors;
  readonly w: Locals;
  private readonly left: number;
  /** So many vectors are worked on side by side. */
  private readonly width: number;

  constructor(pool: ConstantPool, { hasMadd, vectors }: Machine) {
    const { f } = this;
    this.width = 2 * vectors;
    this.w = readWords(f, ROW_WORDS);
    this.left = f.local();
    const constants = new Constants(f, (bits) => pool.address(bits));
    this.v = new Vectors({ f, constants, hasMadd });
  }

  /** A variable that lasts, for one vector. */
  variable(): Vec {
    return [this.f.local(V128)];
  }
  /** A vector that is on the stack. */
  pushed(): Vec {
    return this.v.each([], () => {});
  }
  /** The number at this address in all lanes. */
  splat(pointer: number): Vec {
    this.f.get(pointer).loadSplat();
    return this.pushed();
  }
  totals(start: number): Totals {
    const vectors = Array.from({ length: this.width }, () => this.f.local(V128));
    const totals = { vectors, rest: this.variable() };
    this.clear(totals, start);
    return totals;
  }
  clear({ vectors, rest }: Totals, value: number): void {
    this.v.assign([...vectors, ...rest], value);
  }

  /** A pass over a row: `body` says what happens to the elements at a place. */
  pass(pointers: readonly number[], body: (place: Place) => void): void {
    const { f, v, left, width } = this;
    const own = pointers.map((p) => {
      const local = f.local();
      f.get(p).set(local);
      return local;
    });
    const at = (p: number) => f.get(own[pointers.indexOf(p)]);
    const side = (count: number): Place => ({
      load: (p) => v.each([], (u) => at(p).loadV(16 * u), count),
      store: (p, value) =>
        value.forEach((local, u) => {
          at(p)
            .get(local)
            .storeV(16 * u);
        }),
      join: ({ vectors }, op, value) => {
        const some = vectors.slice(0, count);
        v.assign(some, v.op(op, some, value));
      },
    });
    const lane: Place = {
      load: (p) => v.each([], () => at(p).loadZero()),
      store: (p, [local]) => at(p).get(local).storeLane(0),
      join: ({ rest }, op, value) => v.assign(rest, v.op(op, rest, value)),
    };
    const step = (place: Place, bytes: number) => () => {
      v.begin();
      body(place);
      for (const p of own) f.bump(p, bytes);
      v.forget();
    };
    f.get(this.w.n).set(left);
    f.countdown(left, 4 * width, step(side(width), 16 * width));
    f.countdown(left, 4, step(side(1), 16));
    f.countdown(left, 1, step(lane, 4));
  }

  /** What all lanes together come to, in all lanes. */
  combine({ vectors, rest }: Totals, op: VectorOp): Vec {
    const { v } = this;
    const [first, ...others] = vectors.map((local): Vec => [local]);
    const four = others.reduce((sum, other) => v.op(op, sum, other), first);
    const two = v.op(op, v.shuffle(four, four, [2, 3, 2, 3]), four);
    const one = v.op(op, v.op(op, v.shuffle(two, two, [1, 1, 1, 1]), two), rest);
    return v.shuffle(one, one, [0, 0, 0, 0]);
  }

  /** For each row; afterwards the pointers given move on by a row, or by one number. */
  eachRow(rows: readonly number[], numbers: readonly number[], body: () => unknown): void {
    const { f, w } = this;
    const bytes = f.local();
    f.get(w.n).i32(2).op("i32.shl").set(bytes);
    f.countdown(w.rows, 1, () => {
      body();
      for (const p of rows) f.bumpBy(p, bytes);
      for (const p of numbers)
        if (p === w.q) f.bumpBy(p, w.qStep);
        else f.bump(p, 4);
    });
  }

  /** The row's maximum, in all lanes. A NaN is passed over: the sum of exponentials will be one anyway. */
  maximum(row: number): Vec {
    const peaks = this.totals(-Infinity);
    // pmax(a, b) is a < b ? b : a, one instruction, where max takes eight.
    this.pass([row], ({ load, join }) => join(peaks, "f32x4.pmax", load(row)));
    return this.kept(this.combine(peaks, "f32x4.pmax"));
  }

  /** The sum of a row, in all lanes. */
  sum(row: number): Vec {
    const sums = this.totals(0);
    this.pass([row], ({ load, join }) => join(sums, "f32x4.add", load(row)));
    return this.combine(sums, "f32x4.add");
  }

  /** A copy that outlasts passes. */
  kept(x: Operand): Vec {
    const variable = this.variable();
    this.v.assign(variable, x);
    return variable;
  }

  /** A row computed from others, number by number. */
  fill(from: readonly number[], target: number, value: (load: Place["load"]) => Vec): void {
    const all = from.includes(target) ? from : [...from, target];
    this.pass(all, ({ load, store }) => store(target, value(load)));
  }

  /** exp(x − peak) of a row; then their sum, in a pass of its own: beside running sums the engine joins no vectors. */
  exponentials(row: number, peak: Vec, target: number): Vec {
    const { v } = this;
    this.fill([row], target, (load) => expOfNegative(v, v.sub(load(row), peak)));
    return this.sum(target);
  }

  /** 1 / n */
  share(): Vec {
    const { f, v } = this;
    f.get(this.w.n).v("i32x4.splat").v("f32x4.convert_i32x4_s");
    return this.kept(v.div(1, this.pushed()));
  }

  finish(shared: boolean): Uint8Array<ArrayBuffer> {
    return moduleBytes([{ name: "run", fn: this.f }, ...this.v.helpers], shared);
  }
}
