/** Norms of vectors and of matrices. */
import { defineComposite } from "../../define.ts";
import { dispatch } from "../../dispatch.ts";
import type { DType } from "../../dtype.ts";
import { DlError, formatShape, ShapeError } from "../../errors.ts";
import { wrapDim, wrapDims } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { type Dims, namedNorm, requireElements } from "../reduce.ts";
import { svdvals } from "./eigen.ts";
import { requireFloating } from "./host.ts";

interface PowerAttrs {
  readonly p: number;
  readonly axes: readonly number[];
}
/** (Σ|x|ᵖ)^(1/p), dimensions kept. */
const powerNormOp = defineComposite<PowerAttrs>("vectorNorm", {
  decompose: ([x], { p, axes }) => [
    x
      .abs()
      .pow(p)
      .sum(axes, { keepdim: true })
      .pow(1 / p),
  ],
  saves: () => ({ inputs: [0], outputs: [0] }),
  // g · sign(x) (|x| / norm)^(p − 1), and 0 where that norm, or for p < 1 that element, is 0
  gradient([g], { attrs: { p }, input, output }) {
    const [x, y] = [input(0), output()];
    const slope = x.sign().mul(
      x
        .abs()
        .div(y)
        .pow(p - 1),
    );
    const isFlat = p < 1 ? x.eq(0).logicalOr(y.eq(0)) : y.eq(0).expand(x.shape);
    return [g!.mul(slope.maskedFill(isFlat, 0))];
  },
});

export interface VectorNormOptions {
  /** Default 2; any number, Infinity and −Infinity among them. */
  ord?: number;
  /** Default: all. */
  dim?: Dims;
  /** Default false. */
  keepdim?: boolean;
  /** Converted to before. */
  dtype?: DType;
}
/**
 * (Σ|x|ᵖ)^(1/p) of the elements along `dim`, with p = ord; the largest (ord = ∞) or smallest (−∞) size, or how many are
 * not 0 (ord = 0).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
 *
 * @example
 * linalg.vectorNorm(tensor([3, -4])) // => 5
 */
export function vectorNorm(
  a: Tensor,
  { ord = 2, dim, keepdim = false, dtype }: VectorNormOptions = {},
): Tensor {
  const x = dtype ? a.to(dtype) : a;
  requireFloating("linalg.vectorNorm", x.dtype);
  if (ord === 0 || ord === 1 || ord === 2 || Math.abs(ord) === Infinity)
    return namedNorm("linalg.vectorNorm", x, { p: ord, dim, keepdim });
  const axes = wrapDims(dim, x.rank, "linalg.vectorNorm");
  if (axes.length === 0) return x.abs();
  const kept: Tensor = dispatch(powerNormOp, [x], { p: ord, axes });
  return keepdim ? kept : kept.reshape(x.shape.filter((_, d) => !axes.includes(d)));
}

/** Frobenius's, the sum of the singular values, largest and smallest sum of a column (1), of a row (∞), singular value (2). */
export type MatrixOrder = "fro" | "nuc" | number;
export interface MatrixNormOptions {
  /** Default "fro". */
  ord?: MatrixOrder;
  /** Default the last two. */
  dim?: readonly number[];
  /** Default false. */
  keepdim?: boolean;
  /** Converted to before. */
  dtype?: DType;
}
/**
 * Norms of matrices: "fro" (default) is the root of the sum of squares, "nuc" the sum of singular values, 1 and −1 the
 * largest and smallest sum of the sizes in a column, ∞ and −∞ in a row, 2 and −2 the largest and smallest singular
 * value. "nuc", 2 and −2 wait for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html
 *
 * @example
 * linalg.matrixNorm(tensor([[1, -2], [3, 4]]), { ord: 1 }) // => 6
 */
