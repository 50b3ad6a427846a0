import { randn, type Tensor, tensor } from "@dl/tensor";
import { dataText, missing } from "../../shared/src/files.ts";

const DIGITS = "tabular/digits.csv.gz";
export interface Samples {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Handwritten digits of 8×8 pixels from 0 to 16, the first `count` of them; centred, the label at the end of a row. */
export function digits(count = 500): Samples | null {
  const text = dataText(DIGITS);
  if (text === null) return null;
  const rows = text
    .trim()
    .split("\n")
    .slice(0, count)
    .map((line) => line.split(",").map(Number));
  const pixels = tensor(rows.map((row) => row.slice(0, 64)));
  return {
    x: pixels.sub(pixels.mean()).div(pixels.std()),
    y: tensor(Int32Array.from(rows, (row) => row[64])),
  };
}

/** Ten clouds of points in 64 dimensions. */
export function clouds(count = 500): Samples {
  const centres = randn(10, 64);
  const y = tensor(Int32Array.from({ length: count }, (_, i) => i % 10));
  return { x: centres.indexSelect(0, y).add(randn(count, 64).mul(0.7)), y };
}

export function load(count = 500): Samples {
  const samples = digits(count);
  if (samples) return samples;
  missing(DIGITS, "ten clouds of points, generated, take their place");
  return clouds(count);
}
