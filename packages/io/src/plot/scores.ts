import {
  areaBelow,
  colorBy,
  finite,
  isNumbers,
  named,
  type OneOrSeveral,
  type Picture,
  type PictureOptions,
  picture,
  requireSameLength,
  share,
} from "./picture.ts";

/** What `ROCCurve` of `@dl/metrics` computes. */
export interface ROCPoints {
  readonly fpr: ArrayLike<number>;
  readonly tpr: ArrayLike<number>;
}
/** What `PrecisionRecallCurve` of `@dl/metrics` computes. */
export interface PrecisionRecallPoints {
  readonly precision: ArrayLike<number>;
  readonly recall: ArrayLike<number>;
}

const SQUARE = { width: 280, height: 280 };

/**
 * The receiver operating characteristic of one classifier or of several, with the area below each, and the diagonal that
 * guessing gives.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.RocCurveDisplay.html
 *
 * @example
 * const chart = rocChart({ net: { fpr: [0, 0, 0.5, 0.5, 1], tpr: [0, 0.5, 0.5, 1, 1] } });
 * (chart.datasets as Record<string, object[]>).curves[1] // => { name: "net (area 0.750)", i: 1, fpr: 0, tpr: 0.5 }
 */
export function rocChart(curves: OneOrSeveral<ROCPoints>, options: PictureOptions = {}): Picture {
  const all = named(curves, isRoc, "rocChart", "a curve with fpr and tpr is");
  const names: string[] = [];
  const points = all.flatMap(([name, { fpr, tpr }]) => {
    requireSameLength("rocChart", { fpr, tpr });
    names.push(`${name} (area ${areaBelow(fpr, tpr).toFixed(3)})`.trim());
    return Array.from(fpr, (x, i) => ({
      name: names.at(-1),
      i,
      fpr: finite(x),
      tpr: finite(tpr[i]),
    }));
  });
  return picture(
    { ...SQUARE, ...options },
    {
      datasets: {
        curves: points,
        chance: [
          { fpr: 0, tpr: 0 },
          { fpr: 1, tpr: 1 },
        ],
      },
      encoding: { x: share("fpr", "false positive rate"), y: share("tpr", "true positive rate") },
      layer: [
        { data: { name: "chance" }, mark: { type: "line", color: "gray", strokeDash: [4, 4] } },
        {
          data: { name: "curves" },
          mark: "line",
          encoding: { color: colorBy(names), order: { field: "i" } },
        },
      ],
    },
  );
}

/**
 * Precision against recall, for one classifier or several, as steps: between two thresholds precision is that of the
 * higher recall. Beside each name stands the average precision.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.PrecisionRecallDisplay.html
 *
 * @example
 * const chart = precisionRecallChart({ precision: [0.5, 0.75, 1, 1], recall: [1, 0.75, 0.5, 0] });
 * (chart.data as { values: object[] }).values[1] // => { name: "(average 0.813)", i: 1, recall: 0.75, precision: 0.75 }
 */
export function precisionRecallChart(
  curves: OneOrSeveral<PrecisionRecallPoints>,
  options: PictureOptions = {},
): Picture {
  const op = "precisionRecallChart";
  const all = named(curves, isPrecisionRecall, op, "a curve with precision and recall is");
  const names: string[] = [];
  const values = all.flatMap(([name, { precision, recall }]) => {
    requireSameLength(op, { precision, recall });
    let average = 0;
    for (let i = 1; i < recall.length; i++)
      average += (recall[i - 1] - recall[i]) * precision[i - 1];
    names.push(`${name} (average ${average.toFixed(3)})`.trim());
    return Array.from(recall, (x, i) => ({
      ...{ name: names.at(-1), i, recall: finite(x), precision: finite(precision[i]) },
    }));
  });
  return picture(
    { ...SQUARE, ...options },
    {
      data: { values },
      mark: { type: "line", interpolate: "step-before" },
      encoding: {
        x: share("recall", "recall"),
        y: share("precision", "precision"),
        color: colorBy(names),
        order: { field: "i" },
      },
    },
  );
}

const isRoc = (x: unknown): x is ROCPoints =>
  typeof x === "object" &&
  x !== null &&
  "fpr" in x &&
  "tpr" in x &&
  isNumbers(x.fpr) &&
  isNumbers(x.tpr);
const isPrecisionRecall = (x: unknown): x is PrecisionRecallPoints =>
  typeof x === "object" &&
  x !== null &&
  "precision" in x &&
  "recall" in x &&
  isNumbers(x.precision) &&
  isNumbers(x.recall);
