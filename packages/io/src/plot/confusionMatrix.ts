import { DlError } from "@dl/tensor/core";
import {
  finite,
  type Picture,
  type PictureOptions,
  picture,
  quantitative,
  SEQUENTIAL,
} from "./picture.ts";

export interface ConfusionMatrixChartOptions extends PictureOptions {
  /** Of the classes. Default: their numbers. */
  labels?: readonly string[];
  /** What colors and numbers are shares of: a row, which is a true class, a column, or everything. Default null: counts. */
  normalize?: "true" | "pred" | "all" | null;
}

/**
 * Which class is taken for which: true classes in rows, predicted ones in columns.
 *
 * @param matrix what `ConfusionMatrix` of `@dl/metrics` computes.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.ConfusionMatrixDisplay.html
 *
 * @example
 * const chart = confusionMatrixChart([[8, 2], [1, 9]], { labels: ["cat", "dog"], normalize: "true" });
 * (chart.data as { values: object[] }).values[1] // => { true: "cat", predicted: "dog", count: 2, value: 0.2 }
 */
export function confusionMatrixChart(
  matrix: readonly ArrayLike<number>[],
  options: ConfusionMatrixChartOptions = {},
): Picture {
  const n = matrix.length;
  const { labels = Array.from({ length: n }, (_, i) => String(i)), normalize = null } = options;
  if (n === 0 || matrix.some((row) => row.length !== n)) {
    throw new DlError(
      "value",
      `confusionMatrixChart: a square matrix is wanted, got ${n} rows of ${matrix.map((row) => row.length).join(", ")}`,
    );
  }
  if (labels.length !== n || new Set(labels).size !== n) {
    throw new DlError(
      "value",
      `confusionMatrixChart: ${n} different labels are wanted, got ${labels.join(", ")}`,
    );
  }
  const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
  const rows = matrix.map((row) => sum(Array.from(row)));
  const columns = labels.map((_, j) => sum(matrix.map((row) => row[j])));
  const whole = {
    true: (i: number) => rows[i],
    pred: (_: number, j: number) => columns[j],
    all: () => sum(rows),
  };
  const values = matrix.flatMap((row, i) =>
    Array.from(row, (count, j) => ({
      ...{ true: labels[i], predicted: labels[j], count },
      // A class that never occurs has no shares.
      value: finite(normalize ? count / whole[normalize](i, j) : count),
    })),
  );
  const most = Math.max(...values.map((v) => v.value ?? 0));
  const side = Math.max(36 * n, 160);
  // All classes, also those that there is nothing to say of.
  const axis = { type: "nominal", scale: { domain: labels } };
  return picture(
    { width: side, height: side, ...options },
    {
      data: { values },
      encoding: {
        x: {
          field: "predicted",
          title: "predicted class",
          ...axis,
          axis: { labelAngle: n > 8 ? -45 : 0 },
        },
        y: { field: "true", title: "true class", ...axis },
      },
      layer: [
        {
          mark: "rect",
          encoding: {
            color: quantitative("value", null, { scale: { scheme: SEQUENTIAL, domainMin: 0 } }),
          },
        },
        {
          transform: [{ filter: "isValid(datum.value)" }],
          mark: { type: "text", fontSize: 11 },
          encoding: {
            text: quantitative("value", null, { format: normalize ? ".2f" : "," }),
            color: {
              condition: { test: `datum.value > ${most / 2}`, value: "white" },
              value: "black",
            },
          },
        },
      ],
    },
  );
}
