import { DlError } from "@dl/tensor/core";

/** What is in memory of a file. Buffers of Node are arrays of bytes too. */
export type Bytes = Uint8Array | ArrayBuffer;

/** The same memory as a plain Uint8Array: `slice` of Node's Buffer copies nothing. */
export function asBytes(bytes: Bytes, op: string): Uint8Array {
  if (ArrayBuffer.isView(bytes)) {
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw new DlError(
    "value",
    `${op}: a Uint8Array or an ArrayBuffer is wanted, got ${bytes === null ? "null" : typeof bytes}`,
  );
}

export const count = (n: number): string => n.toLocaleString("en");

/** A name from a file, for messages: in quotes, without control characters, not longer than a line. */
export function quote(name: string): string {
  const text = JSON.stringify(name.slice(0, 101));
  return text.length > 100 ? `${text.slice(0, 100)}…"` : text;
}

/** How a file begins, where it is not of the format that was expected. */
export function begins(bytes: Uint8Array): string {
  if (bytes.length === 0) return "it is empty";
  const text = new TextDecoder("latin1").decode(bytes.slice(0, 64)).trimStart();
  if (/^<(!doctype|html|\?xml)/i.test(text)) {
    return "it is a web page, perhaps an error message that was saved under this name";
  }
  if (text.startsWith("version https://git-lfs")) {
    return "it is a pointer of Git LFS, not the file: fetch it with git lfs pull";
  }
  if (text.startsWith("PK")) return "it is a zip archive, as PyTorch's .pt and NumPy's .npz are";
  const hex = [...bytes.subarray(0, 8)].map((b) => b.toString(16).padStart(2, "0"));
  return `it begins with ${hex.join(" ")}`;
}

/** The number of elements, or −1 where that is no number that JavaScript counts to. */
export function numelOf(shape: readonly number[]): number {
  let n = 1;
  for (const size of shape) {
    n *= size;
    if (!Number.isSafeInteger(n)) return -1;
  }
  return n;
}

/** As many as PyTorch and NumPy take. */
export const MAX_RANK = 64;
