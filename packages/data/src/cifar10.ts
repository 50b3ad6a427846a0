import { DlError } from "@dl/tensor/core";

export const CIFAR10_CLASSES = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
] as const;

const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;

/**
 * Reads a file of CIFAR-10's binary version: per image a byte of label, then 1024 red, 1024 green and 1024 blue.
 *
 * @returns `images` `[N, 3, 32, 32]` and `labels` `[N]`, as bytes. `name` is for errors.
 */
export function parseCifar10(
  bytes: Uint8Array,
  name: string,
): { images: Uint8Array; labels: Uint8Array } {
  const n = Math.floor(bytes.length / RECORD);
  if (n === 0 || bytes.length % RECORD !== 0)
    throw new DlError(
      "data",
      `${name}: ${RECORD} bytes an image expected, got ${bytes.length.toLocaleString("en")}, which is ${n} images and ` +
        `${bytes.length % RECORD} bytes: the file is truncated, or is not of CIFAR-10's binary version; delete it and download again`,
    );
  const images = new Uint8Array(n * PIXELS);
  const labels = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const at = i * RECORD;
    labels[i] = bytes[at];
    if (labels[i] > 9)
      throw new DlError(
        "data",
        `${name}: the label of image ${i} is ${labels[i]}, not one of 0 … 9: the file is not of CIFAR-10's binary version`,
      );
    images.set(bytes.subarray(at + 1, at + RECORD), i * PIXELS);
  }
  return { images, labels };
}
