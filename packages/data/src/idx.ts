import { DlError } from "@dl/tensor/core";

/** The contents of an IDX file. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int32Array | Float32Array | Float64Array;
}

const count = (n: number): string => n.toLocaleString("en");

/** By type code: bytes an element has, what it becomes, how it is read (numbers are stored big-endian). */
const TYPES: Record<
  number,
  [bytes: number, make: (n: number) => IdxArray["data"], read: (v: DataView, at: number) => number]
> = {
  8: [1, (n) => new Uint8Array(n), (v, at) => v.getUint8(at)],
  9: [1, (n) => new Int32Array(n), (v, at) => v.getInt8(at)],
  11: [2, (n) => new Int32Array(n), (v, at) => v.getInt16(at)],
  12: [4, (n) => new Int32Array(n), (v, at) => v.getInt32(at)],
  13: [4, (n) => new Float32Array(n), (v, at) => v.getFloat32(at)],
  14: [8, (n) => new Float64Array(n), (v, at) => v.getFloat64(at)],
};

/**
 * Reads an IDX file, the format of MNIST: two zeros, a type code, the number of dimensions, their sizes as big-endian
 * 32-bit numbers, the elements. Unpack it first (`gunzip`). `name` is for errors.
 *
 * @example
 * parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9), "labels").shape // => [3]
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const [zero, zero2, code, rank] = bytes;
  const type = TYPES[code];
  if (bytes.length < 4 || zero !== 0 || zero2 !== 0 || !type || rank === 0)
    throw new DlError("data", `${name}: not an IDX file: ${begins(bytes)}`);
  const header = 4 + 4 * rank;
  if (bytes.length < header)
    throw new DlError(
      "data",
      `${name}: the header of an IDX file of ${rank} dimensions has ${header} bytes, the file has ${bytes.length}: ` +
        "it is truncated; delete it and download again",
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, d) => view.getUint32(4 + 4 * d));
  // Infinity times 0 would be no number.
  const numel = shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1);
  const [size, make, read] = type;
  const expected = header + numel * size;
  if (bytes.length !== expected) {
    const short = bytes.length < expected;
    throw new DlError(
      "data",
      `${name}: ${count(expected)} bytes expected, for the header says ${sizes(shape)}, got ${count(bytes.length)}: ` +
        (short
          ? "the file is truncated; delete it and download again"
          : "there is something after its end"),
    );
  }
  if (code === 8) return { shape, data: bytes.subarray(header) };
  const data = make(numel);
  for (let i = 0; i < numel; i++) data[i] = read(view, header + i * size);
  return { shape, data };
}

const sizes = (shape: readonly number[]): string =>
  shape.slice(0, 8).join("×") + (shape.length > 8 ? `×… (${shape.length} dimensions)` : "");

function begins(bytes: Uint8Array): string {
  if (bytes.length === 0) return "it is empty";
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    return "it is a gzip file: unpack it with gunzip first";
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 64)).trimStart();
  if (/^<(!doctype|html|\?xml)/i.test(text))
    return "it is a web page, perhaps an error message that was saved under this name";
  const hex = [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, "0"));
  return `it begins with ${hex.join(" ")}, where 00 00, a type (08, 09, 0b … 0e) and the number of dimensions are expected`;
}
