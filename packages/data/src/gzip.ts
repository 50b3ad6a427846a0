import { DlError } from "@dl/tensor/core";

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Unpacks a .gz file; bytes that are not gzip are returned as they are. `name` is for errors. What becomes more than
 * `maxBytes` is an error: a small file can hold a thousand times its size.
 */
export async function gunzip(
  bytes: Uint8Array,
  name: string,
  { maxBytes = 2 ** 32 }: { maxBytes?: number } = {},
): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const file = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    const reader = file.pipeThrough(new DecompressionStream("gzip")).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      length += part.value.length;
      if (length > maxBytes) {
        await reader.cancel();
        throw new DlError(
          "data",
          `${name}: it unpacks to more than ${maxBytes.toLocaleString("en")} bytes, from ${bytes.length.toLocaleString("en")}: ` +
            "it is not the file that is expected; if it is, raise { maxBytes }",
        );
      }
    }
  } catch (cause) {
    if (cause instanceof DlError) throw cause;
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
