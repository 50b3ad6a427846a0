import { DlError } from "@dl/tensor/core";
import {
  colorBy,
  finite,
  isNumbers,
  named,
  type OneOrSeveral,
  type Picture,
  type PictureOptions,
  picture,
  quantitative,
  requireSameLength,
} from "./picture.ts";

/** Numbers one after the other, from step 0; or with the step of each. */
export type Curve =
  | ArrayLike<number>
  | { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> };

export interface LineChartOptions extends PictureOptions {
  /**
   * Between 0 and 1: how much of a point is what came before it, as in TensorBoard. What was measured stays in the
   * background. Default 0.
   */
  smoothing?: number;
  /** A logarithmic axis, on which numbers from 0 down have no place: there is a gap. */
  logScale?: boolean;
  /** Default `"step"`. */
  xLabel?: string;
  /** Default `"loss"`. */
  yLabel?: string;
}

/**
 * Curves of losses, metrics or learning rates: of one run or of several.
 *
 * @param curves numbers, or several lists by name: `history.columns()` of `@dl/train`, or what was pushed in a loop.
 *
 * @example
 * const chart = lineChart({ adam: [1, 0.5, 0.25], sgd: [1, 0.8, 0.7] }, { smoothing: 0.6, logScale: true });
 * const svg = await renderSvg(chart);
 * svg.startsWith("<svg") // => true
 */
export function lineChart(curves: OneOrSeveral<Curve>, options: LineChartOptions = {}): Picture {
  const op = "lineChart";
  const { smoothing = 0, logScale = false, xLabel = "step", yLabel = "loss" } = options;
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new DlError("value", `${op}: smoothing is ${smoothing}, from 0 to less than 1 is wanted`);
  }
  const all = named(curves, isCurve, op, "a list of numbers is");
  const shown = (y: number) => (logScale && y <= 0 ? null : finite(y));
  const values = all.flatMap(([name, curve]) => {
    const { x, y } = "y" in curve ? curve : { x: undefined, y: curve };
    if (x) requireSameLength(op, { x, y });
    const smooth = smoothing > 0 ? smoothed(y, smoothing) : undefined;
    return Array.from(y, (value, i) => ({
      ...{ name, x: x ? finite(x[i]) : i, y: shown(value) },
      ...(smooth ? { smooth: shown(smooth[i]) } : {}),
    }));
  });
  const axis = logScale ? { scale: { type: "log" } } : { scale: { zero: false } };
  // A few points, of epochs for example, are seen one by one; and those between gaps would not be seen at all.
  const point = values.length <= 60 * all.length ? { point: { size: 16 } } : {};
  const line = (field: string, mark: object) => ({
    mark: { type: "line", ...mark },
    encoding: { y: quantitative(field, yLabel, axis) },
  });
  return picture(options, {
    data: { values },
    encoding: {
      x: quantitative("x", xLabel, { scale: { zero: false, nice: false } }),
      color: colorBy(all.map(([n]) => n)),
    },
    layer: smoothing > 0 ? [line("y", { opacity: 0.25 }), line("smooth", {})] : [line("y", point)],
  });
}

const isCurve = (x: unknown): x is Curve =>
  isNumbers(x) ||
  (typeof x === "object" && x !== null && "x" in x && "y" in x && isNumbers(x.x) && isNumbers(x.y));

/** The exponential average, as TensorBoard has it: divided by the weights so far, so that it begins with the first number. */
function smoothed(y: ArrayLike<number>, smoothing: number): number[] {
  let [sum, weight] = [0, 0];
  return Array.from(y, (value) => {
    if (!Number.isFinite(value)) return value;
    sum = sum * smoothing + (1 - smoothing) * value;
    weight = weight * smoothing + (1 - smoothing);
    return sum / weight;
  });
}
