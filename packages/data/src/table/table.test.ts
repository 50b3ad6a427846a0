import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DlError } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { multilabel, parseArff, parseCsv, parseMulanLabels, Table } from "../index.ts";
import { fuzz } from "../testing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const rows = (t: Table) => Array.from({ length: t.length }, (_, i) => t.row(i));

describe("parseCsv", () => {
  test("finds out what the columns are", () => {
    const t = parseCsv("a,b,c,d,e\n1,x,true,1e3,\n-.5,1,FALSE,+7.,NA\n");
    expect(t.columns.map((c) => c.type)).toEqual([
      "number",
      "string",
      "boolean",
      "number",
      "number",
    ]);
    expect(rows(t)).toEqual([
      { a: 1, b: "x", c: true, d: 1000, e: null },
      { a: -0.5, b: "1", c: false, d: 7, e: null },
    ]);
  });
  test.each([
    [
      "quotes with the delimiter, quotes and lines within",
      'a,b\n"x,""y""\nz",2\n',
      [{ a: 'x,"y"\nz', b: 2 }],
    ],
    ["quoted numbers", '"a"\n"1"\n"2"', [{ a: 1 }, { a: 2 }]],
    ["no line end at the end", "a\n1", [{ a: 1 }]],
    ["Windows' line ends", "a,b\r\n1,2\r\n", [{ a: 1, b: 2 }]],
    ["old Macs' line ends", "a,b\r1,2\r", [{ a: 1, b: 2 }]],
    ["empty lines", "\n\na\n\n1\n\n", [{ a: 1 }]],
    ["a byte-order mark", "\ufeffa\n1\n", [{ a: 1 }]],
    ["space around numbers, not around text", "a,b\n 1 , x \n", [{ a: 1, b: " x " }]],
    ["an empty value at the end", "a,b\n1,\n", [{ a: 1, b: null }]],
    [
      "a row of empty values",
      "a,b\n,\n1,2\n",
      [
        { a: null, b: null },
        { a: 1, b: 2 },
      ],
    ],
    ["infinities", "a\ninf\n-Infinity\n", [{ a: Infinity }, { a: -Infinity }]],
    ["a quote within a value", 'a\n5" pipe\n', [{ a: '5" pipe' }]],
    ["quotes around nothing", 'a,b\n"",x\n', [{ a: null, b: "x" }]],
    ["what other languages call numbers as text", "a\n0x1f\n", [{ a: "0x1f" }]],
    ["a number too large as text", "a\n1e999\n", [{ a: "1e999" }]],
    [
      "a name of an object's method",
      "toString,__proto__\n1,2\n",
      [
        Object.fromEntries([
          ["toString", 1],
          ["__proto__", 2],
        ]),
      ],
    ],
  ])("reads %s", (_, text, expected) => {
    for (const input of [text, bytes(text)]) expect(rows(parseCsv(input))).toEqual(expected);
  });
  test("takes other signs, headers, types and words for what is missing", () => {
    const text = "# from somewhere\n1;'a;b';?\n0;c;2,5\n";
    const t = parseCsv(text, {
      delimiter: ";",
      quote: "'",
      header: ["x", "y", "z"],
      types: { x: "boolean", z: "string" },
      missing: ["?"],
      comment: "#",
    });
    expect(rows(t)).toEqual([
      { x: true, y: "a;b", z: null },
      { x: false, y: "c", z: "2,5" },
    ]);
    expect(parseCsv("1,2\n3,4\n", { header: false }).names).toEqual(["column0", "column1"]);
    expect(parseCsv("a\té\n".repeat(2), { delimiter: "\t" }).names).toEqual(["a", "é"]);
    const latin = Uint8Array.from([97, 10, 233, 10]);
    expect(parseCsv(latin, { encoding: "latin1" }).row(0)).toEqual({ a: "é" });
  });
  test("a table selects, drops, takes and replaces", () => {
    const t = parseCsv("a,b\n1,x\n2,y\n3,z\n");
    expect(t.select(["b"]).names).toEqual(["b"]);
    expect(t.drop(["b"]).toTensor().tolistSync()).toEqual([[1], [2], [3]]);
    expect(rows(t.take([2, 0]))).toEqual([
      { a: 3, b: "z" },
      { a: 1, b: "x" },
    ]);
    expect(t.take([2]).place(0, "a")).toBe('parseCsv: line 4 (row 0), column "a"');
    const other = { name: "c", type: "number" as const, values: Float64Array.of(7, 8, 9) };
    expect(t.with(other, { ...other, name: "a" }).row(0)).toEqual({ a: 7, b: "x", c: 7 });
    expect(t.texts("a")).toEqual(["1", "2", "3"]);
  });
});

