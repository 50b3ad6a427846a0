import {
  cat,
  DlError,
  diagonal,
  diagonalScatter,
  eye,
  formatShape,
  geqrf,
  linalg,
  randn,
  type Shape,
  ShapeError,
  sameShape,
  sign,
  type Tensor,
  tril,
  trunc,
  where,
  zeros,
} from "@dl/tensor/core";
import { Module } from "../module.ts";
import { quietly } from "../quiet.ts";
import { fieldOf } from "./derived.ts";
import { registerParametrization } from "./parametrize.ts";

export type OrthogonalMap = "matrix_exp" | "cayley" | "householder";
export interface OrthogonalOptions {
  /** The field. Default `"weight"`. */
  name?: string;
  /** Default `"matrix_exp"` for square matrices, `"householder"` for others. */
  orthogonalMap?: OrthogonalMap | null;
  /** Start from the weight that there is, which a fixed orthogonal matrix then multiplies. Default true. */
  useTrivialization?: boolean;
}

const identity = (like: Tensor, n: number, k = n): Tensor =>
  eye(n, k, { dtype: like.dtype, device: like.device });
const mainDiagonal = (x: Tensor): Tensor => diagonal(x, { dim1: -2, dim2: -1 });

class _Orthogonal extends Module {
  readonly shape: Shape;
  readonly orthogonalMap: OrthogonalMap;
  readonly useTrivialization: boolean;
  base: Tensor | null = null;

  constructor(weight: Tensor, orthogonalMap: OrthogonalMap, useTrivialization: boolean) {
    super();
    this.shape = weight.shape;
    this.orthogonalMap = orthogonalMap;
    this.useTrivialization = useTrivialization;
    if (useTrivialization) this.registerBuffer("base", null);
  }

  forward(x: Tensor): Tensor {
    const [n, k] = x.shape.slice(-2);
    if (n < k) return this._tall(x.mT).mT;
    return this._tall(x);
  }
  /** Of n × k numbers, n ≥ k, a matrix with orthonormal columns. */
  private _tall(x: Tensor): Tensor {
    const q = this.orthogonalMap === "householder" ? byReflections(x) : this._bySkew(x);
    return this.base ? this.base.matmul(q) : q;
  }
  private _bySkew(x: Tensor): Tensor {
    const [n, k] = x.shape.slice(-2);
    const lower = tril(x);
    const rest = zeros([...x.shape.slice(0, -1), n - k], { dtype: x.dtype, device: x.device });
    const square = n === k ? lower : cat([lower, rest], -1);
    const skew = square.sub(square.mT);
    if (this.orthogonalMap === "matrix_exp") return linalg.matrixExp(skew).narrow(-1, 0, k);
    const half = skew.mul(0.5);
    const one = identity(x, n);
    return linalg.solve(one.sub(half), one.add(half)).narrow(-1, 0, k);
  }

  /** What `forward` is to be given; the matrix itself becomes `base`. */
  rightInverse(value: Tensor): Tensor {
    if (!sameShape(value.shape, this.shape))
      throw new ShapeError(
        `orthogonal: the weight is ${formatShape(this.shape)}, got ${formatShape(value.shape)}`,
      );
    const [n, k] = value.shape.slice(-2);
    const isWide = n < k;
    const tall = isWide ? value.mT : value;
    if (!this.useTrivialization) {
      if (this.orthogonalMap !== "householder")
        throw new DlError(
          "value",
          `orthogonal: the map "${this.orthogonalMap}" cannot be inverted: without useTrivialization take "householder"`,
        );
      const start = reflectionsOf(tall);
      return isWide ? start.mT : start;
    }
    const base = quietly(() => completed(tall));
    this.base = this.registerBuffer("base", base);
    // The diagonal has the signs that Householder's reflections are multiplied by: with -1 they give the identity.
    return identity(value, n, k).neg().expand(this.shape).clone();
  }
}

