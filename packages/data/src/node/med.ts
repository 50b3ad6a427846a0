import { DlError } from "@dl/tensor/core";

const PLANE = 32 * 32;
const RECORD = 1 + 3 * PLANE;

/**
 * CIFAR-10's binary version from its packed form, which gzip makes a third smaller: all labels, then the planes green,
 * red − green and blue − green of all images, each pixel as its difference from the MED prediction of LOCO-I (of the
 * neighbours left, above, and above left), all of it modulo 256.
 */
export function unpackMed(packed: Uint8Array, name: string): Uint8Array {
  const n = Math.floor(packed.length / RECORD);
  if (n === 0 || packed.length % RECORD !== 0)
    throw new DlError(
      "data",
      `${name}: ${RECORD} bytes an image expected, got ${packed.length.toLocaleString("en")}: the file is truncated or of another kind`,
    );
  const planes = packed.slice(n);
  for (let at = 0; at < planes.length; at += PLANE) restore(planes, at);
  const out = new Uint8Array(n * RECORD);
  for (let i = 0; i < n; i++) {
    const record = i * RECORD;
    out[record] = packed[i];
    const [green, red, blue] = [i * PLANE, (n + i) * PLANE, (2 * n + i) * PLANE];
    for (let k = 0; k < PLANE; k++) {
      const g = planes[green + k];
      out[record + 1 + k] = planes[red + k] + g;
      out[record + 1 + PLANE + k] = g;
      out[record + 1 + 2 * PLANE + k] = planes[blue + k] + g;
    }
  }
  return out;
}

/** Adds the predictions back, in place, for the plane that begins at `at`. Outside it everything is 0. */
function restore(v: Uint8Array, at: number): void {
  for (let x = 1; x < 32; x++) v[at + x] += v[at + x - 1];
  for (let row = at + 32; row < at + PLANE; row += 32) {
    // At the left edge the prediction is the pixel above.
    let corner = v[row - 32];
    let left = (v[row] + corner) & 255;
    v[row] = left;
    for (let k = row + 1; k < row + 32; k++) {
      const above = v[k - 32];
      // The middle one of the three.
      const plane = left + above - corner;
      const low = Math.min(left, above);
      const prediction = Math.max(low, Math.min(left + above - low, plane));
      corner = above;
      left = (v[k] + prediction) & 255;
      v[k] = left;
    }
  }
}
