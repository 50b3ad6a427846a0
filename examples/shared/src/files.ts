import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { savePicture } from "@dl/io/node";
import type { Picture } from "@dl/io/plot";

/** The text of a data file under `DL_DATA` (default `./data`), unpacked if its name ends in `.gz`; null if it is not there. */
export function dataText(path: string): string | null {
  const file = resolve(process.env.DL_DATA ?? "data", path);
  try {
    const bytes = readFileSync(file);
    return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Says which file is not there, and what happens without it. */
export function missing(path: string, instead: string): void {
  const folder = process.env.DL_DATA ?? "./data";
  console.log(`${join(folder, path)} IS NOT THERE (DL_DATA names the folder): ${instead}.\n`);
}

/** Writes a picture into the folder `out` of an example and says where. */
export async function writePicture(example: string, name: string, picture: Picture): Promise<void> {
  const folder = resolve(import.meta.dirname, "../..", example, "out");
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await savePicture(path, picture);
  console.log(`wrote ${relative(process.cwd(), path)}`);
}
