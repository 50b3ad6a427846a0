/** Checkpoints in several files, with `model.safetensors.index.json` beside them that says which tensor is in which. */
import { DlError } from "@dl/tensor/core";
import { asBytes, type Bytes, quote } from "../bytes.ts";
import { ELEMENTS } from "../elements.ts";
import {
  byCodePoints,
  type NamedTensors,
  type SafetensorsWriteOptions,
  type Typed,
  typed,
} from "./layout.ts";
import { type ReadOptions, readSafetensors, type Safetensors } from "./read.ts";
import { repeatedKey } from "./repeatedKey.ts";
import { fileOf } from "./write.ts";

export interface ShardOptions extends SafetensorsWriteOptions {
  /** Bytes of tensors in a file, or `"200MB"`, in powers of 1000. A tensor that is larger gets a file of its own. Default `"5GB"`. */
  maxShardSize?: number | string;
  /** How the files' names begin. Default `"model"`. */
  name?: string;
}

/** Which tensor is in which file. */
export interface SafetensorsIndex {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly weightMap: ReadonlyMap<string, string>;
}

/** @internal Files with their tensors, and the index, if there is more than one file. */
export interface Shards {
  readonly files: readonly { readonly file: string; readonly tensors: readonly Typed[] }[];
  readonly index?: { readonly file: string; readonly text: string };
}

/**
 * A checkpoint in files of limited size, by their names: `model-00001-of-00002.safetensors` and so on, and
 * `model.safetensors.index.json`; or `model.safetensors` alone, if all fits in it. Tensors stay in their order and are
 * divided as huggingface_hub divides them.
 *
 * @throws DlError with code `value`, as `writeSafetensors`.
 *
 * @example
 * const files = await writeShardedSafetensors({ a: zeros(2), b: zeros(2) }, { maxShardSize: 8 });
 * Object.keys(files) // => ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
 */
export async function writeShardedSafetensors(
  tensors: NamedTensors,
  options: ShardOptions = {},
): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const op = "writeShardedSafetensors";
  const { files, index } = divide(tensors, options, op);
  const out: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const { file, tensors } of files) out[file] = await fileOf(tensors, options, op);
  if (index) out[index.file] = new TextEncoder().encode(index.text);
  return out;
}

/**
 * Reads a checkpoint in several files.
 *
 * @param index what `model.safetensors.index.json` holds.
 * @param read  gives the bytes of a file of this name: `async (file) => (await fetch(base + file)).arrayBuffer()`.
 * @throws DlError with code `data` where index and files do not fit together, and as `readSafetensors`.
 *
 * @example
 * const files = await writeShardedSafetensors({ a: zeros(2), b: ones(2) }, { maxShardSize: 8 });
 * const { tensors } = await readShardedSafetensors(files["model.safetensors.index.json"], (file) => files[file]);
 * tensors.b // => [1, 1]
 */
export async function readShardedSafetensors(
  index: string | Bytes,
  read: (file: string) => Bytes | Promise<Bytes>,
  options: ReadOptions = {},
): Promise<Safetensors> {
  return join(parseSafetensorsIndex(index), "readShardedSafetensors", async (file) =>
    readSafetensors(await read(file), { ...options, name: file }),
  );
}

/** @internal The shards in one, each checked against the index. */
export async function join(
  { weightMap }: SafetensorsIndex,
  where: string,
  read: (file: string) => Promise<Safetensors>,
): Promise<Safetensors> {
  const shards = new Map<string, Safetensors>();
  const dtypes: Safetensors["dtypes"][] = [];
  for (const file of new Set(weightMap.values())) {
    const shard = await read(file);
    for (const name of Object.keys(shard.tensors)) {
      if (weightMap.get(name) === file) continue;
      const told = weightMap.has(name)
        ? `says that it is in ${quote(weightMap.get(name)!)}`
        : "does not know it";
      throw new DlError(
        "data",
        `${where}: ${file} holds tensor ${quote(name)}, and the index ${told}`,
      );
    }
    shards.set(file, shard);
    dtypes.push(shard.dtypes);
  }
  const tensors = [...weightMap].map(([name, file]) => {
    const { tensors } = shards.get(file)!;
    if (!Object.hasOwn(tensors, name)) {
      throw new DlError(
        "data",
        `${where}: tensor ${quote(name)} is not in ${quote(file)}, where the index says it is`,
      );
    }
    return [name, tensors[name]] as const;
  });
  return {
    tensors: Object.fromEntries(tensors),
    metadata: merged([...shards.values()].map((s) => s.metadata)),
    dtypes: merged(dtypes),
  };
}
const merged = <T>(parts: readonly Record<string, T>[]): Record<string, T> =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part)));

