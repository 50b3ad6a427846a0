/**
 * Distinct elements. How many there are depends on the data: they are read back and compared here, so the device has to be
 * one that can be waited for. Nothing has a gradient.
 */
import type { TypedArray } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";

export interface UniqueOptions {
  /** Also where each element of the input is in the result. Default false. */
  returnInverse?: boolean;
  /** Also how often each element of the result occurs. Default false. */
  returnCounts?: boolean;
  /** Distinct slices along a dimension, rather than elements. */
  dim?: number | null;
}
export type WithMore = UniqueOptions & ({ returnInverse: true } | { returnCounts: true });

/** Rows of `width` numbers each. NaN comes last, and equals nothing. */
interface Rows {
  readonly data: TypedArray;
  readonly count: number;
  readonly width: number;
}
function compare({ data, width }: Rows, i: number, j: number): number {
  for (let k = 0; k < width; k++) {
    const [a, b] = [data[i * width + k], data[j * width + k]];
    if (a < b) return -1;
    if (a > b) return 1;
    if (a !== b) return Number.isNaN(a) ? (Number.isNaN(b) ? i - j : 1) : -1;
  }
  return 0;
}

/** One group per run of equal neighbours of `order`. */
function group(
  x: Tensor,
  axis: number | undefined,
  rows: Rows,
  order: Int32Array,
  o: UniqueOptions,
) {
  const first: number[] = [];
  const counts: number[] = [];
  const inverse = new Int32Array(rows.count);
  order.forEach((row, i) => {
    if (i === 0 || compare(rows, order[i - 1], row) !== 0) {
      first.push(row);
      counts.push(0);
    }
    inverse[row] = first.length - 1;
    counts[counts.length - 1]++;
  });
  const int = (data: Int32Array, shape: readonly number[]) => Tensor.from(data, shape, x.device);
  const index = int(Int32Array.from(first), [first.length]);
  const source = axis === undefined ? x.detach().reshape([-1]) : x.detach();
  const at = axis ?? 0;
  const spread = index
    .reshape(source.shape.map((_, d) => (d === at ? first.length : 1)))
    .expand(source.shape.map((n, d) => (d === at ? first.length : n)));
  const values = source.gather(at, spread);
  const results = [values];
  if (o.returnInverse) results.push(int(inverse, axis === undefined ? x.shape : [rows.count]));
  if (o.returnCounts) results.push(int(Int32Array.from(counts), [counts.length]));
  return results.length > 1 ? results : values;
}
function rowsOf(x: Tensor, axis: number | undefined): Rows {
  const t = x.detach();
  if (axis === undefined) return { data: t.dataSync(), count: t.numel, width: 1 };
  const first = t.movedim(axis, 0);
  const count = x.shape[axis];
  return { data: first.dataSync(), count, width: count === 0 ? 0 : x.numel / count };
}
function axisOf(x: Tensor, dim: number | null | undefined, name: string): number | undefined {
  if (dim === undefined || dim === null) return undefined;
  if (x.rank === 0)
    throw new DlError(
      "value",
      `${name}: a tensor of no dimensions has no dim ${dim}: leave it out`,
    );
  const axis = wrapDim(dim, x.rank, name);
  if (x.shape.some((n, d) => d !== axis && n === 0))
    throw new ShapeError(
      `${name}: the slices of ${formatShape(x.shape)} along dim ${dim} have no elements to compare`,
    );
  return axis;
}

/**
 * The distinct elements in ascending order, or distinct slices along `dim`.
 *
 * @param options `sorted: false` leaves the order open, which is ascending all the same.
 * @returns the tensor; with `returnInverse` or `returnCounts` an array `[values, inverse?, counts?]`.
 * @throws ShapeError for slices without elements.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.unique.html
 *
 * @example
 * unique(tensor([3, 1, 3]), { returnCounts: true }) // => [[1, 3], [1, 2]]
 */
export function unique(x: Tensor, options: WithMore & { sorted?: boolean }): Tensor[];
export function unique(x: Tensor, options?: UniqueOptions & { sorted?: boolean }): Tensor;
export function unique(x: Tensor, options: UniqueOptions = {}): Tensor | Tensor[] {
  const axis = axisOf(x, options.dim, "unique");
  const rows = rowsOf(x, axis);
  const order = Int32Array.from({ length: rows.count }, (_, i) => i);
  return group(
    x,
    axis,
    rows,
    order.sort((i, j) => compare(rows, i, j) || i - j),
    options,
  );
}
/**
 * One element of each run of equal neighbours.
 *
 * @returns the tensor; with `returnInverse` or `returnCounts` an array `[values, inverse?, counts?]`.
 * @throws ShapeError for slices without elements.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.unique_consecutive.html
 *
 * @example
 * uniqueConsecutive(tensor([1, 1, 2, 1])) // => [1, 2, 1]
 */
export function uniqueConsecutive(x: Tensor, options: WithMore): Tensor[];
export function uniqueConsecutive(x: Tensor, options?: UniqueOptions): Tensor;
export function uniqueConsecutive(x: Tensor, options: UniqueOptions = {}): Tensor | Tensor[] {
  const axis = axisOf(x, options.dim, "uniqueConsecutive");
  const rows = rowsOf(x, axis);
  return group(
    x,
    axis,
    rows,
    Int32Array.from({ length: rows.count }, (_, i) => i),
    options,
  );
}
