/** Pictures. */
import sharp from "sharp";
import type { BadInput } from "./badInput.ts";

const picture = (format: "png" | "jpeg", width: number, height: number) => {
  const data = Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (i * i) % 251));
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
};
const png = await picture("png", 6, 4);
const jpeg = picture("jpeg", 64, 64);

export const images: BadInput[] = [
  ["nothing", () => new Uint8Array(0), /x\.png cannot be decoded: /],
  [
    "text",
    () => Buffer.from("hello"),
    /x\.png cannot be decoded: .*unsupported image format: the file is damaged, or is no image/,
  ],
  ["zeros", () => new Uint8Array(1000), /cannot be decoded/],
  ["a PNG cut off", () => png.subarray(0, -20), /cannot be decoded/],
  ["a PNG of its first bytes", () => png.subarray(0, 8), /cannot be decoded/],
  ["a JPEG cut off", async () => (await jpeg).subarray(0, 300), /cannot be decoded/],
  ["a JPEG's first bytes", async () => (await jpeg).subarray(0, 3), /cannot be decoded/],
  ["a PNG with a wrong checksum", () => Uint8Array.from(png).fill(0, 50, 60), /cannot be decoded/],
  ["a web page", () => Buffer.from("<!doctype html><html></html>"), /cannot be decoded/],
  [
    "a PNG that says it is huge",
    () => {
      const bytes = Buffer.from(png);
      bytes.writeUInt32BE(2 ** 31 - 1, 16);
      bytes.writeUInt32BE(2 ** 31 - 1, 20);
      return bytes;
    },
    /cannot be decoded/,
  ],
];
