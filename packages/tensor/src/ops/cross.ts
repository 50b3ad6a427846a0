/** Products of other shapes than a matrix has. */
import { formatShape, ShapeError } from "../errors.ts";
import { broadcastShapes, wrapDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { roll } from "./rearrange.ts";

/**
 * The cross product of vectors of three numbers along `dim`; other dimensions broadcast.
 *
 *     out = (a₁b₂ − a₂b₁, a₂b₀ − a₀b₂, a₀b₁ − a₁b₀)
 *
 * @param options.dim default: the first dimension of size 3.
 * @throws ShapeError when there is none.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cross.html
 *
 * @example
 * cross(tensor([1, 0, 0]), tensor([0, 1, 0])) // => [0, 0, 1]
 */
export function cross(a: Tensor, b: Tensor, { dim }: { dim?: number } = {}): Tensor {
  const first = a.shape.indexOf(3);
  if (dim === undefined && first < 0)
    throw new ShapeError(`cross: ${formatShape(a.shape)} has no dimension of size 3`);
  return crossAlong("cross", a, b, dim ?? first);
}
/** @internal */
export function crossAlong(name: string, a: Tensor, b: Tensor, dim: number): Tensor {
  if (a.rank !== b.rank)
    throw new ShapeError(
      `${name}: ${formatShape(a.shape)} and ${formatShape(b.shape)} need equally many dimensions`,
    );
  const axis = wrapDim(dim, a.rank, name);
  if (a.shape[axis] !== 3 || b.shape[axis] !== 3)
    throw new ShapeError(
      `${name}: dimension ${dim} of ${formatShape(a.shape)} and ${formatShape(b.shape)} has to have size 3`,
    );
  const shape = broadcastShapes([a.shape, b.shape], name);
  const [x, y] = [a.expand(shape), b.expand(shape)];
  const next = (t: Tensor) => roll(t, -1, axis);
  const [x1, y1] = [next(x), next(y)];
  return x1.mul(next(y1)).sub(next(x1).mul(y1));
}

/**
 * Kronecker's product: every element of a times all of b. The lower rank gets dimensions of size 1 in front.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.kron.html
 *
 * @example
 * kron(tensor([[1, 2]]), tensor([[1], [10]])) // => [[1, 2], [10, 20]]
 */
export function kron(a: Tensor, b: Tensor): Tensor {
  const rank = Math.max(a.rank, b.rank);
  const raised = (t: Tensor) => [...new Array<number>(rank - t.rank).fill(1), ...t.shape];
  const [m, n] = [raised(a), raised(b)];
  return a
    .reshape(m.flatMap((size) => [size, 1]))
    .mul(b.reshape(n.flatMap((size) => [1, size])))
    .reshape(m.map((size, d) => size * n[d]));
}