describe("parseCsv refuses, and says where,", () => {
  const big = (n: number) => new Uint8Array(n);
  test.each<[string, string | Uint8Array, object, string]>([
    ["nothing", "", {}, "t.csv: it is empty"],
    ["no bytes", big(0), {}, "t.csv: it is empty"],
    ["white space", " \n\n", {}, "t.csv: it is empty"],
    [
      "something that is no text",
      5 as any,
      {},
      "t.csv: text or bytes (a Uint8Array) are expected, got number",
    ],
    ["null", null as any, {}, "got null"],
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
    [
      "an encoding that is none",
      bytes("a\n1"),
      { encoding: "klingon" },
      'there is no encoding "klingon"',
    ],
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
      "a type of nothing",
      "a\n1\n",
      { types: { b: "number" } },
      'types has "b", which is not a column; there are "a"',
    ],
    [
      "a type that is none",
      "a\n1\n",
      { types: { a: "int" } },
      '"a" is number, boolean or string, got "int"',
    ],
    ["a delimiter of two", "a\n1\n", { delimiter: "::" }, 'delimiter is one character, got "::"'],
    ["a delimiter that is a quote", "a\n1\n", { delimiter: '"' }, "delimiter and quote are both"],
    ["a delimiter that ends lines", "a\n1\n", { delimiter: "\n" }, "delimiter is one character"],
    ["a value of a megabyte, briefly", `a\n"${"x".repeat(2 ** 20)}`, {}, "is not closed"],
  ])("%s", (_, input, options, message) => {
    let error: unknown;
    try {
      parseCsv(input, { name: "t.csv", ...options });
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(DlError);
    expect((error as DlError).message).toContain(message);
    expect((error as DlError).message.length).toBeLessThan(500);
  });
  test.each<[string, (t: Table) => unknown, string]>([
    [
      "a column that is not there",
      (t) => t.column("x"),
      't.csv: there is no column "x"; there are "a", "b", "c", "d"',
    ],
    [
      "text as a tensor",
      (t) => t.toTensor({ columns: ["b"] }),
      't.csv: line 2 (row 0), column "b" is "u", not a number: encode the column with OneHotEncoder',
    ],
    [
      "a missing value",
      (t) => t.toTensor({ columns: ["a"] }),
      't.csv: line 3 (row 1), column "a" is missing: fill it in with SimpleImputer',
    ],
    [
      "one wrong value among numbers",
      (t) => t.toTensor({ columns: ["c"] }),
      'line 4 (row 2), column "c" is "oops", not a number: it is the only one: correct the file',
    ],
    [
      "a fraction as int32",
      (t) => t.toTensor({ columns: ["d"], dtype: "int32" }),
      'line 3 (row 1), column "d" is 0.5, which int32 does not hold',
    ],
    ["a row beyond", (t) => t.take([3]), "t.csv: index 3 is out of range: it has 3 samples"],
    ["a row beyond, to look at", (t) => t.row(-1), "index -1 is out of range"],
  ])("%s", (_, use, message) => {
    const t = parseCsv("a,b,c,d\n1,u,5,1\n,v,6,0.5\n3,w,oops,2\n", { name: "t.csv" });
    expect(() => use(t)).toThrow(message);
  });
  test("the wrong delimiter, when a column is wanted", () =>
    expect(() => parseCsv("a;b\n1;2\n").column("a")).toThrow(
      'are the values divided by { delimiter: ";" }?',
    ));
  test("tables of columns that do not fit", () => {
    const c = (name: string, n: number) => ({
      name,
      type: "number" as const,
      values: new Float64Array(n),
    });
    expect(() => new Table([])).toThrow("a column at least");
    expect(() => new Table([c("a", 1), c("a", 1)])).toThrow('two columns are named "a"');
    expect(() => new Table([c("a", 1), c("b", 2)])).toThrow('"a" has 1 rows, "b" has 2');
  });
});

