import {
  adoptArray,
  type Backend,
  DlError,
  getBackend,
  type Tensor,
  typedArrayFor,
} from "@dl/tensor/core";
import { requireIndex } from "../dataset.ts";
import { numberOf, quote } from "./text.ts";

/** Numbers, or truth values as 0 and 1; NaN is missing. */
export interface NumberColumn {
  readonly name: string;
  readonly type: "number" | "boolean";
  readonly values: Float64Array;
}
/** Texts; null is missing. */
export interface TextColumn {
  readonly name: string;
  readonly type: "string";
  readonly values: readonly (string | null)[];
  /** All texts that are possible, where the file says so. */
  readonly levels?: readonly string[];
}
export type Column = NumberColumn | TextColumn;
export type ColumnType = Column["type"];

export interface TensorOfTableOptions {
  /** Which columns, in which order. Default: all. */
  columns?: readonly string[];
  /** Default `"float32"`. */
  dtype?: "float32" | "float64" | "int32";
  device?: Backend;
}

/**
 * Named columns of equal length, as `parseCsv` and `parseArff` read them. A table is not changed: what changes it
 * returns another one.
 *
 * @example
 * const t = parseCsv("size,kind\n1.5,a\n2,b\n");
 * t.names // => ["size", "kind"]
 * t.select(["size"]).toTensor() // => [[1.5], [2]]
 */
export class Table {
  readonly columns: readonly Column[];
  /** How many rows. */
  readonly length: number;
  /** What errors call it: the file. */
  readonly name: string;
  /** The line of the file that a row is from, where there is one. */
  readonly lines: ArrayLike<number> | undefined;

