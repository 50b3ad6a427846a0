/**
 * Matrix products of float32 with any strides, after the scheme of BLIS (Van Zee and van de Geijn, 2015).
 *
 * The right operand is packed into panels of 8 columns, the left one into panels of 6 rows in which every number stands
 * four times, so that the kernel reads whole vectors: a 6×8 tile of the result in 12 registers, a fused multiply-add for
 * each. Edges are computed as whole tiles into a scratch tile, of which the valid part is copied out.
 *
 * Packing pays when what is packed is read many times. Beside few columns the left operand is read where it lies, beside
 * few rows the right one.
 */
import { bitsOf, Fn, I32, moduleBytes, V128 } from "./assembler.ts";
import { combine, dots } from "./matvec.ts";

const MR = 6;
const NR = 8;
const A_STEP = MR * 16;
const B_STEP = NR * 4;
/** Blocks: a panel of B stays in the first cache, the block of A in the second. */
const KC = 192;
const MC = 16 * MR;
const NC = 1024;

/** Up to so many columns the left operand, up to so many rows the right operand is not packed. */
const FEW_COLUMNS = 64;
const FEW_ROWS = 12;

const A_BYTES = MC * KC * 16;
const B_BYTES = KC * (NC + NR) * 4;
export const SCRATCH_BYTES = A_BYTES + B_BYTES + MR * B_STEP;

const parameters = (n: number): number[] => new Array<number>(n).fill(I32);

/** 6×8 sums in registers, and the code that reads them from c, adds a step of the product, and writes them back. */
class Tile {
  readonly left: number;
  private readonly f: Fn;
  private readonly sums: readonly (readonly number[])[];
  private readonly right: readonly number[];
  private readonly hasMadd: boolean;

  constructor(f: Fn, hasMadd: boolean) {
    this.f = f;
    this.hasMadd = hasMadd;
    this.sums = Array.from({ length: MR }, () => [f.local(V128), f.local(V128)]);
    this.right = [f.local(V128), f.local(V128)];
    this.left = f.local(V128);
  }

  load(c: number, rowBytes: number): void {
    const { f } = this;
    this.eachRow(c, rowBytes, (row, sum, j) => {
      f.get(row)
        .loadV(16 * j)
        .set(sum);
    });
  }

  store(c: number, rowBytes: number): void {
    const { f } = this;
    this.eachRow(c, rowBytes, (row, sum, j) => {
      f.get(row)
        .get(sum)
        .storeV(16 * j);
    });
  }

  /** One step of k. `loadLeft` pushes the i-th row's number, four times. */
  step(b: number, offset: number, loadLeft: (i: number) => unknown): void {
    const { f, left, right, sums, hasMadd } = this;
    right.forEach((r, j) =>
      f
        .get(b)
        .loadV(offset + 16 * j)
        .set(r),
    );
    for (let i = 0; i < MR; i++) {
      loadLeft(i);
      f.set(left);
      sums[i].forEach((s, j) => {
        if (hasMadd) f.get(left).get(right[j]).get(s).v("f32x4.relaxed_madd").set(s);
        else f.get(left).get(right[j]).v("f32x4.mul").get(s).v("f32x4.add").set(s);
      });
    }
  }

  private eachRow(
    c: number,
    rowBytes: number,
    visit: (row: number, sum: number, j: number) => unknown,
  ): void {
    const row = this.f.local();
    this.f.get(c).set(row);
    this.sums.forEach((pair, i) => {
      pair.forEach((sum, j) => visit(row, sum, j));
      if (i < MR - 1) this.f.bumpBy(row, rowBytes);
    });
  }
}

/** tile(k, a, b, c, rowBytes, accumulate): c[6×8] = or += panel a · panel b. */
function packedTile(hasMadd: boolean): Fn {
  const f = new Fn(parameters(6));
  const [k, a, b, c, rowBytes, accumulate] = [0, 1, 2, 3, 4, 5];
  const tile = new Tile(f, hasMadd);
  f.get(accumulate).if(() => tile.load(c, rowBytes));
  for (const unroll of [4, 1]) {
    f.countdown(k, unroll, () => {
      for (let u = 0; u < unroll; u++)
        tile.step(b, u * B_STEP, (i) => f.get(a).loadV(u * A_STEP + 16 * i));
      f.bump(a, unroll * A_STEP).bump(b, unroll * B_STEP);
    });
  }
  tile.store(c, rowBytes);
  return f;
}

/**
 * tile(k, a, rows, aRowBytes, aColumnBytes, b, bRowBytes, c, rowBytes, accumulate): the same of operands that lie where
 * they are. Of the six rows only `rows` exist; the last one stands in for those that do not.
 */
