/** Pixels by rows and columns that differ from image to image: crops, and borders that repeat the image. */
import {
  defineMap,
  expr as E,
  expand,
  gather,
  type Operand,
  reshape,
  type Tensor,
} from "@dl/tensor/core";
import { pixelMap, whole } from "./image.ts";

const address = defineMap<[Tensor, Tensor, number]>("crop", (row, column, width) =>
  E.add(E.mul(E.max(row, 0), width), E.max(column, 0)),
);
const filled = pixelMap<[Tensor, Tensor, Tensor, Operand]>("crop", (x, row, column, fill) =>
  E.select(E.lt(E.min(row, column), 0), fill, x),
);

/**
 * Pixel `[n, c, i, j]` of the result is `[n, c, rows[n][i], columns[n][j]]` of the images, or `fill` where one of them is
 * negative. Lists for one image are for all.
 */
export function pick(
  x: Tensor,
  rows: readonly Int32Array[],
  columns: readonly Int32Array[],
  fill: Operand,
): Tensor {
  const [n, c, h, w] = x.shape;
  const [oh, ow] = [rows[0].length, columns[0].length];
  if (x.numel === 0 || h * w === 0) return x.newFull([n, c, oh, ow], Number(fill));
  const row = whole(joined(rows), [rows.length, 1, oh, 1], x);
  const column = whole(joined(columns), [columns.length, 1, 1, ow], x);
  const flat = reshape(address(row, column, w), [
    Math.max(rows.length, columns.length),
    1,
    oh * ow,
  ]);
  const index = expand(flat, [n, c, oh * ow]);
  const y = reshape(gather(reshape(x, [n, c, h * w]), 2, index), [n, c, oh, ow]);
  const isWithin = [...rows, ...columns].every((list) => list.every((at) => at >= 0));
  return isWithin ? y : filled(y, row, column, fill);
}

function joined(lists: readonly Int32Array[]): Int32Array {
  const out = new Int32Array(lists.length * lists[0].length);
  lists.forEach((list, i) => {
    out.set(list, i * list.length);
  });
  return out;
}

/** `length` positions from `start` on, of `size`; −1 outside. */
export const stretch = (start: number, length: number, size: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => (start + i >= 0 && start + i < size ? start + i : -1));

export type PaddingMode = "constant" | "edge" | "reflect" | "symmetric";

/** Which of `n` positions stands at `at`, inside or outside. */
export const BORDERS: Record<PaddingMode, (at: number, n: number) => number> = {
  constant: (at, n) => (at >= 0 && at < n ? at : -1),
  edge: (at, n) => Math.min(Math.max(at, 0), n - 1),
  reflect: (at, n) => folded(at, 2 * n - 2, n - 1),
  symmetric: (at, n) => folded(at, 2 * n, n - 0.5),
};
function folded(at: number, period: number, turning: number): number {
  if (period === 0) return 0;
  const k = ((at % period) + period) % period;
  return k > turning ? 2 * turning - k : k;
}
