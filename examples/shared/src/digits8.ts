/** Handwritten digits of 8×8 pixels. */
import { drawDigits } from "@dl/data";
import { avgPool2d, pad, type Tensor, tensor } from "@dl/tensor";
import { dataText, missing } from "./files.ts";

const DIGITS = "tabular/digits.csv.gz";

export interface Digits8 {
  /** `[N, 64]`, with mean 0 and standard deviation 1 over all. */
  readonly x: Tensor;
  /** `[N]`, int32. */
  readonly y: Tensor;
}

/** The 1,797 digits of UCI's optical recognition data. */
export function digits8(): Digits8 | null {
  const text = dataText(DIGITS);
  if (text === null) return null;
  const rows = text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));
  return {
    x: scaled(tensor(rows.map((row) => row.slice(0, 64)))),
    y: tensor(Int32Array.from(rows, (row) => row[64])),
  };
}

/** As many digits that the program draws itself, made as small. */
export function drawnDigits8(count = 1797, seed = 1): Digits8 {
  const drawn = drawDigits(count, { seed });
  const [images, labels] = drawn.getBatch(Array.from({ length: count }, (_, i) => i));
  return { x: scaled(avgPool2d(pad(images, [2, 2, 2, 2]), 4).flatten(1)), y: labels };
}

const scaled = (x: Tensor): Tensor => x.sub(x.mean()).div(x.std());

export function loadDigits8(): Digits8 {
  const digits = digits8();
  if (digits) return digits;
  missing(DIGITS, "digits that the program draws itself take their place");
  return drawnDigits8();
}