function directTile(hasMadd: boolean): Fn {
  const f = new Fn(parameters(10));
  const [k, a, rows, aRowBytes, aColumnBytes, b, bRowBytes, c, rowBytes, accumulate] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ];
  const tile = new Tile(f, hasMadd);
  const pointers = Array.from({ length: MR }, () => f.local());
  pointers.forEach((p, i) => {
    if (i === 0) {
      f.get(a).set(p);
      return;
    }
    const previous = pointers[i - 1];
    f.get(previous).get(aRowBytes).op("i32.add").get(previous);
    f.get(rows).i32(i).op("i32.gt_s").op("select").set(p);
  });
  f.get(accumulate).if(() => tile.load(c, rowBytes));
  f.get(aColumnBytes).i32(4).op("i32.eq");
  f.if(() =>
    f.countdown(k, 4, () => {
      for (let u = 0; u < 4; u++) {
        tile.step(b, 0, (i) => f.get(pointers[i]).loadSplat(4 * u));
        f.bumpBy(b, bRowBytes);
      }
      for (const p of pointers) f.bump(p, 16);
    }),
  );
  f.countdown(k, 1, () => {
    tile.step(b, 0, (i) => f.get(pointers[i]).loadSplat());
    f.bumpBy(b, bRowBytes);
    for (const p of pointers) f.bumpBy(p, aColumnBytes);
  });
  tile.store(c, rowBytes);
  return f;
}

/** packA(source, target, m, k, rowBytes, columnBytes): panels of 6 rows; rows beyond m are zero. */
function packA(): Fn {
  const f = new Fn(parameters(6));
  const [source, target, m, k, rowBytes, columnBytes] = [0, 1, 2, 3, 4, 5];
  const [left, column, p] = [f.local(), f.local(), f.local()];
  const panel = (isPartial: boolean) =>
    f.countdown(left, 1, () => {
      f.get(column).set(p);
      for (let i = 0; i < MR; i++) {
        const copy = () =>
          f
            .get(target)
            .get(p)
            .loadSplat()
            .storeV(16 * i);
        if (!isPartial) copy();
        else
          f.get(m)
            .i32(i)
            .op("i32.gt_s")
            .if(copy, () =>
              f
                .get(target)
                .constantV(bitsOf(0))
                .storeV(16 * i),
            );
        if (i < MR - 1) f.bumpBy(p, rowBytes);
      }
      f.bump(target, A_STEP).bumpBy(column, columnBytes);
    });
  f.while(
    () => f.get(m).i32(0).op("i32.gt_s"),
    () => {
      f.get(source).set(column).get(k).set(left);
      f.get(m)
        .i32(MR)
        .op("i32.ge_s")
        .if(
          () => panel(false),
          () => panel(true),
        );
      f.get(source).get(rowBytes).i32(MR).op("i32.mul").op("i32.add").set(source).bump(m, -MR);
    },
  );
  return f;
}

/** packB(source, target, k, n, rowBytes, columnBytes): panels of 8 columns; columns beyond n are zero. */
function packB(): Fn {
  const f = new Fn(parameters(6));
  const [source, target, k, n, rowBytes, columnBytes] = [0, 1, 2, 3, 4, 5];
  const [left, row, p] = [f.local(), f.local(), f.local()];
  const q = Array.from({ length: 8 }, () => f.local(V128));
  const oneByOne = (isPartial: boolean) =>
    f.countdown(left, 1, () => {
      f.get(row).set(p);
      for (let j = 0; j < NR; j++) {
        const copy = () =>
          f
            .get(target)
            .get(p)
            .loadF32()
            .storeF32(4 * j);
        if (!isPartial) copy();
        else
          f.get(n)
            .i32(j)
            .op("i32.gt_s")
            .if(copy, () =>
              f
                .get(target)
                .i32(0)
                .storeI32(4 * j),
            );
        if (j < NR - 1) f.bumpBy(p, columnBytes);
      }
      f.bump(target, B_STEP).bumpBy(row, rowBytes);
    });
  const wholeRows = () =>
    f.countdown(left, 1, () => {
      for (let j = 0; j < 2; j++)
        f.get(target)
          .get(row)
          .loadV(16 * j)
          .storeV(16 * j);
      f.bump(target, B_STEP).bumpBy(row, rowBytes);
    });
  const interleave = (x: number, y: number, lanes: readonly number[], to: number) =>
    f.get(q[x]).get(q[y]).shuffle(lanes).set(q[to]);
  /** A transposed operand: four numbers of four columns at a time, turned in registers. */
  const transposed = () =>
    f.countdown(left, 4, () => {
      f.get(row).set(p);
      for (let j = 0; j < 2; j++) {
        for (let i = 0; i < 4; i++) f.get(p).loadV().set(q[i]).bumpBy(p, columnBytes);
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
        turned.forEach(([x, y, lanes], i) =>
          f
            .get(target)
            .get(q[x])
            .get(q[y])
            .shuffle(lanes)
            .storeV(i * B_STEP + 16 * j),
        );
      }
      f.bump(target, 4 * B_STEP).bump(row, 16);
    });
  f.while(
    () => f.get(n).i32(0).op("i32.gt_s"),
    () => {
      f.get(source).set(row).get(k).set(left);
      f.get(n)
        .i32(NR)
        .op("i32.ge_s")
        .if(
          () =>
            f
              .get(columnBytes)
              .i32(4)
              .op("i32.eq")
              .if(wholeRows, () => {
                f.get(rowBytes).i32(4).op("i32.eq").if(transposed);
                oneByOne(false);
              }),
          () => oneByOne(true),
        );
      f.get(source).get(columnBytes).i32(NR).op("i32.mul").op("i32.add").set(source).bump(n, -NR);
    },
  );
  return f;
}

