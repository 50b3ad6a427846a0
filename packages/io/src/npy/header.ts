/**
 * The header of a .npy file: a magic number, a version, a length, and a Python dictionary as text,
 * `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
 */
import { DlError, type Shape } from "@dl/tensor/core";
import { begins, count, MAX_RANK, quote } from "../bytes.ts";
import type { FileDType } from "../elements.ts";

export interface NpyHeader {
  readonly dtype: FileDType;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: Shape;
  /** Where the elements start. */
  readonly start: number;
}

/** NumPy's letter and number of bytes. */
const KINDS: Record<string, FileDType> = {
  b1: "BOOL",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  f2: "F16",
  f4: "F32",
  f8: "F64",
};
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

export function parseNpyHeader(bytes: Uint8Array, file: string): NpyHeader {
  const wrong = (what: string) => new DlError("data", `${file}: ${what}`);
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw wrong(`not a .npy file: ${begins(bytes)}`);
  const version = bytes[6];
  if (version === undefined || bytes[7] === undefined)
    throw wrong(`truncated after ${count(bytes.length)} bytes`);
  if (version < 1 || version > 3 || bytes[7] !== 0) {
    throw wrong(`version ${version}.${bytes[7]} of the .npy format; known are 1.0, 2.0 and 3.0`);
  }
  const first = version === 1 ? 10 : 12;
  if (bytes.length < first)
    throw wrong(`truncated after ${count(bytes.length)} bytes, within its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = first + length;
  if (start > bytes.length) {
    throw wrong(
      `the header has ${count(length)} bytes, after it starts there are ${count(bytes.length - first)}: the file is truncated`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder(version === 3 ? "utf-8" : "latin1", { fatal: true }).decode(
      bytes.slice(first, start),
    );
  } catch (cause) {
    throw new DlError("data", `${file}: the header is not UTF-8`, { cause });
  }
  const { descr, fortran_order, shape, ...others } = parseDict(text, file);
  const [, order, kind] = typeof descr === "string" ? (/^([<>|=])(\w+)$/.exec(descr) ?? []) : [];
  if (kind === undefined || !Object.hasOwn(KINDS, kind)) {
    throw wrong(
      `elements of NumPy's type ${quote(String(descr))}; known are ${Object.keys(KINDS).join(", ")}: convert it with astype before it is saved`,
    );
  }
  if (typeof fortran_order !== "boolean")
    throw wrong("the header has no fortran_order, True or False");
  if (!Array.isArray(shape))
    throw wrong("the header has no shape, a tuple of whole numbers from 0");
  if (shape.length > MAX_RANK)
    throw wrong(`${count(shape.length)} dimensions, ${MAX_RANK} are possible`);
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw wrong(`the header has ${quote(other)}, which is not of the format`);
  return {
    dtype: KINDS[kind],
    bigEndian: order === ">",
    fortranOrder: fortran_order,
    shape,
    start,
  };
}

type Value = string | boolean | number[];

/** A dictionary of text, truth values and tuples, which is all that headers of plain arrays are made of. */
function parseDict(text: string, file: string): Record<string, Value> {
  const wrong = (what: string) =>
    new DlError("data", `${file}: the header is not one of a plain array: ${what}`);
  let at = 0;
  /** What the pattern matches here, and goes behind it and white space. */
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return undefined;
    at += found.length;
    while (/\s/.test(text[at] ?? "")) at++;
    return found;
  };
  const want = (pattern: RegExp, what: string): string => {
    const found = take(pattern);
    if (found === undefined)
      throw wrong(`${what} is expected at ${quote(text.slice(at, at + 30))}`);
    return found;
  };
  const value = (): Value => {
    const word = take(/True|False/y);
    if (word !== undefined) return word === "True";
    const string = take(STRING);
    if (string !== undefined) return string.slice(1, -1);
    want(/\(/y, "text, True, False or a tuple");
    const list: number[] = [];
    while (take(/\)/y) === undefined) {
      const number = want(/\d+/y, "a whole number from 0");
      // Python 2 wrote an L behind long numbers.
      take(/L/y);
      if (!Number.isSafeInteger(Number(number)))
        throw wrong(`${number.slice(0, 30)} is not a size`);
      list.push(Number(number));
      if (take(/,/y) === undefined) {
        want(/\)/y, "a comma or the end of the tuple");
        break;
      }
    }
    return list;
  };

  const entries = new Map<string, Value>();
  take(/\s*/y);
  want(/\{/y, "{");
  while (take(/\}/y) === undefined) {
    const key = want(STRING, "a key").slice(1, -1);
    want(/:/y, "a colon");
    if (entries.has(key)) throw wrong(`${quote(key)} appears twice`);
    entries.set(key, value());
    if (take(/,/y) === undefined) {
      want(/\}/y, "a comma or }");
      break;
    }
  }
  if (at < text.length) throw wrong(`there is more after }: ${quote(text.slice(at, at + 30))}`);
  return Object.fromEntries(entries);
}
const STRING = /'[^'\\]*'|"[^"\\]*"/y;

/** As NumPy writes it: the elements start at a multiple of 64, and the first dimension has room to grow. */
export function formatNpyHeader(dtype: FileDType, shape: Shape, fortranOrder: boolean): Uint8Array {
  const kind = Object.keys(KINDS).find((k) => KINDS[k] === dtype)!;
  const descr = `${kind.endsWith("1") ? "|" : "<"}${kind}`;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const grows = shape.at(fortranOrder ? -1 : 0);
  const room = grows === undefined ? "" : " ".repeat(21 - String(grows).length);
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortranOrder ? "True" : "False"}, 'shape': ${tuple}, }${room}`;
  const size = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const text = `${dict.padEnd(size - 11)}\n`;
  const out = new Uint8Array(size);
  out.set([...MAGIC, 1, 0]);
  new DataView(out.buffer).setUint16(8, text.length, true);
  out.set(new TextEncoder().encode(text), 10);
  return out;
}
