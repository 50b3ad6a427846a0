/** Batches of float32 products: which kernel each takes, and how they are divided among the threads. */
import { expr, IDENTITY, program, type View } from "@dl/tensor/core";
import { type Kernel, Threads } from "../threads/threads.ts";
import type { Elementwise } from "./elementwise.ts";
import type { Engine } from "./engine.ts";
import { GEMM_WORDS, gemmModule } from "./gemm/gemm.ts";
import { MOST_ROWS, tileColumns } from "./gemm/tile.ts";
import { COMBINE_WORDS, combineModule, DOTS_WORDS, dotsModule } from "./matvec.ts";
import { writeWords } from "./parameters.ts";

const ZERO = program([expr.constant(0)], 0);

/** Address in bytes, strides in elements. */
interface Matrix {
  readonly address: number;
  readonly rowStride: number;
  readonly columnStride: number;
}
const transposed = ({ address, rowStride, columnStride }: Matrix): Matrix => ({
  address,
  rowStride: columnStride,
  columnStride: rowStride,
});

/** One c[m×n] = a[m×k] · b[k×n] with k > 0; c has columns side by side. */
interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: number;
  readonly rowStride: number;
}

/** Room for the words of any of the kernels. */
const WORDS_BYTES = 64;

/** Multiply-adds below which a further part costs more than it saves, some tens of microseconds. */
const SMALL = 2 ** 19;
/** Rows (or columns) of a usual part. Every part packs the operand that it does not divide, which few rows do not pay for. */
const USUAL = 384;

/** A kernel, and a writer of a part's words. */
interface Job {
  readonly kernel: Kernel;
  write(product: Product, from: number, to: number, address: number): void;
  /** What is divided, and in multiples of what. */
  readonly extent: number;
  readonly grain: number;
}

export class Matmul {
  private readonly engine: Engine;
  private readonly elementwise: Elementwise;
  private readonly kernels: { gemm?: Kernel; dots?: Kernel; combine?: Kernel } = {};

  constructor(engine: Engine, elementwise: Elementwise) {
    this.engine = engine;
    this.elementwise = elementwise;
  }

  /** Answers false for other dtypes. */
  run(
    a: View,
    b: View,
    output: View,
    allocate: (like: View) => { view: View; free: () => void },
  ): boolean {
    if (a.dtype !== "float32" || b.dtype !== "float32" || output.dtype !== "float32") return false;
    if (output.numel === 0) return true;
    const rank = output.shape.length;
    const [row, column] = [rank - 2, rank - 1];
    const m = output.shape[row];
    const n = output.shape[column];
    const k = a.shape[column];
    if (k === 0) return this.elementwise.map(ZERO, [], [output], []);
    const rowStride = output.strides[row];
    const columnStride = output.strides[column];
    const isByRows = columnStride === 1 && (rowStride >= n || m === 1);
    const isByColumns = rowStride === 1 && (columnStride >= m || n === 1);
    if (!isByRows && !isByColumns) {
      const { view, free } = allocate(output);
      this.run(a, b, view, allocate);
      this.elementwise.map(IDENTITY, [view], [output], []);
      free();
      return true;
    }
    const left = this.matrix(a, row);
    const right = this.matrix(b, row);
    const c = this.engine.memory.address(output.buffer) + 4 * output.offset;
    const first: Product = isByRows
      ? { m, n, k, a: left, b: right, c, rowStride }
      : { m: n, n: m, k, a: transposed(right), b: transposed(left), c, rowStride: columnStride };
    const job = this.jobFor(first);
    if (rank === 2) this.divide(job, first);
    else this.eachBatch(job, first, isByRows, output.shape.slice(0, row), [a, b, output]);
    return true;
  }

  private matrix(view: View, row: number): Matrix {
    return {
      address: this.engine.memory.address(view.buffer) + 4 * view.offset,
      rowStride: view.strides[row],
      columnStride: view.strides[row + 1],
    };
  }

  private jobFor(p: Product): Job {
    if (p.m === 1) {
      const job = this.vectorTimesMatrix(p, (x) => x);
      if (job) return job;
    }
    if (p.n === 1 && p.rowStride === 1) {
      const flip = (x: Product): Product => ({
        ...x,
        m: 1,
        n: x.m,
        a: transposed(x.b),
        b: transposed(x.a),
      });
      const job = this.vectorTimesMatrix(flip(p), flip);
      if (job) return job;
    }
    const { engine } = this;
    this.kernels.gemm ??= engine.threads.compile(gemmModule(engine.machine, engine.shared));
    const byRows = p.m >= p.n;
    return {
      kernel: this.kernels.gemm,
      extent: byRows ? p.m : p.n,
      grain: byRows ? MOST_ROWS : tileColumns(engine.machine),
      write: ({ m, n, k, a, b, c, rowStride }, from, to, address) =>
        writeWords(engine.memory.int32, address, GEMM_WORDS, {
          m: byRows ? to - from : m,
          n: byRows ? n : to - from,
          k,
          a: a.address + (byRows ? 4 * from * a.rowStride : 0),
          aRowBytes: 4 * a.rowStride,
          aColumnBytes: 4 * a.columnStride,
          b: b.address + (byRows ? 0 : 4 * from * b.columnStride),
          bRowBytes: 4 * b.rowStride,
          bColumnBytes: 4 * b.columnStride,
          c: c + 4 * from * (byRows ? rowStride : 1),
          rowBytes: 4 * rowStride,
          accumulate: 0,
        }),
    };
  }

