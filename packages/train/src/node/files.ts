import { randomBytes } from "node:crypto";
import { appendFile, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Backend, DlError } from "@dl/tensor/core";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../checkpoint/format.ts";

/**
 * Writes a checkpoint. The file appears, or takes the place of what was there, when all of it is on disk.
 *
 * @throws DlError "data" where it cannot be written.
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const bytes = await encodeCheckpoint(checkpoint);
  // In the same folder, so that the new name is a matter of one instant.
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(bytes);
      // Or a power cut leaves the new name without the new bytes.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    const why = (cause as Error).message;
    throw new DlError("data", `${path} cannot be written: ${why}`, { cause });
  }
}

/**
 * Reads what `saveCheckpoint` wrote, for `fit(model, { resume })`.
 *
 * @throws DlError "data" for a file that is not there, or is no checkpoint.
 */
export async function loadCheckpoint(
  path: string,
  { device }: { device?: Backend } = {},
): Promise<Checkpoint> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const isMissing = (cause as { code?: string }).code === "ENOENT";
    const why = isMissing ? "there is no such file" : (cause as Error).message;
    throw new DlError("data", `${path}: ${why}`, { cause });
  }
  return decodeCheckpoint(bytes, { device, name: path });
}

/** For `ModelCheckpoint`: `new ModelCheckpoint({ best: checkpointFile("best.ckpt") })`. */
export const checkpointFile =
  (path: string) =>
  (checkpoint: Checkpoint): Promise<void> =>
    saveCheckpoint(path, checkpoint);

/** For loggers: every text is added to the file. With `append` what was there stays. */
export function textFile(
  path: string,
  { append = false }: { append?: boolean } = {},
): (text: string) => Promise<void> {
  let isNew = !append;
  return async (text) => {
    const write = isNew ? writeFile : appendFile;
    isNew = false;
    await write(path, text);
  };
}
