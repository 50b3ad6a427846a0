import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzip } from "../gzip.ts";
import { download } from "./download.ts";
import { type FileOptions, readFirst, requireMd5 } from "./files.ts";
import { tarFiles } from "./tar.ts";

export interface Archive {
  readonly file: string;
  readonly md5: string;
  readonly mirrors: readonly string[];
  /** What is to be taken out of it, by name without folders. */
  readonly members: readonly string[];
  /** What it may unpack to. */
  readonly maxBytes: number;
}

/**
 * Puts the members of a .tar.gz into the first of these folders: of the archive if one has it, else, if that may be, of
 * one that is downloaded and then deleted. Returns whether there was one.
 */
export async function unpackArchive(
  { file, md5, mirrors, members, maxBytes }: Archive,
  folders: readonly string[],
  { download: mayDownload, onProgress }: FileOptions,
): Promise<boolean> {
  const paths = folders.map((dir) => join(dir, file));
  let archive = await readFirst(paths);
  const fetched = !archive;
  if (!archive) {
    if (!mayDownload) return false;
    await download(mirrors, paths[0], { checksum: md5, onProgress });
    archive = (await readFirst([paths[0]]))!;
  }
  requireMd5(archive.path, archive.bytes, md5);
  const [folder] = folders;
  await mkdir(folder, { recursive: true });
  const tar = await gunzip(archive.bytes, archive.path, { maxBytes });
  for (const { name, contents } of tarFiles(tar, archive.path)) {
    const member = name.slice(name.lastIndexOf("/") + 1);
    if (!members.includes(member)) continue;
    const partial = join(folder, `${member}.${process.pid}.part`);
    await writeFile(partial, contents);
    await rename(partial, join(folder, member));
  }
  if (fetched) await rm(archive.path);
  return true;
}
