/** Operands rearranged into panels, so that tiles read them one vector after another. */
import { bitsOf, Fn, I32, V128 } from "../assembler.ts";
import { leftBytes, type Machine, MOST_ROWS, tileColumns } from "./tile.ts";

/**
 * packLeft(source, target, m, k, rowBytes, columnBytes): panels of `most` rows, the last one of what is left.
 * With `isTable` the last parameter is the address of a table instead, of where each column is.
 */
export function packLeft(machine: Machine, isTable = false, most = MOST_ROWS): Fn {
  const f = new Fn(new Array<number>(6).fill(I32));
  const [source, target, m, k, rowBytes, columnBytes] = [0, 1, 2, 3, 4, 5];
  const [left, column, p, entry] = [f.local(), f.local(), f.local(), f.local()];
  const bytes = leftBytes(machine);
  const panel = (rows: number) => {
    f.countdown(left, 1, () => {
      if (isTable) f.get(column).get(entry).loadI32().op("i32.add").set(p).bump(entry, 4);
      else f.get(column).set(p);
      for (let i = 0; i < rows; i++) {
        f.get(target).get(p);
        if (bytes === 16) f.loadSplat().storeV(16 * i);
        else f.loadF32().storeF32(4 * i);
        if (i < rows - 1) f.bumpBy(p, rowBytes);
      }
      f.bump(target, bytes * rows);
      if (!isTable) f.bumpBy(column, columnBytes);
    });
  };
  const chosen = (rows: number): void => {
    if (rows === 1) {
      panel(1);
      return;
    }
    f.get(m)
      .i32(rows)
      .op("i32.ge_s")
      .if(
        () => panel(rows),
        () => chosen(rows - 1),
      );
  };
  f.while(
    () => f.get(m).i32(0).op("i32.gt_s"),
    () => {
      f.get(source).set(column).get(k).set(left).get(columnBytes).set(entry);
      chosen(most);
      f.at(source, rowBytes, constant(f, most)).set(source).bump(m, -most);
    },
  );
  return f;
}

function constant(f: Fn, n: number): number {
  const local = f.local();
  f.i32(n).set(local);
  return local;
}

/** packRight(source, target, k, n, rowBytes, columnBytes): panels of whole tiles' columns; those beyond n are zero. */
export function packRight(machine: Machine): Fn {
  const f = new Fn(new Array<number>(6).fill(I32));
  const [source, target, k, n, rowBytes, columnBytes] = [0, 1, 2, 3, 4, 5];
  const columns = tileColumns(machine);
  const step = 4 * columns;
  const [left, row, p] = [f.local(), f.local(), f.local()];
  const q = Array.from({ length: 8 }, () => f.local(V128));
  const oneByOne = (isPartial: boolean) =>
    f.countdown(left, 1, () => {
      f.get(row).set(p);
      for (let j = 0; j < columns; j++) {
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
        if (j < columns - 1) f.bumpBy(p, columnBytes);
      }
      f.bump(target, step).bumpBy(row, rowBytes);
    });
  const wholeRows = () =>
    f.countdown(left, 1, () => {
      for (let j = 0; j < machine.vectors; j++)
        f.get(target)
          .get(row)
          .loadV(16 * j)
          .storeV(16 * j);
      f.bump(target, step).bumpBy(row, rowBytes);
    });
  /** Of a partial panel: vector by vector, as far as whole vectors go, then one by one. */
  const partialRows = () =>
    f.countdown(left, 1, () => {
      for (let j = 0; j < machine.vectors; j++) {
        f.get(n)
          .i32(4 * j + 4)
          .op("i32.ge_s");
        f.if(
          () =>
            f
              .get(target)
              .get(row)
              .loadV(16 * j)
              .storeV(16 * j),
          () => {
            f.get(target)
              .constantV(bitsOf(0))
              .storeV(16 * j);
            for (let l = 0; l < 3; l++)
              f.get(n)
                .i32(4 * j + l)
                .op("i32.gt_s")
                .if(() =>
                  f
                    .get(target)
                    .get(row)
                    .loadF32(16 * j + 4 * l)
                    .storeF32(16 * j + 4 * l),
                );
          },
        );
      }
      f.bump(target, step).bumpBy(row, rowBytes);
    });
  const interleave = (x: number, y: number, lanes: readonly number[], to: number) =>
    f.get(q[x]).get(q[y]).shuffle(lanes).set(q[to]);
  /** A transposed operand: four numbers of four columns at a time, turned in registers. */
  const transposed = () =>
    f.countdown(left, 4, () => {
      f.get(row).set(p);
      for (let j = 0; j < machine.vectors; j++) {
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
            .storeV(i * step + 16 * j),
        );
      }
      f.bump(target, 4 * step).bump(row, 16);
    });
  const isContiguous = () => f.get(columnBytes).i32(4).op("i32.eq");
  f.while(
    () => f.get(n).i32(0).op("i32.gt_s"),
    () => {
      f.get(source).set(row).get(k).set(left);
      f.get(n)
        .i32(columns)
        .op("i32.ge_s")
        .if(
          () =>
            isContiguous().if(wholeRows, () => {
              f.get(rowBytes).i32(4).op("i32.eq").if(transposed);
              oneByOne(false);
            }),
          () => isContiguous().if(partialRows, () => oneByOne(true)),
        );
      f.at(source, columnBytes, constant(f, columns)).set(source).bump(n, -columns);
    },
  );
  return f;
}
