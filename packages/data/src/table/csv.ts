import { DlError } from "@dl/tensor/core";
import { type Column, type ColumnType, Table } from "./table.ts";
import { decodeText, numberOf, quote, type TextOptions } from "./text.ts";

export interface CsvOptions extends TextOptions {
  /** One character between values. Default `","`. */
  delimiter?: string;
  /** One character around values that contain the delimiter, a quote (doubled) or a line end. Default `'"'`. */
  quote?: string;
  /** Whether the first line names the columns; or their names, where no line does. Default true. */
  header?: boolean | readonly string[];
  /**
   * Types of columns, by name. Default, column by column: number if everything there is one, boolean if all is true or
   * false, else string.
   */
  types?: Readonly<Record<string, ColumnType>>;
  /** What stands for a missing value, beside nothing. Default: NA, N/A, n/a, NaN, nan, NULL, null, None. */
  missing?: readonly string[];
  /** Lines that begin with it are left out. */
  comment?: string;
}

const MISSING = ["NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None"];

/**
 * Reads comma-separated values, or others: from text, or from the bytes of a file (unpack it with `gunzip` first).
 * Empty lines are left out. Every row has as many values as the header.
 *
 * @throws DlError that names line and column.
 *
 * @example
 * const t = parseCsv('name,age,ok\n"Smith, J.",41,true\nLee,,false\n');
 * t.row(0) // => { name: "Smith, J.", age: 41, ok: true }
 * t.row(1) // => { name: "Lee", age: null, ok: false }
 */
export function parseCsv(input: string | Uint8Array, options: CsvOptions = {}): Table {
  const { name = "parseCsv", header = true, types = {}, missing = MISSING } = options;
  const { delimiter = ",", quote: mark = '"', comment } = options;
  for (const [key, sign] of Object.entries({ delimiter, quote: mark }))
    if (typeof sign !== "string" || sign.length !== 1 || sign === "\n" || sign === "\r")
      throw new DlError("value", `${name}: ${key} is one character, got ${quote(String(sign))}`);
  if (delimiter === mark)
    throw new DlError("value", `${name}: delimiter and quote are both ${quote(mark)}`);
  const text = decodeText(input, name, options.encoding);

  const lines: number[] = [];
  let columns: string[][] | undefined;
  let names = Array.isArray(header) ? ([...header] as string[]) : undefined;
  for (const { values, line } of records(text, delimiter, mark, comment, name)) {
    if (!columns) {
      const first = names ?? (header ? values : values.map((_, k) => `column${k}`));
      names = requireNames(first, name, line);
      columns = names.map(() => []);
      if (header === true) continue;
    }
    if (values.length !== columns.length)
      throw new DlError(
        "data",
        `${name}: line ${line} has ${values.length} values, ${columns.length} are expected` +
          (values.length < columns.length
            ? `: the one for ${quote(names![values.length])} is not there`
            : `: ${quote(values[columns.length])} is one too many; a value that contains ${quote(delimiter)} stands in quotes`),
      );
    for (let k = 0; k < values.length; k++) columns[k].push(values[k]);
    lines.push(line);
  }
  if (!columns || lines.length === 0)
    throw new DlError("data", `${name}: there are no rows${columns ? " below the header" : ""}`);
  for (const key of Object.keys(types))
    if (!names!.includes(key))
      throw new DlError(
        "value",
        `${name}: types has ${quote(key)}, which is not a column; there are ${names!.slice(0, 20).map(quote).join(", ")}`,
      );
  const absent = new Set(missing);
  const isMissing = (value: string) =>
    value === "" || absent.has(value) || absent.has(value.trim()) || value.trim() === "";
  return new Table(
    columns.map((values, k) =>
      typed(
        names![k],
        values,
        Object.hasOwn(types, names![k]) ? types[names![k]] : undefined,
        isMissing,
        (row) => `${name}: line ${lines[row]} (row ${row})`,
      ),
    ),
    { name, lines: Int32Array.from(lines) },
  );
}

function requireNames(names: readonly string[], file: string, line: number): string[] {
  const out = names.map((n) => String(n).trim());
  const seen = new Map<string, number>();
  for (const [k, n] of out.entries()) {
    if (n === "")
      throw new DlError(
        "data",
        `${file}: line ${line}: column ${k} has no name: is there a header? If not, pass { header: false }`,
      );
    if (seen.has(n))
      throw new DlError(
        "data",
        `${file}: line ${line}: columns ${seen.get(n)} and ${k} are both named ${quote(n)}`,
      );
    seen.set(n, k);
  }
  return out;
}

