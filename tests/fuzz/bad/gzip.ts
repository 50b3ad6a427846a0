/** What gzip has packed, or has not. */
import { gzipSync } from "node:zlib";
import type { BadInput } from "./badInput.ts";

const packed = gzipSync("digits ".repeat(1000));
const changed = (at: number, bits = 1) =>
  Uint8Array.from(packed, (x, i) => (i === at ? x ^ bits : x));
const damage = /^a\.gz: the gzip data is damaged or cut off .*download it again$/;

export const gzip: BadInput[] = [
  ["its first two bytes", packed.subarray(0, 2), damage],
  ["its header alone", packed.subarray(0, 10), damage],
  ["a file cut off in the middle", packed.subarray(0, packed.length >> 1), damage],
  ["a file without its checksum", packed.subarray(0, -8), damage],
  ["a file without its last byte", packed.subarray(0, -1), damage],
  ["another method", changed(2), damage],
  ["a flag that is reserved", changed(3, 0x80), damage],
  ["a block of an unknown kind", changed(10, 6), damage],
  ["another checksum", changed(packed.length - 6), damage],
  ["another length", changed(packed.length - 2), damage],
  ["something behind the end", Uint8Array.from([...packed, 1, 2, 3]), damage],
  ["a bomb", gzipSync(Buffer.alloc(2 ** 24)), "it unpacks to more than 1,048,576 bytes, from 16,"],
];
