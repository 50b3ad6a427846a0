/**
 * Ops that look at whole rows of consecutive numbers: softmax, its logarithm, layer normalisation, cross-entropy, and what
 * flows back from them. A row is read from memory once; further passes over it find it in the first cache.
 */
import type { View } from "@dl/tensor";
import { type Kernel, SCRATCH_BYTES } from "../threads/threads.ts";
import { bitsOf, Fn, I32, moduleBytes, V128, type VectorOp } from "./assembler.ts";
import { type ConstantPool, Constants } from "./constants.ts";
import type { Engine } from "./engine.ts";
import { partsOf } from "./loops.ts";
import { VectorMath } from "./math.ts";
import { readWords, type Words } from "./parameters.ts";

/**
 * One part: some rows. `a` to `d` are rows of length n, `p` to `s` hold one number per row, `v` and `w` one per column;
 * `scalar` is a float, `qStep` how far the numbers of q are apart, 0 if all rows share one. What each is, a kernel says below; what it does not need is 0.
 */
const WORDS = ["rows", "n", "a", "b", "c", "p", "q", "v", "w", "scalar", "qStep"] as const;
type Locals = Words<(typeof WORDS)[number]>;
const PART_BYTES = 64;
/** Cost of an element, in nodes of a program, for the division into parts. */
const WEIGHT = 16;
const UNROLL = 4;

/** Accumulators of a pass: one per vector that is worked on side by side, and one of which lane 0 takes what is left. */
interface Accumulators {
  readonly vectors: readonly number[];
  readonly rest: number;
}

interface PassCode {
  readonly load: (pointer: number) => Fn;
  /** From a local. */
  readonly store: (pointer: number, value: number) => Fn;
  /** Which of these accumulators is this vector's. */
  readonly of: (accumulators: Accumulators) => number;
}

/** Code for rows. */
class Rows {
  readonly f = new Fn([I32, I32]);
  readonly w: Locals;
  readonly math: VectorMath;
  readonly constant: (bits: number) => void;
  private readonly left: number;

  constructor(pool: ConstantPool, hasMadd: boolean) {
    const { f } = this;
    this.w = readWords(f, WORDS);
    this.left = f.local();
    const constants = new Constants(f, (bits) => pool.address(bits));
    this.constant = (bits) => constants.push(bits);
    this.math = new VectorMath(f, this.constant, hasMadd);
  }

  vector(): number {
    return this.f.local(V128);
  }
  accumulators(): Accumulators {
    return {
      vectors: Array.from({ length: UNROLL }, () => this.vector()),
      rest: this.vector(),
    };
  }
  clear({ vectors, rest }: Accumulators, value: number): void {
    for (const local of [...vectors, rest]) {
      this.constant(bitsOf(value));
      this.f.set(local);
    }
  }

  /**
   * A pass over a row. `body` is run for each of several vectors, and for one number in lane 0; it uses the pointers by
   * `load` and `store`. What it does up to a `yield` is done for all vectors before it goes on: loads before stores, or the
   * engine could not join neighbouring vectors.
   */
  pass(pointers: readonly number[], body: (code: PassCode) => Generator<void> | void): void {
    const { f, left } = this;
    const own = pointers.map((p) => {
      const local = f.local();
      f.get(p).set(local);
      return local;
    });
    const at = (p: number) => own[pointers.indexOf(p)];
    const vector = (u: number): PassCode => ({
      load: (p) => f.get(at(p)).loadV(16 * u),
      store: (p, value) =>
        f
          .get(at(p))
          .get(value)
          .storeV(16 * u),
      of: ({ vectors }) => vectors[u],
    });
    const lane: PassCode = {
      load: (p) => f.get(at(p)).loadZero(),
      store: (p, value) => f.get(at(p)).get(value).storeLane(0),
      of: ({ rest }) => rest,
    };
    const sideBySide = (codes: readonly PassCode[]) => {
      const running = codes.map((code) => body(code));
      while (!running.map((steps) => steps?.next().done ?? true).every((done) => done));
    };
    f.get(this.w.n).set(left);
    f.countdown(left, 4 * UNROLL, () => {
      sideBySide(Array.from({ length: UNROLL }, (_, u) => vector(u)));
      for (const p of own) f.bump(p, 16 * UNROLL);
    });
    f.countdown(left, 4, () => {
      sideBySide([vector(0)]);
      for (const p of own) f.bump(p, 16);
    });
    f.countdown(left, 1, () => {
      sideBySide([lane]);
      for (const p of own) f.bump(p, 4);
    });
  }

