import { DlError, getBackend, type Tensor } from "@dl/tensor/core";
import { asBytes, type Bytes, count, quote } from "./bytes.ts";
import { type NpyReadOptions, readNpy } from "./npy/read.ts";
import { unzip, zipEntries } from "./zip.ts";

export interface NpzReadOptions extends NpyReadOptions {
  /** How much all arrays together may take: a small file can hold a huge array of zeros. Default 4 GiB. */
  maxBytes?: number;
}

/**
 * Reads a .npz file: arrays under their names, as `numpy.savez` and `numpy.savez_compressed` write them. What they
 * become is said at `readNpy`.
 *
 * @throws DlError with code `data` that names the array and what is wrong with it.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.savez.html
 *
 * @example
 * ```ts no-run: needs a file
 * const { images, labels } = await readNpz(await (await fetch("digits.npz")).arrayBuffer());
 * ```
 */
export async function readNpz(
  bytes: Bytes,
  { device = getBackend(), name = "readNpz", maxBytes = 2 ** 32 }: NpzReadOptions = {},
): Promise<Record<string, Tensor>> {
  const entries = zipEntries(asBytes(bytes, "readNpz"), name);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) {
    throw new DlError(
      "data",
      `${name}: its arrays take ${count(total)} bytes, more than ${count(maxBytes)}: raise { maxBytes } if there is memory`,
    );
  }
  const other = entries.find((entry) => !entry.name.endsWith(".npy"));
  if (other) {
    throw new DlError(
      "data",
      `${name}: entry ${quote(other.name)} is not a .npy file: the archive is not one of NumPy's`,
    );
  }
  const arrays: [string, Tensor][] = [];
  // One by one: unpacked they are large.
  for (const entry of entries) {
    const file = `${name}: ${quote(entry.name)}`;
    const array = readNpy(await unzip(entry, name), { device, name: file });
    arrays.push([entry.name.slice(0, -4), array]);
  }
  return Object.fromEntries(arrays);
}
