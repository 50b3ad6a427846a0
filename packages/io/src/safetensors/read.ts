import { type Backend, getBackend, type Tensor } from "@dl/tensor/core";
import { asBytes, type Bytes, quote } from "../bytes.ts";
import { decode, type FileDType } from "../elements.ts";
import { type Entry, type Header, headerLength, parseHeader, START } from "./header.ts";

export interface ReadOptions {
  /** The backend that the tensors go to. Default: what `setBackend` was given. */
  device?: Backend;
}

export interface SafetensorsReadOptions extends ReadOptions {
  /** What errors call the file. */
  name?: string;
}

/** What a file of tensors holds. */
export interface Safetensors {
  readonly tensors: Record<string, Tensor>;
  /** What was saved with them. */
  readonly metadata: Record<string, string>;
  /** What they are in the file: given to `writeSafetensors`, the same bytes come out. */
  readonly dtypes: Record<string, FileDType>;
}

/**
 * Reads a safetensors file.
 *
 * F32, F64, I32, U8 and BOOL become the dtypes of those names. F16 becomes float16, or float32 where the backend has no
 * float16; BF16 becomes float32; other whole numbers become int32, if they fit.
 *
 * The bytes are copied. Nothing in the file is believed: sizes, offsets and names are checked before memory is taken.
 *
 * @throws DlError with code `data` that names the tensor and what is wrong with it.
 * @see https://huggingface.co/docs/safetensors
 *
 * @example
 * const bytes = await writeSafetensors({ weight: tensor([[1, 2], [3, 4]]) }, { metadata: { format: "pt" } });
 * const { tensors, metadata } = readSafetensors(bytes);
 * tensors.weight // => [[1, 2], [3, 4]]
 * metadata.format // => "pt"
 */
export function readSafetensors(
  bytes: Bytes,
  { device = getBackend(), name = "readSafetensors" }: SafetensorsReadOptions = {},
): Safetensors {
  const all = asBytes(bytes, "readSafetensors");
  const start = 8 + headerLength(all.subarray(0, START), all.length, name);
  const header = parseHeader(all.subarray(8, start), all.length - start, name);
  const tensors = header.entries.map((entry) =>
    tensorOf(entry, all.slice(start + entry.begin, start + entry.end), device, name),
  );
  return contents(header, tensors);
}

/** @param own a tensor's bytes, in a buffer of their own. */
export const tensorOf = (
  { name, dtype, shape }: Entry,
  own: Uint8Array<ArrayBuffer>,
  device: Backend,
  file: string,
): Tensor => decode(own, dtype, shape, device, `${file}: tensor ${quote(name)}`);

/** @param tensors those of the header's entries, in their order. */
export const contents = (
  { entries, metadata }: Header,
  tensors: readonly Tensor[],
): Safetensors => ({
  // Object.fromEntries defines fields, so that a tensor may have the name "__proto__".
  tensors: Object.fromEntries(entries.map(({ name }, i) => [name, tensors[i]])),
  metadata,
  dtypes: Object.fromEntries(entries.map(({ name, dtype }) => [name, dtype])),
});
