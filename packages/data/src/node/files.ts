/** Finding and checking the files of a data set. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DlError } from "@dl/tensor/core";
import type { DownloadProgress } from "./download.ts";

export interface FileOptions {
  /** Where the files are, or go to. Default: the environment's DL_DATA, else `./data`. */
  root?: string;
  /** Fetch what is missing from the usual mirrors. Default false. */
  download?: boolean;
  /** Called as a download goes on. */
  onProgress?: (progress: DownloadProgress) => void;
}
/** The files are not there, and could not be fetched. Other errors are of code "data": what is there is damaged. */
export class MissingFilesError extends DlError {
  constructor(message: string, options?: ErrorOptions) {
    super("data", message, options);
    this.name = "MissingFilesError";
  }
}

export const rootOf = ({ root }: FileOptions): string =>
  resolve(root ?? process.env.DL_DATA ?? "data");

export const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

export interface FoundFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The first of these files that exists. */
export async function readFirst(paths: readonly string[]): Promise<FoundFile | null> {
  for (const path of paths) {
    try {
      return { path, bytes: await readFile(path) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "EISDIR")
        throw new DlError("data", `${path} cannot be read: ${(error as Error).message}`, {
          cause: error,
        });
    }
  }
  return null;
}

export function requireMd5(path: string, contents: Uint8Array, expected: string): void {
  const got = md5(contents);
  if (got !== expected)
    throw new DlError(
      "data",
      `${path}: the contents are not those of the published data set (md5 ${got}, expected ${expected}): ` +
        "delete the file and download it again",
    );
}

/** Where a data set's files may be. */
export const places = (root: string, folders: readonly string[]): string[] =>
  folders.map((folder) => join(root, folder));
