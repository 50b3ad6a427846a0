/** Functions that are elsewhere under the same name, with the defaults of torch.linalg. */
import type { Tensor } from "../../tensor.ts";
import { crossAlong } from "../cross.ts";
import { type DiagonalOptions, diagonal as diagonalOf } from "../diagonal.ts";
import { increasingPowers } from "../grids.ts";

/**
 * The cross product along `dim`, which is the last unless given.
 *
 * @param options.dim default −1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.cross.html
 *
 * @example
 * linalg.cross(tensor([1, 0, 0]), tensor([0, 1, 0])) // => [0, 0, 1]
 */
export const cross = (a: Tensor, b: Tensor, { dim = -1 } = {}): Tensor =>
  crossAlong("linalg.cross", a, b, dim);

/**
 * The diagonal of the last two dimensions, unless others are given. A view.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.diagonal.html
 *
 * @example
 * linalg.diagonal(ones(3, 2, 2)).shape // => [3, 2]
 */
export const diagonal = (
  a: Tensor,
  { offset = 0, dim1 = -2, dim2 = -1 }: DiagonalOptions = {},
): Tensor => diagonalOf(a, { offset, dim1, dim2 });

/**
 * Sums of products along one dimension; others broadcast.
 *
 * @param options.dim default −1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.vecdot.html
 *
 * @example
 * linalg.vecdot(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // => [3, 7]
 */
export const vecdot = (a: Tensor, b: Tensor, { dim = -1 } = {}): Tensor => a.mul(b).sum(dim);

/**
 * Powers 0 … N − 1 of the elements, along a new last dimension.
 *
 * @param options.N default: the size of the last dimension.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.vander.html
 *
 * @example
 * linalg.vander(tensor([2, 3]), { N: 3 }) // => [[1, 2, 4], [1, 3, 9]]
 */
export const vander = (x: Tensor, { N }: { N?: number } = {}): Tensor =>
  increasingPowers(x, N ?? x.shape.at(-1)!);
