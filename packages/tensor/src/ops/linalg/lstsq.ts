/** Least squares. */
import { formatShape, ShapeError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import { epsilonOf, pinv, svdvals } from "./eigen.ts";
import { requireMatrices } from "./host.ts";

export interface LstsqOptions {
  /** Singular values up to rcond times the largest count as 0. Default max(m, n) · ε of the dtype. */
  rcond?: number;
  /** LAPACK's function; here it decides what is returned, as in PyTorch. Default "gelsy". */
  driver?: "gelsy" | "gels" | "gelsd" | "gelss";
}
export interface LeastSquares {
  /** [..., n, k] */
  solution: Tensor;
  /** Sums of squares [..., k]: for another driver than "gelsy", with more rows than columns; else empty. */
  residuals: Tensor;
  /** int32, of each matrix; empty for "gels". */
  rank: Tensor;
  /** For "gelsd" and "gelss"; else empty. */
  singularValues: Tensor;
}

/**
 * The X that minimises ‖A X − B‖; where several do, the smallest. By the pseudoinverse. Batched; B may be a vector for
 * each matrix. Waits for the device.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.lstsq.html
 *
 * @example
 * linalg.lstsq(tensor([[1, 0], [1, 1], [1, 2]]), tensor([[1], [3], [5]])).solution // => [[1], [2]]
 */
export function lstsq(
  a: Tensor,
  b: Tensor,
  { rcond, driver = "gelsy" }: LstsqOptions = {},
): LeastSquares {
  const [m, n] = requireMatrices("linalg.lstsq", a);
  const isVector = b.rank === a.rank - 1;
  const right = isVector ? b.unsqueeze(-1) : b;
  if (right.rank < 2 || right.shape.at(-2) !== m)
    throw new ShapeError(
      `linalg.lstsq: ${formatShape(a.shape)} and ${formatShape(b.shape)} do not fit: both need ${m} rows`,
    );
  const rtol = rcond ?? Math.max(m, n) * epsilonOf(a.dtype);
  const found = pinv(a, { rtol }).matmul(right);
  const empty = () => a.newZeros([0]);
  const s = driver === "gels" ? null : svdvals(a.detach());
  return {
    solution: isVector ? found.squeeze(-1) : found,
    residuals: driver !== "gelsy" && m > n ? a.matmul(found).sub(right).square().sum(-2) : empty(),
    rank: s
      ? s
          .gt(s.narrow(-1, 0, Math.min(1, s.shape.at(-1)!)).mul(rtol))
          .to("int32")
          .sum(-1)
      : empty().to("int32"),
    singularValues: s && driver !== "gelsy" ? s : empty(),
  };
}
