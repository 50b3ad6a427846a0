/**
 * The gradient of a convolution's weight: sums, over images and positions, of products of the output's gradient and the
 * input one tap further. On flat planes (see planes.ts) both run along the same consecutive numbers, so vectors hold
 * positions, and what they add up to is joined across lanes at the very end.
 *
 * Columns are (channel, tap) pairs, as wide as the row of the weight; rows are the channels of the gradient, up to six of
 * which are brought side by side, vector by vector, slice by slice: an image, or some rows of a large one.
 */
import { Fn, I32, moduleBytes, V128 } from "../assembler.ts";
import { type Machine, MOST_ROWS } from "../gemm/tile.ts";
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

/** Vectors of positions side by side: two where the engine joins them into one. */
export const positions = ({ vectors }: Machine): 1 | 2 => (vectors === 4 ? 2 : 1);

/** interleave(source, target, rows, rowBytes): up to six rows, step by step. */
function interleave(wide: 1 | 2): Fn {
  const f = new Fn(new Array<number>(4).fill(I32));
  const [source, target, rows, rowBytes] = [0, 1, 2, 3];
  const pointers = Array.from({ length: MOST_ROWS }, () => f.local());
  const panel = (height: number) => {
    const own = pointers.slice(0, height);
    for (const p of own) f.get(source).set(p).bumpBy(source, rowBytes);
    f.countdown(rowBytes, 16 * wide, () => {
      own.forEach((p, i) => {
        for (let h = 0; h < wide; h++)
          f.get(target)
            .get(p)
            .loadV(16 * h)
            .storeV(16 * (wide * i + h));
        f.bump(p, 16 * wide);
      });
      f.bump(target, 16 * wide * height);
    });
  };
  chooseRows(f, rows, panel);
  return f;
}

/** Runs the code for as many rows as the local says. */
function chooseRows(
  f: Fn,
  rows: number,
  code: (height: number) => unknown,
  from = MOST_ROWS,
): void {
  if (from === 1) {
    code(1);
    return;
  }
  f.get(rows)
    .i32(from)
    .op("i32.eq")
    .if(
      () => code(from),
      () => chooseRows(f, rows, code, from - 1),
    );
}

/** One part: some channels of the gradient, at most six, and some columns. */
export const CORRELATE_WORDS = [
  /** The gradient's planes of one slice. */
  ...PLANE_WORDS,
  /** Columns, and where each one's flat planes start. */
  "n",
  "table",
  /** Per slice: where its gradient and its flat input start, and how many rows it has. */
  "slices",
  "count",
  /** Added to these: the part's first channel of the gradient, its group of the input. */
  "gBytes",
  "xGroupBytes",
  /** So many slices at a time, whose input lies xBytes apart: their part of the panel stays in the first cache. */
  "together",
  "xBytes",
  /** Steps along a row, of one or two vectors, and rows of a whole slice. */
  "steps",
  "sliceRows",
  /** The result: row by row, columns at the places in a table; added to what is there, or not. */
  "w",
  "wRowBytes",
  "wTable",
  "accumulate",
] as const;

/** What a part needs of its thread's scratch memory. */
export const correlateScratch = (wide: 1 | 2, n: number, steps: number, together: number): number =>
  16 * wide * MOST_ROWS * (n + steps * (1 + together));

/** Columns of a tile with so many rows: as many sums and operands as there are registers. */
const COLUMNS = [0, 6, 4, 3, 2, 2, 2];

/** tile(steps, slices, a, aBytes, bBytes, sums, b0, ...): sums, in memory, += products of rows and columns. */
function tile(rows: number, columns: number, wide: 1 | 2, hasMadd: boolean): Fn {
  const f = new Fn(new Array<number>(6 + columns).fill(I32));
  const [steps, slices, a, aBytes, bBytes, total] = [0, 1, 2, 3, 4, 5];
  const starts = Array.from({ length: columns }, (_, j) => 6 + j);
  const vectors = () => Array.from({ length: wide }, () => f.local(V128));
  const sums = Array.from({ length: columns }, () => Array.from({ length: rows }, vectors));
  const values = starts.map(vectors);
  const number = vectors();
  const pointers = starts.map(() => f.local());
  const [left, p] = [f.local(), f.local()];
  const stepBytes = 16 * wide;
  const all = sums.flat(2);
  all.forEach((sum, i) => {
    f.get(total)
      .loadV(16 * i)
      .set(sum);
  });
  const step = (u: number) => {
    values.forEach((value, j) => {
      value.forEach((v, h) => {
        f.get(pointers[j])
          .loadV(stepBytes * u + 16 * h)
          .set(v);
      });
    });
    for (let i = 0; i < rows; i++) {
      number.forEach((v, h) => {
        f.get(p)
          .loadV(stepBytes * (u * rows + i) + 16 * h)
          .set(v);
      });
      sums.forEach((list, j) => {
        list[i].forEach((sum, h) => {
          f.get(number[h]).get(values[j][h]);
          if (hasMadd) f.get(sum).v("f32x4.relaxed_madd").set(sum);
          else f.v("f32x4.mul").get(sum).v("f32x4.add").set(sum);
        });
      });
    }
  };
  f.countdown(slices, 1, () => {
    f.get(a).set(p).get(steps).set(left);
    starts.forEach((start, j) => {
      f.get(start).set(pointers[j]);
    });
    for (const unroll of [4 / wide, 1])
      f.countdown(left, unroll, () => {
        for (let u = 0; u < unroll; u++) step(u);
        f.bump(p, stepBytes * unroll * rows);
        for (const pointer of pointers) f.bump(pointer, stepBytes * unroll);
      });
    f.bumpBy(a, aBytes);
    for (const start of starts) f.bumpBy(start, bBytes);
  });
  all.forEach((sum, i) => {
    f.get(total)
      .get(sum)
      .storeV(16 * i);
  });
  return f;
}

