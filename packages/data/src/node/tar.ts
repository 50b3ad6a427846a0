/** The regular files in a tar archive. */
export function* tarFiles(archive: Uint8Array): Iterable<{ name: string; contents: Uint8Array }> {
  const text = (from: number, length: number): string =>
    new TextDecoder().decode(archive.subarray(from, from + length)).replace(/\0.*$/s, "");
  // A header of 512 bytes each (name, size in octal, type), contents rounded up to 512; a name of zeros ends it.
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12).trim(), 8) || 0;
    const isFile = archive[at + 156] === 0 || archive[at + 156] === 0x30;
    if (isFile)
      yield { name: text(at, 100), contents: archive.subarray(at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
