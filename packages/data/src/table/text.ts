import { DlError } from "@dl/tensor/core";

/** As many bytes as V8 puts into one string. */
const LONGEST = 2 ** 29 - 24;

/** @internal A value from a file, for messages: in quotes, without control characters, not longer than a line. */
export function quote(value: string): string {
  const text = JSON.stringify(value.slice(0, 61));
  return text.length > 60 ? `${text.slice(0, 60)}…"` : text;
}

export interface TextOptions {
  /** Which file it is, for errors. */
  name?: string;
  /** Of bytes. Default `"utf-8"`. */
  encoding?: string;
}

/** @internal The text of a file, or an error that says what the file is instead. */
export function decodeText(input: string | Uint8Array, name: string, encoding = "utf-8"): string {
  const wrong = (what: string, cause?: unknown) =>
    new DlError("data", `${name}: ${what}`, { cause });
  if (typeof input === "string") return checked(input.replace(/^\ufeff/, ""), wrong);
  if (!(input instanceof Uint8Array))
    throw new DlError(
      "value",
      `${name}: text or bytes (a Uint8Array) are expected, got ${input === null ? "null" : typeof input}`,
    );
  if (input[0] === 0x1f && input[1] === 0x8b)
    throw wrong("it is a gzip file: unpack it with gunzip first");
  if (input[0] === 0x50 && input[1] === 0x4b && input[2] < 9)
    throw wrong("it is a zip archive, as spreadsheets are (.xlsx): save it as text");
  if (input.length > LONGEST)
    throw wrong(
      `${input.length.toLocaleString("en")} bytes are more than one text can have: divide the file`,
    );
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new DlError("value", `${name}: there is no encoding ${quote(String(encoding))}`, {
      cause,
    });
  }
  try {
    return checked(decoder.decode(input), wrong);
  } catch (cause) {
    if (cause instanceof DlError) throw cause;
    throw wrong(
      `${badLine(input, decoder)} is not ${encoding}: pass { encoding: "latin1" }, or what it is`,
      cause,
    );
  }
}

function checked(text: string, wrong: (what: string) => DlError): string {
  if (text.trim() === "") throw wrong("it is empty");
  const zero = text.indexOf("\0");
  if (zero >= 0) throw wrong(`it is no text: there is a zero at character ${zero}`);
  if (/^\s*<(!doctype|html)/i.test(text))
    throw wrong("it is a web page, perhaps an error message that was saved under this name");
  if (text.startsWith("version https://git-lfs"))
    throw wrong("it is a pointer of Git LFS, not the file: fetch it with git lfs pull");
  return text;
}

/** The first line that does not decode, from 1. */
function badLine(bytes: Uint8Array, decoder: TextDecoder): string {
  let line = 1;
  for (let at = 0; at < bytes.length; line++) {
    const found = bytes.indexOf(10, at);
    const end = found < 0 ? bytes.length : found + 1;
    try {
      decoder.decode(bytes.subarray(at, end));
    } catch {
      return `line ${line}`;
    }
    at = end;
  }
  return "the file";
}

/** @internal A decimal number, or NaN for what is none: not "", "0x1", "1_000" or a number too large to hold. */
export function numberOf(text: string): number {
  const trimmed = text.trim();
  if (DECIMAL.test(trimmed)) {
    const value = Number(trimmed);
    return Number.isFinite(value) ? value : Number.NaN;
  }
  const sign = INFINITE.exec(trimmed);
  return sign ? (sign[1] === "-" ? -Infinity : Infinity) : Number.NaN;
}
// Each digit can be matched in one way only: otherwise a long word would take the square of its length.
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;
