import { readFile } from "node:fs/promises";
import { type Backend, DlError } from "@dl/tensor/core";
import { gunzip } from "../gzip.ts";
import { type ArffOptions, parseArff } from "../table/arff.ts";
import { type CsvOptions, parseCsv } from "../table/csv.ts";
import { type Multilabel, multilabel, parseMulanLabels } from "../table/multilabel.ts";
import type { Table } from "../table/table.ts";
import { MissingFilesError } from "./files.ts";

/**
 * Reads a file of comma-separated values, also packed with gzip; `parseCsv` says what becomes of it.
 *
 * @throws DlError that names file, line and column.
 *
 * @example
 * ```ts no-run: needs a file
 * const iris = await readCsv("data/tabular/iris.csv");
 * const x = iris.drop(["species"]).toTensor();
 * ```
 */
export const readCsv = async (path: string, options: CsvOptions = {}): Promise<Table> =>
  parseCsv(await contentsOf(path), { name: path, ...options });

/**
 * Reads an ARFF file, also packed with gzip; `parseArff` says what becomes of it.
 *
 * @throws DlError that names file, line and attribute.
 *
 * @example
 * ```ts no-run: needs a file
 * const table = await readArff("weather.arff");
 * ```
 */
export const readArff = async (path: string, options: ArffOptions = {}): Promise<Table> =>
  parseArff(await contentsOf(path), { name: path, ...options });

/**
 * Reads one of Mulan's multi-label sets: an ARFF file, and the .xml that names its labels.
 *
 * @throws DlError that names file, line and attribute.
 *
 * @example
 * ```ts no-run: needs files
 * const { x, y } = await readMulan("data/multilabel/emotions-train.arff.gz", "data/multilabel/emotions.xml");
 * const train = new TensorDataset(x, y);
 * ```
 */
export async function readMulan(
  arff: string,
  xml: string,
  { device, ...options }: ArffOptions & { device?: Backend } = {},
): Promise<Multilabel> {
  const labels = parseMulanLabels(await contentsOf(xml), { name: xml });
  return multilabel(await readArff(arff, options), labels, { device });
}

async function contentsOf(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new MissingFilesError(`${path} is not there`, { cause });
    throw new DlError("data", `${path} cannot be read: ${message}`, { cause });
  }
  return gunzip(bytes, path, { maxBytes: 2 ** 29 });
}
