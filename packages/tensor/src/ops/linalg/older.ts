/** Functions of torch that torch.linalg has under another name or with other results. */
import type { Tensor } from "../../tensor.ts";
import { svd as svdOf, svdvals } from "./eigen.ts";
import { identityLike, requireSquare } from "./host.ts";
import { factor, type LuFactors, luSolve as luSolveOf, type PivotOptions } from "./luFactors.ts";
import { qr as qrOf } from "./qr.ts";
import { choleskySolve, solveTriangular } from "./triangular.ts";

/**
 * `linalg.qr` under its older name.
 *
 * @param options.some "reduced" (default true), or "complete".
 * @see https://docs.pytorch.org/docs/stable/generated/torch.qr.html
 *
 * @example
 * qr(tensor([[3, 1], [4, 2]])).R // => [[-5, -2.2], [0, 0.4]]
 */
export const qr = (a: Tensor, { some = true }: { some?: boolean } = {}): { Q: Tensor; R: Tensor } =>
  qrOf(a, { mode: some ? "reduced" : "complete" });

export interface OlderSvdOptions {
  /** Only the first min(m, n) vectors. Default true. */
  some?: boolean;
  /** Without, U and V are square and zero. Default true. */
  computeUv?: boolean;
}
/**
 * A = U diag(S) Vᵀ: `linalg.svd` with V, whose columns are vectors, in the place of Vh. Batched. Waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.svd.html
 *
 * @example
 * svd(tensor([[3, 0], [0, -2]])).S // => [3, 2]
 */
export function svd(
  a: Tensor,
  { some = true, computeUv = true }: OlderSvdOptions = {},
): { U: Tensor; S: Tensor; V: Tensor } {
  if (!computeUv) {
    const batch = a.shape.slice(0, -2);
    const zeros = (n: number) => a.newZeros([...batch, n, n]);
    const S = svdvals(a);
    return { U: zeros(a.shape.at(-2)!), S, V: zeros(a.shape.at(-1)!) };
  }
  const { U, S, Vh } = svdOf(a, { fullMatrices: !some });
  return { U, S, V: Vh.mT };
}

export interface OlderTriangularOptions {
  /** Which triangle of A is looked at. Default true. */
  upper?: boolean;
  /** With Aᵀ in the place of A. Default false. */
  transpose?: boolean;
  /** Take the diagonal for ones. Default false. */
  unitriangular?: boolean;
}
/**
 * The solution X of A X = B with a triangular A, and a copy of A: `linalg.solveTriangular` with its operands in another
 * order. Batched. Waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.triangular_solve.html
 *
 * @example
 * triangularSolve(tensor([[3], [2]]), tensor([[1, 1], [0, 2]])).solution // => [[2], [1]]
 */
export function triangularSolve(
  b: Tensor,
  a: Tensor,
  { upper = true, transpose = false, unitriangular = false }: OlderTriangularOptions = {},
): { solution: Tensor; clonedCoefficient: Tensor } {
  const solution = transpose
    ? solveTriangular(a.mT, b, { upper: !upper, unitriangular })
    : solveTriangular(a, b, { upper, unitriangular });
  const batch = solution.shape.slice(0, -2);
  return { solution, clonedCoefficient: a.expand([...batch, ...a.shape.slice(-2)]).clone() };
}

/**
 * The inverse of A = L Lᵀ (or Lᵀ L, with `upper`). Batched. Waits for the device.
 *
 * @param options.upper default false.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cholesky_inverse.html
 *
 * @example
 * choleskyInverse(tensor([[2, 0], [0, 4]])) // => [[0.25, 0], [0, 0.0625]]
 */
export function choleskyInverse(l: Tensor, { upper = false }: { upper?: boolean } = {}): Tensor {
  const n = requireSquare("choleskyInverse", l);
  return choleskySolve(identityLike(l, n), l, { upper });
}

export interface OlderLuOptions extends PivotOptions {
  /** Do not throw for singular matrices, and give `infos`. Default false. */
  getInfos?: boolean;
}
/**
 * `linalg.luFactor` under its older name; with `getInfos`, singular matrices are no error, and `infos` says which pivot
 * is 0, counted from 1, or 0.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.lu.html
 *
 * @example
 * lu(tensor([[1, 2], [4, 4]])).pivots // => [2, 2]
 */
export function lu(
  a: Tensor,
  { pivot = true, getInfos = false }: OlderLuOptions = {},
): LuFactors & { infos?: Tensor } {
  const { LU, pivots, infos } = factor("lu", a, pivot, !getInfos);
  return getInfos ? { LU, pivots, infos } : { LU, pivots };
}

/**
 * `linalg.luSolve` with its operands in another order.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.lu_solve.html
 *
 * @example
 * const { LU, pivots } = linalg.luFactor(tensor([[1, 2], [4, 4]]));
 * luSolve(tensor([[3], [8]]), LU, pivots) // => [[1], [1]]
 */
export const luSolve = (b: Tensor, packed: Tensor, pivots: Tensor): Tensor =>
  luSolveOf(packed, pivots, b);
