import {
  bytesOf,
  layOut,
  type NamedTensors,
  type SafetensorsWriteOptions,
  type Typed,
  typed,
} from "./layout.ts";

/**
 * The bytes of a safetensors file: those that `safetensors.torch.save` writes for the same tensors. Views are written
 * as if they were contiguous. Waits for the device; until it is done, the tensors must not change.
 *
 * Several entries of `metadata` keep their order here; the reference implementation writes them in a random one.
 *
 * @throws DlError with code `value` for what is not a tensor, and for numbers that do not fit the dtype in `dtypes`.
 * @see https://huggingface.co/docs/safetensors/api/torch
 *
 * @example
 * const bytes = await writeSafetensors({ b: tensor([0.5]), a: tensor([1, 2]) });
 * new TextDecoder().decode(bytes.subarray(9, 61)) // => "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}
 */
export async function writeSafetensors(
  tensors: NamedTensors,
  options: SafetensorsWriteOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const op = "writeSafetensors";
  return fileOf(typed(tensors, options, op), options, op);
}

/** The whole file in memory. */
export async function fileOf(
  tensors: readonly Typed[],
  options: SafetensorsWriteOptions,
  op: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { header, placed, size } = layOut(tensors, options, op);
  const out = new Uint8Array(size);
  out.set(header);
  for (const t of placed) out.set(await bytesOf(t, op), header.length + t.begin);
  return out;
}
