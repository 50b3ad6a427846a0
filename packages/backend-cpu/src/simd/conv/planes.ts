/**
 * Images laid out flat: planes with a margin of zeros, of rows that follow one another with a fixed pitch. The window at
 * (y, x) then starts at y · pitch + x, and its taps lie at fixed distances from there, so that a convolution is a product
 * whose right operand needs no packing: row k of it starts at a tap's distance, and its columns are consecutive numbers.
 * Columns between the end of one row of results and the start of the next are computed for nothing; where the window
 * moves by one, the margin on the right of a row is the margin on the left of the next, which keeps them few.
 *
 * Where the window moves in steps, a plane is divided into one plane per remainder of the position by the step.
 */
import { Fn, I32 } from "../assembler.ts";

/** copyPlanes: what it is told, beside (source, target, words). */
export const PLANE_WORDS = [
  /** Planes, and the address of a table with each one's distance from the source; −1 for a plane of zeros. */
  "planes",
  "planeTable",
  "planeBytes",
  /** First row of the padded plane that is in the image, how many, and how they lie. */
  "firstRow",
  "rows",
  "rowBytes",
  "elementBytes",
  /** How many columns, after how many zeros. */
  "columns",
  "before",
  "rowStep",
  "columnStep",
  /** In the target. */
  "pitchBytes",
  "phaseBytes",
] as const;

/** copyRow(source, stepBytes, target, count): numbers that lie stepBytes apart, side by side. */
export function copyRow(): Fn {
  const f = new Fn(new Array<number>(4).fill(I32));
  const [source, stepBytes, target, count] = [0, 1, 2, 3];
  f.get(stepBytes).i32(4).op("i32.eq").get(count).i32(4).op("i32.ge_s").op("i32.and");
  f.if(
    () => {
      f.countdown(count, 4, () => {
        f.get(target).get(source).loadV().storeV();
        f.bump(source, 16).bump(target, 16);
      });
      // The last vector overlaps the one before.
      f.get(count).if(() => {
        const back = () => f.get(count).i32(4).op("i32.sub").i32(2).op("i32.shl").op("i32.add");
        f.get(target);
        back();
        f.get(source);
        back().loadV().storeV();
      });
    },
    () =>
      f.countdown(count, 1, () => {
        f.get(target).get(source).loadF32().storeF32();
        f.bumpBy(source, stepBytes).bump(target, 4);
      }),
  );
  return f;
}

/** copyPlanes(source, target, words): into memory that is zero wherever nothing is copied. */
export function copyPlanes(copyRowFunction: number): Fn {
  const f = new Fn(new Array<number>(3).fill(I32));
  const [source, target, words] = [0, 1, 2];
  const w = Object.fromEntries(
    PLANE_WORDS.map((name, i) => {
      const local = f.local();
      f.get(words)
        .loadI32(4 * i)
        .set(local);
      return [name, local];
    }),
  ) as Record<(typeof PLANE_WORDS)[number], number>;
  const [plane, from, u, to, phase, first] = Array.from({ length: 6 }, () => f.local());
  f.countdown(w.planes, 1, () => {
    f.get(w.planeTable).loadI32().tee(plane).i32(-1).op("i32.eq").op("i32.eqz");
    f.if(() => {
      f.get(source).get(plane).op("i32.add").set(from);
      f.i32(0).set(u);
      f.while(
        () => f.get(u).get(w.rows).op("i32.lt_s"),
        () => {
          // Row firstRow + u of the padded plane: phase (row mod step), row ⌊row / step⌋ there.
          const row = f.local();
          f.get(w.firstRow).get(u).op("i32.add").set(row);
          f.get(row).get(w.rowStep).op("i32.rem_u").get(w.columnStep).op("i32.mul");
          f.get(w.phaseBytes).op("i32.mul").get(target).op("i32.add");
          f.get(row).get(w.rowStep).op("i32.div_u").get(w.pitchBytes).op("i32.mul");
          f.op("i32.add").set(to);
          f.i32(0).set(phase);
          f.while(
            () => f.get(phase).get(w.columnStep).op("i32.lt_s"),
            () => {
              // The first column whose padded position leaves the remainder `phase`: (phase − before) mod step.
              f.get(phase).get(w.before).get(w.columnStep).op("i32.rem_u").op("i32.sub");
              f.get(w.columnStep).op("i32.add").get(w.columnStep).op("i32.rem_u").set(first);
              f.get(first).get(w.columns).op("i32.lt_s");
              f.if(() => {
                f.at(from, first, w.elementBytes);
                f.get(w.elementBytes).get(w.columnStep).op("i32.mul");
                f.get(first).get(w.before).op("i32.add").get(w.columnStep).op("i32.div_u");
                f.i32(2).op("i32.shl").get(to).op("i32.add");
                f.get(w.columns).get(first).op("i32.sub").get(w.columnStep).op("i32.add");
                f.i32(1).op("i32.sub").get(w.columnStep).op("i32.div_u");
                f.call(copyRowFunction);
              });
              f.bumpBy(to, w.phaseBytes).bump(phase, 1);
            },
          );
          f.bumpBy(from, w.rowBytes).bump(u, 1);
        },
      );
    });
    f.bump(w.planeTable, 4).bumpBy(target, w.planeBytes);
  });
  return f;
}
