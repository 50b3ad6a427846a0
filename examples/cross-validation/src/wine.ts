import { parseCsv } from "@dl/data";
import { randn, sin, type Tensor } from "@dl/tensor";
import { dataText, missing } from "../../shared/src/files.ts";

const WINE = "tabular/winequality-red.csv.gz";

export interface Wines {
  /** Eleven measurements of each, `[N, 11]`. */
  readonly x: Tensor;
  /** 1 for a good one, `[N]`, int32. */
  readonly y: Tensor;
}

/** 1,599 red wines; tasters gave them 3 to 8, and from 6 on they are good: about half of them. */
export function wines(): Wines | null {
  const text = dataText(WINE);
  if (text === null) return null;
  const table = parseCsv(text);
  const y = table
    .toTensor({ columns: ["quality"] })
    .squeeze(1)
    .ge(6)
    .to("int32");
  return { x: table.drop(["quality"]).toTensor(), y };
}

/** Numbers in the place of measurements, and a rule with bends and noise in the place of tasters. */
export function invented(count = 1200): Wines {
  const x = randn(count, 11);
  const column = (i: number): Tensor => x.select(1, i);
  const taste = sin(column(0).mul(2))
    .add(column(1).mul(column(2)))
    .add(column(3));
  return { x, y: taste.add(randn(count).mul(0.5)).gt(0).to("int32") };
}

export function load(): Wines {
  const found = wines();
  if (found) return found;
  missing(WINE, "invented measurements take its place");
  return invented();
}
