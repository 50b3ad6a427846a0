/** Tables of comma-separated values. */
import type { BadInput } from "./badInput.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const big = (n: number) => new Uint8Array(n);

const cases: [what: string, input: string | Uint8Array, options: object, message: string][] = [
  ["nothing", "", {}, "t.csv: it is empty"],
  ["no bytes", big(0), {}, "t.csv: it is empty"],
  ["white space", " \n\n", {}, "t.csv: it is empty"],
  ["zeros", big(100), {}, "it is no text: there is a zero at character 0"],
  ["a zero in the middle", "a\n1\0\n", {}, "it is no text: there is a zero at character 3"],
  [
    "a gzip file",
    Uint8Array.of(0x1f, 0x8b, 8, 0),
    {},
    "it is a gzip file: unpack it with gunzip first",
  ],
  ["a spreadsheet", bytes("PK\x03\x04…"), {}, "it is a zip archive, as spreadsheets are"],
  ["a web page", "<!DOCTYPE html><p>404", {}, "it is a web page"],
  [
    "a pointer of Git LFS",
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    {},
    "a pointer of Git LFS",
  ],
  [
    "bytes that are not UTF-8",
    Uint8Array.of(97, 10, 98, 10, 0xe9, 10),
    {},
    'line 3 is not utf-8: pass { encoding: "latin1" }',
  ],
  ["text cut off within a character", bytes("a\né").subarray(0, 3), {}, "line 2 is not utf-8"],
  ["a header alone", "a,b\n", {}, "there are no rows below the header"],
  ["comments alone", "# a\n# b\n", { comment: "#" }, "there are no rows"],
  [
    "a short row",
    "a,b,c\n1,2,3\n4,5\n",
    {},
    'line 3 has 2 values, 3 are expected: the one for "c" is not there',
  ],
  [
    "a long row",
    "a,b\n1,2,x\n",
    {},
    'line 2 has 3 values, 2 are expected: "x" is one too many; a value that contains "," stands in quotes',
  ],
  [
    "another delimiter from some line on",
    "a,b\n1,2\n3;4\n",
    {},
    "line 3 has 1 values, 2 are expected",
  ],
  [
    "names of other number",
    "1,2,3\n",
    { header: ["a", "b"] },
    "line 1 has 3 values, 2 are expected",
  ],
  [
    "a quote that is not closed",
    'a,b\n1,"x\n2,y\n',
    {},
    'line 2, value 1: the quote that opens here is not closed: "\\"x\\n2,y\\n"',
  ],
  [
    "a file cut off within quotes",
    'a\n"x""',
    {},
    "line 2, value 0: the quote that opens here is not closed",
  ],
  [
    "more behind a quote",
    'a,b\n1,"x"y\n',
    {},
    'line 2, value 1: behind the closing quote there is "y"',
  ],
  [
    "a column without a name",
    "a,,c\n1,2,3\n",
    {},
    "line 1: column 1 has no name: is there a header?",
  ],
  ["two columns of one name", "a,b,a\n1,2,3\n", {}, 'line 1: columns 0 and 2 are both named "a"'],
  [
    "a word among numbers",
    "a,b\n1,2\n1,two\n",
    { types: { b: "number" } },
    'line 3 (row 1), column "b": "two" is not a number',
  ],
  ["a hexadecimal number", "a\n0x10\n", { types: { a: "number" } }, '"0x10" is not a number'],
  ["a number too large", "a\n1e999\n", { types: { a: "number" } }, '"1e999" is not a number'],
  [
    "a comma for a point",
    "a;b\n1,5;2\n",
    { delimiter: ";", types: { a: "number" } },
    '"1,5" is not a number',
  ],
  [
    "a maybe",
    "a\nmaybe\n",
    { types: { a: "boolean" } },
    'line 2 (row 0), column "a": "maybe" is neither true nor false',
  ],
  [
    "a number of 200,000 digits, and something behind it, soon",
    `a\n${"1".repeat(2e5)}x\n`,
    { types: { a: "number" } },
    '1111…" is not a number',
  ],
  ["a value of a megabyte, briefly", `a\n"${"x".repeat(2 ** 20)}`, {}, "is not closed"],
];

/** With what is said to `parseCsv` besides. */
export const csv = cases.map(
  ([what, input, options, message]): BadInput<CsvInput> => [what, { input, options }, message],
);
export interface CsvInput {
  readonly input: string | Uint8Array;
  readonly options: object;
}