const BLOCK_PARAMETERS = [
  "m",
  "n",
  "k",
  "a",
  "aPanelBytes",
  "aRowBytes",
  "aColumnBytes",
  "b",
  "bPanelBytes",
  "bRowBytes",
  "c",
  "rowBytes",
  "accumulate",
  "edge",
] as const;

/** All tiles of a block, row of tiles by row. Parameters as listed; packed tiles need no strides inside panels. */
function blockKernel(tileFunction: number, isDirect: boolean): Fn {
  const f = new Fn(parameters(BLOCK_PARAMETERS.length));
  const p = Object.fromEntries(BLOCK_PARAMETERS.map((name, i) => [name, i])) as Record<
    (typeof BLOCK_PARAMETERS)[number],
    number
  >;
  const { m, n, rowBytes, accumulate, edge } = p;
  const [left, panel, tile, i, j, at] = [
    f.local(),
    f.local(),
    f.local(),
    f.local(),
    f.local(),
    f.local(),
  ];
  const callTile = (target: () => unknown) => {
    f.get(p.k).get(p.a);
    if (isDirect) f.get(m).get(p.aRowBytes).get(p.aColumnBytes);
    f.get(panel);
    if (isDirect) f.get(p.bRowBytes);
    target();
    f.call(tileFunction);
  };
  /** Through the scratch tile: only what lies inside the result is copied. */
  const atEdge = () => {
    callTile(() => f.get(edge).i32(B_STEP).i32(0));
    f.i32(0).set(i);
    f.while(
      () => f.get(i).get(m).op("i32.lt_s").get(i).i32(MR).op("i32.lt_s").op("i32.and"),
      () => {
        f.i32(0).set(j);
        f.while(
          () => f.get(j).get(left).op("i32.lt_s").get(j).i32(NR).op("i32.lt_s").op("i32.and"),
          () => {
            f.get(tile)
              .get(i)
              .get(rowBytes)
              .op("i32.mul")
              .op("i32.add")
              .get(j)
              .i32(2)
              .op("i32.shl")
              .op("i32.add")
              .tee(at);
            f.get(edge)
              .get(i)
              .i32(B_STEP)
              .op("i32.mul")
              .op("i32.add")
              .get(j)
              .i32(2)
              .op("i32.shl")
              .op("i32.add")
              .loadF32();
            f.get(accumulate)
              .if(
                () => f.get(at).loadF32(),
                () => f.bytes(0x43, 0, 0, 0, 0),
                0x7d,
              )
              .op("f32.add")
              .storeF32()
              .bump(j, 1);
          },
        );
        f.bump(i, 1);
      },
    );
  };
  f.while(
    () => f.get(m).i32(0).op("i32.gt_s"),
    () => {
      f.get(n).set(left).get(p.b).set(panel).get(p.c).set(tile);
      f.while(
        () => f.get(left).i32(0).op("i32.gt_s"),
        () => {
          f.get(m).i32(MR).op("i32.ge_s").get(left).i32(NR).op("i32.ge_s").op("i32.and");
          f.if(() => callTile(() => f.get(tile).get(rowBytes).get(accumulate)), atEdge);
          f.bumpBy(panel, p.bPanelBytes).bump(tile, B_STEP).bump(left, -NR);
        },
      );
      f.bumpBy(p.a, p.aPanelBytes);
      f.get(p.c).get(rowBytes).i32(MR).op("i32.mul").op("i32.add").set(p.c).bump(m, -MR);
    },
  );
  return f;
}