/**
 * Reads `model.safetensors.index.json`.
 *
 * @param name what errors call it.
 * @throws DlError with code `data` for what is no index, and for files that are not beside it.
 *
 * @example
 * const index = parseSafetensorsIndex('{"metadata": {"total_size": 8}, "weight_map": {"a": "model.safetensors"}}');
 * index.weightMap.get("a") // => "model.safetensors"
 */
export function parseSafetensorsIndex(
  index: string | Bytes,
  name = "parseSafetensorsIndex",
): SafetensorsIndex {
  let text: string;
  let value: unknown;
  try {
    text =
      typeof index === "string"
        ? index
        : new TextDecoder("utf-8", { fatal: true }).decode(asBytes(index, name).slice());
    value = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof DlError) throw cause;
    const { message } = cause as Error;
    throw new DlError("data", `${name}: the index is not JSON: ${message.slice(0, 200)}`, {
      cause,
    });
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined)
    throw new DlError("data", `${name}: ${quote(repeated)} appears twice`);
  const { weight_map: map, metadata } = isObject(value) ? value : {};
  if (!isObject(map)) {
    throw new DlError(
      "data",
      `${name}: an object with weight_map is expected, which names a file for each tensor`,
    );
  }
  for (const [tensor, file] of Object.entries(map)) {
    // What a checkpoint from elsewhere names is read from its own folder only.
    if (typeof file !== "string" || !/^[^/\\:\0]+$/.test(file) || file === "." || file === "..") {
      const given = typeof file === "string" ? quote(file) : `of type ${typeof file}`;
      throw new DlError(
        "data",
        `${name}: the file of tensor ${quote(tensor)} is ${given}, the name of a file beside the index is expected`,
      );
    }
  }
  return {
    metadata: isObject(metadata) ? metadata : {},
    weightMap: new Map(Object.entries(map as Record<string, string>)),
  };
}

/** @internal Which tensors go to which file. */
export function divide(tensors: NamedTensors, options: ShardOptions, op: string): Shards {
  const { maxShardSize = "5GB", name = "model" } = options;
  const limit = sizeOf(maxShardSize, op);
  const parts: Typed[][] = [];
  let part: Typed[] = [];
  let [size, total] = [0, 0];
  for (const t of typed(tensors, options, op)) {
    const bytes = t.tensor.numel * ELEMENTS[t.dtype].bytes;
    total += bytes;
    if (bytes > limit) {
      // A file of its own, and the one that is being filled goes on after it.
      parts.push([t]);
      continue;
    }
    if (size + bytes > limit) {
      parts.push(part);
      [part, size] = [[], 0];
    }
    part.push(t);
    size += bytes;
  }
  if (part.length > 0 || parts.length === 0) parts.push(part);
  if (parts.length === 1) return { files: [{ file: `${name}.safetensors`, tensors: parts[0] }] };
  const digits = (n: number): string => String(n).padStart(5, "0");
  const files = parts.map((tensors, i) => ({
    file: `${name}-${digits(i + 1)}-of-${digits(parts.length)}.safetensors`,
    tensors,
  }));
  const map = new Map(files.flatMap(({ file, tensors }) => tensors.map((t) => [t.name, file])));
  return {
    files,
    index: { file: `${name}.safetensors.index.json`, text: formatIndex(map, total) },
  };
}

/** As Python writes it with sorted keys. By hand: an object would sort names that are numbers. */
function formatIndex(map: ReadonlyMap<string, string>, totalSize: number): string {
  const lines = [...map]
    .sort(([a], [b]) => byCodePoints(a, b))
    .map(([name, file]) => `    ${ascii(name)}: ${ascii(file)}`);
  return `{\n  "metadata": {\n    "total_size": ${totalSize}\n  },\n  "weight_map": {\n${lines.join(",\n")}\n  }\n}\n`;
}
const ascii = (text: string): string =>
  JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

function sizeOf(size: number | string, op: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?) ?([KMGT]?)B?$/i.exec(String(size)) ?? [];
  const bytes =
    typeof size === "number"
      ? size
      : Number(digits) * 1000 ** ["", "K", "M", "G", "T"].indexOf(unit.toUpperCase());
  if (!(bytes > 0)) {
    throw new DlError(
      "value",
      `${op}: maxShardSize is ${String(size)}, a number of bytes or a text such as "5GB" is expected`,
    );
  }
  return bytes;
}

const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x);
