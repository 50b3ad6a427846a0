/** Files of MNIST and its kind. */
import { gzipSync } from "node:zlib";
import type { BadInput } from "./badInput.ts";

/** An IDX file: type code, sizes, the bytes of its elements. */
export function idx(code: number, shape: number[], ...elements: number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, (code << 8) | shape.length);
  shape.forEach((n, d) => header.setUint32(4 + 4 * d, n));
  return Uint8Array.from([...new Uint8Array(header.buffer), ...elements]);
}

export const idxFiles: BadInput[] = [
  ["one that is empty", new Uint8Array(0), "digits: not an IDX file: it is empty"],
  ["one with a wrong magic number", Uint8Array.of(1, 2, 8, 3, 0), "begins with 01 02 08 03"],
  ["one still packed", gzipSync("x"), "it is a gzip file"],
  ["a web page under its name", new TextEncoder().encode("<!DOCTYPE html>…"), "a web page"],
  ["one cut off in its header", idx(8, [2, 3]).subarray(0, 9), "has 12 bytes, the file has 9"],
  [
    "one cut off in its data",
    idx(8, [100, 28, 28], 1, 2, 3),
    "digits: 78,416 bytes expected, for the header says 100×28×28, got 19: the file is truncated; delete it and download again",
  ],
  ["one with more after its end", idx(8, [1], 1, 2), "something after its end"],

  ["255 dimensions", idx(8, new Array(255).fill(2 ** 32 - 1)), "bytes expected"],
  ["4 billion images of nothing", idx(8, [2 ** 32 - 1, 1]), "4,294,967,307 bytes expected"],
  [
    "dimensions of which one is nothing, the others huge",
    idx(8, [2 ** 32 - 1, 0, 5], 1),
    "something after its end",
  ],
  [
    "more dimensions than bytes",
    Uint8Array.of(0, 0, 8, 255, 1, 2),
    "the header of an IDX file of 255 dimensions has 1024 bytes",
  ],
  ["three bytes", Uint8Array.of(0, 0, 8), "not an IDX file"],
  ["no dimensions", Uint8Array.of(0, 0, 8, 0, 0), "not an IDX file"],
  ["an unknown type", Uint8Array.of(0, 0, 10, 1, 0, 0, 0, 0), "begins with 00 00 0a 01"],
  ["half a number", idx(13, [1], 1, 2), "the file is truncated"],
];
