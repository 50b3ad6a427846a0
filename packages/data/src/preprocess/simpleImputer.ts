import { DlError, isTensor } from "@dl/tensor/core";
import { type Column, Table } from "../table/table.ts";
import { quote } from "../table/text.ts";
import {
  columnName,
  columnsOf,
  fittedColumns,
  type Numbers,
  present,
  withColumns,
} from "./numbers.ts";

export interface SimpleImputerOptions {
  /** What takes the place of a missing value. `"mean"` and `"median"` are for numbers. Default `"mean"`. */
  strategy?: "mean" | "median" | "mostFrequent" | "constant";
  /** The constant. Default 0 for numbers, `"missing"` for texts. */
  fillValue?: number | string;
  /** Of a table: which columns. Default: those that the strategy can fill in; for the mean all numbers. */
  columns?: readonly string[];
}

/**
 * Fills in what is missing (NaN, and null among texts) with a number or text of the same column, learned from the
 * samples to train on.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.impute.SimpleImputer.html
 *
 * @example
 * const t = parseCsv("age,sex\n20,f\n,m\n40,\n");
 * const ages = new SimpleImputer().fit(t);
 * ages.transform(t).numbers("age") // => [20, 30, 40]
 * new SimpleImputer({ strategy: "mostFrequent", columns: ["sex"] }).fitTransform(t).texts("sex") // => ["f", "m", "f"]
 */
export class SimpleImputer {
  readonly strategy: NonNullable<SimpleImputerOptions["strategy"]>;
  readonly fillValue: number | string | undefined;
  /** What fills each column, by its name. */
  statistics: ReadonlyMap<string, number | string> | undefined;
  readonly #columns: readonly string[] | undefined;

  constructor({ strategy = "mean", fillValue, columns }: SimpleImputerOptions = {}) {
    if (!["mean", "median", "mostFrequent", "constant"].includes(strategy))
      throw new DlError(
        "value",
        `SimpleImputer: strategy is mean, median, mostFrequent or constant, got ${quote(String(strategy))}`,
      );
    this.strategy = strategy;
    this.fillValue = fillValue;
    this.#columns = columns;
  }

  /** Learns from the samples to train on. Returns itself. */
  fit(x: Numbers): this {
    const op = "SimpleImputer.fit";
    if (isTensor(x)) {
      const { names, values } = columnsOf(x, undefined, op);
      this.statistics = new Map(
        names.map((name, k) => [name, this.#statistic(values[k], () => columnName(x, name))]),
      );
      return this;
    }
    if (!(x instanceof Table))
      throw new DlError("value", `${op}: a table or a tensor [samples, features] is expected`);
    const textToo = this.strategy === "mostFrequent" || typeof this.fillValue === "string";
    const numbersToo = typeof this.fillValue !== "string";
    const names =
      this.#columns ??
      x.columns.filter((c) => (c.type === "string" ? textToo : numbersToo)).map((c) => c.name);
    this.statistics = new Map(
      names.map((name) => [name, this.#ofColumn(x.column(name), () => columnName(x, name))]),
    );
    return this;
  }
  #ofColumn(column: Column, where: () => string): number | string {
    if (column.type !== "string") return this.#statistic(column.values, where);
    if (this.strategy === "constant") return String(this.fillValue ?? "missing");
    if (this.strategy !== "mostFrequent")
      throw new DlError(
        "value",
        `SimpleImputer: ${where()} is text, which has no ${this.strategy}: use mostFrequent or constant`,
      );
    return mostFrequent(
      column.values.filter((v) => v !== null),
      where,
    );
  }
  #statistic(values: Float64Array, where: () => string): number {
    if (this.strategy === "constant") {
      const value = this.fillValue ?? 0;
      if (typeof value !== "number")
        throw new DlError(
          "value",
          `SimpleImputer: ${where()} is of numbers, fillValue is ${quote(value)}`,
        );
      return value;
    }
    const there = present(values);
    if (this.strategy === "mostFrequent") return mostFrequent([...there], where);
    if (there.length === 0)
      throw new DlError("data", `SimpleImputer: ${where()} has no values: leave it out`);
    if (this.strategy === "mean") return there.reduce((a, b) => a + b, 0) / there.length;
    there.sort();
    const middle = there.length >> 1;
    return there.length % 2 === 1 ? there[middle] : (there[middle - 1] + there[middle]) / 2;
  }

  /** The samples with nothing missing in those columns. */
  transform<X extends Numbers>(x: X): X {
    const op = "SimpleImputer.transform";
    const { statistics } = this;
    if (isTensor(x)) {
      const columns = fittedColumns(x, statistics && [...statistics.keys()], op);
      return withColumns(x, {
        names: columns.names,
        values: columns.values.map((values, k) =>
          filled(values, statistics!.get(String(k)) as number),
        ),
      });
    }
    if (!statistics)
      throw new DlError(
        "value",
        `${op}: it is not fitted yet: call fit with the samples to train on`,
      );
    const table = x as Table;
    return table.with(
      ...Array.from(statistics, ([name, value]): Column => {
        const column = table.column(name);
        if ((column.type === "string") !== (typeof value === "string"))
          throw new DlError(
            "data",
            `${op}: ${columnName(table, name)} is ${column.type}, and was not when fit was called`,
          );
        if (column.type === "string")
          return { ...column, values: column.values.map((v) => v ?? (value as string)) };
        return { ...column, values: filled(column.values, value as number) };
      }),
    ) as X;
  }
  /** `fit`, and `transform` of the same samples. */
  fitTransform<X extends Numbers>(x: X): X {
    return this.fit(x).transform(x);
  }
}

const filled = (values: Float64Array, value: number): Float64Array =>
  values.map((v) => (Number.isNaN(v) ? value : v));

/** Of several the least, or the first in order of the alphabet. */
function mostFrequent<T extends number | string>(values: readonly T[], where: () => string): T {
  const counts = new Map<T, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  let best: T | undefined;
  for (const [v, n] of counts)
    if (best === undefined || n > counts.get(best)! || (n === counts.get(best)! && v < best))
      best = v;
  if (best === undefined)
    throw new DlError(
      "data",
      `SimpleImputer: ${where()} has no values: leave it out, or use constant`,
    );
  return best;
}
