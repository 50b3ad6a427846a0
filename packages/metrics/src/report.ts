import { DlError, type Tensor } from "@dl/tensor/core";
import {
  type Average,
  type Counts,
  type Ratio,
  requireZeroDivision,
  sum,
  type ZeroDivision,
} from "./average.ts";
import { CountMetric, type PerSample } from "./counts.ts";
import { type ClassOptions, type Kind, requireCount } from "./inputs.ts";
import { once } from "./metric.ts";
import { averaged, fBeta, PRECISION, RECALL } from "./precisionRecall.ts";

export interface ReportRow {
  readonly precision: number;
  readonly recall: number;
  readonly f1Score: number;
  /** How many samples are truly so. */
  readonly support: number;
}
export interface ReportOptions extends ClassOptions {
  /** Names of classes or labels. Default their numbers. */
  targetNames?: readonly string[] | null;
  /** After the point, in the text. Default 2. */
  digits?: number;
  /** What 0 / 0 counts as: 0, 1, NaN (left out of averages), or `"warn"`: 0, with a warning. Default `"warn"`. */
  zeroDivision?: ZeroDivision;
}

const RATIOS: readonly Ratio[] = [PRECISION, RECALL, fBeta(1)];

/**
 * Precision, recall, F1 and support of each class or label, and their averages. `toString()` is the table in
 * scikit-learn's layout.
 *
 * @example
 * const report = await classificationReport(tensor([0, 1, 1]), tensor([0, 1, 0]));
 * report.accuracy // => 0.6667
 * report.rows["1"] // => { precision: 0.5, recall: 1, f1Score: 0.6667, support: 1 }
 */
export class Report {
  /** By name of the class or label. */
  readonly rows: Record<string, ReportRow>;
  /** `"macro avg"` and `"weighted avg"`; of labels also `"micro avg"` and `"samples avg"`. */
  readonly averages: Record<string, ReportRow>;
  /** Null for labels. */
  readonly accuracy: number | null;
  private readonly digits: number;
  /** Of the rows: an object puts whole numbers first. */
  private readonly names: readonly string[];

  constructor(
    names: readonly string[],
    rows: Record<string, ReportRow>,
    averages: Record<string, ReportRow>,
    accuracy: number | null,
    digits = 2,
  ) {
    this.names = names;
    this.rows = rows;
    this.averages = averages;
    this.accuracy = accuracy;
    this.digits = digits;
  }

  toString(): string {
    const { digits } = this;
    const width = Math.max(
      "weighted avg".length,
      digits,
      ...this.names.map((name) => [...name].length),
    );
    const line = (name: string, cells: readonly (string | number)[]) =>
      `${" ".repeat(Math.max(0, width - [...name].length))}${name} ${cells
        .map((cell) => ` ${String(cell).padStart(9)}`)
        .join("")}\n`;
    const row = ([name, r]: [string, ReportRow]) =>
      line(name, [...[r.precision, r.recall, r.f1Score].map((x) => fixed(x, digits)), r.support]);
    const support = Object.values(this.averages)[0].support;
    return [
      line("", ["precision", "recall", "f1-score", "support"]),
      "\n",
      ...this.names.map((name) => row([name, this.rows[name]])),
      "\n",
      this.accuracy === null
        ? ""
        : line("accuracy", ["", "", fixed(this.accuracy, digits), support]),
      ...Object.entries(this.averages).map(row),
    ].join("");
  }
}

/** As Python rounds: of two equally near ones to the even digit. */
export function fixed(x: number, digits: number): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  const text = x.toFixed(digits);
  const isTie = /^50*$/.test(
    x.toFixed(Math.min(100, digits + 60)).slice(text.length + (digits === 0 ? 1 : 0)),
  );
  const isOdd = "13579".includes(text.at(-1)!);
  if (!isTie || !isOdd) return text;
  return (x - Math.sign(x) * 10 ** -digits * 0.75).toFixed(digits);
}

/**
 * Precision, recall and F1 of each class, streaming.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.classification_report.html
 *
 * @example
 * const metric = new ClassificationReport({ targetNames: ["cat", "dog"] });
 * metric.update(tensor([0.2, 0.9]), tensor([0, 1]));
 * metric.update(tensor([0.8]), tensor([0]));
 * const report = await metric.compute();
 * report.averages["macro avg"].recall // => 0.75
 */
export class ClassificationReport extends CountMetric<Report> {
  private readonly targetNames: readonly string[] | null;
  private readonly digits: number;
  private readonly zeroDivision: ZeroDivision;

  constructor({
    targetNames = null,
    digits = 2,
    zeroDivision = "warn",
    ...options
  }: ReportOptions = {}) {
    super(options, options.numLabels === undefined ? [] : RATIOS);
    requireCount(this.name, "digits", digits, 0);
    requireZeroDivision(this.name, zeroDivision);
    this.targetNames = targetNames;
    this.digits = digits;
    this.zeroDivision = zeroDivision;
  }

  protected fromCounts(counts: Counts, kind: Kind, samples: readonly PerSample[]): Report {
    const size = counts.hits.length;
    const names = this.targetNames ?? counts.hits.map((_, c) => String(c));
    if (names.length !== size)
      throw new DlError("value", `${this.name}: ${names.length} targetNames for ${size} classes`);
    if (new Set(names).size !== size)
      throw new DlError("value", `${this.name}: targetNames have to differ: ${names.join(", ")}`);
    const of = (average: Average) =>
      RATIOS.map((ratio, i) =>
        averaged(this, ratio, counts, samples[i], average, kind, this.zeroDivision),
      );
    const support = sum(counts.actual);
    const [p, r, f] = of("none") as number[][];
    const rows = names.map((name, c) => [
      name,
      { precision: p[c], recall: r[c], f1Score: f[c], support: counts.actual[c] },
    ]);
    const averages = (
      kind === "multilabel"
        ? (["micro", "macro", "weighted", "samples"] as const)
        : (["macro", "weighted"] as const)
    ).map((average) => {
      const [precision, recall, f1Score] = of(average) as number[];
      return [`${average} avg`, { precision, recall, f1Score, support }];
    });
    const accuracy = kind === "multilabel" ? null : sum(counts.hits) / counts.total;
    return new Report(
      names,
      Object.fromEntries(rows),
      Object.fromEntries(averages),
      accuracy,
      this.digits,
    );
  }
}
/**
 * The report of data at hand.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.classification_report.html
 *
 * @example
 * const report = await classificationReport(tensor([0, 1, 1]), tensor([0, 1, 0]), { digits: 1 });
 * report.toString().split("\n")[2].trim() // => 0       1.0       0.5       0.7         2
 */
export const classificationReport = (
  prediction: Tensor,
  target: Tensor,
  options: ReportOptions = {},
): Promise<Report> => once(new ClassificationReport(options), prediction, target);
