import { DlError, formatShape, getBackend, scope, type Tensor } from "@dl/tensor/core";
import { asBytes, type Bytes, count, numelOf } from "../bytes.ts";
import { decode, ELEMENTS } from "../elements.ts";
import type { ReadOptions } from "../safetensors/read.ts";
import { parseNpyHeader } from "./header.ts";

export interface NpyReadOptions extends ReadOptions {
  /** What errors call the file. */
  name?: string;
}

/**
 * Reads a .npy file: what `numpy.save` writes, in any order and byte order, versions 1 to 3.
 *
 * float32, float64, int32, uint8 and bool stay what they are; float16 becomes float16, or float32 where the backend has
 * no float16; other whole numbers become int32, if they fit.
 *
 * @throws DlError with code `data` that says what is wrong with the file.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @example
 * readNpy(await writeNpy(tensor([[1, 2], [3, 4]]))) // => [[1, 2], [3, 4]]
 */
export function readNpy(
  bytes: Bytes,
  { device = getBackend(), name = "readNpy" }: NpyReadOptions = {},
): Tensor {
  const all = asBytes(bytes, "readNpy");
  const { dtype, bigEndian, fortranOrder, shape, start } = parseNpyHeader(all, name);
  const width = ELEMENTS[dtype].bytes;
  const numel = numelOf(shape);
  const found = all.length - start;
  if (numel < 0 || numel * width !== found) {
    const wanted = numel < 0 ? "more bytes than can be counted" : `${count(numel * width)} bytes`;
    const why =
      numel >= 0 && found > numel * width
        ? "there is something after its end"
        : "the file is truncated";
    throw new DlError(
      "data",
      `${name}: ${formatShape(shape)} of ${dtype} has ${wanted}, the file has ${count(found)}: ${why}`,
    );
  }
  const own = all.slice(start);
  if (bigEndian) reverseEach(own, width);
  if (!fortranOrder || shape.length < 2) return decode(own, dtype, shape, device, name);
  return scope(() => {
    const t = decode(own, dtype, shape.toReversed(), device, name);
    return t.permute(shape.map((_, d) => shape.length - 1 - d)).contiguous();
  });
}

function reverseEach(bytes: Uint8Array, width: number): void {
  if (width === 1) return;
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
}
