import { DlError } from "@dl/tensor/core";
import {
  colorBy,
  isNumbers,
  named,
  type OneOrSeveral,
  type Picture,
  type PictureOptions,
  picture,
  quantitative,
} from "./picture.ts";

export interface HistogramChartOptions extends PictureOptions {
  /** Of equal width, the same for all. Default 30. */
  bins?: number;
  /** Default `"value"`. */
  xLabel?: string;
}

/**
 * How numbers are distributed: weights, gradients, activations, errors. NaN and infinite ones are left out, and the title
 * of the axis says how many.
 *
 * @param values numbers, `await t.data()` of a tensor, or several lists by name.
 *
 * @example
 * const chart = histogramChart([0, 1, 1, 2], { bins: 2 });
 * (chart.data as { values: object[] }).values // => [{ name: "", from: 0, to: 1, count: 1 }, { name: "", from: 1, to: 2, count: 3 }]
 */
export function histogramChart(
  values: OneOrSeveral<ArrayLike<number>>,
  options: HistogramChartOptions = {},
): Picture {
  const op = "histogramChart";
  const { bins = 30, xLabel = "value" } = options;
  if (!Number.isInteger(bins) || bins < 1) {
    throw new DlError("value", `${op}: bins is ${bins}, a whole number from 1 is wanted`);
  }
  const all = named(values, isNumbers, op, "a list of numbers is");
  const [names, lists] = [all.map(([name]) => name), all.map(([, list]) => Array.from(list))];
  const kept = lists.map((list) => list.filter(Number.isFinite));
  const missing = lists.flat().length - kept.flat().length;
  let [min, max] = [Infinity, -Infinity];
  for (const list of kept) for (const x of list) [min, max] = [Math.min(min, x), Math.max(max, x)];
  if (min > max) [min, max] = [0, 1];
  if (min === max) [min, max] = [min - 0.5, max + 0.5];
  const width = (max - min) / bins;
  const edge = (i: number) => (i === bins ? max : min + i * width);
  const data = kept.flatMap((list, k) => {
    const counts = new Array<number>(bins).fill(0);
    // The last bin has its upper limit too.
    for (const x of list) counts[Math.min(Math.floor((x - min) / width), bins - 1)]++;
    return counts.map((count, i) => ({ name: names[k], from: edge(i), to: edge(i + 1), count }));
  });
  const title = missing > 0 ? `${xLabel} (${missing.toLocaleString("en")} not finite)` : xLabel;
  return picture(options, {
    data: { values: data },
    mark: { type: "bar", opacity: all.length > 1 ? 0.5 : 1 },
    encoding: {
      x: quantitative("from", title, { bin: "binned", scale: { zero: false } }),
      x2: { field: "to" },
      y: quantitative("count", "count", { stack: null }),
      color: colorBy(names),
    },
  });
}