  /** Pushes what all lanes together come to, in all lanes. */
  combine({ vectors, rest }: Accumulators, op: VectorOp): Fn {
    const { f } = this;
    const [first, ...others] = vectors;
    for (const other of others) f.get(first).get(other).v(op).set(first);
    f.get(first).get(first).shuffle([2, 3, 2, 3]).get(first).v(op).set(first);
    f.get(first).get(first).shuffle([1, 1, 1, 1]).get(first).v(op).get(rest).v(op).set(first);
    return f.get(first).get(first).shuffle([0, 0, 0, 0]);
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

  /** The row's maximum, in all lanes of a local. A NaN is passed over: the sum of exponentials will be one anyway. */
  maximum(row: number, into: number): void {
    const peaks = this.accumulators();
    this.clear(peaks, -Infinity);
    // pmax(a, b) is a < b ? b : a, one instruction, where max takes eight.
    this.pass([row], ({ load, of }) => {
      this.f.get(of(peaks));
      load(row).v("f32x4.pmax").set(of(peaks));
    });
    this.combine(peaks, "f32x4.pmax").set(into);
  }

  /** Pushes the sum of a row, in all lanes. */
  sum(row: number): Fn {
    const sums = this.accumulators();
    this.clear(sums, 0);
    this.pass([row], ({ load, of }) => {
      load(row).get(of(sums)).v("f32x4.add").set(of(sums));
    });
    return this.combine(sums, "f32x4.add");
  }

  /** A row computed from others, number by number: `value` pushes a vector of it. */
  fill(from: readonly number[], target: number, value: (load: PassCode["load"]) => void): void {
    const { f } = this;
    const all = from.includes(target) ? from : [...from, target];
    const self = this;
    this.pass(all, function* ({ load, store }) {
      const result = self.vector();
      value(load);
      f.set(result);
      yield;
      store(target, result);
    });
  }

  /** exp(x − peak) */
  exponentials(row: number, peak: number, target: number): void {
    this.fill([row], target, (load) => {
      load(row).get(peak).v("f32x4.sub");
      this.math.exp();
    });
  }

  finish(shared: boolean): Uint8Array<ArrayBuffer> {
    return moduleBytes([{ name: "run", fn: this.f }], shared);
  }
}

type Write = (code: Rows) => void;

/** a → b */
const softmax: Write = (k) => {
  const { w } = k;
  const [peak, share] = [k.vector(), k.vector()];
  k.eachRow([w.a, w.b], [], () => {
    k.maximum(w.a, peak);
    k.exponentials(w.a, peak, w.b);
    k.constant(bitsOf(1));
    k.sum(w.b).v("f32x4.div").set(share);
    k.fill([w.b], w.b, (load) => load(w.b).get(share).v("f32x4.mul"));
  });
};

/** a → b */
const logSoftmax: Write = (k) => {
  const { f, w } = k;
  const [peak, log] = [k.vector(), k.vector()];
  k.eachRow([w.a, w.b], [], () => {
    k.maximum(w.a, peak);
    k.exponentials(w.a, peak, w.b);
    k.sum(w.b);
    k.math.log();
    f.set(log);
    k.fill([w.a], w.b, (load) => load(w.a).get(peak).v("f32x4.sub").get(log).v("f32x4.sub"));
  });
};

/** The result y = a, its gradient b → c = a · (b − Σ a · b). */
const softmaxGradient: Write = (k) => {
  const { w } = k;
  const sum = k.vector();
  k.eachRow([w.a, w.b, w.c], [], () => {
    k.fill([w.a, w.b], w.c, (load) => {
      load(w.a);
      load(w.b).v("f32x4.mul");
    });
    k.sum(w.c).set(sum);
    k.fill([w.a, w.b], w.c, (load) => {
      load(w.a);
      load(w.b).get(sum).v("f32x4.sub").v("f32x4.mul");
    });
  });
};

/** The result y = a, its gradient b → c = b − exp(a) · Σ b. */
const logSoftmaxGradient: Write = (k) => {
  const { f, w } = k;
  const sum = k.vector();
  k.eachRow([w.a, w.b, w.c], [], () => {
    k.sum(w.b).set(sum);
    k.fill([w.a, w.b], w.c, (load) => {
      const value = k.vector();
      load(w.a);
      k.math.exp();
      f.get(sum).v("f32x4.mul").set(value);
      load(w.b).get(value).v("f32x4.sub");
    });
  });
};

/** a → b = (a − mean) · rstd · v + w; mean → p, 1 / √(variance + scalar) → q. */
const layerNorm: Write = (k) => {
  const { f, w } = k;
  const sums = k.accumulators();
  const [share, mean, inverse] = [k.vector(), k.vector(), k.vector()];
  k.constant(bitsOf(1));
  f.get(w.n).v("i32x4.splat").v("f32x4.convert_i32x4_s").v("f32x4.div").set(share);
  k.eachRow([w.a, w.b], [w.p, w.q], () => {
    k.sum(w.a).get(share).v("f32x4.mul").set(mean);
    k.clear(sums, 0);
    k.pass([w.a], ({ load, of }) => {
      const d = k.vector();
      load(w.a).get(mean).v("f32x4.sub").set(d);
      f.get(d).get(d).v("f32x4.mul").get(of(sums)).v("f32x4.add").set(of(sums));
    });
    k.constant(bitsOf(1));
    k.combine(sums, "f32x4.add").get(share).v("f32x4.mul").get(w.scalar).v("i32x4.splat");
    f.v("f32x4.add").v("f32x4.sqrt").v("f32x4.div").set(inverse);
    f.get(w.p).get(mean).storeLane(0).get(w.q).get(inverse).storeLane(0);
    const centred = (load: PassCode["load"]) =>
      load(w.a).get(mean).v("f32x4.sub").get(inverse).v("f32x4.mul");
    f.get(w.v).if(
      () =>
        k.fill([w.a, w.v, w.w], w.b, (load) => {
          centred(load);
          load(w.v).v("f32x4.mul");
          load(w.w).v("f32x4.add");
        }),
      () => k.fill([w.a], w.b, centred),
    );
  });
};

/**
 * The input x = a, the result's gradient b, mean p, rstd q, weight v or none →
 * c = q · (h − mean(h) − x̂ · mean(h · x̂)) with h = b · v and x̂ = (a − p) · q.
 */
const layerNormGradient: Write = (k) => {
  const { f, w } = k;
  const [sums, products] = [k.accumulators(), k.accumulators()];
  const [share, mean, inverse, sum, product] = Array.from({ length: 5 }, () => k.vector());
  k.constant(bitsOf(1));
  f.get(w.n).v("i32x4.splat").v("f32x4.convert_i32x4_s").v("f32x4.div").set(share);
  const row = (isWeighted: boolean) => {
    const weights = isWeighted ? [w.v] : [];
    /** h and x̂, in locals. */
    const both = (load: PassCode["load"]): [number, number] => {
      const [h, x] = [k.vector(), k.vector()];
      load(w.b);
      if (isWeighted) load(w.v).v("f32x4.mul");
      f.set(h);
      load(w.a).get(mean).v("f32x4.sub").get(inverse).v("f32x4.mul").set(x);
      return [h, x];
    };
    k.pass([w.a, w.b, ...weights], ({ load, of }) => {
      const [h, x] = both(load);
      f.get(h).get(of(sums)).v("f32x4.add").set(of(sums));
      f.get(h).get(x).v("f32x4.mul").get(of(products)).v("f32x4.add").set(of(products));
    });
    k.combine(sums, "f32x4.add").get(share).v("f32x4.mul").set(sum);
    k.combine(products, "f32x4.add").get(share).v("f32x4.mul").set(product);
    k.fill([w.a, w.b, ...weights], w.c, (load) => {
      const [h, x] = both(load);
      f.get(h).get(sum).v("f32x4.sub").get(x).get(product).v("f32x4.mul").v("f32x4.sub");
      f.get(inverse).v("f32x4.mul");
    });
  };
  k.eachRow([w.a, w.b, w.c], [w.p, w.q], () => {
    f.get(w.p).loadSplat().set(mean).get(w.q).loadSplat().set(inverse);
    k.clear(sums, 0);
    k.clear(products, 0);
    f.get(w.v).if(
      () => row(true),
      () => row(false),
    );
  });
};

/** Logits a, targets p → losses q = log Σ exp(a) − a[p]. */
const crossEntropy: Write = (k) => {
  const { f, w } = k;
  const scratch = 1;
  const [peak, log] = [k.vector(), k.vector()];
  k.eachRow([w.a], [w.p, w.q], () => {
    k.maximum(w.a, peak);
    k.exponentials(w.a, peak, scratch);
    k.sum(scratch);
    k.math.log();
    f.set(log);
    f.get(w.q).get(log);
    f.get(w.p).loadI32().i32(2).op("i32.shl").get(w.a).op("i32.add").loadZero();
    f.get(peak).v("f32x4.sub").v("f32x4.sub").storeLane(0);
  });
};

/** Logits a, targets p, the losses' gradients q → c = (softmax(a) − 1 at p) · q. */
const crossEntropyGradient: Write = (k) => {
  const { f, w } = k;
  const [peak, factor] = [k.vector(), k.vector()];
  const at = f.local();
  k.eachRow([w.a, w.c], [w.p, w.q], () => {
    k.maximum(w.a, peak);
    k.exponentials(w.a, peak, w.c);
    f.get(w.q).loadSplat();
    k.sum(w.c).v("f32x4.div").set(factor);
    k.fill([w.c], w.c, (load) => load(w.c).get(factor).v("f32x4.mul"));
    f.get(w.p).loadI32().i32(2).op("i32.shl").get(w.c).op("i32.add").tee(at);
    f.get(at).loadZero().get(w.q).loadZero().v("f32x4.sub").storeLane(0);
  });
};

const KERNELS = {
  softmax,
  logSoftmax,
  softmaxGradient,
  logSoftmaxGradient,
  layerNorm,
  layerNormGradient,
  crossEntropy,
  crossEntropyGradient,
};

/** Operands by the names of the words. */
type Operands = Partial<Record<"a" | "b" | "c" | "p" | "q" | "v" | "w", View | undefined>>;
const ROWS = ["a", "b", "c"] as const;
const NUMBERS = ["p", "q"] as const;
const COLUMNS = ["v", "w"] as const;

export class RowOps {
  private readonly engine: Engine;
  private readonly pool: ConstantPool;
  private readonly kernels = new Map<string, Kernel>();

