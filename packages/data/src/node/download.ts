/**
 * Downloads that can be trusted and gone on with: a file grows under another name beside its place, and moves there when
 * its checksum is right. What broke off is gone on with, now or in a later run, where the server can.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DlError } from "@dl/tensor/core";
import { type FileOptions, MissingFilesError, rootOf } from "./files.ts";

export interface DownloadProgress {
  readonly file: string;
  readonly bytes: number;
  /** Undefined when the server does not say. */
  readonly total: number | undefined;
}
export interface DownloadOptions {
  /** What the file's contents hash to: md5 (32 digits), sha1 (40) or sha256 (64), in hexadecimal. Without it any file is taken. */
  checksum?: string;
  /** Called as the download goes on. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Seconds to wait for an answer, and for the next bytes. Default 30. */
  timeout?: number;
  /** How often an address is asked again where it broke off. Default 5. */
  retries?: number;
  /** A larger file is an error. Default 16 GiB. */
  maxBytes?: number;
}

/**
 * Fetches the first of these addresses that answers with what the checksum promises, and puts it at `path`.
 *
 * An interrupted download leaves `path.part`, and the next call goes on from there if the server still has the same
 * file (HTTP ranges).
 *
 * @throws MissingFilesError that says what happened at each address, and what to do without a network.
 *
 * @example
 * ```ts no-run: needs a network
 * await download("https://example.org/pictures.tar.gz", "data/pictures.tar.gz", {
 *   checksum: "9e107d9d372bb6826bd81d3542a419d6",
 *   onProgress: ({ file, bytes, total }) => console.log(file, bytes, total),
 * });
 * ```
 */
export async function download(
  urls: string | URL | readonly (string | URL)[],
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const addresses = (Array.isArray(urls) ? urls : [urls]).map(String);
  const { timeout = 30, retries = 5, checksum } = options;
  if (addresses.length === 0) throw new DlError("value", "download: it needs an address");
  if (checksum !== undefined) algorithmOf(checksum);
  if (!(timeout > 0))
    throw new DlError("value", `download: timeout is seconds above 0, got ${timeout}`);
  if (!Number.isInteger(retries) || retries < 0)
    throw new DlError("value", `download: retries is a whole number from 0, got ${retries}`);
  const home = resolve(path);
  const before = underWay.get(home);
  if (before) return before;
  const job = run(addresses, home, options).finally(() => underWay.delete(home));
  underWay.set(home, job);
  return job;
}
const underWay = new Map<string, Promise<void>>();

export interface CachedOptions extends DownloadOptions, Pick<FileOptions, "root"> {
  /** Its name in the folder. Default: the last part of the first address. */
  file?: string;
  /** Fetch it if it is not there. Default true. */
  download?: boolean;
}

/**
 * The path of a file in the folder of data, `root` (the environment's DL_DATA, else `./data`): downloaded when it is not
 * there. With a checksum, a file that is there and has another is fetched again.
 *
 * @throws MissingFilesError when it is neither there nor to be had.
 *
 * @example
 * ```ts no-run: needs a network
 * const path = await cached("https://example.org/iris.csv", { checksum: "717820ef0af287ff346c5cabfb4c612c" });
 * ```
 */
export async function cached(
  urls: string | URL | readonly (string | URL)[],
  { root, file, download: mayDownload = true, ...options }: CachedOptions = {},
): Promise<string> {
  const addresses = (Array.isArray(urls) ? urls : [urls]).map(String);
  const name = file ?? basename(new URL(addresses[0]).pathname);
  if (name === "" || name === "." || name === "..")
    throw new DlError(
      "value",
      `cached: ${addresses[0]} does not end with the name of a file: give it as { file }`,
    );
  const path = join(rootOf({ root }), name);
  const size = await sizeOf(path);
  if (size !== null) {
    const { checksum } = options;
    const got = checksum && (await hashOf(path, algorithmOf(checksum)));
    if (got === checksum?.toLowerCase()) return path;
    if (!mayDownload)
      throw new DlError(
        "data",
        `${path}: ${wrongSum(checksum!, got!, size)}: delete it, and bring the right one`,
      );
  } else if (!mayDownload)
    throw new MissingFilesError(
      `${path} is not there: ${byHand(addresses, path, options.checksum)}, or pass { download: true }`,
    );
  await download(addresses, path, options);
  return path;
}

