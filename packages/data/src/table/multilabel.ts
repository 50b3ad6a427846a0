import { adoptArray, type Backend, DlError, getBackend, type Tensor } from "@dl/tensor/core";
import type { Table } from "./table.ts";
import { decodeText, quote } from "./text.ts";

/** A data set in which a sample has several labels, or none. */
export interface Multilabel {
  /** `[samples, features]`, float32. */
  readonly x: Tensor;
  /** `[samples, labels]`, float32: 1 where a sample has a label, as `BCEWithLogitsLoss` wants it. */
  readonly y: Tensor;
  readonly features: readonly string[];
  readonly labels: readonly string[];
}

/**
 * Divides a table into features and labels, for `new TensorDataset(x, y)`.
 *
 * @param labels the columns that are labels, by name (`parseMulanLabels` reads them from Mulan's `.xml`); or how many
 *   there are: the first ones, negative the last ones, as in MEKA.
 * @throws DlError for a label that is neither 0 nor 1, and for features that are text or missing.
 *
 * @example
 * const t = parseCsv("size,red,round\n1.5,1,0\n2,1,1\n");
 * const { x, y, labels } = multilabel(t, -2);
 * y // => [[1, 0], [1, 1]]
 * labels // => ["red", "round"]
 */
export function multilabel(
  table: Table,
  labels: readonly string[] | number,
  { device = getBackend() }: { device?: Backend } = {},
): Multilabel {
  const { names } = table;
  const chosen =
    typeof labels === "number"
      ? labels < 0
        ? names.slice(labels)
        : names.slice(0, labels)
      : labels;
  const many = typeof labels === "number" ? Math.abs(labels) : labels.length;
  if (many === 0 || many !== chosen.length || many >= names.length)
    throw new DlError(
      "value",
      `multilabel: ${table.name} has ${names.length} columns, of which one at least is a label and one at least is not, got ${many} labels`,
    );
  const features = names.filter((name) => !chosen.includes(name));
  const y = new Float32Array(table.length * chosen.length);
  for (const [k, name] of chosen.entries()) {
    const values = table.numbers(name);
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== 0 && values[i] !== 1)
        throw new DlError("data", `${table.place(i, name)}: a label is 0 or 1, got ${values[i]}`);
      y[i * chosen.length + k] = values[i];
    }
  }
  return {
    x: table.toTensor({ columns: features, device }),
    y: adoptArray(y, "float32", [table.length, chosen.length], device),
    features,
    labels: [...chosen],
  };
}

/**
 * The names of labels from the `.xml` beside Mulan's ARFF files, those of a hierarchy from the top down.
 *
 * @example
 * parseMulanLabels('<labels><label name="happy"></label><label name="sad"/></labels>') // => ["happy", "sad"]
 */
export function parseMulanLabels(
  input: string | Uint8Array,
  { name = "parseMulanLabels" }: { name?: string } = {},
): string[] {
  const text = decodeText(input, name).replace(/<!--.*?(-->|$)/gs, "");
  const wrong = (what: string) => new DlError("data", `${name}: ${what}`);
  if (!/<labels[\s>]/.test(text))
    throw wrong("there is no <labels>: it is not a list of Mulan's labels");
  if (!/<\/labels\s*>/.test(text)) throw wrong("</labels> is not there: the file is truncated");
  const labels = Array.from(text.matchAll(/<label([\s/][^<>]*)?>/g), ([tag, attributes = ""]) => {
    const [, , value] = /\sname\s*=\s*(["'])(.*?)\1/s.exec(attributes) ?? [];
    if (!value) throw wrong(`${quote(tag)} has no name`);
    return entities(value);
  });
  if (labels.length === 0) throw wrong("there is no <label name=…>");
  const known = new Set<string>();
  const twice = labels.find((l) => known.size === known.add(l).size);
  if (twice !== undefined) throw wrong(`two labels are named ${quote(twice)}`);
  return labels;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const entities = (text: string): string =>
  text.replace(/&(\w+);/g, (whole, name) => ENTITIES[name] ?? whole);
