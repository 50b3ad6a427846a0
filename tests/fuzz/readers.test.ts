/** Whatever is in a file, it is read, or a DlError says what is wrong and with which file: soon, and without much memory. */
import { DlError } from "@dl/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocated } from "./allocation.ts";
import { files, longTexts } from "./damage.ts";
import { check } from "./properties.ts";
import { READERS, type Reader } from "./readers.ts";

/** Besides what depends on the file: tables, messages, state of decompression. */
const SOME = 256 * 1024;
const LONG = 2000;

const fates = { read: 0, refused: 0 };
async function holds({ file, read, growth }: Reader, bytes: Uint8Array): Promise<void> {
  const start = performance.now();
  const given = bytes.slice();
  const size = await allocated(async () => {
    try {
      await read(bytes);
      fates.read++;
    } catch (error) {
      if (!(error instanceof DlError)) throw error;
      if (!error.message.includes(file)) throw new Error("the file is not named", { cause: error });
      if (error.message.length > 1000) throw new Error("a long message", { cause: error });
      fates.refused++;
    }
  });
  const time = performance.now() - start;
  if (size > growth * bytes.length + SOME) throw new Error(`${size} bytes from ${bytes.length}`);
  if (time > LONG) throw new Error(`${bytes.length} bytes take ${time} ms`);
  if (Buffer.compare(given, bytes) !== 0) throw new Error("the bytes that were given are changed");
}

describe("whatever is in a file, it is read, or a DlError names what is wrong:", () => {
  for (const [title, reader] of Object.entries(READERS))
    test(title, async () => {
      for (const sound of reader.sound) await reader.read(sound);
      Object.assign(fates, { read: 0, refused: 0 });
      const property = fc.asyncProperty(files(reader), (bytes) => holds(reader, bytes));
      await check(property, reader.runs);
      // Both happen: what is damaged is no file at all, and what is damaged is still one.
      expect(fates.refused).toBeGreaterThan(reader.runs / 10);
    });
});

describe("a long text takes no longer than it is long:", () => {
  const WORDS: Record<string, string[]> = {
    CSV: ["a\n", '"', '""', ",", "1", "1e", "a,", '"\n', "x\n"],
    ARFF: ["@attribute a {", "@attribute a numeric\n@data\n", "'", "{0 ", ",", "1", "\\", "?"],
    "lists of Mulan's labels": ["<labels>", "<label ", ' name="', "<!--", "</labels>", " name ="],
    npy: ["\x93NUMPY\x01\0\xff\x7f", "{'descr': ", "(1, ", "'", " "],
    safetensors: ['{"', '{"a":', "[", '"', "\\"],
    "safetensors in shards": ['{"weight_map":{', '"a":', "{", "[", "\\"],
    IDX: ["\0\0\b\xff"],
  };
  for (const [title, words] of Object.entries(WORDS)) {
    const reader = READERS[title];
    test(title, () =>
      check(
        fc.asyncProperty(longTexts(reader, words), (bytes) => holds(reader, bytes)),
        100,
      ),
    );
  }
});
