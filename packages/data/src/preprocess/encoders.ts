import {
  adoptArray,
  type Backend,
  DlError,
  getBackend,
  isTensor,
  type Tensor,
} from "@dl/tensor/core";
import { type Labels, listOf } from "../labels.ts";
import { type NumberColumn, Table } from "../table/table.ts";
import { quote } from "../table/text.ts";
import { columnsOf, fittedColumns, type Numbers } from "./numbers.ts";

type Category = number | string;
const ascending = (a: Category, b: Category): number => (a < b ? -1 : a > b ? 1 : 0);
const distinct = (values: Iterable<Category>): Category[] => [...new Set(values)].sort(ascending);

/**
 * Classes as whole numbers from 0, in the order of the alphabet, or of numbers: what `crossEntropy` takes as targets.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.LabelEncoder.html
 *
 * @example
 * const encoder = new LabelEncoder().fit(["cat", "dog", "ant", "cat"]);
 * encoder.classes // => ["ant", "cat", "dog"]
 * encoder.transform(["dog", "cat"]) // => [2, 1]
 * encoder.inverseTransform([0, 2]) // => ["ant", "dog"]
 */
export class LabelEncoder {
  classes: readonly Category[] = [];
  #codes: ReadonlyMap<Category, number> | undefined;

  /** Learns the classes. Returns itself. */
  fit(labels: Labels): this {
    const list = Array.from(listOf(labels, "LabelEncoder.fit"));
    for (const [i, label] of list.entries()) requireCategory(label, i, "LabelEncoder.fit");
    if (list.length === 0) throw new DlError("value", "LabelEncoder.fit: there are no labels");
    this.classes = distinct(list);
    this.#codes = new Map(this.classes.map((c, k) => [c, k]));
    return this;
  }
  /** The numbers of the labels' classes, int32 `[samples]`. */
  transform(labels: Labels, { device = getBackend() }: { device?: Backend } = {}): Tensor {
    const codes = this.#codes;
    if (!codes)
      throw new DlError("value", "LabelEncoder.transform: it is not fitted yet: call fit first");
    const list = listOf(labels, "LabelEncoder.transform");
    const out = new Int32Array(list.length);
    for (let i = 0; i < out.length; i++) {
      const code = codes.get(list[i]);
      if (code === undefined)
        throw new DlError(
          "data",
          `LabelEncoder.transform: label ${i} is ${show(list[i])}, which fit has not seen; it has seen ${some(this.classes)}`,
        );
      out[i] = code;
    }
    return adoptArray(out, "int32", [out.length], device);
  }
  /** `fit`, and `transform` of the same labels. */
  fitTransform(labels: Labels): Tensor {
    return this.fit(labels).transform(labels);
  }
  /** From numbers, of an output's `argmax(1)` for example, to classes. */
  inverseTransform(codes: ArrayLike<number> | Tensor): Category[] {
    return Array.from(listOf(codes, "LabelEncoder.inverseTransform"), (code, i) => {
      const label = this.classes[code as number];
      if (label === undefined)
        throw new DlError(
          "index",
          `LabelEncoder.inverseTransform: number ${i} is ${code}, of 0 … ${this.classes.length - 1}`,
        );
      return label;
    });
  }
}

export interface EncoderOptions {
  /** Of a table: which columns. Default: all of text. */
  columns?: readonly string[];
  /** What becomes of a value that `fit` has not seen, and of a missing one. Default `"error"`. */
  handleUnknown?: "error" | "ignore";
}

/** Learns which values there are in each column. */
abstract class Encoder {
  /** Of each column, by its name; of a tensor by its number. */
  categories: ReadonlyMap<string, readonly Category[]> | undefined;
  readonly handleUnknown: "error" | "ignore";
  readonly #columns: readonly string[] | undefined;

