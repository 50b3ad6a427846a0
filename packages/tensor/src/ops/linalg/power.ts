/** Powers of matrices. */
import { DlError, formatShape, ShapeError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import { diagEmbed } from "../diagonal.ts";
import { inv } from "./lu.ts";

/**
 * A square matrix times itself n times, by repeated squaring; for n < 0 its inverse, for n = 0 the identity. Batched.
 * Negative powers wait for the device.
 *
 * @throws DlError "value" for a negative power of a singular matrix.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_power.html
 *
 * @example
 * linalg.matrixPower(tensor([[1, 1], [0, 1]]), 5) // => [[1, 5], [0, 1]]
 */
export function matrixPower(a: Tensor, n: number): Tensor {
  if (a.rank < 2 || a.shape.at(-2) !== a.shape.at(-1))
    throw new ShapeError(
      `linalg.matrixPower: square matrices are wanted, got ${formatShape(a.shape)}`,
    );
  if (!Number.isInteger(n))
    throw new DlError("value", `linalg.matrixPower: the power ${n} has to be a whole number`);
  if (n < 0) return matrixPower(inv(a), -n);
  if (n === 0) return diagEmbed(a.newFull(a.shape.slice(0, -1), 1));
  let result: Tensor | undefined;
  for (let square = a, rest = n; ; square = square.matmul(square)) {
    if (rest % 2 === 1) result = result ? result.matmul(square) : square;
    rest = Math.floor(rest / 2);
    if (rest === 0) break;
  }
  return result === a ? a.clone() : result!;
}