  /** c[1×n] = a[1×k] · b[k×n], where one of b's dimensions is contiguous. */
  private vectorTimesMatrix(p: Product, view: (x: Product) => Product): Job | undefined {
    const { threads, machine, shared, memory } = this.engine;
    const { hasMadd } = machine;
    if (p.b.rowStride === 1 && (p.a.columnStride === 1 || p.k === 1)) {
      this.kernels.dots ??= threads.compile(dotsModule(hasMadd, shared));
      return {
        kernel: this.kernels.dots,
        extent: p.n,
        grain: 4,
        write: (x, from, to, address) => {
          const { k, a, b, c } = view(x);
          const start = b.address + 4 * from * b.columnStride;
          writeWords(memory.int32, address, DOTS_WORDS, {
            rows: to - from,
            k,
            a: start,
            aRowBytes: 4 * b.columnStride,
            x: a.address,
            y: c + 4 * from,
          });
        },
      };
    }
    if (p.b.columnStride !== 1 && p.n !== 1) return undefined;
    this.kernels.combine ??= threads.compile(combineModule(hasMadd, shared));
    return {
      kernel: this.kernels.combine,
      extent: p.n,
      grain: 64,
      write: (x, from, to, address) => {
        const { k, a, b, c } = view(x);
        writeWords(memory.int32, address, COMBINE_WORDS, {
          n: to - from,
          k,
          x: a.address,
          xBytes: 4 * a.columnStride,
          b: b.address + 4 * from,
          bRowBytes: 4 * b.rowStride,
          y: c + 4 * from,
        });
      },
    };
  }

  /** One product, in as many parts as pay. An element of the result is the same whatever part it falls into. */
  private divide(job: Job, product: Product): void {
    const { threads } = this.engine;
    const work = product.m * product.n * product.k;
    const wanted =
      threads.wanted === 1 || work < 2 * SMALL
        ? 1
        : Math.min(threads.wanted * Math.ceil(job.extent / threads.wanted / USUAL), work / SMALL);
    const grains = Math.ceil(job.extent / job.grain);
    const size = Math.ceil(grains / Math.min(grains, Math.floor(wanted), 64)) * job.grain;
    const at = threads.parameters;
    let parts = 0;
    for (let from = 0; from < job.extent; from += size, parts++)
      job.write(product, from, Math.min(from + size, job.extent), at + parts * WORDS_BYTES);
    threads.run(job.kernel, parts, WORDS_BYTES);
  }

  /** Many products of one kind: whole ones are shared out, unless they are few. */
  private eachBatch(
    job: Job,
    first: Product,
    isByRows: boolean,
    sizes: readonly number[],
    [a, b, output]: readonly View[],
  ): void {
    const { threads } = this.engine;
    const count = sizes.reduce((x, y) => x * y, 1);
    const isWhole = count >= threads.wanted;
    const most = Threads.mostParts(WORDS_BYTES);
    const address = threads.parameters;
    // More than one thread pays only beyond a certain amount of work.
    const share = first.m * first.n * first.k * count >= 2 * SMALL;
    const flush = (parts: number) => {
      if (share) threads.run(job.kernel, parts, WORDS_BYTES);
      else
        for (let i = 0; i < parts; i++) job.kernel.run(address + i * WORDS_BYTES, threads.scratch);
    };
    let parts = 0;
    const at = sizes.map(() => 0);
    const offset = (v: View) => {
      let sum = 0;
      for (let d = 0; d < at.length; d++) sum += at[d] * v.strides[d];
      return 4 * sum;
    };
    for (;;) {
      const [left, right] = isByRows ? [a, b] : [b, a];
      const product: Product = {
        ...first,
        a: { ...first.a, address: first.a.address + offset(left) },
        b: { ...first.b, address: first.b.address + offset(right) },
        c: first.c + offset(output),
      };
      if (!isWhole) this.divide(job, product);
      else {
        job.write(product, 0, job.extent, address + parts * WORDS_BYTES);
        if (++parts === most) {
          flush(parts);
          parts = 0;
        }
      }
      let d = sizes.length - 1;
      while (d >= 0 && ++at[d] === sizes[d]) at[d--] = 0;
      if (d < 0) break;
    }
    if (parts > 0) flush(parts);
  }
}
