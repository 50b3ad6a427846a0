import { DlError, formatShape, ShapeError } from "./errors.ts";

export type Shape = readonly number[];

export function numelOf(shape: Shape): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Strides of row-major order without gaps. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, n = 1; i >= 0; i--) {
    strides[i] = n;
    n *= shape[i];
  }
  return strides;
}

/** `dim` counted from the end if it is negative; checked. `rank` 0 is taken as 1, as in PyTorch. */
export function wrapDim(dim: number, rank: number, op: string): number {
  const n = Math.max(rank, 1);
  if (!Number.isInteger(dim) || dim < -n || dim >= n) {
    throw new DlError(
      "value",
      `${op}: dim ${dim} is out of range for a tensor of ${rank} dimensions (${-n} … ${n - 1})`,
    );
  }
  return dim < 0 ? dim + n : dim;
}

/** Wraps several, rejects repeats; undefined means all. Ascending. */
export function wrapDims(
  dims: number | readonly number[] | null | undefined,
  rank: number,
  op: string,
): number[] {
  if (dims === undefined || dims === null) return Array.from({ length: rank }, (_, d) => d);
  const list = typeof dims === "number" ? [dims] : dims;
  if (list.length === 0) return Array.from({ length: rank }, (_, d) => d);
  const wrapped = list.map((d) => wrapDim(d, rank, op)).sort((a, b) => a - b);
  for (let i = 1; i < wrapped.length; i++) {
    if (wrapped[i] === wrapped[i - 1])
      throw new DlError("value", `${op}: dim ${wrapped[i]} appears twice in ${formatShape(list)}`);
  }
  return rank === 0 ? [] : wrapped;
}

/** PyTorch's (NumPy's) broadcasting: aligned at the end, sizes equal or 1. */
export function broadcastShapes(shapes: readonly Shape[], op: string): Shape {
  let common = shapes[0];
  let same = true;
  for (let i = 1; i < shapes.length; i++) {
    if (!sameShape(shapes[i], common)) {
      same = false;
      break;
    }
  }
  if (same) return common;
  const rank = Math.max(...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const d = rank - shape.length + i;
      const n = shape[i];
      if (n === 1) continue;
      if (out[d] !== 1 && out[d] !== n) {
        throw new ShapeError(
          `${op}: shapes ${shapes.map(formatShape).join(" and ")} do not broadcast: ` +
            `dimension ${d - rank} has sizes ${out[d]} and ${n}, which must be equal, or one of them 1`,
        );
      }
      out[d] = n;
    }
  }
  // An operand's own array, where one has this shape, makes later comparisons free.
  for (const shape of shapes) if (sameShape(shape, out)) return shape;
  return (common = out);
}

/** `reshape(2, 3)` and `reshape([2, 3])` alike. */
export const shapeArgument = (args: readonly (number | Shape)[]): Shape =>
  args.length === 1 && typeof args[0] === "object" ? args[0] : (args as readonly number[]);

/** Replaces the one −1 of a requested shape. */
export function inferShape(shape: Shape, numel: number, op: string): Shape {
  const holes = shape.filter((n) => n === -1).length;
  for (const n of shape) {
    if (!Number.isInteger(n) || n < -1)
      throw new ShapeError(
        `${op}: ${formatShape(shape)} is not a shape: sizes are whole numbers from 0, or one -1`,
      );
  }
  if (holes > 1) throw new ShapeError(`${op}: only one size of ${formatShape(shape)} can be -1`);
  if (holes === 0) return shape;
  const rest = shape.reduce((n, s) => (s === -1 ? n : n * s), 1);
  if (rest === 0 || numel % rest !== 0) {
    throw new ShapeError(
      `${op}: ${numel} elements do not fit ${formatShape(shape)}: ${numel} is not a multiple of ${rest}`,
    );
  }
  return shape.map((n) => (n === -1 ? numel / rest : n));
}

/** @throws DlError when an argument is not a whole number. */
export function requireWhole(name: string, argument: string, value: number): void {
  if (!Number.isInteger(value))
    throw new DlError("value", `${name}: ${argument} is ${value}: a whole number is wanted`);
}
/** @throws DlError when an argument is not a whole number from 0. */
export function requireCount(name: string, argument: string, value: number): void {
  if (!Number.isInteger(value) || value < 0)
    throw new DlError("value", `${name}: ${argument} is ${value}: a whole number from 0 is wanted`);
}

/** @throws ShapeError when a size is not a whole number from 0. */
export function requireSizes(name: string, shape: Shape): void {
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0)
      throw new ShapeError(
        `${name}: ${formatShape(shape)} is not a shape: sizes are whole numbers from 0`,
      );
  }
}
