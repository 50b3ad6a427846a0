/**
 * Ops that look at whole rows of consecutive numbers: softmax, its logarithm, layer normalisation, cross-entropy, and what
 * flows back from them. A row is read from memory once; further passes over it find it in the first cache.
 */
import type { View } from "@dl/tensor";
import { type Kernel, SCRATCH_BYTES } from "../threads/threads.ts";
import { bitsOf, Fn, I32, moduleBytes, V128, type VectorOp } from "./assembler.ts";
import { type ConstantPool, Constants } from "./constants.ts";
import type { Engine } from "./engine.ts";
import type { Family } from "./family.ts";
import type { Machine } from "./gemm/tile.ts";
import { partsOf } from "./loops.ts";
import { exp, expOfNegative, log } from "./math/index.ts";
import { readWords, type Words } from "./parameters.ts";
import { type Operand, type Vec, Vectors } from "./vectors.ts";

/**
 * One part: some rows. `a` to `d` are rows of length n, `p` to `s` hold one number per row, `v` and `w` one per column;
 * `scalar` is a float, `qStep` how far the numbers of q are apart, 0 if all rows share one. What each is, a kernel says below; what it does not need is 0.
 */
const WORDS = ["rows", "n", "a", "b", "c", "p", "q", "v", "w", "scalar", "qStep"] as const;
type Locals = Words<(typeof WORDS)[number]>;
const PART_BYTES = 64;
/** Cost of an element, in nodes of a program, for the division into parts. */
const WEIGHT = 16;

/** Totals of a pass: one for each of the vectors side by side, and one of which lane 0 takes what is left. */
interface Totals {
  readonly vectors: Vec;
  readonly rest: Vec;
}

/** The elements at which a pass is: some vectors, or one number in lane 0. */
interface Place {
  readonly load: (pointer: number) => Vec;
  readonly store: (pointer: number, value: Vec) => void;
  /** Joins values to these totals. */
  readonly join: (totals: Totals, op: VectorOp, value: Vec) => void;
}

/** Code for rows. */
class Rows {
  readonly f = new Fn([I32, I32]);
  readonly v: Vectors;
  readonly w: Locals;
  private readonly left: number;
  /** So many vectors are worked on side by side. */
  private readonly width: number;

