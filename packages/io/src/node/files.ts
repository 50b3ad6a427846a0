import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DlError } from "@dl/tensor/core";

/** Opens a file, gives it to `use`, and closes it. */
export async function reading<T>(
  path: string,
  use: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    return await use(handle, (await handle.stat()).size);
  } catch (cause) {
    // Of a folder, for example, which opens and does not read.
    throw cause instanceof DlError || !isSystemError(cause) ? cause : unreadable(path, cause);
  } finally {
    await handle.close();
  }
}
function unreadable(path: string, cause: unknown): DlError {
  const missing = isSystemError(cause) && cause.code === "ENOENT";
  const what = missing ? "there is no such file" : (cause as Error).message;
  return new DlError("data", `${path}: ${what}`, { cause });
}
const isSystemError = (e: unknown): e is NodeJS.ErrnoException => e instanceof Error && "code" in e;

/** The bytes of a file from `start` to `end`, in a buffer of their own. */
export async function readRange(
  handle: FileHandle,
  start: number,
  end: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(end - start);
  for (let at = 0; at < out.length; ) {
    // No call reads more than 2 GiB.
    const length = Math.min(out.length - at, 2 ** 30);
    const { bytesRead } = await handle.read(out, at, length, start + at);
    if (bytesRead === 0) {
      throw new DlError("data", `${path}: it became shorter while it was read`);
    }
    at += bytesRead;
  }
  return out;
}

export const readAll = (path: string): Promise<Uint8Array<ArrayBuffer>> =>
  reading(path, (handle, size) => readRange(handle, 0, size, path));

/**
 * Writes a file in one step, as others see it: under another name beside it, which then takes the place of what was
 * there. If anything fails, what was there stays.
 */
export async function writing(
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const handle = await open(temporary, "wx");
    try {
      for await (const part of parts) await writeAll(handle, part);
      // Otherwise a power cut may leave the new name with none of the new bytes.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (cause instanceof DlError || !isSystemError(cause)) throw cause;
    throw new DlError("data", `${path} cannot be written: ${cause.message}`, { cause });
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, Math.min(bytes.length - at, 2 ** 30));
    at += bytesWritten;
  }
}
