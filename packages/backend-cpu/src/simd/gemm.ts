/**
 * Matrix products of float32 with any strides, after the scheme of BLIS (Van Zee and van de Geijn, 2015).
 *
 * The right operand is packed into panels of 8 columns, the left one into panels of 6 rows in which every number stands
 * four times, so that the kernel reads whole vectors: a 6×8 tile of the result in 12 registers, a fused multiply-add for
 * each. Edges are computed as whole tiles into a scratch tile, of which the valid part is copied out.
 */
import { bitsOf, Fn, I32, moduleBytes, V128 } from "./assembler.ts";

const MR = 6;
const NR = 8;
const A_STEP = MR * 16;
const B_STEP = NR * 4;
/** Blocks: a panel of B stays in the first cache, the block of A in the second. */
const KC = 192;
const MC = 16 * MR;
const NC = 1024;

const A_BYTES = MC * KC * 16;
const B_BYTES = KC * (NC + NR) * 4;
export const SCRATCH_BYTES = A_BYTES + B_BYTES + MR * B_STEP;

const parameters = (n: number): number[] => new Array<number>(n).fill(I32);

/** tile(k, a, b, c, rowBytes, accumulate): c[6×8] = or += panel a · panel b. */
function tileKernel(hasMadd: boolean): Fn {
  const f = new Fn(parameters(6));
  const [k, a, b, c, rowBytes, accumulate] = [0, 1, 2, 3, 4, 5];
  const sums = Array.from({ length: MR }, () => [f.local(V128), f.local(V128)]);
  const right = [f.local(V128), f.local(V128)];
  const left = f.local(V128);
  const row = f.local();
  const eachRow = (visit: (i: number) => unknown) => {
    f.get(c).set(row);
    for (let i = 0; i < MR; i++) {
      visit(i);
      if (i < MR - 1) f.bumpBy(row, rowBytes);
    }
  };
  f.get(accumulate).if(() =>
    eachRow((i) =>
      sums[i].forEach((s, j) =>
        f
          .get(row)
          .loadV(16 * j)
          .set(s),
      ),
    ),
  );
  const step = (u: number) => {
    right.forEach((r, j) =>
      f
        .get(b)
        .loadV(u * B_STEP + 16 * j)
        .set(r),
    );
    for (let i = 0; i < MR; i++) {
      f.get(a)
        .loadV(u * A_STEP + 16 * i)
        .set(left);
      sums[i].forEach((s, j) => {
        if (hasMadd) f.get(left).get(right[j]).get(s).v("f32x4.relaxed_madd").set(s);
        else f.get(left).get(right[j]).v("f32x4.mul").get(s).v("f32x4.add").set(s);
      });
    }
  };
  for (const unroll of [4, 1]) {
    f.countdown(k, unroll, () => {
      for (let u = 0; u < unroll; u++) step(u);
      f.bump(a, unroll * A_STEP).bump(b, unroll * B_STEP);
    });
  }
  eachRow((i) =>
    sums[i].forEach((s, j) =>
      f
        .get(row)
        .get(s)
        .storeV(16 * j),
    ),
  );
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

/** block(m, n, k, a, b, c, rowBytes, accumulate, edge): all tiles of a block of packed operands. */
function blockKernel(): Fn {
  const f = new Fn(parameters(9));
  const [m, n, k, a, b, c, rowBytes, accumulate, edge] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [left, panel, tile, i, j, p] = [
    f.local(),
    f.local(),
    f.local(),
    f.local(),
    f.local(),
    f.local(),
  ];
  const TILE = 0;
  /** Through the scratch tile: only what lies inside the result is copied. */
  const atEdge = () => {
    f.get(k).get(a).get(panel).get(edge).i32(B_STEP).i32(0).call(TILE).i32(0).set(i);
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
              .tee(p);
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
                () => f.get(p).loadF32(),
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
      f.get(n).set(left).get(b).set(panel).get(c).set(tile);
      f.while(
        () => f.get(left).i32(0).op("i32.gt_s"),
        () => {
          f.get(m).i32(MR).op("i32.ge_s").get(left).i32(NR).op("i32.ge_s").op("i32.and");
          f.if(
            () => f.get(k).get(a).get(panel).get(tile).get(rowBytes).get(accumulate).call(TILE),
            atEdge,
          );
          f.get(panel)
            .get(k)
            .i32(B_STEP)
            .op("i32.mul")
            .op("i32.add")
            .set(panel)
            .bump(tile, B_STEP)
            .bump(left, -NR);
        },
      );
      f.get(a).get(k).i32(A_STEP).op("i32.mul").op("i32.add").set(a);
      f.get(c).get(rowBytes).i32(MR).op("i32.mul").op("i32.add").set(c).bump(m, -MR);
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
/** c[m×n] = a[m×k] · b[k×n]; c has columns side by side. */
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
    { name: "tile", fn: tileKernel(hasMadd) },
    { name: "packA", fn: packA() },
    { name: "packB", fn: packB() },
    { name: "block", fn: blockKernel() },
  ];
  const module = new WebAssembly.Module(moduleBytes(functions, shared));
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    string,
    (...args: number[]) => void
  >;
  const [packedA, packedB, edge] = [scratch, scratch + A_BYTES, scratch + A_BYTES + B_BYTES];
  return (m, n, k, a, b, c, rowStride) => {
    for (let j = 0; j < n; j += NC) {
      const columns = Math.min(NC, n - j);
      for (let p = 0; p < k; p += KC) {
        const depth = Math.min(KC, k - p);
        kernels.packB(
          b.address + 4 * (p * b.rowStride + j * b.columnStride),
          packedB,
          depth,
          columns,
          4 * b.rowStride,
          4 * b.columnStride,
        );
        for (let i = 0; i < m; i += MC) {
          const rows = Math.min(MC, m - i);
          kernels.packA(
            a.address + 4 * (i * a.rowStride + p * a.columnStride),
            packedA,
            rows,
            depth,
            4 * a.rowStride,
            4 * a.columnStride,
          );
          kernels.block(
            rows,
            columns,
            depth,
            packedA,
            packedB,
            c + 4 * (i * rowStride + j),
            4 * rowStride,
            p > 0 ? 1 : 0,
            edge,
          );
        }
      }
    }
  };
}
