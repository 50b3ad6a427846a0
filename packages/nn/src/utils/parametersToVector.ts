import { cat, formatShape, ShapeError, scope, type Tensor } from "@dl/tensor/core";
import { quietly } from "../quiet.ts";

/**
 * All elements of all parameters as one vector, with gradients.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parameters_to_vector.html
 *
 * @example
 * parametersToVector([tensor([[1, 2]]), tensor([3])]) // => [1, 2, 3]
 */
export const parametersToVector = (parameters: Iterable<Tensor>): Tensor =>
  scope(() => cat(Array.from(parameters, (p) => p.reshape([p.numel]))));

/**
 * Copies the elements of a vector into parameters, one after another.
 *
 * @throws ShapeError when the vector is too short.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.vector_to_parameters.html
 *
 * @example
 * const [matrix, vector] = [zeros(1, 2), zeros(1)];
 * vectorToParameters(tensor([1, 2, 3]), [matrix, vector]);
 * matrix // => [[1, 2]]
 */
export function vectorToParameters(vec: Tensor, parameters: Iterable<Tensor>): void {
  const list = [...parameters];
  const wanted = list.reduce((n, p) => n + p.numel, 0);
  if (vec.rank !== 1 || vec.numel < wanted) {
    throw new ShapeError(
      `vectorToParameters: a vector of ${wanted} elements is wanted for these parameters, got ${formatShape(vec.shape)}`,
    );
  }
  let start = 0;
  quietly(() =>
    scope(() => {
      for (const p of list) {
        p.copy_(vec.narrow(0, start, p.numel).reshape(p.shape));
        start += p.numel;
      }
    }),
  );
}