  constructor(engine: Engine, pool: ConstantPool) {
    this.engine = engine;
    this.pool = pool;
  }

  softmax(
    name: "softmax" | "logSoftmax",
    [a]: readonly View[],
    [b]: readonly View[],
    { axis }: { axis: number },
  ): boolean {
    return axis === a.shape.length - 1 && this.run(name, a.shape[axis], { a, b });
  }
  softmaxGradient(
    name: "softmaxGradient" | "logSoftmaxGradient",
    [a, b]: readonly View[],
    [c]: readonly View[],
    { axis }: { axis: number },
  ): boolean {
    return axis === a.shape.length - 1 && this.run(name, a.shape[axis], { a, b, c });
  }
  /** x, and perhaps weight and bias → y, mean, rstd. */
  layerNorm(
    [a, v, w]: readonly View[],
    [b, p, q]: readonly View[],
    { eps, size }: { eps: number; size: number },
  ): boolean {
    return this.run("layerNorm", size, { a, b, p, q, v, w }, eps);
  }
  /** x, the gradient of y, mean, rstd, and perhaps a weight → the gradient of x. */
  layerNormGradient(
    [a, b, p, q, v]: readonly View[],
    [c]: readonly View[],
    { size }: { size: number },
  ): boolean {
    return this.run("layerNormGradient", size, { a, b, c, p, q, v });
  }
  /** logits [N, C], targets [N] → losses [N]. */
  crossEntropy([a, p]: readonly View[], [q]: readonly View[]): boolean {
    return this.areInRange(a, p) && this.run("crossEntropy", a.shape[1], { a, p, q });
  }
  /** logits, targets, the losses' gradients → the logits'. */
  crossEntropyGradient([a, p, q]: readonly View[], [c]: readonly View[]): boolean {
    return this.areInRange(a, p) && this.run("crossEntropyGradient", a.shape[1], { a, c, p, q });
  }

