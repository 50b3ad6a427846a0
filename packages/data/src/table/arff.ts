/**
 * Weka's ARFF, which Mulan's and OpenML's data sets come in: a line for each attribute with its name and type, then
 * the rows, dense (values between commas) or sparse (`{index value, …}`, all other values being 0).
 */
import { DlError } from "@dl/tensor/core";
import { type Column, Table } from "./table.ts";
import { decodeText, numberOf, quote, type TextOptions } from "./text.ts";

export interface ArffOptions extends TextOptions {
  /** As many values as are read: sparse rows are small in a file and large in memory. Default 2²⁷, which is 1 GiB. */
  maxValues?: number;
}

interface Attribute {
  readonly name: string;
  /** Texts that are possible; null for numbers, undefined for any text. */
  readonly levels: readonly string[] | null | undefined;
  /** Levels that are numbers make a column of numbers. */
  readonly numeric: boolean;
}

/**
 * Reads an ARFF file. Numeric attributes become columns of numbers, and so do nominal ones whose values are all numbers
 * (`{0, 1}`); other nominal ones become text with `levels`; strings and dates become text.
 *
 * @throws DlError that names line and attribute.
 *
 * @example
 * const t = parseArff("@relation r\n@attribute x numeric\n@attribute c {a,b}\n@data\n1.5,b\n{0 7}\n");
 * t.row(0) // => { x: 1.5, c: "b" }
 * t.row(1) // => { x: 7, c: "a" }
 */
export function parseArff(input: string | Uint8Array, options: ArffOptions = {}): Table {
  const { name = "parseArff", maxValues = 2 ** 27 } = options;
  const text = decodeText(input, name, options.encoding);
  const attributes: Attribute[] = [];
  const rows: (string | null)[][] = [];
  const lines: number[] = [];
  let inData = false;
  let seen = false;
  let number = 0;
  for (const raw of linesOf(text)) {
    number++;
    const line = raw.trim();
    if (line === "" || line[0] === "%") continue;
    const wrong = (what: string) => new DlError("data", `${name}: line ${number}: ${what}`);
    if (!inData) {
      const [, keyword = "", rest = ""] = /^@(\w+)\s*(.*)$/s.exec(line) ?? [];
      const word = keyword.toLowerCase();
      if (word === "relation") seen = true;
      else if (word === "attribute") attributes.push(attribute(rest, wrong));
      else if (word === "data") {
        inData = true;
        requireAttributes(attributes, wrong);
      } else
        throw wrong(
          `@relation, @attribute or @data is expected, got ${quote(line)}${seen || attributes.length > 0 ? "" : ": it is not an ARFF file"}`,
        );
      continue;
    }
    if ((rows.length + 1) * attributes.length > maxValues)
      throw wrong(
        `${attributes.length.toLocaleString("en")} attributes in each row are more than ${maxValues.toLocaleString("en")} values from here on: ` +
          "raise { maxValues } if there is memory, 8 bytes a number",
      );
    rows.push(line[0] === "{" ? sparse(line, attributes, wrong) : dense(line, attributes, wrong));
    lines.push(number);
  }
  if (!inData)
    throw new DlError(
      "data",
      `${name}: there is no @data: the file is truncated, or is not an ARFF file`,
    );
  if (rows.length === 0) throw new DlError("data", `${name}: there are no rows below @data`);
  return new Table(
    attributes.map((a, k) =>
      column(a, k, rows, (row) => `${name}: line ${lines[row]} (row ${row})`),
    ),
    { name, lines: Int32Array.from(lines) },
  );
}

function* linesOf(text: string): Iterable<string> {
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    yield text.slice(at, end);
    at = end + 1;
  }
}

type Wrong = (what: string) => DlError;

function attribute(rest: string, wrong: Wrong): Attribute {
  const scan = new Scanner(rest, wrong);
  const name = scan.word(/[\s{]/, "the attribute's name");
  scan.space();
  if (scan.is("{")) {
    const levels: string[] = [];
    scan.take();
    do {
      scan.space();
      levels.push(scan.word(/[,}]/, `a value of attribute ${quote(name)}`).trim());
      scan.space();
    } while (scan.takeIf(","));
    if (!scan.takeIf("}")) throw wrong(`the values of attribute ${quote(name)} end with }`);
    const known = new Set<string>();
    const twice = levels.find((l) => known.size === known.add(l).size);
    if (twice !== undefined)
      throw wrong(`attribute ${quote(name)} has the value ${quote(twice)} twice`);
    return { name, levels, numeric: levels.every((l) => Number.isFinite(numberOf(l))) };
  }
  const [type = ""] = /^\w+/.exec(scan.rest()) ?? [];
  if (/^(numeric|real|integer)$/i.test(type)) return { name, levels: null, numeric: true };
  if (/^(string|date)$/i.test(type)) return { name, levels: undefined, numeric: false };
  throw wrong(
    `attribute ${quote(name)} is ${type ? `of type ${quote(type)}` : "without a type"}; known are numeric, real, integer, string, date and {value, …}`,
  );
}