  constructor({ columns, handleUnknown = "error" }: EncoderOptions = {}) {
    if (handleUnknown !== "error" && handleUnknown !== "ignore")
      throw new DlError(
        "value",
        `handleUnknown is "error" or "ignore", got ${quote(String(handleUnknown))}`,
      );
    this.#columns = columns;
    this.handleUnknown = handleUnknown;
  }
  protected get op(): string {
    return this.constructor.name;
  }

  /** Learns the values of the samples to train on; those of an ARFF file's nominal attributes are all that it names. Returns itself. */
  fit(x: Numbers): this {
    if (isTensor(x)) {
      const { names, values } = columnsOf(x, undefined, `${this.op}.fit`);
      this.categories = new Map(
        names.map((name, k) => [name, distinct(values[k].filter((v) => !Number.isNaN(v)))]),
      );
      return this;
    }
    if (!(x instanceof Table))
      throw new DlError(
        "value",
        `${this.op}.fit: a table or a tensor [samples, features] is expected`,
      );
    const names = this.#columns ?? x.columns.filter((c) => c.type === "string").map((c) => c.name);
    if (names.length === 0)
      throw new DlError(
        "value",
        `${this.op}.fit: ${x.name} has no columns of text: name some in { columns }`,
      );
    this.categories = new Map(
      names.map((name) => {
        const column = x.column(name);
        if (column.type === "string")
          return [name, column.levels ?? distinct(column.values.filter((v) => v !== null))];
        return [name, distinct(column.values.filter((v) => !Number.isNaN(v)))];
      }),
    );
    for (const [name, { length }] of this.categories)
      if (length === 0)
        throw new DlError(
          "data",
          `${this.op}.fit: column ${quote(name)} of ${x.name} has no values: leave it out`,
        );
    return this;
  }
  protected fitted(op: string): ReadonlyMap<string, readonly Category[]> {
    if (this.categories) return this.categories;
    throw new DlError(
      "value",
      `${op}: it is not fitted yet: call fit with the samples to train on`,
    );
  }
  /** The number of each value among its column's categories; −1 for one that is ignored. */
  protected codes(
    values: ArrayLike<Category | null>,
    categories: readonly Category[],
    place: (row: number) => string,
  ): Int32Array {
    const known = new Map(categories.map((c, k) => [c as Category | null, k]));
    return Int32Array.from({ length: values.length }, (_, row) => {
      const code = known.get(values[row]);
      if (code !== undefined) return code;
      if (this.handleUnknown === "ignore") return -1;
      const missing = values[row] === null || Number.isNaN(values[row]);
      throw new DlError(
        "data",
        missing
          ? `${place(row)} is missing: fill it in with SimpleImputer, or pass { handleUnknown: "ignore" }`
          : `${place(row)} is ${show(values[row])}, which ${this.op}.fit has not seen; it has seen ${some(categories)}`,
      );
    });
  }
  /** Of a table's column, or of a tensor's. */
  protected codesOf(x: Numbers, op: string): { name: string; codes: Int32Array }[] {
    const fitted = this.fitted(op);
    if (isTensor(x)) {
      const { names, values } = fittedColumns(x, [...fitted.keys()], op);
      return names.map((name, k) => ({
        name,
        codes: this.codes(
          values[k],
          fitted.get(name)!,
          (row) => `${op}: row ${row}, column ${name}`,
        ),
      }));
    }
    return Array.from(fitted, ([name, categories]) => ({
      name,
      codes: this.codes((x as Table).column(name).values, categories, (row) =>
        (x as Table).place(row, name),
      ),
    }));
  }
}

export interface OneHotEncoderOptions extends EncoderOptions {
  /** Leave out the first category of each column, or of those that have two: the others say as much. Default: of none. */
  drop?: "first" | "ifBinary";
}

/**
 * A column of 0 and 1 for each value that a column has, in the order of the alphabet, or of numbers. In a table the new
 * columns, named `column_value`, take the place of the old; of a tensor only they are left.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.OneHotEncoder.html
 *
 * @example
 * const t = parseCsv("size,color\n1,red\n2,blue\n");
 * const encoded = new OneHotEncoder().fitTransform(t);
 * encoded.names // => ["size", "color_blue", "color_red"]
 * encoded.toTensor() // => [[1, 0, 1], [2, 1, 0]]
 */
