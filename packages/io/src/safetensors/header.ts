/**
 * The header of a safetensors file: 8 bytes with its length, then JSON that says of each tensor its dtype, its shape
 * and where its bytes lie in what follows. Nothing in it is believed before it is checked against the file's length.
 */
import { DlError, formatShape, type Shape } from "@dl/tensor/core";
import { begins, count, MAX_RANK, numelOf, quote } from "../bytes.ts";
import { ELEMENTS, type FileDType, isFileDType } from "../elements.ts";
import { repeatedKey } from "./repeatedKey.ts";

/** Where a tensor lies. `begin` and `end` count from the end of the header. */
export interface Entry {
  readonly name: string;
  readonly dtype: FileDType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}
export interface Header {
  /** In the order of the header. */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** What has to be there of a file to tell whether it is one: 8 bytes, and more to tell what else it is. */
export const START = 64;

/** As long as the reference implementation lets a header be. */
const MAX_HEADER = 100_000_000;

/** dtypes of the format that no tensor here has. */
const FOREIGN = /^(F8_\w+|F4|F6_\w+|C64)$/;

/**
 * The header's length.
 *
 * @param start    the first bytes of the file, `START` of them if it has so many.
 * @param fileSize bytes of the whole file.
 */
export function headerLength(start: Uint8Array, fileSize: number, file: string): number {
  if (start.length < 8) {
    throw new DlError("data", `${file}: not a safetensors file: ${tooShort(start)}`);
  }
  const view = new DataView(start.buffer, start.byteOffset, 8);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER) {
    throw new DlError(
      "data",
      `${file}: not a safetensors file, which starts with the length of its header, at most ${count(MAX_HEADER)}: ${begins(start)}`,
    );
  }
  if (8 + length > fileSize) {
    throw new DlError(
      "data",
      `${file}: the header has ${count(length)} bytes, after it starts there are ${count(fileSize - 8)}: the file is truncated`,
    );
  }
  return length;
}
const tooShort = (start: Uint8Array): string =>
  start.length === 0
    ? "it is empty"
    : `it has ${start.length} bytes, and its header starts after 8`;

/**
 * Reads and checks a header.
 *
 * @param text     its bytes, without the length before it.
 * @param dataSize how many bytes follow it.
 */
export function parseHeader(text: Uint8Array, dataSize: number, file: string): Header {
  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseJson(text, file))) {
    if (name === "__metadata__") metadata = metadataOf(value, file);
    else entries.push(entryOf(name, value, dataSize, `${file}: tensor ${quote(name)}`));
  }
  requireNoGaps(entries, dataSize, file);
  return { entries, metadata };
}

function parseJson(bytes: Uint8Array, file: string): object {
  if (bytes[0] !== 0x7b) {
    throw new DlError(
      "data",
      `${file}: not a safetensors file, whose header is a JSON object: ${begins(bytes)}`,
    );
  }
  let text: string;
  let header: object;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.slice());
    header = JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    throw new DlError("data", `${file}: the header is not JSON: ${message.slice(0, 200)}`, {
      cause,
    });
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) {
    throw new DlError("data", `${file}: ${quote(repeated)} appears twice in the header`);
  }
  return header;
}

function metadataOf(value: unknown, file: string): Record<string, string> {
  if (!isObject(value)) {
    throw new DlError("data", `${file}: __metadata__ is ${kind(value)}, an object is expected`);
  }
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw new DlError(
        "data",
        `${file}: __metadata__: ${quote(key)} is ${kind(text)}, text is expected`,
      );
    }
  }
  return value as Record<string, string>;
}

function entryOf(name: string, value: unknown, dataSize: number, where: string): Entry {
  const wrong = (what: string) => new DlError("data", `${where}: ${what}`);
  if (!isObject(value))
    throw wrong(`${kind(value)} where dtype, shape and data_offsets are expected`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isFileDType(dtype)) {
    if (typeof dtype !== "string") throw wrong(`dtype is ${kind(dtype)}, text is expected`);
    throw wrong(
      FOREIGN.test(dtype)
        ? `no tensor here can have its dtype ${dtype}: convert it before it is saved`
        : `unknown dtype ${quote(dtype)}; known are ${Object.keys(ELEMENTS).join(", ")}`,
    );
  }
  if (!isSizes(shape)) {
    throw wrong(`shape is ${listOrKind(shape)}, a list of whole numbers from 0 is expected`);
  }
  if (shape.length > MAX_RANK) {
    throw wrong(`${count(shape.length)} dimensions, ${MAX_RANK} are possible`);
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw wrong(`data_offsets is ${listOrKind(offsets)}, two whole numbers from 0 are expected`);
  }
  const [begin, end] = offsets;
  if (begin > end)
    throw wrong(`its bytes begin at ${count(begin)} and end before, at ${count(end)}`);
  if (end > dataSize) {
    throw wrong(
      `its bytes end at ${count(end)}, the file's data at ${count(dataSize)}: the file is truncated, or its header is wrong`,
    );
  }
  const numel = numelOf(shape);
  const { bytes } = ELEMENTS[dtype];
  if (numel < 0 || numel * bytes !== end - begin) {
    const wanted = numel < 0 ? "more bytes than can be counted" : `${count(numel * bytes)} bytes`;
    throw wrong(
      `${formatShape(shape)} of ${dtype} has ${wanted}, the file has ${count(end - begin)}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Tensors lie one behind the other: there is nothing in a file that is not a tensor's, or two tensors'. */
function requireNoGaps(entries: readonly Entry[], dataSize: number, file: string): void {
  let [end, before] = [0, "the header"];
  const sorted = entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, begin, end: next } of sorted) {
    const where = `${file}: tensor ${quote(name)}: its bytes begin at ${count(begin)}`;
    if (begin < end)
      throw new DlError("data", `${where}, within those of ${before}, which end at ${count(end)}`);
    if (begin > end)
      throw new DlError("data", `${where}, ${count(begin - end)} after the end of ${before}`);
    [end, before] = [next, `tensor ${quote(name)}`];
  }
  if (end !== dataSize) {
    throw new DlError(
      "data",
      `${file}: ${count(dataSize - end)} bytes after the end of ${before} belong to no tensor`,
    );
  }
}

/**
 * The length and the header, with spaces at its end so that the data begin at a multiple of 8.
 *
 * @param metadata left out if it is undefined.
 */
export function formatHeader(
  entries: readonly Entry[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const fields = entries.map(
    ({ name, dtype, shape, begin, end }) =>
      // Put together by hand: an object would sort names that are numbers.
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`,
  );
  if (metadata) fields.unshift(`"__metadata__":${JSON.stringify(metadata)}`);
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const out = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(out.buffer).setBigUint64(0, BigInt(out.length - 8), true);
  out.set(text, 8);
  return out;
}

const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x);

const isSizes = (x: unknown): x is number[] =>
  Array.isArray(x) && x.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));

const kind = (x: unknown): string =>
  x === undefined
    ? "missing"
    : x === null
      ? "null"
      : Array.isArray(x)
        ? "a list"
        : isObject(x)
          ? "an object"
          : `${typeof x}`;

function listOrKind(x: unknown): string {
  if (!Array.isArray(x)) return kind(x);
  // Not JSON.stringify of the whole: lists may be nested as deeply as a file is long.
  const shown = x.slice(0, 8).map((n) => {
    if (typeof n === "string") return quote(n);
    return typeof n !== "number" ? kind(n) : Object.is(n, -0) ? "-0" : String(n);
  });
  return `[${shown.join(", ").slice(0, 100)}${x.length > 8 ? ", …" : ""}]`;
}
