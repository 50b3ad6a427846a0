import { DlError, defaultGenerator, formatShape, ShapeError, type Tensor } from "@dl/tensor/core";
import type { RandomInit } from "./options.ts";
import { drawn } from "./write.ts";

/**
 * A normal matrix with `sparsity` of each column's elements 0, rounded up: Martens (2010).
 *
 * @param sparsity from 0 to 1.
 * @param options `std`: of the others. Default 0.01.
 * @throws ShapeError for anything but a matrix, DlError "value" for a sparsity outside 0 … 1.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.sparse_
 *
 * @example
 * sparse_(zeros(4, 3), 0.5).eq(0).int().sum(0) // => [2, 2, 2]
 */
export function sparse_<X extends Tensor>(
  t: X,
  sparsity: number,
  { std = 0.01, generator = defaultGenerator }: RandomInit & { std?: number } = {},
): X {
  if (t.rank !== 2)
    throw new ShapeError(`sparse_: a matrix is wanted, got ${formatShape(t.shape)}`);
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new DlError("value", `sparse_: sparsity is ${sparsity}, it has to be within 0 … 1`);
  const [rows, columns] = t.shape;
  const zeros = Math.ceil(sparsity * rows);
  return drawn(t, "sparse_", (out) => {
    generator.fillNormal(out, 0, std);
    for (let column = 0; column < columns; column++) {
      // From the default stream, whatever generator is given: so does PyTorch.
      const order = defaultGenerator.permutation(rows);
      for (let i = 0; i < zeros; i++) out[order[i] * columns + column] = 0;
    }
  });
}
