import { DlError } from "@dl/tensor/core";

/** The regular files in a tar archive. `archiveName` is for errors. */
export function* tarFiles(
  archive: Uint8Array,
  archiveName: string,
): Iterable<{ name: string; contents: Uint8Array }> {
  const wrong = (what: string) => new DlError("data", `${archiveName}: ${what}`);
  const text = (from: number, length: number): string =>
    new TextDecoder().decode(archive.subarray(from, from + length)).replace(/\0.*$/s, "");
  const octal = (from: number, length: number): number => {
    const digits = text(from, length).trim();
    return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  };
  // A header of 512 bytes each (name, size in octal, type), contents rounded up to 512; a name of zeros ends it.
  for (let at = 0; at < archive.length && archive[at] !== 0; ) {
    if (at + 512 > archive.length) throw wrong(`the archive is truncated, at byte ${at}`);
    // The header's sum, of which the field that holds it counts as blanks.
    let sum = 8 * 32;
    for (let k = 0; k < 512; k++) if (k < 148 || k >= 156) sum += archive[at + k];
    if (octal(at + 148, 8) !== sum)
      throw wrong(`no header of a tar archive at byte ${at}: it is damaged, or is none`);
    const size = octal(at + 124, 12);
    const name = text(at, 100);
    if (!(at + 512 + size <= archive.length))
      throw wrong(
        `${JSON.stringify(name)} is said to have ${size} bytes, there are ${archive.length - at - 512}: the archive is truncated`,
      );
    const isFile = archive[at + 156] === 0 || archive[at + 156] === 0x30;
    if (isFile) yield { name, contents: archive.subarray(at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
