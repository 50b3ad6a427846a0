import { gzipSync } from "node:zlib";
import { drawDigits } from "@dl/data";

/** Bytes in the form of MNIST's files. */
export function idx(shape: readonly number[], data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, 8, shape.length]);
  for (const [d, size] of shape.entries()) view.setUint32(4 + 4 * d, size);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/** Drawn digits as MNIST's two files. */
export function idxFiles(count: number, seed: number) {
  const { images, labels } = drawDigits(count, { seed });
  return {
    images: gzipSync(idx([count, 28, 28], images)),
    labels: idx([count], Uint8Array.from(labels)),
  };
}
