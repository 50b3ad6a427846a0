import { appendFile, writeFile } from "node:fs/promises";

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