export class OneHotEncoder extends Encoder {
  readonly drop: "first" | "ifBinary" | undefined;
  constructor({ drop, ...options }: OneHotEncoderOptions = {}) {
    super(options);
    if (drop !== undefined && drop !== "first" && drop !== "ifBinary")
      throw new DlError(
        "value",
        `OneHotEncoder: drop is "first" or "ifBinary", got ${quote(String(drop))}`,
      );
    this.drop = drop;
  }
  #skips(categories: readonly Category[]): number {
    return this.drop === "first" || (this.drop === "ifBinary" && categories.length === 2) ? 1 : 0;
  }
  transform<X extends Numbers>(x: X): X {
    const op = "OneHotEncoder.transform";
    const fitted = this.fitted(op);
    const coded = this.codesOf(x, op);
    const columns = coded.map(({ name, codes }) => {
      const categories = fitted.get(name)!;
      const skip = this.#skips(categories);
      return categories.slice(skip).map(
        (category, k): NumberColumn => ({
          name: `${name}_${category}`,
          type: "number",
          values: Float64Array.from(codes, (code) => (code === k + skip ? 1 : 0)),
        }),
      );
    });
    if (isTensor(x)) {
      const flat = columns.flat();
      const out = new Float32Array(x.shape[0] * flat.length);
      for (const [k, { values }] of flat.entries())
        for (let i = 0; i < values.length; i++) out[i * flat.length + k] = values[i];
      return adoptArray(out, "float32", [x.shape[0], flat.length], x.device) as X;
    }
    const table = x as Table;
    const replaced = new Map(coded.map(({ name }, k) => [name, columns[k]]));
    return new Table(
      table.columns.flatMap((c) => replaced.get(c.name) ?? [c]),
      { name: table.name, lines: table.lines },
    ) as X;
  }
  /** `fit`, and `transform` of the same samples. */
  fitTransform<X extends Numbers>(x: X): X {
    return this.fit(x).transform(x);
  }
}

/**
 * Each column's values as whole numbers from 0, in the order of the alphabet, or of numbers: for `nn.Embedding`. A value
 * that is ignored becomes −1.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.OrdinalEncoder.html
 *
 * @example
 * const t = parseCsv("size,color\n1,red\n2,blue\n");
 * new OrdinalEncoder().fitTransform(t).toTensor() // => [[1, 1], [2, 0]]
 */
export class OrdinalEncoder extends Encoder {
  transform<X extends Numbers>(x: X): X {
    const coded = this.codesOf(x, "OrdinalEncoder.transform");
    if (isTensor(x)) {
      const out = new Float32Array(x.numel);
      for (const [k, { codes }] of coded.entries())
        for (let i = 0; i < codes.length; i++) out[i * coded.length + k] = codes[i];
      return adoptArray(out, "float32", x.shape, x.device) as X;
    }
    return (x as Table).with(
      ...coded.map(({ name, codes }) => ({
        name,
        type: "number" as const,
        values: Float64Array.from(codes),
      })),
    ) as X;
  }
  /** `fit`, and `transform` of the same samples. */
  fitTransform<X extends Numbers>(x: X): X {
    return this.fit(x).transform(x);
  }
}

function requireCategory(label: unknown, i: number, op: string): void {
  if ((typeof label !== "number" && typeof label !== "string") || Number.isNaN(label))
    throw new DlError("value", `${op}: label ${i} is ${String(label)}, not a number or a name`);
}
const show = (value: unknown): string => (typeof value === "string" ? quote(value) : String(value));
const some = (values: readonly Category[]): string =>
  `${values.slice(0, 10).map(show).join(", ")}${values.length > 10 ? ", …" : ""}`;
