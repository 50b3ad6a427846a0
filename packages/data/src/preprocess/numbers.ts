/** Tables and tensors as columns of numbers, and back. */
import { adoptArray, DlError, formatShape, isTensor, type Tensor } from "@dl/tensor/core";
import { Table } from "../table/table.ts";
import { quote } from "../table/text.ts";

/** Columns of numbers: a tensor `[samples, features]`, or a table. */
export type Numbers = Tensor | Table;

/** @internal */
export interface Columns {
  /** Of a table; of a tensor the column's number. */
  readonly names: readonly string[];
  readonly values: readonly Float64Array[];
}

/** @internal The columns to work on: of a table those named, or all of numbers; of a tensor all. */
export function columnsOf(x: Numbers, columns: readonly string[] | undefined, op: string): Columns {
  if (isTensor(x)) {
    if (x.rank !== 2)
      throw new DlError(
        "shape",
        `${op}: [samples, features] is expected, got ${formatShape(x.shape)}`,
      );
    if (x.shape[0] === 0) throw new DlError("value", `${op}: there are no samples`);
    const [rows, width] = x.shape;
    const data = x.dataSync();
    return {
      names: Array.from({ length: width }, (_, k) => String(k)),
      values: Array.from({ length: width }, (_, k) =>
        Float64Array.from({ length: rows }, (_, i) => data[i * width + k]),
      ),
    };
  }
  if (!(x instanceof Table))
    throw new DlError(
      "value",
      `${op}: a table or a tensor [samples, features] is expected, got ${x === null ? "null" : typeof x}`,
    );
  if (x.length === 0) throw new DlError("value", `${op}: ${x.name} has no rows`);
  const names = columns ?? x.columns.filter((c) => c.type === "number").map((c) => c.name);
  if (names.length === 0) throw new DlError("value", `${op}: ${x.name} has no columns of numbers`);
  return { names, values: names.map((name) => x.numbers(name)) };
}

/** @internal The same table or tensor with other values in those columns. A tensor becomes float32, or stays float64. */
export function withColumns<X extends Numbers>(x: X, { names, values }: Columns): X {
  if (isTensor(x)) {
    const [rows, width] = x.shape;
    const dtype = x.dtype === "float64" ? "float64" : "float32";
    const out =
      dtype === "float64" ? new Float64Array(rows * width) : new Float32Array(rows * width);
    for (let k = 0; k < width; k++)
      for (let i = 0; i < rows; i++) out[i * width + k] = values[k][i];
    return adoptArray(out, dtype, [rows, width], x.device) as X;
  }
  return (x as Table).with(
    ...names.map((name, k) => ({ name, type: "number" as const, values: values[k] })),
  ) as X;
}

/** @internal The columns that something was fitted on, of other samples. */
export function fittedColumns(
  x: Numbers,
  names: readonly string[] | undefined,
  op: string,
): Columns {
  if (!names)
    throw new DlError(
      "value",
      `${op}: it is not fitted yet: call fit with the samples to train on`,
    );
  const columns = columnsOf(x, isTensor(x) ? undefined : names, op);
  if (columns.names.length !== names.length)
    throw new DlError(
      "shape",
      `${op}: it was fitted on ${names.length} columns, got ${columns.names.length}`,
    );
  return columns;
}

/** @internal */
export const columnName = (x: Numbers, name: string): string =>
  isTensor(x) ? `column ${name}` : `column ${quote(name)} of ${(x as Table).name}`;

/** @internal Without NaN. */
export const present = (values: Float64Array): Float64Array =>
  values.filter((v) => !Number.isNaN(v));
