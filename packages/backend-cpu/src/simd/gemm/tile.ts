/**
 * The innermost part of every product: a tile of the result in registers, to which one step of k adds a column of the left
 * operand times a row of the right one.
 *
 * Six rows of two vectors are twelve sums, enough to hide the latency of a multiply-add, and leave registers for a vector
 * pair of the right and one number of the left operand. Smaller tiles serve the edges. All of them add up k in order, so
 * an element of the result does not depend on the tile that it falls into.
 */
import { bitsOf, Fn, I32, V128 } from "../assembler.ts";

export const MOST_ROWS = 6;

/** How the code uses the processor. */
export interface Machine {
  /** Fused multiply-add; without, a multiplication and an addition. */
  readonly hasMadd: boolean;
  /**
   * Vectors side by side in a whole tile: 2, or 4 where the engine joins two vectors of 128 bits into one of 256
   * (then the numbers of the left operand are spread by loads, which it can widen).
   */
  readonly vectors: 2 | 4;
}

/** Columns of a whole tile. */
export const tileColumns = ({ vectors }: Machine): number => 4 * vectors;
/** Bytes of one number of a packed left operand: it stands in all lanes, unless loads spread it. */
export const leftBytes = ({ vectors }: Machine): number => (vectors === 2 ? 16 : 4);

export interface TileShape {
  readonly rows: number;
  readonly vectors: number;
  /** Packed, rows of one step of k side by side; or where it lies: then (aRowBytes, aColumnBytes) are further parameters. */
  readonly left: "packed" | "inPlace";
  /**
   * Where the rows of the right operand are: packed one after another; `bRowBytes` apart; or at the offsets in a table of
   * which the address is a further parameter.
   */
  readonly right: "packed" | "rows" | "table";
}

const COMMON = ["k", "a", "b", "c", "rowBytes", "accumulate"] as const;

/**
 * tile(k, a, b, c, rowBytes, accumulate, [aRowBytes, aColumnBytes], [bRowBytes or table]): c = or += left · right.
 */
export function tile(shape: TileShape, machine: Machine): Fn {
  const { rows, vectors, left, right } = shape;
  const { hasMadd } = machine;
  const extra = (left === "inPlace" ? 2 : 0) + (right === "packed" ? 0 : 1);
  const f = new Fn(new Array<number>(COMMON.length + extra).fill(I32));
  const [k, a, b, c, rowBytes, accumulate] = [0, 1, 2, 3, 4, 5];
  const [aRowBytes, aColumnBytes] = [6, 7];
  const where = COMMON.length + extra - 1;
  const sums = Array.from({ length: rows }, () =>
    Array.from({ length: vectors }, () => f.local(V128)),
  );
  const row = Array.from({ length: vectors }, () => f.local(V128));
  const number = f.local(V128);
  const at = f.local();
  const leftRows = left === "inPlace" ? sums.map(() => f.local()) : [];
  leftRows.forEach((p, i) => {
    if (i === 0) f.get(a).set(p);
    else
      f.get(leftRows[i - 1])
        .get(aRowBytes)
        .op("i32.add")
        .set(p);
  });

  const eachSum = (visit: (sum: number, row: number, offset: number) => unknown) => {
    const p = f.local();
    f.get(c).set(p);
    sums.forEach((list, i) => {
      list.forEach((sum, j) => visit(sum, p, 16 * j));
      if (i < rows - 1) f.bumpBy(p, rowBytes);
    });
  };
  // Panels are as wide as whole tiles, whatever part of their columns this one computes.
  const rowBytesPacked = 4 * tileColumns(machine);
  const numberBytes = leftBytes(machine);

  /** The u-th of several steps of k. */
  const step = (u: number) => {
    let base = b;
    if (right === "table") {
      f.get(where)
        .loadI32(4 * u)
        .get(b)
        .op("i32.add")
        .set(at);
      base = at;
    }
    row.forEach((vector, j) => {
      f.get(base)
        .loadV((right === "packed" ? u * rowBytesPacked : 0) + 16 * j)
        .set(vector);
    });
    if (right === "rows") f.bumpBy(b, where);
    sums.forEach((list, i) => {
      if (left === "inPlace") f.get(leftRows[i]).loadSplat(4 * u);
      else if (numberBytes === 16) f.get(a).loadV((u * rows + i) * 16);
      else f.get(a).loadSplat((u * rows + i) * 4);
      f.set(number);
      list.forEach((sum, j) => {
        f.get(number).get(row[j]);
        if (hasMadd) f.get(sum).v("f32x4.relaxed_madd").set(sum);
        else f.v("f32x4.mul").get(sum).v("f32x4.add").set(sum);
      });
    });
  };
  const advance = (steps: number) => {
    if (right === "packed") f.bump(b, steps * rowBytesPacked);
    if (right === "table") f.bump(where, 4 * steps);
    if (left === "packed") f.bump(a, steps * rows * numberBytes);
  };

  f.get(accumulate).if(
    () => eachSum((sum, p, offset) => f.get(p).loadV(offset).set(sum)),
    () => {
      for (const sum of sums.flat()) f.constantV(bitsOf(0)).set(sum);
    },
  );
  const four = () =>
    f.countdown(k, 4, () => {
      for (let u = 0; u < 4; u++) step(u);
      advance(4);
      for (const p of leftRows) f.bump(p, 16);
    });
  // In place, neighbours in k have to be neighbours in memory to be reached by a constant offset.
  if (left === "inPlace") f.get(aColumnBytes).i32(4).op("i32.eq").if(four);
  else four();
  f.countdown(k, 1, () => {
    step(0);
    advance(1);
    for (const p of leftRows) f.bumpBy(p, aColumnBytes);
  });
  eachSum((sum, p, offset) => f.get(p).get(sum).storeV(offset));
  return f;
}

/**
 * Tiles of all heights and widths of one kind, as functions of a module, numbered from `first`; `call` emits a call of
 * the one that has `rows` (a local) rows.
 */
export class Tiles {
  readonly functions: { name: string; fn: Fn }[] = [];
  /** Of the highest tile. */
  readonly rows: number;
  /** In vectors: whole width first, then those for edges. */
  readonly widths: readonly number[];
  private readonly first: number;

  constructor(
    kind: Pick<TileShape, "left" | "right">,
    machine: Machine,
    first: number,
    most: { rows: number; vectors: number } = { rows: MOST_ROWS, vectors: machine.vectors },
  ) {
    this.first = first;
    this.rows = most.rows;
    this.widths = [8, 4, 2, 1].filter((n) => n <= most.vectors);
    for (const vectors of this.widths)
      for (let rows = this.rows; rows > 0; rows--)
        this.functions.push({
          name: `${kind.left}_${kind.right}_${rows}x${4 * vectors}`,
          fn: tile({ ...kind, rows, vectors }, machine),
        });
  }

  call(f: Fn, rows: number, vectors: number, args: () => unknown): void {
    const index = this.first + this.widths.indexOf(vectors) * this.rows;
    const choose = (i: number): void => {
      if (i === this.rows - 1) {
        args();
        f.call(index + i);
        return;
      }
      f.get(rows)
        .i32(this.rows - i)
        .op("i32.eq")
        .if(
          () => {
            args();
            f.call(index + i);
          },
          () => choose(i + 1),
        );
    };
    choose(0);
  }
}
