import { DlError } from "@dl/tensor/core";

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Unpacks a .gz file; bytes that are not gzip are returned as they are. `name` is for errors. */
export async function gunzip(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const file = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    const reader = file.pipeThrough(new DecompressionStream("gzip")).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      length += part.value.length;
    }
  } catch (cause) {
    throw new DlError(
      "data",
      `${name}: the gzip data is damaged or cut off (${bytes.length.toLocaleString("en")} bytes unpack to ` +
        `${length.toLocaleString("en")} and then: ${(cause as Error).message}): delete the file and download it again`,
      { cause },
    );
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