/** Address in bytes, strides in elements. */
export interface Matrix {
  readonly address: number;
  readonly rowStride: number;
  readonly columnStride: number;
}
export const transposed = ({ address, rowStride, columnStride }: Matrix): Matrix => ({
  address,
  rowStride: columnStride,
  columnStride: rowStride,
});

/** c[m×n] = a[m×k] · b[k×n] with k > 0; c has columns side by side. */
export type Gemm = (
  m: number,
  n: number,
  k: number,
  a: Matrix,
  b: Matrix,
  c: number,
  rowStride: number,
) => void;

export function makeGemm(
  memory: WebAssembly.Memory,
  shared: boolean,
  hasMadd: boolean,
  scratch: number,
): Gemm {
  const functions = [
    { name: "packedTile", fn: packedTile(hasMadd) },
    { name: "directTile", fn: directTile(hasMadd) },
    { name: "packedBlock", fn: blockKernel(0, false) },
    { name: "directBlock", fn: blockKernel(1, true) },
    { name: "packA", fn: packA() },
    { name: "packB", fn: packB() },
    { name: "dots", fn: dots(hasMadd) },
    { name: "combine", fn: combine(hasMadd) },
  ];
  const module = new WebAssembly.Module(moduleBytes(functions, shared));
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    string,
    (...args: number[]) => void
  >;
  const [packedA, packedB, edge] = [scratch, scratch + A_BYTES, scratch + A_BYTES + B_BYTES];
  /** c[1×n] = a[1×k] · b[k×n]; answers false where neither of b's dimensions is contiguous. */
  const vectorTimesMatrix = (n: number, k: number, a: Matrix, b: Matrix, c: number): boolean => {
    if (b.rowStride === 1 && (a.columnStride === 1 || k === 1))
      kernels.dots(n, k, b.address, 4 * b.columnStride, a.address, c);
    else if (b.columnStride === 1 || n === 1)
      kernels.combine(n, k, a.address, 4 * a.columnStride, b.address, 4 * b.rowStride, c);
    else return false;
    return true;
  };
  return (m, n, k, a, b, c, rowStride) => {
    if (m === 1 && vectorTimesMatrix(n, k, a, b, c)) return;
    if (n === 1 && rowStride === 1 && vectorTimesMatrix(m, k, transposed(b), transposed(a), c))
      return;
    const [aRow, aColumn] = [4 * a.rowStride, 4 * a.columnStride];
    const [bRow, bColumn] = [4 * b.rowStride, 4 * b.columnStride];
    const rowBytes = 4 * rowStride;
    const isLeftDirect = n <= FEW_COLUMNS || m <= FEW_ROWS;
    const isRightDirect = bColumn === 4 && m <= FEW_ROWS;
    for (let j = 0; j < n; j += NC) {
      const columns = Math.min(NC, n - j);
      // Where the right operand is read in place, only its last columns, if they are no whole panel, are packed.
      const inPlace = isRightDirect ? columns - (columns % NR) : 0;
      for (let p = 0; p < k; p += KC) {
        const depth = Math.min(KC, k - p);
        const accumulate = p > 0 ? 1 : 0;
        const left = a.address + p * aColumn;
        const right = b.address + p * bRow + j * bColumn;
        const to = c + 4 * j;
        const panel = depth * B_STEP;
        if (inPlace > 0)
          kernels.directBlock(
            m,
            inPlace,
            depth,
            left,
            MR * aRow,
            aRow,
            aColumn,
            right,
            B_STEP,
            bRow,
            to,
            rowBytes,
            accumulate,
            edge,
          );
        const rest = columns - inPlace;
        if (rest === 0) continue;
        kernels.packB(right + inPlace * bColumn, packedB, depth, rest, bRow, bColumn);
        if (isLeftDirect) {
          kernels.directBlock(
            m,
            rest,
            depth,
            left,
            MR * aRow,
            aRow,
            aColumn,
            packedB,
            panel,
            B_STEP,
            to + 4 * inPlace,
            rowBytes,
            accumulate,
            edge,
          );
          continue;
        }
        for (let i = 0; i < m; i += MC) {
          const rows = Math.min(MC, m - i);
          kernels.packA(left + i * aRow, packedA, rows, depth, aRow, aColumn);
          kernels.packedBlock(
            rows,
            columns,
            depth,
            packedA,
            depth * A_STEP,
            0,
            0,
            packedB,
            panel,
            0,
            to + i * rowBytes,
            rowBytes,
            accumulate,
            edge,
          );
        }
      }
    }
  };
}
