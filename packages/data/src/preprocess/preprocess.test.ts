import { readFileSync } from "node:fs";
import { type Tensor, tensor } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import {
  LabelEncoder,
  MinMaxScaler,
  OneHotEncoder,
  OrdinalEncoder,
  parseCsv,
  SimpleImputer,
  StandardScaler,
  Table,
  trainTestSplit,
} from "../index.ts";
import "../testing.ts";

const scikit = JSON.parse(
  readFileSync(new URL("../fixtures/scikit.json", import.meta.url), "utf8"),
);
const kinds: Record<string, new (options: any) => any> = {
  StandardScaler,
  MinMaxScaler,
  SimpleImputer,
  OneHotEncoder,
  OrdinalEncoder,
};
type Rows = (number | null)[][];
const asTensor = (rows: Rows): Tensor =>
  tensor(
    rows.map((r) => r.map((v) => v ?? Number.NaN)),
    { dtype: "float64" },
  );
const asTable = (rows: Rows): Table =>
  new Table(
    rows[0].map((_, k) => ({
      name: `c${k}`,
      type: "number" as const,
      values: Float64Array.from(rows, (r) => r[k] ?? Number.NaN),
    })),
  );
const numbers = (x: Tensor | Table): number[][] =>
  x instanceof Table
    ? Array.from({ length: x.length }, (_, i) => x.columns.map((c) => c.values[i] as number))
    : (x.tolistSync() as number[][]);
function check(got: Tensor | Table, expected: Rows): void {
  const rows = numbers(got);
  expect(rows.length).toBe(expected.length);
  for (const [i, row] of expected.entries()) {
    expect(rows[i].length).toBe(row.length);
    for (const [k, value] of row.entries())
      if (value === null) expect(rows[i][k]).toBeNaN();
      else
        expect(Math.abs(rows[i][k] - value)).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(value)),
        );
  }
}

describe("numbers are those of scikit-learn, of tensors and of tables:", () => {
  test.each<any>(scikit.columns)(
    "$name $options",
    ({ name, options, encodes, train, test, back }) => {
      for (const of of [asTensor, asTable]) {
        const columns = of === asTable && encodes ? { columns: ["c0", "c1"] } : {};
        const fitted = new kinds[name]({ ...options, ...columns });
        const x = of(encodes ? scikit.whole : scikit.train);
        check(fitted.fitTransform(x), train);
        if (test) check(fitted.transform(of(encodes ? scikit.other : scikit.test)), test);
        if (back) check(fitted.inverseTransform(fitted.transform(x)), back);
      }
    },
  );
  test("LabelEncoder", () => {
    const { labels, classes, codes } = scikit.labelEncoder;
    const encoder = new LabelEncoder();
    const t = encoder.fitTransform(labels);
    expect([encoder.classes, t.tolistSync(), t.dtype]).toEqual([classes, codes, "int32"]);
    expect(encoder.inverseTransform(t)).toEqual(labels);
  });
});

describe("a table from file to tensor", () => {
  const csv = "age,sex,port,old\n20,f,A,false\n,m,B,false\n40,,A,true\n60,f,A,true\n";
  test("is fitted on one part and applied to the other", () => {
    const table = parseCsv(csv);
    const { train, test } = trainTestSplit(table, { shuffle: false });
    const [a, b] = [table.take(train), table.take(test)];
    const ages = new SimpleImputer().fit(a);
    const texts = new SimpleImputer({ strategy: "mostFrequent", columns: ["sex"] }).fit(a);
    const hot = new OneHotEncoder({ drop: "ifBinary" });
    const scaler = new MinMaxScaler({ columns: ["age"] });
    const prepare = (t: Table) =>
      scaler.transform(hot.transform(texts.transform(ages.transform(t))));
    scaler.fit(hot.fitTransform(texts.transform(ages.transform(a))));
    expect(prepare(a).names).toEqual(["age", "sex_m", "port_B", "old"]);
    expect(prepare(a).toTensor().tolistSync()).toEqual([
      [0, 0, 0, 0],
      [0.5, 1, 1, 0],
      [1, 0, 0, 1],
    ]);
    expect(prepare(b).toTensor().tolistSync()).toEqual([[2, 0, 0, 1]]);
  });
  test("scalers leave text and truth values alone", () => {
    const scaled = new StandardScaler().fitTransform(parseCsv(csv));
    expect(scaled.texts("sex")).toEqual(["f", "m", null, "f"]);
    expect([...scaled.numbers("old")]).toEqual([0, 0, 1, 1]);
    expect(scaled.numbers("age")[1]).toBeNaN();
  });
  test("float32 stays float32, whole numbers become it", () => {
    expect(new StandardScaler().fitTransform(tensor([[1], [3]])).dtype).toBe("float32");
    expect(new MinMaxScaler().fitTransform(tensor([[1], [3]], { dtype: "int32" })).dtype).toBe(
      "float32",
    );
  });
});