/** The product of reflections whose vectors are below the diagonal, with signs from the diagonal. */
function byReflections(x: Tensor): Tensor {
  const vectors = tril(x, { diagonal: -1 });
  const tau = vectors.mul(vectors).sum(-2).add(1).reciprocal().mul(2);
  const q = linalg.householderProduct(vectors, tau);
  return q.mul(trunc(mainDiagonal(x).detach()).unsqueeze(-2));
}
/** The inverse of {@link byReflections}, for orthonormal columns. */
function reflectionsOf(q: Tensor): Tensor {
  const { a, tau } = geqrf(q);
  const signs = sign(mainDiagonal(a));
  // Where nothing was reflected, R has the sign of the matrix.
  const diagonalSigns = where(tau.eq(0), signs.neg(), signs);
  return diagonalScatter(a, diagonalSigns, { dim1: -2, dim2: -1 });
}
/** Orthonormal columns, those of A made so from left to right, with the signs that keep orthonormal ones as they are. */
function orthogonalized(a: Tensor): Tensor {
  const { a: packed, tau } = geqrf(a);
  return linalg.householderProduct(packed, tau).mul(sign(mainDiagonal(packed)).unsqueeze(-2));
}
/** A square orthogonal matrix whose first columns span what those of the matrix do. */
function completed(tall: Tensor): Tensor {
  const [n, k] = tall.shape.slice(-2);
  const { dtype, device } = tall;
  if (n > k) {
    const drawn = randn([...tall.shape.slice(0, -2), n, n - k], { dtype, device });
    return orthogonalized(cat([tall, drawn], -1));
  }
  // 10 n ε, and 1e-5 of what is compared
  const atol = 10 * n * (dtype === "float64" ? 2 ** -52 : 2 ** -23);
  const one = identity(tall, n);
  const gap = tall.mT.matmul(tall).sub(one).abs().sub(one.mul(1e-5));
  return gap.amax().itemSync() <= atol ? tall.clone() : orthogonalized(tall);
}

/**
 * Keeps a weight orthogonal: its columns (or rows, if there are more columns) are orthonormal, whatever is learnt. It is
 * computed from an unconstrained matrix X, the parameter `parametrizations.weight.original`, by a map:
 *
 *     "matrix_exp"    exp(A), A = L − Lᵀ with the lower triangle L of X
 *     "cayley"        (1 + A/2) (1 − A/2)⁻¹
 *     "householder"   a product of reflections, whose vectors are the columns below the diagonal of X
 *
 * With `useTrivialization` the result is multiplied by a fixed orthogonal matrix, the buffer
 * `parametrizations.weight.0.base`: so it starts at the weight that there is (made orthogonal), and may be set to others.
 * For more rows than columns it is completed by PyTorch's random numbers. Waits for the device.
 *
 * @returns the module; `parametrize.removeParametrizations(module, "weight")` makes it plain again.
 * @throws DlError "value" for a field that is no matrix, or another map.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.orthogonal.html
 *
 * @example
 * const { weight } = orthogonal(new Linear(3, 2));
 * weight.matmul(weight.mT).sub(eye(2)).abs().max().lt(1e-5) // => true
 */
export function orthogonal<M extends Module>(
  module: M,
  { name = "weight", orthogonalMap = null, useTrivialization = true }: OrthogonalOptions = {},
): M {
  const weight = fieldOf(module, name) as Tensor | undefined;
  if (!weight)
    throw new DlError("value", `orthogonal: ${module.constructor.name} has no "${name}"`);
  if (weight.rank < 2)
    throw new ShapeError(
      `orthogonal: a matrix or a batch of some is wanted, "${name}" is ${formatShape(weight.shape)}`,
    );
  const isSquare = weight.shape.at(-1) === weight.shape.at(-2);
  const map = orthogonalMap ?? (isSquare ? "matrix_exp" : "householder");
  if (map !== "matrix_exp" && map !== "cayley" && map !== "householder")
    throw new DlError(
      "value",
      `orthogonal: orthogonalMap "${map}" is not one of "matrix_exp", "cayley" and "householder"`,
    );
  const parametrization = new _Orthogonal(weight, map, useTrivialization);
  return registerParametrization(module, name, parametrization, { unsafe: true });
}