function requireAttributes(attributes: readonly Attribute[], wrong: Wrong): void {
  if (attributes.length === 0) throw wrong("there is no @attribute above @data");
  const names = new Set<string>();
  for (const { name } of attributes) {
    if (names.has(name)) throw wrong(`two attributes are named ${quote(name)}`);
    names.add(name);
  }
}

function dense(line: string, attributes: readonly Attribute[], wrong: Wrong): (string | null)[] {
  const values: (string | null)[] = [];
  const scan = new Scanner(line, wrong);
  do {
    scan.space();
    values.push(scan.value(/[,]/));
    scan.space();
    if (values.length > attributes.length)
      throw wrong(
        `there are more than ${attributes.length} values, which is how many attributes there are`,
      );
  } while (scan.takeIf(","));
  scan.end();
  if (values.length !== attributes.length)
    throw wrong(
      `${values.length} values, ${attributes.length} are expected: the one for ${quote(attributes[values.length].name)} is not there`,
    );
  return values;
}

function sparse(line: string, attributes: readonly Attribute[], wrong: Wrong): (string | null)[] {
  // What is left out is 0, and of a nominal attribute its first value.
  const values = attributes.map(({ levels }) => (levels === null ? "0" : (levels?.[0] ?? null)));
  const scan = new Scanner(line, wrong);
  let last = -1;
  scan.take();
  scan.space();
  if (!scan.takeIf("}")) {
    do {
      scan.space();
      const text = scan.word(/[\s,}]/, "the index of an attribute");
      const index = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!(index < attributes.length))
        throw wrong(
          `${quote(text)} is not the index of an attribute, 0 to ${attributes.length - 1}`,
        );
      if (index <= last) throw wrong(`attribute ${index} comes behind ${last}: indices ascend`);
      last = index;
      scan.space();
      values[index] = scan.value(/[,}]/);
      scan.space();
    } while (scan.takeIf(","));
    if (!scan.takeIf("}")) throw wrong("the row ends with }: it is cut off");
  }
  scan.space();
  scan.end();
  return values;
}

function column(
  { name, levels, numeric }: Attribute,
  k: number,
  rows: readonly (readonly (string | null)[])[],
  place: (row: number) => string,
): Column {
  const known = levels ? new Set(levels) : undefined;
  const check = (v: string, row: number): string => {
    if (known && !known.has(v))
      throw new DlError(
        "data",
        `${place(row)}, attribute ${quote(name)}: ${quote(v)} is not one of ${levels!.slice(0, 10).map(quote).join(", ")}${levels!.length > 10 ? ", …" : ""}`,
      );
    return v;
  };
  if (!numeric)
    return {
      name,
      type: "string",
      values: rows.map((r, row) => (r[k] === null ? null : check(r[k]!, row))),
      levels: levels ?? undefined,
    };
  const values = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    const v = rows[row][k];
    if (v === null) {
      values[row] = Number.NaN;
      continue;
    }
    values[row] = numberOf(check(v, row));
    if (Number.isNaN(values[row]))
      throw new DlError(
        "data",
        `${place(row)}, attribute ${quote(name)}: ${quote(v)} is not a number`,
      );
  }
  return { name, type: "number", values };
}

/** Goes through a line. */
class Scanner {
  readonly #text: string;
  readonly #wrong: Wrong;
  #at = 0;
  constructor(text: string, wrong: Wrong) {
    this.#text = text;
    this.#wrong = wrong;
  }
  rest(): string {
    return this.#text.slice(this.#at);
  }
  is(sign: string): boolean {
    return this.#text[this.#at] === sign;
  }
  take(): void {
    this.#at++;
  }
  takeIf(sign: string): boolean {
    const found = this.is(sign);
    if (found) this.#at++;
    return found;
  }
  space(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }
  end(): void {
    if (this.#at < this.#text.length)
      throw this.#wrong(`there is more behind the row: ${quote(this.rest())}`);
  }
  /** A value up to one of these signs, perhaps in quotes; null for a question mark. */
  value(until: RegExp): string | null {
    const quoted = this.is("'") || this.is('"');
    const value = this.word(until, "a value");
    return !quoted && value === "?" ? null : value;
  }
  word(until: RegExp, what: string): string {
    const mark = this.#text[this.#at];
    if (mark === "'" || mark === '"') {
      let out = "";
      for (let k = this.#at + 1; k < this.#text.length; k++) {
        const c = this.#text[k];
        if (c === mark) {
          this.#at = k + 1;
          return out;
        }
        out += c === "\\" ? unescape(this.#text[++k]) : c;
      }
      throw this.#wrong(`the quote that opens ${what} is not closed: ${quote(this.rest())}`);
    }
    const from = this.#at;
    while (this.#at < this.#text.length && !until.test(this.#text[this.#at])) this.#at++;
    const word = this.#text.slice(from, this.#at).trim();
    if (word === "")
      throw this.#wrong(`${what} is expected at ${quote(this.#text.slice(from, from + 30))}`);
    return word;
  }
}

const unescape = (c: string | undefined): string =>
  c === "n" ? "\n" : c === "t" ? "\t" : c === "r" ? "\r" : (c ?? "");