export function correlateModule(machine: Machine, shared: boolean): Uint8Array<ArrayBuffer> {
  const wide = positions(machine);
  const functions: { name: string; fn: Fn }[] = [
    { name: "copyRow", fn: copyRow() },
    { name: "copyPlanes", fn: copyPlanes(0) },
    { name: "interleave", fn: interleave(wide) },
  ];
  const index = new Map<string, number>();
  for (let rows = 1; rows <= MOST_ROWS; rows++)
    for (const columns of [COLUMNS[rows], 1]) {
      index.set(`${rows} ${columns}`, functions.length);
      functions.push({
        name: `tile_${rows}x${columns}`,
        fn: tile(rows, columns, wide, machine.hasMadd),
      });
    }
  const call = {
    planes: 1,
    interleave: 2,
    tile: (rows: number, columns: number) => index.get(`${rows} ${columns}`)!,
  };
  functions.push({ name: "run", fn: correlate(wide, call) });
  return moduleBytes(functions, shared);
}

/** Words of a slice in the table. */
export const SLICE_WORDS = 3;

function correlate(
  wide: 1 | 2,
  call: { planes: number; interleave: number; tile: (rows: number, columns: number) => number },
): Fn {
  const f = new Fn([I32, I32]);
  const [words, scratch] = [0, 1];
  const w = readWords(f, CORRELATE_WORDS);
  const stepBytes = 16 * wide;
  const [rowBytes, sumsAt, flat, panels, panelBytes] = Array.from({ length: 5 }, () => f.local());
  const times = (x: number, y: number) => f.get(x).get(y).op("i32.mul");
  f.get(w.steps).i32(stepBytes).op("i32.mul").set(rowBytes);
  times(rowBytes, w.planes).set(panelBytes);
  f.get(scratch).set(sumsAt);
  const sumBytes = () => times(w.planes, w.n).i32(stepBytes).op("i32.mul");
  sumBytes().get(sumsAt).op("i32.add").set(flat);
  f.get(flat).get(panelBytes).op("i32.add").set(panels);
  f.get(sumsAt).i32(0);
  sumBytes().get(panelBytes).op("i32.add").fillMemory();

  const [done, together, i, slice, to] = Array.from({ length: 5 }, () => f.local());
  const [column, entry, sums, x] = Array.from({ length: 4 }, () => f.local());
  const word = (n: number) => f.get(slice).loadI32(4 * n);
  f.get(w.slices).set(slice);
  f.while(
    () => f.get(done).get(w.count).op("i32.lt_s"),
    () => {
      f.get(w.count).get(done).op("i32.sub").tee(together);
      f.get(w.together).get(together).get(w.together).op("i32.lt_s").op("select").set(together);
      word(1).get(w.xGroupBytes).op("i32.add").set(x);
      f.get(panels).set(to).get(together).set(i);
      f.countdown(i, 1, () => {
        // A slice with fewer rows must not show those of the one before.
        word(2).get(w.sliceRows).op("i32.lt_s");
        f.if(() => f.get(flat).i32(0).get(panelBytes).fillMemory());
        const rows = PLANE_WORDS.indexOf("rows");
        f.get(words);
        word(2).storeI32(4 * rows);
        word(0).get(w.gBytes).op("i32.add").get(flat).get(words).call(call.planes);
        f.get(flat).get(to).get(w.planes).get(rowBytes).call(call.interleave);
        f.bumpBy(to, panelBytes).bump(slice, 4 * SLICE_WORDS);
      });
      f.get(w.n).set(column).get(w.table).set(entry).get(sumsAt).set(sums);
      chooseRows(f, w.planes, (height) => {
        for (const columns of new Set([COLUMNS[height], 1]))
          f.countdown(column, columns, () => {
            f.get(w.steps).get(together).get(panels).get(panelBytes).get(w.xBytes).get(sums);
            for (let j = 0; j < columns; j++)
              f.get(entry)
                .loadI32(4 * j)
                .get(x)
                .op("i32.add");
            f.call(call.tile(height, columns));
            f.bump(entry, 4 * columns).bump(sums, stepBytes * height * columns);
          });
      });
      f.bumpBy(done, together);
    },
  );
  const sum = f.local(V128);
  f.get(w.n).set(column).get(w.wTable).set(entry).get(sumsAt).set(sums);
  f.countdown(column, 1, () => {
    f.get(entry).loadI32().get(w.w).op("i32.add").set(to);
    f.get(w.planes).set(i);
    f.countdown(i, 1, () => {
      f.get(sums).loadV();
      if (wide === 2) f.get(sums).loadV(16).v("f32x4.add");
      f.set(sum);
      f.get(sum).get(sum).shuffle([2, 3, 2, 3]).get(sum).v("f32x4.add").set(sum);
      f.get(sum).get(sum).shuffle([1, 1, 1, 1]).get(sum).v("f32x4.add").set(sum);
      f.get(w.accumulate).if(() => f.get(sum).get(to).loadZero().v("f32x4.add").set(sum));
      f.get(to).get(sum).storeLane(0).bumpBy(to, w.wRowBytes).bump(sums, stepBytes);
    });
    f.bump(entry, 4);
  });
  return f;
}