async function run(addresses: string[], path: string, options: DownloadOptions): Promise<void> {
  const failures: string[] = [];
  let cause: unknown;
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw new DlError("data", `${dirname(path)} cannot be made: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const part = await claim(path);
  try {
    for (const url of addresses) {
      try {
        await fetchWhole(url, part, url.slice(url.lastIndexOf("/") + 1), options);
        const { checksum } = options;
        const got = checksum && (await hashOf(part.path, algorithmOf(checksum)));
        if (got !== checksum?.toLowerCase()) {
          const size = (await sizeOf(part.path)) ?? 0;
          await part.forget();
          throw new Error(wrongSum(checksum!, got!, size));
        }
        await rename(part.path, path);
        await part.forget();
        return;
      } catch (error) {
        cause = error;
        failures.push(`${url}: ${reason(error)}`);
      }
    }
  } finally {
    await part.release();
  }
  throw new MissingFilesError(
    `${path} could not be downloaded:\n  ${failures.join("\n  ")}\nWithout a network: ${byHand(addresses, path, options.checksum)}`,
    { cause },
  );
}

const byHand = (addresses: readonly string[], path: string, checksum: string | undefined): string =>
  `fetch ${addresses[0]} elsewhere and put it there${checksum ? ` (${algorithmOf(checksum)} ${checksum})` : ""}, ` +
  `or name the folder that has ${basename(path)} as root or in the environment as DL_DATA`;

const wrongSum = (expected: string, got: string, bytes: number): string =>
  `${algorithmOf(expected)} ${got}, expected ${expected} (${bytes} bytes)`;

/** `fetch failed` says nothing: its cause does. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message || cause.name})` : message;
}

/** What was left of an earlier download, and which file of the server it is the beginning of. */
interface Part {
  readonly path: string;
  read(): Promise<Origin | null>;
  remember(origin: Origin): Promise<void>;
  forget(): Promise<void>;
  release(): Promise<void>;
}
interface Origin {
  readonly url: string;
  /** ETag or date: the server's word that it is the same file. */
  readonly validator: string;
}

/** The unfinished file, for this process alone: another that downloads the same has a copy of its own. */
async function claim(path: string): Promise<Part> {
  const lock = `${path}.part.lock`;
  let ours = await takeLock(lock);
  if (!ours && !(await holderLives(lock))) {
    await rm(lock, { force: true });
    ours = await takeLock(lock);
  }
  const file = ours ? `${path}.part` : `${path}.${process.pid}.part`;
  const note = `${file}.json`;
  const part: Part = {
    path: file,
    async read() {
      try {
        const { url, validator } = JSON.parse(await readFile(note, "utf8"));
        return typeof url === "string" && typeof validator === "string" ? { url, validator } : null;
      } catch {
        return null;
      }
    },
    remember: (origin) => writeFile(note, JSON.stringify(origin)),
    async forget() {
      await rm(file, { force: true });
      await rm(note, { force: true });
    },
    async release() {
      if (ours) await rm(lock, { force: true });
      else await part.forget();
    },
  };
  return part;
}
async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new DlError(
      "data",
      `${dirname(lock)} cannot be written to: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
async function holderLives(lock: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(lock, "utf8"));
    // Of this process it is from a call that ended otherwise: two at the same time share one job.
    if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Goes on where it breaks off, as long as something comes each time. */
async function fetchWhole(
  url: string,
  part: Part,
  file: string,
  options: DownloadOptions,
): Promise<void> {
  const { retries = 5 } = options;
  for (let attempt = 0; ; attempt++) {
    const before = (await sizeOf(part.path)) ?? 0;
    try {
      return await fetchRest(url, part, file, options);
    } catch (error) {
      const now = (await sizeOf(part.path)) ?? 0;
      const canGoOn = (await part.read())?.url === url && now > 0;
      if (!canGoOn) await part.forget();
      if (error instanceof Refused || !canGoOn || now === before || attempt >= retries) throw error;
    }
  }
}

/** The server answered, and will not answer otherwise the next time. */
class Refused extends Error {}

async function fetchRest(
  url: string,
  part: Part,
  file: string,
  { timeout = 30, maxBytes = 2 ** 34, onProgress }: DownloadOptions,
): Promise<void> {
  const patience = new AbortController();
  const wait = (what: string) =>
    setTimeout(() => patience.abort(new Error(`${what} in ${timeout} seconds`)), timeout * 1000);
  let timer = wait("no answer");
  try {
    const origin = await part.read();
    let from = origin?.url === url ? ((await sizeOf(part.path)) ?? 0) : 0;
    // As it is: an archive must not be unpacked on the way.
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (from > 0)
      Object.assign(headers, { range: `bytes=${from}-`, "if-range": origin!.validator });
    const response = await fetch(url, { signal: patience.signal, headers });
    if (response.status === 416 && response.headers.get("content-range") === `bytes */${from}`)
      return;
    if (response.status === 416) await part.forget();
    if (!response.ok || !response.body) {
      void response.body?.cancel();
      throw new Refused(`HTTP ${response.status} ${response.statusText}`);
    }
    const goesOn = new RegExp(`^bytes ${from}-\\d+/(\\d+|\\*)$`).exec(
      response.headers.get("content-range") ?? "",
    );
    if (response.status === 206 && !goesOn)
      throw new Refused("the server sends another part of the file than was asked for");
    if (response.status !== 206) from = 0;
    const length = response.headers.get("content-length");
    const total = length === null ? undefined : from + Number(length);
    const tooLarge = (bytes: number) =>
      new Refused(
        `${bytes.toLocaleString("en")} bytes, more than ${maxBytes.toLocaleString("en")}: raise maxBytes`,
      );
    if (total !== undefined && total > maxBytes) throw tooLarge(total);
    const validator = strong(response.headers.get("etag")) ?? response.headers.get("last-modified");
    if (from === 0) {
      await part.forget();
      if (validator) await part.remember({ url, validator });
    }
    const out = await open(part.path, from > 0 ? "r+" : "w");
    let bytes = from;
    try {
      for await (const chunk of response.body) {
        clearTimeout(timer);
        timer = wait("nothing came");
        if (bytes + chunk.length > maxBytes) throw tooLarge(bytes + chunk.length);
        for (let done = 0; done < chunk.length; )
          done += (await out.write(chunk, done, chunk.length - done, bytes + done)).bytesWritten;
        bytes += chunk.length;
        onProgress?.({ file, bytes, total });
      }
      await out.truncate(bytes);
    } finally {
      await out.close();
    }
    if (total !== undefined && bytes !== total) throw new Error(`${bytes} bytes came of ${total}`);
  } finally {
    clearTimeout(timer);
    patience.abort();
  }
}

/** A weak one promises something like the same file. */
const strong = (etag: string | null): string | null => (etag?.startsWith("W/") ? null : etag);

async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}

function algorithmOf(checksum: string): "md5" | "sha1" | "sha256" {
  const digits = /^[0-9a-f]+$/i.test(checksum) ? checksum.length : 0;
  if (digits === 32) return "md5";
  if (digits === 40) return "sha1";
  if (digits === 64) return "sha256";
  throw new DlError(
    "value",
    `checksum is md5, sha1 or sha256: 32, 40 or 64 hexadecimal digits, got ${JSON.stringify(checksum)}`,
  );
}

async function hashOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
