/** Starting programs as somebody would who has nothing of the repository. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** Where programs are found without the repository: PATH as it was before pnpm and npx put their folders in front. */
const PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);

/** Of npm's settings only where its registry and its cache are: the rest is about the command that started this. */
const SETTINGS = /^npm_config_(registry|cache|cafile|userconfig|globalconfig|.*proxy)$/i;

const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => name !== "NODE_OPTIONS" && (!/^p?npm_/i.test(name) || SETTINGS.test(name)),
  ),
);

/** What a program printed that failed. */
export class Failed extends Error {}

const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/;

/** Runs a program in a folder to its end, and gives what it printed. Throws that where it fails. */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const options = { cwd, env: { ...env, PATH, ...more }, maxBuffer: 2 ** 26, timeout: 300_000 };
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { message, stdout = "", stderr = "" } = error as Error & Record<string, string>;
    const printed = `${stdout}${stderr}`.trim() || message;
    const isNetwork = program.startsWith("np") && UNREACHABLE.test(printed);
    throw new Failed(isNetwork ? `The npm registry cannot be reached.\n${printed}` : printed);
  }
}

export interface Node {
  readonly path: string;
  readonly version: string;
}

/** The Node that the machine has, and that of this process, which the repository pins. */
export async function nodes(): Promise<Node[]> {
  const folders = PATH.split(delimiter);
  const machine = folders.map((folder) => join(folder, "node")).find((path) => existsSync(path));
  const pinned = { path: process.execPath, version: process.versions.node };
  if (!machine) return [pinned];
  const version = (await run(machine, ["--version"], ".")).trim().slice(1);
  return version === pinned.version ? [pinned] : [{ path: machine, version }, pinned];
}

/** Calls `fn` for each of `items`, so many at a time, and gives the results in order. */
export async function forEach<T, U>(
  items: readonly T[],
  atATime: number,
  fn: (item: T) => Promise<U>,
): Promise<U[]> {
  const results: U[] = [];
  const left = [...items.entries()].values();
  const work = async () => {
    for (const [i, item] of left) results[i] = await fn(item);
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return results;
}