  constructor(pool: ConstantPool, { hasMadd, vectors }: Machine) {
    const { f } = this;
    this.width = 2 * vectors;
    this.w = readWords(f, WORDS);
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

type Write = (code: Rows) => void;

/** a → b */
const softmax: Write = (k) => {
  const { v, w } = k;
  k.eachRow([w.a, w.b], [], () => {
    const share = k.kept(v.div(1, k.exponentials(w.a, k.maximum(w.a), w.b)));
    k.fill([w.b], w.b, (load) => v.mul(load(w.b), share));
  });
};

/** a → b */
const logSoftmax: Write = (k) => {
  const { v, w } = k;
  k.eachRow([w.a, w.b], [], () => {
    const peak = k.maximum(w.a);
    const logSum = k.kept(log(v, k.exponentials(w.a, peak, w.b)));
    k.fill([w.a], w.b, (load) => v.sub(v.sub(load(w.a), peak), logSum));
  });
};

/** The result y = a, its gradient b → c = a · (b − Σ a · b). */
const softmaxGradient: Write = (k) => {
  const { v, w } = k;
  k.eachRow([w.a, w.b, w.c], [], () => {
    k.fill([w.a, w.b], w.c, (load) => v.mul(load(w.a), load(w.b)));
    const sum = k.kept(k.sum(w.c));
    k.fill([w.a, w.b], w.c, (load) => v.mul(load(w.a), v.sub(load(w.b), sum)));
  });
};

/** The result y = a, its gradient b → c = b − exp(a) · Σ b. */
const logSoftmaxGradient: Write = (k) => {
  const { v, w } = k;
  k.eachRow([w.a, w.b, w.c], [], () => {
    const sum = k.kept(k.sum(w.b));
    k.fill([w.a, w.b], w.c, (load) => v.sub(load(w.b), v.mul(exp(v, load(w.a)), sum)));
  });
};

/** a → b = (a − mean) · rstd · v + w; mean → p, 1 / √(variance + scalar) → q. */
const layerNorm: Write = (k) => {
  const { f, v, w } = k;
  const share = k.share();
  k.eachRow([w.a, w.b], [w.p, w.q], () => {
    const mean = k.kept(v.mul(k.sum(w.a), share));
    const squares = k.totals(0);
    k.pass([w.a], ({ load, join }) => {
      const d = v.sub(load(w.a), mean);
      join(squares, "f32x4.add", v.mul(d, d));
    });
    f.get(w.scalar).v("i32x4.splat");
    const eps = k.pushed();
    const variance = v.mul(k.combine(squares, "f32x4.add"), share);
    const inverse = k.kept(v.div(1, v.sqrt(v.add(variance, eps))));
    f.get(w.p).get(mean[0]).storeLane(0).get(w.q).get(inverse[0]).storeLane(0);
    const centred = (load: Place["load"]) => v.mul(v.sub(load(w.a), mean), inverse);
    f.get(w.v).if(
      () =>
        k.fill([w.a, w.v, w.w], w.b, (load) => v.add(v.mul(centred(load), load(w.v)), load(w.w))),
      () => k.fill([w.a], w.b, centred),
    );
  });
};

/**
 * The input x = a, the result's gradient b, mean p, rstd q, weight v or none →
 * c = q · (h − mean(h) − x̂ · mean(h · x̂)) with h = b · v and x̂ = (a − p) · q.
 */
const layerNormGradient: Write = (k) => {
  const { f, v, w } = k;
  const share = k.share();
  const row = (isWeighted: boolean, mean: Vec, inverse: Vec) => {
    const from = [w.a, w.b, ...(isWeighted ? [w.v] : [])];
    /** h and x̂ */
    const both = (load: Place["load"]): [Vec, Vec] => [
      isWeighted ? v.mul(load(w.b), load(w.v)) : load(w.b),
      v.mul(v.sub(load(w.a), mean), inverse),
    ];
    const [sums, products] = [k.totals(0), k.totals(0)];
    k.pass(from, ({ load, join }) => {
      const [h, x] = both(load);
      join(sums, "f32x4.add", h);
      join(products, "f32x4.add", v.mul(h, x));
    });
    const sum = k.kept(v.mul(k.combine(sums, "f32x4.add"), share));
    const product = k.kept(v.mul(k.combine(products, "f32x4.add"), share));
    k.fill(from, w.c, (load) => {
      const [h, x] = both(load);
      return v.mul(v.sub(v.sub(h, sum), v.mul(x, product)), inverse);
    });
  };
  k.eachRow([w.a, w.b, w.c], [w.p, w.q], () => {
    const [mean, inverse] = [k.kept(k.splat(w.p)), k.kept(k.splat(w.q))];
    f.get(w.v).if(
      () => row(true, mean, inverse),
      () => row(false, mean, inverse),
    );
  });
};

/** Logits a, targets p → losses q = log Σ exp(a) − a[p]. */
const crossEntropy: Write = (k) => {
  const { f, v, w } = k;
  const scratch = 1;
  k.eachRow([w.a], [w.p, w.q], () => {
    const peak = k.maximum(w.a);
    const logSum = log(v, k.exponentials(w.a, peak, scratch));
    f.get(w.p).loadI32().i32(2).op("i32.shl").get(w.a).op("i32.add").loadZero();
    const [loss] = v.sub(logSum, v.sub(k.pushed(), peak));
    f.get(w.q).get(loss).storeLane(0);
  });
};

/** Logits a, targets p, the losses' gradients q → c = (softmax(a) − 1 at p) · q. */
const crossEntropyGradient: Write = (k) => {
  const { f, v, w } = k;
  const at = f.local();
  k.eachRow([w.a, w.c], [w.p, w.q], () => {
    const sum = k.exponentials(w.a, k.maximum(w.a), w.c);
    const factor = k.kept(v.div(k.splat(w.q), sum));
    k.fill([w.c], w.c, (load) => v.mul(load(w.c), factor));
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
type Views = Partial<Record<"a" | "b" | "c" | "p" | "q" | "v" | "w", View | undefined>>;
const ROWS = ["a", "b", "c"] as const;
const NUMBERS = ["p", "q"] as const;
const COLUMNS = ["v", "w"] as const;

class RowOps {
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

  private run(name: keyof typeof KERNELS, n: number, operands: Views, scalar = 0): boolean {
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
      const code = new Rows(this.pool, machine);
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

export const rowKernels: Family = ({ engine, constants }) => {
  const rows = new RowOps(engine, constants);
  return [
    ["softmax", (x, y, attrs) => rows.softmax("softmax", x, y, attrs)],
    ["logSoftmax", (x, y, attrs) => rows.softmax("logSoftmax", x, y, attrs)],
    ["softmaxInputGradient", (x, y, a) => rows.softmaxGradient("softmaxGradient", x, y, a)],
    ["logSoftmaxInputGradient", (x, y, a) => rows.softmaxGradient("logSoftmaxGradient", x, y, a)],
    ["layerNorm", (x, y, attrs) => rows.layerNorm(x, y, attrs)],
    ["layerNormInputGradient", (x, y, attrs) => rows.layerNormGradient(x, y, attrs)],
    ["crossEntropy", (x, y) => rows.crossEntropy(x, y)],
    ["crossEntropyInputGradient", (x, y) => rows.crossEntropyGradient(x, y)],
  ];
};
