/** Products of Householder's reflections: Q as the vectors that `geqrf` leaves below the diagonal. */
import { dispatchAll, type Op } from "../../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../../errors.ts";
import { scope } from "../../scope.ts";
import type { Tensor } from "../../tensor.ts";
import { tril } from "../triangle.ts";
import { identityLike, onHost, requireMatrices } from "./host.ts";
import { reflections } from "./qr.ts";

const geqrfOp: Op<undefined> = {
  name: "geqrf",
  forward([a]) {
    const [m, n] = a.shape.slice(-2);
    return onHost("geqrf", [a], [[m, n], [Math.min(m, n)]], ([x], [packed, tau]) => {
      packed.set(x);
      tau.set(reflections(packed, m, n));
    });
  },
  gradient() {
    throw new DlError(
      "gradient",
      "geqrf: it has no gradient, nor has PyTorch's: linalg.qr has one",
    );
  },
};
/**
 * A = Q R packed: R, and below its diagonal the vectors of the reflections that Q is a product of, with their factors
 * tau. `linalg.householderProduct` and `ormqr` take them. Batched. Waits for the device. As in PyTorch it has no
 * gradient.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.geqrf.html
 *
 * @example
 * geqrf(tensor([[3, 1], [4, 2]])).tau // => [1.6, 0]
 */
export function geqrf(a: Tensor): { a: Tensor; tau: Tensor } {
  requireMatrices("geqrf", a);
  const [packed, tau] = dispatchAll(geqrfOp, [a], undefined);
  return { a: packed, tau };
}

/** The vectors of the reflections as columns: zeros, a 1, and what is below the diagonal. */
function vectorsOf(name: string, packed: Tensor, tau: Tensor): Tensor {
  const [m, n] = requireMatrices(name, packed);
  const k = tau.shape.at(-1) ?? -1;
  if (m < n || k < 0 || k > n || tau.rank !== packed.rank - 1)
    throw new ShapeError(
      `${name}: ${formatShape(packed.shape)} and ${formatShape(tau.shape)} do not fit: [..., m, n] with m ≥ n, and tau [..., k] with k ≤ n, are wanted`,
    );
  const ones = identityLike(packed, m).narrow(-1, 0, k);
  return tril(packed.narrow(-1, 0, k), { diagonal: -1 }).add(ones);
}
/** H₀ H₁ … x, or … H₁ H₀ x, with Hᵢ = 1 − tauᵢ vᵢ vᵢᵀ. */
function reflected(x: Tensor, vectors: Tensor, tau: Tensor, isTransposed: boolean): Tensor {
  let out = x;
  const k = tau.shape.at(-1)!;
  for (let step = 0; step < k; step++) {
    const i = isTransposed ? step : k - 1 - step;
    const v = vectors.narrow(-1, i, 1);
    const scaled = v.mul(tau.narrow(-1, i, 1).unsqueeze(-1));
    out = out.sub(scaled.matmul(v.mT.matmul(out)));
  }
  return out;
}

/**
 * The first n columns of Q = H₀ H₁ …, from the m × n matrix with the reflections' vectors below its diagonal and the
 * factors tau that `geqrf` gives. Batched; also called `orgqr`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.householder_product.html
 *
 * @example
 * const { a, tau } = geqrf(tensor([[3, 1], [4, 2]]));
 * linalg.householderProduct(a, tau) // => [[-0.6, -0.8], [-0.8, 0.6]]
 */
export function householderProduct(a: Tensor, tau: Tensor): Tensor {
  return scope(() => {
    const vectors = vectorsOf("linalg.householderProduct", a, tau);
    const [m, n] = a.shape.slice(-2);
    const start = identityLike(a, m)
      .narrow(-1, 0, n)
      .expand([...a.shape.slice(0, -2), m, n]);
    const q = reflected(start, vectors, tau, false);
    return q === start ? start.clone() : q;
  });
}

export interface OrmqrOptions {
  /** Q C (default true) or C Q. */
  left?: boolean;
  /** With Qᵀ in the place of Q. Default false. */
  transpose?: boolean;
}
/**
 * Q C, where the square Q = H₀ H₁ … is given as `geqrf` does. Batched.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.ormqr.html
 *
 * @example
 * const { a, tau } = geqrf(tensor([[3, 1], [4, 2]]));
 * ormqr(a, tau, tensor([[3], [4]]), { transpose: true }) // => [[-5], [0]]
 */
export function ormqr(
  a: Tensor,
  tau: Tensor,
  other: Tensor,
  { left = true, transpose = false }: OrmqrOptions = {},
): Tensor {
  if (!left) return ormqr(a, tau, other.mT, { transpose: !transpose }).mT;
  return scope(() => {
    const vectors = vectorsOf("ormqr", a, tau);
    if (other.shape.at(-2) !== vectors.shape.at(-2))
      throw new ShapeError(
        `ormqr: ${formatShape(a.shape)} and ${formatShape(other.shape)} do not fit: Q is ${vectors.shape.at(-2)} × ${vectors.shape.at(-2)}`,
      );
    const out = reflected(other, vectors, tau, transpose);
    return out === other ? other.clone() : out;
  });
}
