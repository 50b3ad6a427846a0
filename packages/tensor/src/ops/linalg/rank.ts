/** What singular values say: the rank, and the condition number. */
import { DlError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import { maximum } from "../binary.ts";
import { eigvalsh, epsilonOf, svdvals } from "./eigen.ts";
import { requireMatrices, requireSquare } from "./host.ts";
import { inverseOrInfinity } from "./lu.ts";
import { type MatrixOrder, matrixNorm } from "./norms.ts";

export interface MatrixRankOptions {
  /** A number, or one for each matrix. Default 0. */
  atol?: number | Tensor | null;
  /** Default max(m, n) · ε of the dtype, or 0 if `atol` is given and is not 0. */
  rtol?: number | Tensor | null;
  /** The matrices are symmetric, and only their lower triangle is looked at. Default false. */
  hermitian?: boolean;
}
/**
 * How many singular values are larger than max(atol, rtol · the largest): int32. Batched. Waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_rank.html
 *
 * @example
 * linalg.matrixRank(tensor([[1, 2], [2, 4]])) // => 1
 */
export function matrixRank(
  a: Tensor,
  { atol = null, rtol = null, hermitian = false }: MatrixRankOptions = {},
): Tensor {
  const [m, n] = requireMatrices("linalg.matrixRank", a);
  const x = a.detach();
  if (a.numel === 0) return x.newZeros(a.shape.slice(0, -2)).to("int32");
  const s = hermitian ? eigvalsh(x).abs() : svdvals(x);
  const each = (t: number | Tensor) => (typeof t === "number" ? s.newFull([], t) : t.to(s.dtype));
  const absolute = each(atol ?? 0);
  const usual = Math.max(m, n) * epsilonOf(a.dtype);
  let relative = each(rtol ?? usual);
  if (rtol === null && atol !== null) relative = absolute.gt(0).to(s.dtype).mul(-usual).add(usual);
  const least = maximum(absolute, relative.mul(s.amax(-1)));
  return s.gt(least.unsqueeze(-1)).to("int32").sum(-1);
}

/**
 * ‖A‖ ‖A⁻¹‖: how much relative errors may grow in a solution. Without `p`, and for p = 2, the largest singular value
 * over the smallest, which matrices with any shape have; for p = −2 the other way round; other norms are those of
 * `linalg.matrixNorm`, of square matrices, and infinite for singular ones. Batched. Waits for the device.
 *
 * @param options.p default null.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.cond.html
 *
 * @example
 * linalg.cond(tensor([[4, 0], [0, 2]])) // => 2
 */
export function cond(a: Tensor, { p = null }: { p?: MatrixOrder | null } = {}): Tensor {
  requireMatrices("linalg.cond", a);
  const batch = a.shape.slice(0, -2);
  if (p === null || p === 2 || p === -2) {
    if (a.numel === 0) return a.newZeros(batch);
    const s = svdvals(a);
    const last = s.shape.at(-1)! - 1;
    const [largest, smallest] = [s.select(-1, 0), s.select(-1, last)];
    return p === -2 ? smallest.div(largest) : largest.div(smallest);
  }
  requireSquare("linalg.cond", a);
  if (typeof p === "number" && Math.abs(p) !== 1 && Math.abs(p) !== Infinity)
    throw new DlError(
      "value",
      `linalg.cond: p ${p} is not one of "fro", "nuc", 1, 2, Infinity and their negatives`,
    );
  if (a.numel === 0) return a.newZeros(batch);
  return matrixNorm(a, { ord: p }).mul(matrixNorm(inverseOrInfinity(a), { ord: p }));
}