  /** An index outside is left to the kernels that say which it is. */
  private areInRange({ shape }: View, targets: View): boolean {
    if (targets.dtype !== "int32" || !targets.contiguous) return false;
    const { memory } = this.engine;
    const start = memory.address(targets.buffer) / 4 + targets.offset;
    const { int32 } = memory;
    for (let i = 0; i < targets.numel; i++) if (int32[start + i] >>> 0 >= shape[1]) return false;
    return true;
  }

  private run(name: keyof typeof KERNELS, n: number, operands: Operands, scalar = 0): boolean {
    const { memory, threads, shared, machine } = this.engine;
    const isOneNumber = operands.q?.strides.every((step) => step === 0) ?? false;
    for (const v of Object.values(operands)) {
      if (!v) continue;
      if (!v.contiguous && !(v === operands.q && isOneNumber)) return false;
      if (v.dtype !== "float32" && v !== operands.p) return false;
    }
    const { numel } = operands.a!;
    // A row of cross-entropy's goes through the scratch memory.
    if (numel === 0 || 4 * n > SCRATCH_BYTES) return false;
    let kernel = this.kernels.get(name);
    if (!kernel) {
      const code = new Rows(this.pool, machine.hasMadd);
      KERNELS[name](code);
      kernel = threads.compile(code.finish(shared));
      this.kernels.set(name, kernel);
    }
    const address = (v: View | undefined) => (v ? memory.address(v.buffer) + 4 * v.offset : 0);
    const at: Record<string, number> = {};
    for (const key of [...ROWS, ...NUMBERS, ...COLUMNS]) at[key] = address(operands[key]);
    const rows = numel / n;
    const parts = Math.min(rows, partsOf(numel * WEIGHT, threads.wanted));
    const size = Math.ceil(rows / parts);
    const start = threads.parameters;
    const { int32 } = memory;
    let part = 0;
    for (let from = 0; from < rows; from += size, part++) {
      const base = (start + part * PART_BYTES) >> 2;
      const word = (key: string) => base + WORDS.indexOf(key as (typeof WORDS)[number]);
      int32[word("rows")] = Math.min(size, rows - from);
      int32[word("n")] = n;
      int32[word("scalar")] = bitsOf(scalar);
      for (const key of ROWS) int32[word(key)] = at[key] + 4 * n * from;
      int32[word("p")] = at.p + 4 * from;
      int32[word("q")] = at.q + (isOneNumber ? 0 : 4 * from);
      int32[word("qStep")] = isOneNumber ? 0 : 4;
      for (const key of COLUMNS) int32[word(key)] = at[key];
    }
    threads.run(kernel, part, PART_BYTES);
    return true;
  }
}