const ARFF = `% a comment
@RELATION 'my set'
@attribute size numeric
@attribute 'its color' {red, 'dark blue', "gr\\'een"}
@attribute on {0,1}
@attribute note string
@attribute day date "yyyy-MM-dd"

@data
1.5, red, 0, 'a, b', "2001-04-03"
?, 'dark blue', 1, ?, 2001-04-03
{0 7, 2 1, 3 'x y'}
{}
`;
describe("parseArff", () => {
  test("reads dense and sparse rows, names and values in quotes, what is missing", () => {
    const t = parseArff(ARFF);
    expect(t.columns.map((c) => [c.name, c.type])).toEqual([
      ["size", "number"],
      ["its color", "string"],
      ["on", "number"],
      ["note", "string"],
      ["day", "string"],
    ]);
    expect((t.column("its color") as any).levels).toEqual(["red", "dark blue", "gr'een"]);
    expect(rows(t).map((r) => Object.values(r))).toEqual([
      [1.5, "red", 0, "a, b", "2001-04-03"],
      [null, "dark blue", 1, null, "2001-04-03"],
      [7, "red", 1, "x y", null],
      [0, "red", 0, null, null],
    ]);
    expect(t.place(2, "on")).toBe('parseArff: line 12 (row 2), column "on"');
  });

  const head = "@relation r\n@attribute x numeric\n@attribute c {a,b}\n";
  test.each<[string, string, string]>([
    ["nothing", "", "d.arff: it is empty"],
    [
      "a CSV file",
      "a,b\n1,2\n",
      'line 1: @relation, @attribute or @data is expected, got "a,b": it is not an ARFF file',
    ],
    ["a header alone", head, "there is no @data: the file is truncated"],
    ["no rows", `${head}@data\n`, "there are no rows below @data"],
    ["no attributes", "@relation r\n@data\n1\n", "line 2: there is no @attribute above @data"],
    [
      "an attribute without a type",
      "@attribute x\n@data\n1\n",
      'line 1: attribute "x" is without a type',
    ],
    ["an attribute without a name", "@attribute\n", "line 1: the attribute's name is expected"],
    [
      "an unknown type",
      "@attribute x complex\n",
      'attribute "x" is of type "complex"; known are numeric',
    ],
    ["a relational attribute", "@attribute x relational\n", 'of type "relational"'],
    [
      "an unknown keyword",
      "@relation r\n@atribute x numeric\n",
      'line 2: @relation, @attribute or @data is expected, got "@atribute x numeric"',
    ],
    ["values without an end", "@attribute x {a,b\n", 'the values of attribute "x" end with }'],
    ["no values", "@attribute x {}\n", 'a value of attribute "x" is expected at "}"'],
    ["a value twice", "@attribute x {a,b,a}\n", 'attribute "x" has the value "a" twice'],
    [
      "an attribute twice",
      `${head}@attribute x numeric\n@data\n1\n`,
      'two attributes are named "x"',
    ],
    [
      "a name without a closing quote",
      "@attribute 'x numeric\n",
      "the quote that opens the attribute's name is not closed",
    ],
    [
      "a short row",
      `${head}@data\n1\n`,
      'line 5: 1 values, 2 are expected: the one for "c" is not there',
    ],
    ["a long row", `${head}@data\n1,a,2\n`, "line 5: there are more than 2 values"],
    [
      "a row of a million values",
      `${head}@data\n${"1,".repeat(1e6)}\n`,
      "line 5: there are more than 2 values",
    ],
    ["an empty value", `${head}@data\n,a\n`, "line 5: a value is expected"],
    [
      "a word for a number",
      `${head}@data\n1,a\ntwo,b\n`,
      'line 6 (row 1), attribute "x": "two" is not a number',
    ],
    [
      "a value that is not listed",
      `${head}@data\n1,z\n`,
      'line 5 (row 0), attribute "c": "z" is not one of "a", "b"',
    ],
    [
      "a quote that is not closed",
      `${head}@data\n1,'a\n`,
      "line 5: the quote that opens a value is not closed",
    ],
    ["more behind a quote", `${head}@data\n1,'a'b\n`, 'line 5: there is more behind the row: "b"'],
    ["a sparse row cut off", `${head}@data\n{0 1\n`, "line 5: the row ends with }: it is cut off"],
    [
      "a sparse row with more behind",
      `${head}@data\n{0 1} x\n`,
      'there is more behind the row: "x"',
    ],
    ["a weight behind a row", `${head}@data\n{0 1}, {5}\n`, "there is more behind the row"],
    [
      "an index beyond",
      `${head}@data\n{2 1}\n`,
      'line 5: "2" is not the index of an attribute, 0 to 1',
    ],
    ["a negative index", `${head}@data\n{-1 1}\n`, '"-1" is not the index of an attribute'],
    [
      "a huge index",
      `${head}@data\n{99999999999999999999 1}\n`,
      "is not the index of an attribute",
    ],
    ["an index twice", `${head}@data\n{0 1, 0 2}\n`, "attribute 0 comes behind 0: indices ascend"],
    ["an index without a value", `${head}@data\n{0}\n`, "line 5: a value is expected"],
  ])("refuses %s", (_, text, message) => {
    for (const input of [text, bytes(text)]) {
      let error: unknown;
      try {
        parseArff(input, { name: "d.arff" });
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(DlError);
      expect((error as DlError).message).toContain(message);
      expect((error as DlError).message.length).toBeLessThan(500);
    }
  });
  test("refuses a small file that is large in memory", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `@attribute a${i} numeric`).join("\n");
    const text = `${many}\n@data\n${"{}\n".repeat(100_000)}`;
    const start = performance.now();
    expect(() => parseArff(text, { name: "bomb.arff", maxValues: 2 ** 22 })).toThrow(
      "bomb.arff: line 20211: 20,000 attributes in each row are more than 4,194,304 values from here on",
    );
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe("multilabel", () => {
  const t = parseArff(
    "@attribute x numeric\n@attribute a {0,1}\n@attribute b {1,0}\n@data\n5,1,0\n6,0,1\n",
  );
  test("divides by name, or by number from either end", () => {
    for (const labels of [["a", "b"], -2]) {
      const { x, y, features } = multilabel(t, labels);
      expect([x.tolistSync(), y.tolistSync(), features]).toEqual([
        [[5], [6]],
        [
          [1, 0],
          [0, 1],
        ],
        ["x"],
      ]);
    }
    expect(() => multilabel(t, 1)).toThrow('line 5 (row 0), column "x": a label is 0 or 1, got 5');
  });
  test.each([0, 3, -3, 4])("%i labels of 3 columns are an error", (n) =>
    expect(() => multilabel(t, n)).toThrow("one at least is not"),
  );
  test("a label that is not there", () =>
    expect(() => multilabel(t, ["a", "z"])).toThrow('there is no column "z"'));
  test("Mulan's list of labels", () => {
    const xml =
      '<?xml version="1.0"?><!-- <label name="no"/> --><labels xmlns="http://mulan.sourceforge.net/labels">\n' +
      '<label name="amazed &amp; happy"><label name="sad"></label></label><label  name=\'x\' />\n</labels>';
    expect(parseMulanLabels(bytes(xml))).toEqual(["amazed & happy", "sad", "x"]);
  });
  test.each<[string, string, string]>([
    ["nothing", "", "l.xml: it is empty"],
    ["another file", "<html>", "it is a web page"],
    ["a file cut off", '<labels><label name="a">', "</labels> is not there: the file is truncated"],
    ["no labels", "<labels></labels>", "there is no <label name=…>"],
    ["a label without a name", "<labels><label/></labels>", 'l.xml: "<label/>" has no name'],
    [
      "a label twice",
      '<labels><label name="a"/><label name="a"/></labels>',
      'two labels are named "a"',
    ],
    ["other XML", "<data/>", "there is no <labels>"],
  ])("refuses %s", (_, xml, message) =>
    expect(() => parseMulanLabels(xml, { name: "l.xml" })).toThrow(message),
  );
});

describe("whatever is damaged, nothing but a DlError comes out:", () => {
  const csv = [
    bytes('a,b,"c d",e\n1,x,true,\n2.5,"y, ""z""",false,NA\n-3e2,é,TRUE,7\n'),
    bytes("a;b\r\n1;2\r\n3;4\r\n"),
  ];
  test("parseCsv", async () => {
    const failed = await fuzz(20_000, csv, (b) => parseCsv(b, { name: "f.csv" }), {
      name: "f.csv",
    });
    expect(failed).toBeGreaterThan(3_000);
    expect(failed).toBeLessThan(19_000);
  });
  test("parseArff", async () => {
    const sound = [bytes(ARFF), bytes("@relation r\n@attribute x numeric\n@data\n1\n2\n")];
    const failed = await fuzz(20_000, sound, (b) => parseArff(b, { name: "f.arff" }), {
      name: "f.arff",
    });
    expect(failed).toBeGreaterThan(3_000);
    expect(failed).toBeLessThan(19_000);
  });
  test("parseMulanLabels", async () => {
    const sound = [
      bytes('<labels xmlns="x"><label name="a &lt; b"></label><label name="c"/></labels>'),
    ];
    const read = (b: Uint8Array) => parseMulanLabels(b, { name: "f.xml" });
    expect(
      await fuzz(5_000, sound, read, { name: "f.xml", signs: "<>/\"'= !-&;" }),
    ).toBeGreaterThan(1000);
  });
});

const root = process.env.DL_DATA;
const has = (name: string) => !!root && existsSync(join(root, name));
const why = root ? "not in DL_DATA" : "DL_DATA is not set";
for (const name of ["tabular", "multilabel"])
  if (!has(name))
    console.warn(`packages/data: the tests of the real ${name} data are skipped: ${why}`);
const file = (name: string): Uint8Array => {
  const read = readFileSync(join(root!, name));
  return name.endsWith(".gz") ? gunzipSync(read) : read;
};

describe.skipIf(!has("tabular"))(`real tables${has("tabular") ? "" : ` (skipped: ${why})`}`, () => {
  const missing = (t: Table) =>
    Object.fromEntries(
      t.columns
        .map((c) => [
          c.name,
          [...(c.values as Iterable<unknown>)].filter((v) => v === null || Number.isNaN(v)).length,
        ])
        .filter(([, n]) => n !== 0),
    );
  test("iris", () => {
    const t = parseCsv(file("tabular/iris.csv"));
    expect([t.length, t.columns.map((c) => c.type)]).toEqual([
      150,
      ["number", "number", "number", "number", "string"],
    ]);
    expect(new Set(t.texts("species")).size).toBe(3);
    expect(t.numbers("petal_width").reduce((a, b) => a + b, 0) / 150).toBeCloseTo(1.1993333, 6);
  });
  test("penguins", () => {
    const t = parseCsv(file("tabular/penguins.csv"), { name: "penguins.csv" });
    expect(t.length).toBe(344);
    expect(missing(t)).toEqual({
      bill_length_mm: 2,
      bill_depth_mm: 2,
      flipper_length_mm: 2,
      body_mass_g: 2,
      sex: 11,
    });
    expect(() => t.toTensor({ columns: ["bill_length_mm"] })).toThrow(
      'penguins.csv: line 5 (row 3), column "bill_length_mm" is missing',
    );
  });
  test("titanic", () => {
    const t = parseCsv(file("tabular/titanic.csv"));
    expect(t.length).toBe(891);
    expect(missing(t)).toEqual({ age: 177, embarked: 2, deck: 688, embark_town: 2 });
    expect(t.column("alone").type).toBe("boolean");
    expect(t.numbers("survived").reduce((a, b) => a + b, 0)).toBe(342);
  });
  test("wine, and digits without a header", () => {
    const wine = parseCsv(file("tabular/winequality-red.csv.gz"));
    expect([wine.length, wine.columns.length]).toEqual([1599, 12]);
    const digits = parseCsv(file("tabular/digits.csv.gz"), { header: false }).toTensor();
    expect(digits.shape).toEqual([1797, 65]);
    expect(digits.sum().itemSync()).toBeCloseTo(561_718 + 8070, -1);
  });
});
describe.skipIf(!has("multilabel"))(
  `real multi-label sets${has("multilabel") ? "" : ` (skipped: ${why})`}`,
  () => {
    test.each([
      ["emotions", 391, 202, 72, 6, 1.869],
      ["yeast", 1500, 917, 103, 14, 4.237],
      ["scene", 1211, 1196, 294, 6, 1.074],
    ])("%s", (name, train, test, features, labels, cardinality) => {
      const names = parseMulanLabels(file(`multilabel/${name}.xml`));
      let all = 0;
      for (const [part, n] of [
        ["train", train],
        ["test", test],
      ] as const) {
        const { x, y } = multilabel(parseArff(file(`multilabel/${name}-${part}.arff.gz`)), names);
        expect([x.shape, y.shape]).toEqual([
          [n, features],
          [n, labels],
        ]);
        all += y.sum().itemSync();
      }
      expect(all / (train + test)).toBeCloseTo(cardinality, 2);
    });
  },
);