/** The values of each line that is not empty, and the number of its first line. */
function* records(
  text: string,
  delimiter: string,
  mark: string,
  comment: string | undefined,
  name: string,
): Iterable<{ values: string[]; line: number }> {
  let line = 1;
  let at = 0;
  const isEnd = (c: string | undefined) => c === "\n" || c === "\r" || c === undefined;
  while (at < text.length) {
    if (comment && text.startsWith(comment, at)) {
      while (!isEnd(text[at])) at++;
    }
    const first = line;
    const values: string[] = [];
    let empty = true;
    for (;;) {
      if (text[at] === mark) {
        empty = false;
        const opened = line;
        let value = "";
        let from = ++at;
        for (;;) {
          const next = text.indexOf(mark, at);
          if (next < 0)
            throw new DlError(
              "data",
              `${name}: line ${opened}, value ${values.length}: the quote that opens here is not closed: ${quote(text.slice(from - 1, from + 40))}`,
            );
          if (text[next + 1] === mark) {
            value += text.slice(from, next + 1);
            at = from = next + 2;
            continue;
          }
          value += text.slice(from, next);
          at = next + 1;
          break;
        }
        for (let k = value.indexOf("\n"); k >= 0; k = value.indexOf("\n", k + 1)) line++;
        if (text[at] !== delimiter && !isEnd(text[at]))
          throw new DlError(
            "data",
            `${name}: line ${line}, value ${values.length}: behind the closing quote there is ${quote(text.slice(at, at + 20).split(/[\r\n]/)[0])}; a quote within quotes is doubled`,
          );
        values.push(value);
      } else {
        const from = at;
        while (text[at] !== delimiter && !isEnd(text[at])) at++;
        if (at > from) empty = false;
        values.push(text.slice(from, at));
      }
      if (text[at] !== delimiter) break;
      empty = false;
      at++;
    }
    if (!empty) yield { values, line: first };
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    at++;
    line++;
  }
}

const ZERO_ONE = new Map([
  ["1", 1],
  ["0", 0],
]);
const TRUTH = new Map([
  ["true", 1],
  ["false", 0],
]);

function typed(
  name: string,
  values: readonly string[],
  type: ColumnType | undefined,
  isMissing: (value: string) => boolean,
  place: (row: number) => string,
): Column {
  if (type !== undefined && !["number", "boolean", "string"].includes(type))
    throw new DlError(
      "value",
      `types: ${quote(name)} is number, boolean or string, got ${quote(String(type))}`,
    );
  const truth = (v: string) => TRUTH.get(v.trim().toLowerCase());
  if (type === "boolean" || (!type && all(values, (v) => truth(v) !== undefined, isMissing)))
    return {
      name,
      type: "boolean",
      values: Float64Array.from(values, (v, row) => {
        if (isMissing(v)) return Number.NaN;
        const value = truth(v) ?? ZERO_ONE.get(v.trim());
        if (value === undefined)
          throw new DlError(
            "data",
            `${place(row)}, column ${quote(name)}: ${quote(v)} is neither true nor false`,
          );
        return value;
      }),
    };
  // A column without any value is one of numbers: all of them missing.
  if (
    type === "number" ||
    (!type && values.every((v) => isMissing(v) || !Number.isNaN(numberOf(v))))
  )
    return {
      name,
      type: "number",
      values: Float64Array.from(values, (v, row) => {
        if (isMissing(v)) return Number.NaN;
        const value = numberOf(v);
        if (Number.isNaN(value))
          throw new DlError(
            "data",
            `${place(row)}, column ${quote(name)}: ${quote(v)} is not a number`,
          );
        return value;
      }),
    };
  return { name, type: "string", values: values.map((v) => (isMissing(v) ? null : v)) };
}

/** Whether all values that are there are so, and there is one. */
function all(
  values: readonly string[],
  test: (v: string) => boolean,
  isMissing: (v: string) => boolean,
): boolean {
  let some = false;
  for (const v of values) {
    if (isMissing(v)) continue;
    if (!test(v)) return false;
    some = true;
  }
  return some;
}
