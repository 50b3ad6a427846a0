/**
 * A checkpoint as bytes: eight letters, the length of a header, the header, and the tensors' elements one after another.
 *
 *     "dltrain1" · uint32 · JSON { value, tensors: [{ dtype, shape, offset }] } · elements, each tensor at a multiple of 8
 *
 * In `value` a tensor is `{ "$tensor": number }`, and a number that JSON does not have `{ "$number": "NaN" }`. Numbers
 * are little-endian. For models that others are to read there is safetensors, in @dl/io.
 */
import {
  adoptArray,
  type Backend,
  bytesPerElement,
  DlError,
  DTYPES,
  type DType,
  getBackend,
  isTensor,
  type Tensor,
  type TypedArray,
  typedArrayFor,
} from "@dl/tensor/core";
import type { Checkpoint } from "./checkpoint.ts";

const MAGIC = "dltrain1";
/** Magic and length. */
const START = 12;
const aligned = (n: number): number => Math.ceil(n / 8) * 8;

interface TensorEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly offset: number;
}

/**
 * Plain data with tensors anywhere in it, as bytes. Functions are left out, as JSON does.
 *
 * @example
 * const bytes = await encodeCheckpoint({ epoch: 3, model: { weight: tensor([1, 2]) } });
 * decodeCheckpoint(bytes).model // => { weight: [1, 2] }
 */
export async function encodeCheckpoint(
  checkpoint: Checkpoint | Record<string, unknown>,
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: Tensor[] = [];
  const value = plain(checkpoint, tensors);
  let end = 0;
  const entries = tensors.map((t): TensorEntry => {
    const offset = end;
    end = aligned(offset + t.numel * bytesPerElement(t.dtype));
    return { dtype: t.dtype, shape: [...t.shape], offset };
  });
  const header = new TextEncoder().encode(JSON.stringify({ value, tensors: entries }));
  const data = aligned(START + header.length);
  const bytes = new Uint8Array(data + end);
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(8, header.length, true);
  bytes.set(header, START);
  for (const [i, t] of tensors.entries()) {
    const elements = await t.data();
    const { buffer, byteOffset, byteLength } = elements;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), data + entries[i].offset);
  }
  return bytes;
}

function plain(x: unknown, tensors: Tensor[]): unknown {
  if (isTensor(x)) return { $tensor: tensors.push(x) - 1 };
  if (typeof x === "number") return Number.isFinite(x) ? x : { $number: String(x) };
  if (typeof x === "bigint")
    throw new DlError("value", "encodeCheckpoint: there is a bigint, which JSON does not have");
  if (ArrayBuffer.isView(x)) return Array.from(x as TypedArray, (v) => plain(v, tensors));
  if (Array.isArray(x)) return x.map((v) => plain(v, tensors));
  if (typeof x !== "object" || x === null) return x;
  const entries = Object.entries(x).map(([key, v]) => {
    if (key.startsWith("$"))
      throw new DlError("value", `encodeCheckpoint: the key "${key}" may not begin with $`);
    return [key, plain(v, tensors)];
  });
  return Object.fromEntries(entries);
}

/**
 * What `encodeCheckpoint` was given. Nothing in the bytes is believed before it is checked.
 *
 * @param options `device`: where tensors are put; `name`: of the file, for messages
 * @throws DlError "data" for bytes that are no checkpoint, or not all of one.
 */
export function decodeCheckpoint(
  bytes: Uint8Array | ArrayBuffer,
  { device = getBackend(), name = "checkpoint" }: { device?: Backend; name?: string } = {},
): Checkpoint {
  // Node's Buffer is a Uint8Array whose slices are not copies.
  const all =
    bytes instanceof ArrayBuffer
      ? new Uint8Array(bytes)
      : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wrong = (message: string): never => {
    throw new DlError("data", `${name}: ${message}`);
  };
  const text = (from: number, to: number) => new TextDecoder().decode(all.subarray(from, to));
  if (all.length < START || text(0, 8) !== MAGIC)
    wrong("this is no checkpoint of @dl/train: it does not begin with its letters");
  const length = new DataView(all.buffer, all.byteOffset).getUint32(8, true);
  const data = aligned(START + length);
  if (START + length > all.length)
    wrong(`the header ends at ${START + length}, the file at ${all.length}: it is truncated`);
  let header: { value?: unknown; tensors?: unknown } = {};
  try {
    header = JSON.parse(text(START, START + length));
  } catch {
    wrong("the header is not JSON: the file is damaged");
  }
  const entries = Array.isArray(header?.tensors) ? header.tensors : wrong("there are no tensors");
  const tensors = entries.map((entry: Partial<TensorEntry> | null, i: number): Tensor => {
    const { dtype, shape, offset = -1 } = entry ?? {};
    const isShape = Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!dtype || !DTYPES.includes(dtype) || !isShape || !Number.isSafeInteger(offset))
      return wrong(`tensor ${i} has no dtype, shape or offset that makes sense`);
    const size = bytesPerElement(dtype);
    const count = shape.reduce((a, b) => a * b, 1);
    const from = data + offset;
    if (offset < 0 || offset % size !== 0 || !(from + count * size <= all.length))
      return wrong(
        `tensor ${i} ends at ${from + count * size}, the file at ${all.length}: it is truncated`,
      );
    // A copy: the bytes may lie at an odd address, and are not ours.
    const own = all.slice(from, from + count * size).buffer;
    return adoptArray(new (typedArrayFor(dtype))(own), dtype, shape, device);
  });
  const restored = (x: unknown): unknown => {
    if (Array.isArray(x)) return x.map(restored);
    if (typeof x !== "object" || x === null) return x;
    if ("$number" in x) return Number(x.$number);
    if ("$tensor" in x)
      return tensors[x.$tensor as number] ?? wrong(`there is no tensor ${x.$tensor}`);
    return Object.fromEntries(Object.entries(x).map(([key, v]) => [key, restored(v)]));
  };
  return restored(header.value) as Checkpoint;
}
