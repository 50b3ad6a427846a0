import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DlError } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { multilabel, parseArff, parseCsv, parseMulanLabels, Table } from "../index.ts";
import "../testing.ts";

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

describe("parseCsv refuses", () => {
  test.each<[string, string | Uint8Array, object, string]>([
    [
      "something that is no text",
      5 as any,
      {},
      "t.csv: text or bytes (a Uint8Array) are expected, got number",
    ],
    ["null", null as any, {}, "got null"],
    [
      "an encoding that is none",
      bytes("a\n1"),
      { encoding: "klingon" },
      'there is no encoding "klingon"',
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
  ])("%s", (_, input, options, message) => {
    let error: unknown;
    try {
      parseCsv(input, { name: "t.csv", ...options });
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(DlError);
    expect((error as DlError).code).toBe("value");
    expect((error as DlError).message).toContain(message);
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
