/**
 * A matrix product of float32 with any strides as one kernel, after the scheme of BLIS (Van Zee and van de Geijn, 2015):
 * blocks of k and of columns, whose right operand is packed; in them blocks of rows, whose left operand is packed.
 *
 * Packing pays when what is packed is read many times. Beside few columns the left operand is read where it lies, beside
 * few rows the right one.
 */
import { Fn, I32, moduleBytes } from "../assembler.ts";
import { readWords } from "../parameters.ts";
import { block, edgeBytes } from "./block.ts";
import { packLeft, packRight } from "./pack.ts";
import { leftBytes, type Machine, MOST_ROWS, Tiles, tileColumns } from "./tile.ts";

/** Blocks: a panel of the right operand stays in the first cache, the block of the left one in the second. */
export const KC = 192;
const MC = 16 * MOST_ROWS;
const NC = 1024;

/** Up to so many columns the left operand, up to so many rows the right operand is not packed. */
const FEW_COLUMNS = 64;
const FEW_ROWS = 12;

/** c[m×n] = a[m×k] · b[k×n], k > 0; c has columns side by side. Addresses and distances in bytes. */
export const GEMM_WORDS = [
  "m",
  "n",
  "k",
  "a",
  "aRowBytes",
  "aColumnBytes",
  "b",
  "bRowBytes",
  "bColumnBytes",
  "c",
  "rowBytes",
  "accumulate",
] as const;

/** What a product needs of its thread's scratch memory. */
export function gemmScratch(machine: Machine): number {
  return MC * KC * leftBytes(machine) + KC * (NC + tileColumns(machine)) * 4 + edgeBytes(machine);
}

export function gemmModule(machine: Machine, shared: boolean): Uint8Array<ArrayBuffer> {
  const functions: { name: string; fn: Fn }[] = [];
  const add = (name: string, fn: Fn): number => functions.push({ name, fn }) - 1;
  const addBlock = (left: "packed" | "inPlace", right: "packed" | "rows"): number => {
    const tiles = new Tiles({ left, right }, machine, functions.length);
    functions.push(...tiles.functions);
    return add(`${left}_${right}`, block({ left, right }, tiles, machine));
  };
  const packed = addBlock("packed", "packed");
  const inPlace = addBlock("inPlace", "rows");
  const packA = add("packLeft", packLeft(machine));
  const packB = add("packRight", packRight(machine));
  add("run", driver(machine, { packed, inPlace, packA, packB }));
  return moduleBytes(functions, shared);
}

function driver(
  machine: Machine,
  call: Readonly<Record<"packed" | "inPlace" | "packA" | "packB", number>>,
): Fn {
  const f = new Fn([I32, I32]);
  const scratch = 1;
  const w = readWords(f, GEMM_WORDS);
  const width = tileColumns(machine);
  const [packedA, packedB, edge] = [f.local(), f.local(), f.local()];
  const aBytes = MC * KC * leftBytes(machine);
  f.get(scratch).set(packedA);
  f.get(scratch).i32(aBytes).op("i32.add").set(packedB);
  f.get(scratch)
    .i32(aBytes + KC * (NC + width) * 4)
    .op("i32.add")
    .set(edge);
  const [isLeftInPlace, isRightInPlace] = [f.local(), f.local()];
  f.get(w.m).i32(FEW_ROWS).op("i32.le_s").tee(isRightInPlace);
  f.get(w.n).i32(FEW_COLUMNS).op("i32.le_s").op("i32.or").set(isLeftInPlace);
  f.get(isRightInPlace).get(w.bColumnBytes).i32(4).op("i32.eq").op("i32.and").set(isRightInPlace);

  const [whole, left, right, to, joins] = Array.from({ length: 5 }, () => f.local());
  /** Of columns from `from` on, `count` of them; panels and rows of the right operand given by what is pushed. */
  f.blocks(w.n, NC, (j, columns) => {
    // Read in place are whole tiles only; the last columns are packed all the same.
    f.get(columns)
      .get(columns)
      .i32(width - 1)
      .op("i32.and")
      .op("i32.sub")
      .i32(0)
      .get(isRightInPlace)
      .op("select")
      .set(whole);
    f.blocks(w.k, KC, (p, depth) => {
      f.at(w.a, p, w.aColumnBytes).set(left);
      f.at(w.b, p, w.bRowBytes).get(j).get(w.bColumnBytes).op("i32.mul").op("i32.add").set(right);
      f.get(w.c).get(j).i32(2).op("i32.shl").op("i32.add").set(to);
      f.get(w.accumulate).get(p).op("i32.or").set(joins);
      f.get(whole).if(() => {
        f.get(w.m).get(whole).get(depth).get(left).get(right).get(to);
        f.get(w.rowBytes).get(joins).get(edge).get(w.aRowBytes).get(w.aColumnBytes);
        f.i32(4 * width)
          .get(w.bRowBytes)
          .call(call.inPlace);
        f.at(right, whole, w.bColumnBytes).set(right);
        f.get(to).get(whole).i32(2).op("i32.shl").op("i32.add").set(to);
      });
      const rest = f.local();
      f.get(columns)
        .get(whole)
        .op("i32.sub")
        .tee(rest)
        .if(() => {
          f.get(right).get(packedB).get(depth).get(rest).get(w.bRowBytes).get(w.bColumnBytes);
          f.call(call.packB);
          const panelBytes = () =>
            f
              .get(depth)
              .i32(4 * width)
              .op("i32.mul");
          f.get(isLeftInPlace).if(
            () => {
              f.get(w.m).get(rest).get(depth).get(left).get(packedB).get(to);
              f.get(w.rowBytes).get(joins).get(edge).get(w.aRowBytes).get(w.aColumnBytes);
              panelBytes();
              f.i32(4 * width).call(call.inPlace);
            },
            () =>
              f.blocks(w.m, MC, (i, rows) => {
                f.at(left, i, w.aRowBytes).get(packedA).get(rows).get(depth);
                f.get(w.aRowBytes).get(w.aColumnBytes).call(call.packA);
                f.get(rows).get(rest).get(depth).get(packedA).get(packedB).at(to, i, w.rowBytes);
                f.get(w.rowBytes).get(joins).get(edge);
                panelBytes();
                f.call(call.packed);
              }),
          );
        });
    });
  });
  return f;
}
