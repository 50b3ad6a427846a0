/**
 * Entries of a zip archive, stored or deflated, also of more than 4 GiB (zip64). What an archive says of itself is in a
 * directory at its end; nothing of it is believed before it is compared with the bytes that are there.
 */
import { DlError } from "@dl/tensor/core";
import { begins, count, quote } from "./bytes.ts";
import { crc32 } from "./crc.ts";

export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  /** The bytes in the archive. */
  readonly packed: Uint8Array;
  /** How many they become. */
  readonly size: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
/** Deflate makes of a byte 1032 at most. */
const DEFLATE_LIMIT = 1032;

export function zipEntries(bytes: Uint8Array, file: string): ZipEntry[] {
  const wrong = (what: string) => new DlError("data", `${file}: ${what}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  /** Beyond 2⁵³ it is inexact, and beyond the file in any case. */
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  if (bytes.length < 4 || (u32(0) !== LOCAL && u32(0) !== END))
    throw wrong(`not a zip archive, as .npz files are: ${begins(bytes)}`);

  const end = endOf(view);
  if (end < 0)
    throw wrong(`the directory at the end of the archive is not there: the file is truncated`);
  let [entries, size, start] = [u16(end + 10), u32(end + 12), u32(end + 16)];
  let behind = end;
  if (entries === 0xffff || size === 0xffffffff || start === 0xffffffff) {
    const locator = end - 20;
    const end64 = locator >= 0 && u32(locator) === LOCATOR64 ? u64(locator + 8) : -1;
    if (end64 < 0 || end64 + 56 > locator || u32(end64) !== END64)
      throw wrong("the directory of an archive of more than 4 GiB is damaged");
    [entries, size, start] = [u64(end64 + 32), u64(end64 + 40), u64(end64 + 48)];
    behind = end64;
  }
  if (start + size !== behind || entries * 46 > size)
    throw wrong(
      `the directory has ${count(entries)} entries in ${count(size)} bytes from ${count(start)} on, and ends at ${count(behind)}: the file is damaged`,
    );

  const found: (ZipEntry & { from: number; to: number })[] = [];
  const names = new Set<string>();
  let at = start;
  for (let k = 0; k < entries; k++) {
    if (at + 46 > behind || u32(at) !== CENTRAL)
      throw wrong(`entry ${k} of the directory is damaged`);
    const [flags, method, crc] = [u16(at + 8), u16(at + 10), u32(at + 16)];
    const [nameLength, extraLength, commentLength] = [u16(at + 28), u16(at + 30), u16(at + 32)];
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > behind) throw wrong(`entry ${k} of the directory ends behind it`);
    const name = text(bytes.slice(at + 46, at + 46 + nameLength));
    const entry = `entry ${quote(name)}`;
    if (names.has(name)) throw wrong(`${entry} appears twice`);
    names.add(name);

    const sizes: [size: number, packed: number, offset: number] = [
      u32(at + 24),
      u32(at + 20),
      u32(at + 42),
    ];
    if (sizes.includes(0xffffffff)) {
      let extra = extraField(view, at + 46 + nameLength, extraLength);
      for (let i = 0; i < 3; i++) {
        if (sizes[i] !== 0xffffffff) continue;
        if (extra.from + 8 > extra.to)
          throw wrong(`${entry} of more than 4 GiB does not say how large it is`);
        sizes[i] = u64(extra.from);
        extra = { ...extra, from: extra.from + 8 };
      }
    }
    const [size, packedSize, offset] = sizes;
    if (flags & 1) throw wrong(`${entry} is encrypted`);
    if (method !== 0 && method !== 8)
      throw wrong(`${entry} is packed by method ${method}; known are 0, stored, and 8, deflated`);
    if (offset + 30 > start || u32(offset) !== LOCAL)
      throw wrong(`${entry} is said to be at ${count(offset)}, where it is not`);
    const from = offset + 30 + u16(offset + 26) + u16(offset + 28);
    const to = from + packedSize;
    if (to > start)
      throw wrong(
        `${entry} is said to have ${count(packedSize)} bytes, there are ${count(Math.max(0, start - from))}`,
      );
    if (method === 0 ? size !== packedSize : size > DEFLATE_LIMIT * packedSize)
      throw wrong(
        `${entry} is said to become ${count(size)} bytes, which ${count(packedSize)} cannot`,
      );
    found.push({
      name,
      deflated: method === 8,
      crc,
      packed: bytes.subarray(from, to),
      size,
      from: offset,
      to,
    });
    at = next;
  }
  if (at !== behind) throw wrong("there is something behind the last entry of the directory");
  // Entries that share bytes are how a small file becomes a huge one.
  const inOrder = found.toSorted((a, b) => a.from - b.from);
  for (let k = 1; k < inOrder.length; k++)
    if (inOrder[k].from < inOrder[k - 1].to)
      throw wrong(
        `entries ${quote(inOrder[k - 1].name)} and ${quote(inOrder[k].name)} lie upon one another`,
      );
  return found;
}

/** Where the last record is, before a comment of its own length; −1 if nowhere. */
function endOf(view: DataView): number {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--)
    if (
      view.getUint32(at, true) === END &&
      at + 22 + view.getUint16(at + 20, true) === view.byteLength
    )
      return at;
  return -1;
}

/** The sizes of zip64, among an entry's extra fields. */
function extraField(view: DataView, at: number, length: number): { from: number; to: number } {
  for (const end = at + length; at + 4 <= end; ) {
    const to = at + 4 + view.getUint16(at + 2, true);
    if (to > end) break;
    if (view.getUint16(at, true) === 1) return { from: at + 4, to };
    at = to;
  }
  return { from: 0, to: 0 };
}

function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}

/** The bytes of an entry, as many as it says, with the checksum that it says. */
export async function unzip(entry: ZipEntry, file: string): Promise<Uint8Array> {
  const where = `${file}: entry ${quote(entry.name)}`;
  const bytes = entry.deflated ? await inflate(entry, where) : entry.packed;
  if (crc32(bytes) !== entry.crc)
    throw new DlError(
      "data",
      `${where}: the checksum is not that of the archive: the file is damaged`,
    );
  return bytes;
}

async function inflate({ packed, size }: ZipEntry, where: string): Promise<Uint8Array> {
  // As they come: what the archive says may be a thousand times of what there is.
  const parts: Uint8Array[] = [];
  let at = 0;
  try {
    const source = new Blob([packed as Uint8Array<ArrayBuffer>]).stream();
    const reader = source.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (at + part.value.length > size) {
        await reader.cancel();
        throw new Error("they become more");
      }
      parts.push(part.value);
      at += part.value.length;
    }
  } catch (cause) {
    throw new DlError(
      "data",
      `${where}: ${count(packed.length)} bytes, said to become ${count(size)}, are damaged: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (at !== size)
    throw new DlError(
      "data",
      `${where}: it becomes ${count(at)} bytes, the archive says ${count(size)}`,
    );
  const out = new Uint8Array(size);
  at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