const t = parseCsv("x,word\n1,a\n2,b\n", { name: "t.csv" });
const more = parseCsv("x,word\n1,\n2,c\n", { name: "u.csv" });
describe("what is wrong is said:", () => {
  test.each<[string, () => unknown, string]>([
    [
      "a scaler not fitted",
      () => new StandardScaler().transform(t),
      "StandardScaler.transform: it is not fitted yet",
    ],
    [
      "an imputer not fitted",
      () => new SimpleImputer().transform(t),
      "SimpleImputer.transform: it is not fitted yet",
    ],
    [
      "an imputer not fitted, of a tensor",
      () => new SimpleImputer().transform(tensor([[1]])),
      "not fitted yet",
    ],
    [
      "an encoder not fitted",
      () => new OneHotEncoder().transform(t),
      "OneHotEncoder.transform: it is not fitted yet",
    ],
    ["labels not fitted", () => new LabelEncoder().transform(["a"]), "not fitted yet"],
    [
      "a vector",
      () => new MinMaxScaler().fit(tensor([1, 2])),
      "[samples, features] is expected, got [2]",
    ],
    [
      "no samples",
      () => new MinMaxScaler().fit(tensor([], { shape: [0, 2] } as any)),
      "MinMaxScaler.fit",
    ],
    [
      "something else",
      () => new MinMaxScaler().fit([[1]] as any),
      "a table or a tensor [samples, features]",
    ],
    [
      "other columns",
      () => new MinMaxScaler().fit(tensor([[1, 2]])).transform(tensor([[1]])),
      "fitted on 2 columns, got 1",
    ],
    [
      "a column of text",
      () => new StandardScaler({ columns: ["word"] }).fit(t),
      't.csv: line 2 (row 0), column "word" is "a", not a number: encode the column with OneHotEncoder',
    ],
    [
      "a column that is not there",
      () => new StandardScaler({ columns: ["y"] }).fit(t),
      't.csv: there is no column "y"; there are "x", "word"',
    ],
    [
      "a column of nothing",
      () => new StandardScaler().fit(tensor([[Number.NaN]])),
      "column 0 has no values",
    ],
    [
      "an infinite value",
      () => new StandardScaler().fit(tensor([[Infinity]])),
      "column 0 has an infinite value",
    ],
    [
      "a range upside down",
      () => new MinMaxScaler({ featureRange: [1, 0] }),
      "the lower one first, got [1, 0]",
    ],
    [
      "a strategy that is none",
      () => new SimpleImputer({ strategy: "mode" as any }),
      'mostFrequent or constant, got "mode"',
    ],
    [
      "the mean of text",
      () => new SimpleImputer({ columns: ["word"] }).fit(t),
      'column "word" of t.csv is text, which has no mean',
    ],
    [
      "a text among numbers",
      () => new SimpleImputer({ strategy: "constant", fillValue: "x", columns: ["x"] }).fit(t),
      'fillValue is "x"',
    ],
    [
      "nothing to be frequent",
      () => new SimpleImputer({ strategy: "mostFrequent" }).fit(parseCsv("a\nNA\n")),
      "has no values",
    ],
    [
      "a new word",
      () => new OneHotEncoder().fit(t).transform(more.take([1])),
      'u.csv: line 3 (row 0), column "word" is "c", which OneHotEncoder.fit has not seen; it has seen "a", "b"',
    ],
    [
      "a missing word",
      () => new OrdinalEncoder().fit(t).transform(more),
      'u.csv: line 2 (row 0), column "word" is missing: fill it in with SimpleImputer',
    ],
    [
      "a new number",
      () => new OneHotEncoder().fit(tensor([[1]])).transform(tensor([[2]])),
      "row 0, column 0 is 2, which",
    ],
    [
      "no text to encode",
      () => new OneHotEncoder().fit(t.select(["x"])),
      "t.csv has no columns of text",
    ],
    [
      "an option that is none",
      () => new OneHotEncoder({ handleUnknown: "skip" as any }),
      'handleUnknown is "error" or "ignore"',
    ],
    [
      "another drop",
      () => new OneHotEncoder({ drop: "last" as any }),
      'drop is "first" or "ifBinary"',
    ],
    [
      "a new label",
      () => new LabelEncoder().fit(["a"]).transform(["a", "b"]),
      'label 1 is "b", which fit has not seen; it has seen "a"',
    ],
    [
      "a code beyond",
      () => new LabelEncoder().fit(["a"]).inverseTransform([0, 1]),
      "number 1 is 1, of 0 … 0",
    ],
    ["no labels", () => new LabelEncoder().fit([]), "there are no labels"],
    ["a label that is none", () => new LabelEncoder().fit([1, Number.NaN]), "label 1 is NaN"],
  ])("%s", (_, run, message) => expect(run).toThrow(message));
});
