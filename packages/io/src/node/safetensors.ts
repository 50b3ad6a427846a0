import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { getBackend, type Tensor } from "@dl/tensor/core";
import { headerLength, parseHeader, START } from "../safetensors/header.ts";
import {
  bytesOf,
  type Layout,
  layOut,
  type NamedTensors,
  type SafetensorsWriteOptions,
} from "../safetensors/layout.ts";
import { contents, type ReadOptions, type Safetensors, tensorOf } from "../safetensors/read.ts";
import { divide, join as joinShards, parseSafetensorsIndex } from "../safetensors/shards.ts";
import { readAll, reading, readRange, writing } from "./files.ts";

export interface SaveSafetensorsOptions extends SafetensorsWriteOptions {
  /**
   * Bytes of tensors in a file, or a text such as `"5GB"`: what is more goes to several files,
   * `model-00001-of-00002.safetensors` and so on, with `model.safetensors.index.json`. Default: one file.
   */
  maxShardSize?: number | string;
}

/**
 * Reads a .safetensors file, or a checkpoint in several files: of `model.safetensors.index.json`, and of
 * `model.safetensors` where there is only the index. Memory holds each tensor once.
 *
 * @throws DlError with code `data` that names the file, the tensor and what is wrong with it.
 *
 * @example
 * ```ts no-run: needs a file
 * const { tensors, metadata } = await loadSafetensors("model.safetensors");
 * ```
 */
export async function loadSafetensors(
  path: string,
  options: ReadOptions = {},
): Promise<Safetensors> {
  const index = path.endsWith(".json") ? path : `${path}.index.json`;
  if (index !== path && (existsSync(path) || !existsSync(index))) return loadFile(path, options);
  return joinShards(parseSafetensorsIndex(await readAll(index), index), index, (file) =>
    loadFile(join(dirname(path), file), options),
  );
}

/** One file, which has to have this name. */
export const loadFile = (
  path: string,
  { device = getBackend() }: ReadOptions,
): Promise<Safetensors> =>
  reading(path, async (handle, size) => {
    const start =
      8 + headerLength(await readRange(handle, 0, Math.min(START, size), path), size, path);
    const header = parseHeader(await readRange(handle, 8, start, path), size - start, path);
    const tensors: Tensor[] = [];
    for (const entry of header.entries) {
      const own = await readRange(handle, start + entry.begin, start + entry.end, path);
      tensors.push(tensorOf(entry, own, device, path));
    }
    return contents(header, tensors);
  });

/**
 * Writes tensors to a .safetensors file, with the bytes of `safetensors.torch.save_file`. The file appears, or takes the
 * place of what was there, when all of it is written. Of several files each does, the index at
 * the end, and they take the place of a single file at this path.
 *
 * @throws DlError with code `value` for what cannot be saved, `data` where the file cannot be written.
 *
 * @example
 * ```ts no-run: writes a file
 * await saveSafetensors("model.safetensors", { weight: zeros(2, 3) }, { metadata: { format: "pt" } });
 * ```
 */
export async function saveSafetensors(
  path: string,
  tensors: NamedTensors,
  options: SaveSafetensorsOptions = {},
): Promise<void> {
  const op = "saveSafetensors";
  const { maxShardSize = Infinity } = options;
  const name = basename(path).replace(/\.safetensors$/, "");
  const { files, index } = divide(tensors, { ...options, maxShardSize, name }, op);
  const layouts = files.map(({ tensors }) => layOut(tensors, options, op));
  if (!index) return writing(path, partsOf(layouts[0], op));
  for (const [i, { file }] of files.entries()) {
    await writing(join(dirname(path), file), partsOf(layouts[i], op));
  }
  await writing(join(dirname(path), index.file), [new TextEncoder().encode(index.text)]);
  // Whoever looks for the file first would find what these files take the place of.
  await rm(path, { force: true });
}

async function* partsOf({ header, placed }: Layout, op: string): AsyncGenerator<Uint8Array> {
  yield header;
  for (const t of placed) yield await bytesOf(t, op);
}