export function matrixNorm(
  a: Tensor,
  { ord = "fro", dim = [-2, -1], keepdim = false, dtype }: MatrixNormOptions = {},
): Tensor {
  const x = dtype ? a.to(dtype) : a;
  requireFloating("linalg.matrixNorm", x.dtype);
  if (x.rank < 2 || dim.length !== 2)
    throw new ShapeError(
      `linalg.matrixNorm: matrices and two dims are wanted, got ${formatShape(a.shape)} and ${formatShape(dim)}`,
    );
  const [rows, columns] = dim.map((d) => wrapDim(d, x.rank, "linalg.matrixNorm"));
  if (rows === columns)
    throw new DlError("value", `linalg.matrixNorm: ${formatShape(dim)} names one dimension twice`);
  if (ord === "fro") return namedNorm("linalg.matrixNorm", x, { dim: [rows, columns], keepdim });
  const kept = keepingBoth(x, ord, rows, columns);
  return keepdim ? kept : kept.reshape(x.shape.filter((_, d) => d !== rows && d !== columns));
}
function keepingBoth(x: Tensor, ord: MatrixOrder, rows: number, columns: number): Tensor {
  const keepdim = true;
  if (ord === 1 || ord === -1 || ord === Infinity || ord === -Infinity) {
    const [along, over] = Math.abs(ord) === 1 ? [rows, columns] : [columns, rows];
    const sums = x.abs().sum(along, { keepdim });
    // As in PyTorch, the largest of nothing is 0 here.
    if (ord > 0)
      return sums.shape[over] === 0 ? sums.sum(over, { keepdim }) : sums.amax(over, { keepdim });
    requireElements("linalg.matrixNorm", x.shape, [over]);
    return sums.amin(over, { keepdim });
  }
  if (ord !== "nuc" && ord !== 2 && ord !== -2)
    throw new DlError(
      "value",
      `linalg.matrixNorm: ord ${ord} is not one of "fro", "nuc", 1, 2, Infinity and their negatives`,
    );
  const s = svdvals(x.movedim([rows, columns], [-2, -1]));
  const isEmpty = s.shape.at(-1) === 0;
  if (ord === -2 && isEmpty) requireElements("linalg.matrixNorm", x.shape, [rows, columns]);
  const value = ord === "nuc" || isEmpty ? s.sum(-1) : ord === 2 ? s.amax(-1) : s.amin(-1);
  return value.reshape(x.shape.map((n, d) => (d === rows || d === columns ? 1 : n)));
}

export interface LinalgNormOptions {
  /** Default: 2 of all elements as one vector. */
  ord?: MatrixOrder | null;
  /** One dimension for vectors, two for matrices. Default: all. */
  dim?: Dims | null;
  /** Default false. */
  keepdim?: boolean;
  /** Converted to before. */
  dtype?: DType;
}
/**
 * `vectorNorm` or `matrixNorm`: of matrices if two dims are given with an order, or a matrix without dims with an order.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.norm.html
 *
 * @example
 * linalg.norm(tensor([[1, -2], [3, 4]]), { ord: Infinity }) // => 7
 */
export function norm(
  a: Tensor,
  { ord = null, dim = null, keepdim = false, dtype }: LinalgNormOptions = {},
): Tensor {
  const dims = dim === null ? undefined : dim;
  if (ord === null) return vectorNorm(a, { dim: dims, keepdim, dtype });
  if (dims === undefined && a.rank !== 1 && a.rank !== 2)
    throw new ShapeError(
      `linalg.norm: with an order and without dim a vector or a matrix is wanted, got ${formatShape(a.shape)}`,
    );
  const two = dims === undefined ? a.rank === 2 : Array.isArray(dims) && dims.length === 2;
  if (two)
    return matrixNorm(a, { ord, dim: dims as readonly number[] | undefined, keepdim, dtype });
  if (typeof ord === "string")
    throw new DlError("value", `linalg.norm: "${ord}" is a norm of matrices: give two dims`);
  return vectorNorm(a, { ord, dim: dims, keepdim, dtype });
}
