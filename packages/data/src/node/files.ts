/** Finding, checking and downloading the files of a data set. */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DlError } from "@dl/tensor/core";
import { gunzip } from "../gzip.ts";

export interface FileOptions {
  /** Where the files are, or go to. Default: the environment's DL_DATA, else `./data`. */
  root?: string;
  /** Fetch what is missing from the usual mirrors. Default false. */
  download?: boolean;
  /** Called as a download goes on. `total` is undefined when the server does not say. */
  onProgress?: (progress: DownloadProgress) => void;
}
export interface DownloadProgress {
  readonly file: string;
  readonly bytes: number;
  readonly total: number | undefined;
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

/** Unpacks a file if it is gzip, and compares the contents with their checksum. */
export async function unpackChecked(
  { path, bytes }: FoundFile,
  expected: string,
  check: (contents: Uint8Array) => void = () => {},
): Promise<Uint8Array> {
  const contents = await gunzip(bytes, path);
  // First, because it can say more than that something is wrong.
  check(contents);
  requireMd5(path, contents, expected);
  return contents;
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

/**
 * Fetches the first of these addresses that answers with what the checksum promises, and puts it at `path`: under
 * another name until it is complete, so that an interrupted download leaves nothing that looks like the file.
 */
export async function download(
  urls: readonly string[],
  path: string,
  expected: string,
  onProgress: FileOptions["onProgress"],
): Promise<FoundFile> {
  const failures: string[] = [];
  let cause: unknown;
  for (const url of urls) {
    try {
      const bytes = await fetchBytes(url, onProgress);
      if (md5(bytes) !== expected)
        throw new Error(`md5 ${md5(bytes)}, expected ${expected} (${bytes.length} bytes)`);
      await mkdir(dirname(path), { recursive: true });
      const partial = `${path}.${process.pid}.part`;
      try {
        await writeFile(partial, bytes);
        await rename(partial, path);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
      return { path, bytes };
    } catch (error) {
      cause = error;
      failures.push(`${url}: ${reason(error)}`);
    }
  }
  throw new MissingFilesError(
    `${path} could not be downloaded:\n  ${failures.join("\n  ")}\nWithout a network, bring the file there by other means`,
    { cause },
  );
}

/** `fetch failed` says nothing: its cause does. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message || cause.name})` : message;
}

async function fetchBytes(url: string, onProgress: FileOptions["onProgress"]): Promise<Uint8Array> {
  // For the answer only; a slow line may take its time for the body, as long as something arrives.
  const patience = new AbortController();
  let timer = setTimeout(() => patience.abort(new Error("no answer in 10 seconds")), 10_000);
  try {
    const response = await fetch(url, { signal: patience.signal });
    if (!response.ok || !response.body)
      throw new Error(`HTTP ${response.status} ${response.statusText}`);
    const total = Number(response.headers.get("content-length")) || undefined;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => patience.abort(new Error("nothing came for 30 seconds")), 30_000);
      chunks.push(chunk);
      bytes += chunk.length;
      onProgress?.({ file: url.slice(url.lastIndexOf("/") + 1), bytes, total });
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
}

/** Where a data set's files may be. */
export const places = (root: string, folders: readonly string[]): string[] =>
  folders.map((folder) => join(root, folder));
