/**
 * The gradient of a convolution's weight: sums, over images and positions, of products of the output's gradient and the
 * input one tap further. On flat planes (see planes.ts) both run along the same consecutive numbers, so vectors hold
 * positions, and what they add up to is joined across lanes at the very end.
 *
 * Columns are (channel, tap) pairs, as wide as the row of the weight; rows are the channels of the gradient, six of which
 * stand side by side, vector by vector.
 */
import { Fn, I32, moduleBytes, V128 } from "../assembler.ts";
import { MOST_ROWS } from "../gemm/tile.ts";
import { readWords } from "../parameters.ts";
import { copyPlanes, copyRow, PLANE_WORDS } from "./planes.ts";

/** The input: one image's planes, with margins. */
export const FLATTEN_WORDS = [...PLANE_WORDS, "source", "target", "bytes"] as const;

export function flattenModule(shared: boolean): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const w = readWords(f, FLATTEN_WORDS);
  f.get(w.target).i32(0).get(w.bytes).fillMemory();
  f.get(w.source).get(w.target).get(0).call(1);
  return moduleBytes(
    [
      { name: "copyRow", fn: copyRow() },
      { name: "copyPlanes", fn: copyPlanes(0) },
      { name: "run", fn: f },
    ],
    shared,
  );
}

/** The output's gradient: one image's planes in one group at a time, and then in panels of six. */
export const PANELS_WORDS = [
  ...PLANE_WORDS,
  "groups",
  "source",
  "groupBytes",
  "target",
  /** Of a group's panels. */
  "bytes",
] as const;

export function panelsModule(shared: boolean): Uint8Array<ArrayBuffer> {
  const f = new Fn([I32, I32]);
  const scratch = 1;
  const w = readWords(f, PANELS_WORDS);
  f.countdown(w.groups, 1, () => {
    f.get(scratch).i32(0).get(w.bytes).fillMemory();
    f.get(w.source).get(scratch).get(0).call(1);
    f.get(scratch).get(w.target).get(w.planes).get(w.planeBytes).call(2);
    f.bumpBy(w.source, w.groupBytes).bumpBy(w.target, w.bytes);
  });
  return moduleBytes(
    [
      { name: "copyRow", fn: copyRow() },
      { name: "copyPlanes", fn: copyPlanes(0) },
      { name: "interleave", fn: interleave() },
      { name: "run", fn: f },
    ],
    shared,
  );
}

/** interleave(source, target, rows, rowBytes): six rows, or those left, vector by vector. */
function interleave(): Fn {
  const f = new Fn(new Array<number>(4).fill(I32));
  const [source, target, rows, rowBytes] = [0, 1, 2, 3];
  const bytes = f.local();
  const pointers = Array.from({ length: MOST_ROWS }, () => f.local());
  const panel = (height: number) => {
    const own = pointers.slice(0, height);
    for (const p of own) f.get(source).set(p).bumpBy(source, rowBytes);
    f.get(rowBytes).set(bytes);
    f.countdown(bytes, 16, () => {
      own.forEach((p, i) => {
        f.get(target)
          .get(p)
          .loadV()
          .storeV(16 * i)
          .bump(p, 16);
      });
      f.bump(target, 16 * height);
    });
  };
  f.countdown(rows, MOST_ROWS, () => panel(MOST_ROWS));
  const rest = (height: number): void => {
    if (height === 0) return;
    f.get(rows)
      .i32(height)
      .op("i32.eq")
      .if(
        () => panel(height),
        () => rest(height - 1),
      );
  };
  rest(MOST_ROWS - 1);
  return f;
}

export const CORRELATE_WORDS = [
  /** Channels of the gradient, columns, and where each column's flat planes start. */
  "m",
  "n",
  "table",
  /** Panels of the gradient, flat input, and from image to image. */
  "a",
  "aImageBytes",
  "x",
  "xImageBytes",
  "images",
  /** So many images at a time: their part of a panel stays in the first cache. */
  "together",
  /** Vectors in a row. */
  "vectors",
  /** The result: row by row, columns at the places in a table; added to what is there, or not. */
  "w",
  "wRowBytes",
  "wTable",
  "accumulate",
] as const;

/** Columns of a tile with so many rows: as many sums and operands as there are registers. */
const COLUMNS = [0, 6, 4, 3, 2, 2, 2];

