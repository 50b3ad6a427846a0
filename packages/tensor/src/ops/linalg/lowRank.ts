/** Singular vectors of matrices that a few of them describe, found from products with random vectors. */
import { randn } from "../../create.ts";
import { DlError } from "../../errors.ts";
import { scope } from "../../scope.ts";
import type { Tensor } from "../../tensor.ts";
import { svd } from "./eigen.ts";
import { requireMatrices } from "./host.ts";
import { qr } from "./qr.ts";

export interface SvdLowrankOptions {
  /** How many singular values: somewhat more than the rank. Default 6. */
  q?: number;
  /** Improvements of the basis. Default 2. */
  niter?: number;
  /** Subtracted from A. */
  M?: Tensor | null;
}
/** A ≈ U diag(S) Vᵀ */
export interface LowRank {
  /** [..., m, q] */
  U: Tensor;
  /** [..., q], descending */
  S: Tensor;
  /** [..., n, q] */
  V: Tensor;
}

/** Orthonormal columns that span nearly what the columns of A do. */
function basis(a: Tensor, q: number, niter: number): Tensor {
  const { dtype, device } = a;
  let found = qr(a.matmul(randn([a.shape.at(-1)!, q], { dtype, device }))).Q;
  for (let i = 0; i < niter; i++) {
    found = qr(a.mT.matmul(found)).Q;
    found = qr(a.matmul(found)).Q;
  }
  return found;
}

/**
 * The q largest singular values and their vectors, nearly, of matrices (less M) of low rank. Draws [n, q] normal
 * numbers, those of PyTorch after the same seed. Batched. Waits for the device. For small matrices `linalg.svd` is
 * faster.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.svd_lowrank.html
 *
 * @example
 * svdLowrank(tensor([[3, 0], [0, -2], [0, 0]]), { q: 2 }).S // => [3, 2]
 */
export function svdLowrank(
  a: Tensor,
  { q = 6, niter = 2, M = null }: SvdLowrankOptions = {},
): LowRank {
  const [m, n] = requireMatrices("svdLowrank", a);
  if (!(Number.isInteger(q) && q >= 0 && q <= Math.min(m, n)))
    throw new DlError(
      "value",
      `svdLowrank: q ${q} has to be a whole number up to ${Math.min(m, n)}`,
    );
  if (m < n) {
    const { U, S, V } = svdLowrank(a.mT, { q, niter, M: M?.expand(a.shape).mT ?? null });
    return { U: V, S, V: U };
  }
  return scope(() => {
    const rest = M ? a.sub(M) : a;
    const Q = basis(rest, q, niter);
    const { U, S, Vh } = svd(Q.mT.matmul(rest), { fullMatrices: false });
    return { U: Q.matmul(U), S, V: Vh.mT };
  });
}

export interface PcaLowrankOptions {
  /** How many components. Default min(6, m, n). */
  q?: number | null;
  /** Subtract the mean of the rows. Default true. */
  center?: boolean;
  /** Improvements of the basis. Default 2. */
  niter?: number;
}
/**
 * Principal components of m samples (rows) with n features: `svdLowrank` of the centred rows. The columns of V are the
 * directions, `S² / (m − 1)` their variances. Batched. Waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.pca_lowrank.html
 *
 * @example
 * pcaLowrank(tensor([[1, 1], [2, 2], [3, 3]]), { q: 1 }).S // => [2]
 */
export function pcaLowrank(
  a: Tensor,
  { q = null, center = true, niter = 2 }: PcaLowrankOptions = {},
): LowRank {
  const [m, n] = requireMatrices("pcaLowrank", a);
  const count = q ?? Math.min(6, m, n);
  return svdLowrank(center ? a.sub(a.mean(-2, { keepdim: true })) : a, { q: count, niter });
}
