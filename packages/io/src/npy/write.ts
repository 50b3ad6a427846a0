import type { Tensor } from "@dl/tensor/core";
import { encode, FILE_DTYPES } from "../elements.ts";
import { formatNpyHeader } from "./header.ts";

export interface NpyWriteOptions {
  /** Whether the first index changes fastest. Default false. */
  fortranOrder?: boolean;
}

/**
 * The bytes of a .npy file: those that `numpy.save` writes for the same array. Waits for the device.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.save.html
 *
 * @example
 * const bytes = await writeNpy(tensor([1, 2, 3]));
 * new TextDecoder().decode(bytes.subarray(10, 67)) // => {'descr': '<f4', 'fortran_order': False, 'shape': (3,), }
 */
export async function writeNpy(
  t: Tensor,
  { fortranOrder = false }: NpyWriteOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const dtype = FILE_DTYPES[t.dtype];
  // With one dimension, or nothing, both orders are the same, and NumPy calls it C's.
  const reversed = fortranOrder && t.numel > 0 && t.shape.filter((n) => n > 1).length > 1;
  const header = formatNpyHeader(dtype, t.shape, reversed);
  const source = reversed ? t.detach().permute(t.shape.map((_, d) => t.rank - 1 - d)) : t;
  const elements = await encode(source, dtype, "writeNpy");
  const out = new Uint8Array(header.length + elements.length);
  out.set(header);
  out.set(elements, header.length);
  return out;
}