  constructor(
    columns: readonly Column[],
    { name = "table", lines }: { name?: string; lines?: ArrayLike<number> } = {},
  ) {
    if (columns.length === 0) throw new DlError("value", `${name}: a table has a column at least`);
    this.columns = columns;
    this.length = columns[0].values.length;
    this.name = name;
    this.lines = lines;
    const seen = new Set<string>();
    for (const c of columns) {
      if (seen.has(c.name))
        throw new DlError("value", `${name}: two columns are named ${quote(c.name)}`);
      seen.add(c.name);
      if (c.values.length !== this.length)
        throw new DlError(
          "value",
          `${name}: columns are of equal length: ${quote(columns[0].name)} has ${this.length} rows, ${quote(c.name)} has ${c.values.length}`,
        );
    }
  }
  get names(): string[] {
    return this.columns.map((c) => c.name);
  }
  /** The column of that name. */
  column(name: string): Column {
    const found = this.columns.find((c) => c.name === name);
    if (!found)
      throw new DlError(
        "value",
        `${this.name}: there is no column ${quote(String(name))}; there are ${list(this.names)}${this.#hint()}`,
      );
    return found;
  }
  /** A file with another sign between its values is read as one column. */
  #hint(): string {
    const sign = this.columns.length === 1 && /[;\t|]/.exec(this.columns[0].name)?.[0];
    return sign ? `: are the values divided by { delimiter: ${JSON.stringify(sign)} }?` : "";
  }
  /** The numbers of a column, NaN where they are missing. */
  numbers(name: string): Float64Array {
    const column = this.column(name);
    if (column.type === "string") throw new DlError("data", this.#text(column));
    return column.values;
  }
  /** The texts of a column, null where they are missing; those of numbers as JavaScript writes them. */
  texts(name: string): readonly (string | null)[] {
    const column = this.column(name);
    return column.type === "string"
      ? column.values
      : Array.from(column.values, (x) => (Number.isNaN(x) ? null : String(x)));
  }

  /** Only these columns, in this order. */
  select(names: readonly string[]): Table {
    return this.#of(names.map((name) => this.column(name)));
  }
  /** All columns but these. */
  drop(names: readonly string[]): Table {
    for (const name of names) this.column(name);
    return this.#of(this.columns.filter((c) => !names.includes(c.name)));
  }
  /** Columns take the place of those with their name, or come behind the others. */
  with(...columns: readonly Column[]): Table {
    const names = this.names;
    return this.#of([
      ...this.columns.map((c) => columns.find((other) => other.name === c.name) ?? c),
      ...columns.filter((c) => !names.includes(c.name)),
    ]);
  }
  /** The rows at these indices, in that order: those of a `Fold`, for example. */
  take(rows: ArrayLike<number>): Table {
    for (let i = 0; i < rows.length; i++) requireIndex(rows[i], this.length, this.name);
    const { lines } = this;
    return new Table(
      this.columns.map((c) =>
        c.type === "string"
          ? { ...c, values: Array.from(rows, (i) => c.values[i]) }
          : { ...c, values: Float64Array.from(rows, (i) => c.values[i]) },
      ),
      { name: this.name, lines: lines && Int32Array.from(rows, (i) => lines[i]) },
    );
  }
  #of(columns: readonly Column[]): Table {
    return new Table(columns, { name: this.name, lines: this.lines });
  }

  /** A row as an object, for looking at it. */
  row(index: number): Record<string, number | string | boolean | null> {
    requireIndex(index, this.length, this.name);
    return Object.fromEntries(
      this.columns.map((c) => {
        const value = c.values[index];
        if (typeof value !== "number") return [c.name, value];
        if (Number.isNaN(value)) return [c.name, null];
        return [c.name, c.type === "boolean" ? value === 1 : value];
      }),
    );
  }

  /**
   * Columns of numbers side by side, `[rows, columns]`.
   *
   * @throws DlError that names row and column for text, and for a value that is missing.
   */
  toTensor({
    columns = this.names,
    dtype = "float32",
    device = getBackend(),
  }: TensorOfTableOptions = {}): Tensor {
    const chosen = columns.map((name) => this.column(name));
    const data = new (typedArrayFor(dtype))(this.length * chosen.length);
    for (const [k, c] of chosen.entries()) {
      if (c.type === "string") throw new DlError("data", this.#text(c));
      for (let i = 0; i < this.length; i++) {
        const value = c.values[i];
        if (Number.isNaN(value))
          throw new DlError(
            "data",
            `${this.place(i, c.name)} is missing: fill it in with SimpleImputer, or leave the row out`,
          );
        if (dtype === "int32" && value !== (value | 0))
          throw new DlError(
            "data",
            `${this.place(i, c.name)} is ${value}, which int32 does not hold`,
          );
        data[i * chosen.length + k] = value;
      }
    }
    return adoptArray(data, dtype, [this.length, chosen.length], device);
  }

  /** For messages: `iris.csv: line 7 (row 5), column "petal_width"`. */
  place(row: number, column: string): string {
    const at = this.lines ? `line ${this.lines[row]} (row ${row})` : `row ${row}`;
    return `${this.name}: ${at}, column ${quote(column)}`;
  }
  /** Why a column of text is no column of numbers: perhaps because of a single value. */
  #text(column: TextColumn): string {
    const isText = (v: string | null) => v !== null && Number.isNaN(numberOf(v));
    const first = column.values.findIndex(isText);
    const texts = column.values.filter(isText).length;
    const what = first < 0 ? "is text" : `is ${quote(column.values[first]!)}, not a number`;
    const few = texts <= Math.max(1, 0.05 * this.length) && texts < this.length;
    return (
      `${this.place(Math.max(0, first), column.name)} ${what}: ` +
      (few
        ? `${texts === 1 ? "it is the only one" : `there are ${texts} such values`}: correct the file, or name it in { missing }`
        : "encode the column with OneHotEncoder or OrdinalEncoder, or drop it")
    );
  }
}

const list = (names: readonly string[]): string =>
  `${names.slice(0, 20).map(quote).join(", ")}${names.length > 20 ? ` and ${names.length - 20} more` : ""}`;