/** tile(vectors, images, a, aImageBytes, bImageBytes, sums, b0, ...): sums, in memory, += products of rows and columns. */
function tile(rows: number, columns: number, hasMadd: boolean): Fn {
  const f = new Fn(new Array<number>(6 + columns).fill(I32));
  const [vectors, images, a, aImageBytes, bImageBytes, total] = [0, 1, 2, 3, 4, 5];
  const starts = Array.from({ length: columns }, (_, j) => 6 + j);
  const sums = Array.from({ length: columns }, () =>
    Array.from({ length: rows }, () => f.local(V128)),
  );
  const values = starts.map(() => f.local(V128));
  const pointers = starts.map(() => f.local());
  const [left, p] = [f.local(), f.local()];
  const number = f.local(V128);
  sums.flat().forEach((sum, i) => {
    f.get(total)
      .loadV(16 * i)
      .set(sum);
  });
  const step = (u: number) => {
    values.forEach((value, j) => {
      f.get(pointers[j])
        .loadV(16 * u)
        .set(value);
    });
    for (let i = 0; i < rows; i++) {
      f.get(p)
        .loadV(16 * (u * rows + i))
        .set(number);
      sums.forEach((list, j) => {
        const sum = list[i];
        f.get(number).get(values[j]);
        if (hasMadd) f.get(sum).v("f32x4.relaxed_madd").set(sum);
        else f.v("f32x4.mul").get(sum).v("f32x4.add").set(sum);
      });
    }
  };
  f.countdown(images, 1, () => {
    f.get(a).set(p).get(vectors).set(left);
    starts.forEach((start, j) => {
      f.get(start).set(pointers[j]);
    });
    for (const unroll of [4, 1])
      f.countdown(left, unroll, () => {
        for (let u = 0; u < unroll; u++) step(u);
        f.bump(p, 16 * unroll * rows);
        for (const pointer of pointers) f.bump(pointer, 16 * unroll);
      });
    f.bumpBy(a, aImageBytes);
    for (const start of starts) f.bumpBy(start, bImageBytes);
  });
  sums.flat().forEach((sum, i) => {
    f.get(total)
      .get(sum)
      .storeV(16 * i);
  });
  return f;
}

export function correlateModule(hasMadd: boolean, shared: boolean): Uint8Array<ArrayBuffer> {
  const functions: { name: string; fn: Fn }[] = [];
  const index = new Map<string, number>();
  for (let rows = 1; rows <= MOST_ROWS; rows++)
    for (const columns of [COLUMNS[rows], 1]) {
      index.set(`${rows} ${columns}`, functions.length);
      functions.push({ name: `tile_${rows}x${columns}`, fn: tile(rows, columns, hasMadd) });
    }
  functions.push({
    name: "run",
    fn: correlate((rows, columns) => index.get(`${rows} ${columns}`)!),
  });
  return moduleBytes(functions, shared);
}

function correlate(tileFunction: (rows: number, columns: number) => number): Fn {
  const f = new Fn([I32, I32]);
  const scratch = 1;
  const w = readWords(f, CORRELATE_WORDS);
  const locals = () => Array.from({ length: 4 }, () => f.local());
  const [left, rows, sums, column] = locals();
  const [a, panel, entry, x] = locals();
  f.get(scratch).i32(0).get(w.m).get(w.n).op("i32.mul").i32(4).op("i32.shl").fillMemory();
  const eachPanel = (body: (height: number) => unknown) => {
    f.get(w.m).set(left).get(scratch).set(sums);
    f.while(
      () => f.get(left).i32(0).op("i32.gt_s"),
      () => {
        f.get(left).i32(MOST_ROWS).get(left).i32(MOST_ROWS).op("i32.lt_s").op("select").set(rows);
        const choose = (height: number): void => {
          if (height === 1) body(1);
          else
            f.get(rows)
              .i32(height)
              .op("i32.eq")
              .if(
                () => body(height),
                () => choose(height - 1),
              );
        };
        choose(MOST_ROWS);
        f.get(left).get(rows).op("i32.sub").set(left);
      },
    );
  };
  f.get(w.a).set(a).get(w.x).set(x);
  const [done, together] = [f.local(), f.local()];
  f.while(
    () => f.get(done).get(w.images).op("i32.lt_s"),
    () => {
      f.get(w.images).get(done).op("i32.sub").tee(together);
      f.get(w.together).get(together).get(w.together).op("i32.lt_s").op("select").set(together);
      f.get(a).set(panel);
      eachPanel((height) => {
        f.get(w.n).set(column).get(w.table).set(entry);
        for (const columns of new Set([COLUMNS[height], 1]))
          f.countdown(column, columns, () => {
            f.get(w.vectors).get(together).get(panel).get(w.aImageBytes).get(w.xImageBytes);
            f.get(sums);
            for (let j = 0; j < columns; j++)
              f.get(entry)
                .loadI32(4 * j)
                .get(x)
                .op("i32.add");
            f.call(tileFunction(height, columns));
            f.bump(entry, 4 * columns).bump(sums, 16 * height * columns);
          });
        f.get(w.vectors)
          .i32(16 * height)
          .op("i32.mul")
          .get(panel)
          .op("i32.add")
          .set(panel);
      });
      f.at(a, together, w.aImageBytes).set(a);
      f.at(x, together, w.xImageBytes).set(x);
      f.bumpBy(done, together);
    },
  );
  const sum = f.local(V128);
  const to = f.local();
  eachPanel((height) => {
    f.get(w.n).set(column).get(w.wTable).set(entry);
    f.countdown(column, 1, () => {
      f.get(entry).loadI32().get(w.w).op("i32.add").set(to);
      for (let i = 0; i < height; i++) {
        f.get(sums)
          .loadV(16 * i)
          .set(sum);
        f.get(sum).get(sum).shuffle([2, 3, 2, 3]).get(sum).v("f32x4.add").set(sum);
        f.get(sum).get(sum).shuffle([1, 1, 1, 1]).get(sum).v("f32x4.add").set(sum);
        f.get(w.accumulate).if(() => f.get(sum).get(to).loadZero().v("f32x4.add").set(sum));
        f.get(to).get(sum).storeLane(0).bumpBy(to, w.wRowBytes);
      }
      f.bump(sums, 16 * height).bump(entry, 4);
    });
    f.get(w.wRowBytes).i32(height).op("i32.mul").get(w.w).op("i32.add").set(w.w);
  });
  return f;
}
