/**
 * Factorisations are done by JavaScript, in double precision: they read their operand and so wait for the device. What
 * they give back is in host memory until something computes with it.
 */
import { eye } from "../../create.ts";
import { type DType, isFloating, type TypedArray, typedArrayFor } from "../../dtype.ts";
import { DlError, formatShape, ShapeError } from "../../errors.ts";
import { numelOf, type Shape } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";

/** A matrix by rows. */
export type Matrix = Float64Array;

/**
 * Runs `compute` for each of a batch of matrices. All operands have the same dimensions before their last two.
 *
 * @param results the shape of each result, without those of the batch.
 * @param compute from the operands' matrices, it fills those of the results, which begin with zeros. `at` says which of
 * the batch it is, for messages.
 */
export function onHost(
  name: string,
  operands: readonly Tensor[],
  results: readonly Shape[],
  compute: (operands: Matrix[], results: Matrix[], at: string) => void,
): Tensor[] {
  const { device, dtype } = operands[0];
  const batch = operands[0].shape.slice(0, -2);
  const count = numelOf(batch);
  const values = operands.map((t) => read(name, t));
  const sizes = operands.map((t) => numelOf(t.shape.slice(-2)));
  const outputs = results.map((shape) => new (typedArrayFor(dtype))(count * numelOf(shape)));
  for (let i = 0; i < count; i++) {
    const own = values.map((v, k) =>
      Float64Array.from(v.subarray(i * sizes[k], (i + 1) * sizes[k])),
    );
    const made = results.map((shape) => new Float64Array(numelOf(shape)));
    compute(own, made, batch.length ? `matrix ${i} of the batch` : "the matrix");
    made.forEach((m, k) => outputs[k].set(m, i * m.length));
  }
  return outputs.map((data, k) => Tensor.from(data, [...batch, ...results[k]], device));
}

/** n × n, with the dtype and on the device of another. */
export const identityLike = (t: Tensor, n: number): Tensor =>
  eye(n, n, { dtype: t.dtype, device: t.device });

function read(name: string, t: Tensor): TypedArray {
  if (!t.device.readSync && !t.memory.storage.host)
    throw new DlError(
      "no-sync",
      `${name}: is computed on the host, and ${t.device.name} cannot be read without waiting: move the tensor with .to(cpu())`,
    );
  return t.dataSync();
}

/** [..., m, n] of float32 or float64. */
export function requireMatrices(name: string, t: Tensor): [m: number, n: number] {
  if (t.rank < 2) throw new ShapeError(`${name}: matrices are wanted, got ${formatShape(t.shape)}`);
  requireFloating(name, t.dtype);
  return [t.shape.at(-2)!, t.shape.at(-1)!];
}
export function requireSquare(name: string, t: Tensor): number {
  const [m, n] = requireMatrices(name, t);
  if (m !== n)
    throw new ShapeError(`${name}: square matrices are wanted, got ${formatShape(t.shape)}`);
  return n;
}
export function requireFloating(name: string, dtype: DType): void {
  if (!isFloating(dtype))
    throw new DlError(
      "dtype",
      `${name}: floating point numbers are wanted, got ${dtype}: .to("float32")`,
    );
}
