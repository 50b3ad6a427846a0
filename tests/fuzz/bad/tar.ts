/** Archives that data sets come in. */
import type { BadInput } from "./badInput.ts";

export const tar = (
  name: string,
  size: string,
  change: (b: Buffer) => void = () => {},
  type = "0",
): Buffer => {
  const block = Buffer.alloc(1024);
  block.write(name);
  block.write(size, 124);
  block.write("        ", 148);
  block.write(type, 156);
  block.write(
    `${block
      .subarray(0, 512)
      .reduce((a, b) => a + b, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  change(block);
  return block;
};

export const tars: BadInput[] = [
  ["something else", Buffer.from("x".repeat(600)), "a.tar: no header of a tar archive at byte 0"],
  ["half a header", tar("f", "5").subarray(0, 300), "the archive is truncated, at byte 0"],
  [
    "half a file",
    tar("f", "00000001000").subarray(0, 600),
    '"f" is said to have 512 bytes, there are 88',
  ],
  [
    "a file of 8 GB",
    tar("f", "77777777777"),
    '"f" is said to have 8589934591 bytes, there are 512',
  ],
  ["a size that is no number", tar("f", "9x"), '"f" is said to have NaN bytes'],
  ["a damaged header", tar("f", "5", (b) => b.write("g")), "no header of a tar archive at byte 0"],
  [
    "a second header that is none",
    Buffer.concat([tar("f", "00000000005"), Buffer.from("y".repeat(512))]),
    "no header of a tar archive at byte 1024",
  ],
];
