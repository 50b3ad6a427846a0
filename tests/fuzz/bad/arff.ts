/** Weka's tables, and the lists of labels beside Mulan's. */
import type { BadInput } from "./badInput.ts";

const head = "@relation r\n@attribute x numeric\n@attribute c {a,b}\n";

export const arff: BadInput<string>[] = [
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
  ["an attribute twice", `${head}@attribute x numeric\n@data\n1\n`, 'two attributes are named "x"'],
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
  ["a sparse row with more behind", `${head}@data\n{0 1} x\n`, 'there is more behind the row: "x"'],
  ["a weight behind a row", `${head}@data\n{0 1}, {5}\n`, "there is more behind the row"],
  [
    "an index beyond",
    `${head}@data\n{2 1}\n`,
    'line 5: "2" is not the index of an attribute, 0 to 1',
  ],
  ["a negative index", `${head}@data\n{-1 1}\n`, '"-1" is not the index of an attribute'],
  ["a huge index", `${head}@data\n{99999999999999999999 1}\n`, "is not the index of an attribute"],
  ["an index twice", `${head}@data\n{0 1, 0 2}\n`, "attribute 0 comes behind 0: indices ascend"],
  ["an index without a value", `${head}@data\n{0}\n`, "line 5: a value is expected"],
];

export const mulan: BadInput<string>[] = [
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
  [
    "100,000 labels that do not end, soon",
    `<labels>${"<label ".repeat(1e5)}</labels>`,
    "there is no <label name=…>",
  ],
  ["other XML", "<data/>", "there is no <labels>"],
];
