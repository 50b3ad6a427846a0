import { DlError, isTensor, type Tensor } from "@dl/tensor/core";
import { quote } from "../bytes.ts";
import { ELEMENTS, encode, FILE_DTYPES, type FileDType, isFileDType } from "../elements.ts";
import { type Entry, formatHeader } from "./header.ts";

/** Tensors by name: a state dictionary. */
export type NamedTensors = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

export interface SafetensorsWriteOptions {
  /** Texts to keep with the tensors: `{ format: "pt" }` is what Hugging Face's transformers ask for. */
  metadata?: Readonly<Record<string, string>>;
  /**
   * What tensors become in the file, by name or by a function. Default: what they are; int32 becomes I32.
   * `(_, t) => (t.dtype === "int32" ? "I64" : undefined)` writes whole numbers as PyTorch has them.
   */
  dtypes?:
    | Readonly<Record<string, FileDType | undefined>>
    | ((name: string, t: Tensor) => FileDType | undefined);
}

/** A tensor with its place in a file. */
export interface Placed extends Entry {
  readonly tensor: Tensor;
}

/** A file before its data are read from the device. */
export interface Layout {
  readonly header: Uint8Array;
  /** In the order of the file. */
  readonly placed: readonly Placed[];
  /** Bytes of the whole file. */
  readonly size: number;
}

/** A tensor with what it is going to be in a file. */
export type Typed = Pick<Placed, "name" | "dtype" | "tensor">;

/** Checks names and tensors, and settles the dtypes. */
export function typed(
  tensors: NamedTensors,
  { dtypes = {} }: SafetensorsWriteOptions,
  op: string,
): Typed[] {
  const dtypeOf =
    typeof dtypes === "function"
      ? dtypes
      : (name: string) => (Object.hasOwn(dtypes, name) ? dtypes[name] : undefined);
  return [...(tensors instanceof Map ? tensors : Object.entries(tensors))].map(([name, tensor]) => {
    if (!isTensor(tensor)) {
      throw new DlError(
        "value",
        `${op}: ${quote(name)} is not a tensor: only tensors can be saved`,
      );
    }
    if (name === "__metadata__" || !name.isWellFormed()) {
      throw new DlError("value", `${op}: a tensor cannot have the name ${quote(name)}`);
    }
    const dtype = dtypeOf(name, tensor) ?? FILE_DTYPES[tensor.dtype as keyof typeof FILE_DTYPES];
    if (!isFileDType(dtype)) {
      throw new DlError(
        "value",
        `${op}: tensor ${quote(name)}: unknown dtype ${quote(String(dtype))}; known are ${Object.keys(ELEMENTS).join(", ")}`,
      );
    }
    return { name, dtype, tensor };
  });
}

const ORDER = Object.keys(ELEMENTS);

/** The order of the reference implementation: by dtype, the wide ones first, so that all are aligned; then by name. */
export function layOut(
  tensors: readonly Typed[],
  { metadata }: SafetensorsWriteOptions,
  op: string,
): Layout {
  for (const [key, text] of Object.entries(metadata ?? {})) {
    if (typeof text !== "string" || !text.isWellFormed() || !key.isWellFormed()) {
      throw new DlError("value", `${op}: metadata: ${quote(key)}: keys and values are text`);
    }
  }
  const sorted = tensors.toSorted(
    (a, b) => ORDER.indexOf(a.dtype) - ORDER.indexOf(b.dtype) || byCodePoints(a.name, b.name),
  );
  let end = 0;
  const placed = sorted.map((t) => {
    const begin = end;
    end += t.tensor.numel * ELEMENTS[t.dtype].bytes;
    return { ...t, shape: t.tensor.shape, begin, end };
  });
  const header = formatHeader(placed, metadata);
  return { header, placed, size: header.length + end };
}

/** The order of UTF-8, which is not that of JavaScript's `<`: surrogates lie below U+E000. */
export function byCodePoints(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  // In well-formed text, the first units that differ are both second halves, or both start a code point.
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}

/** A tensor's bytes as they lie in the file. Waits for the device. */
export const bytesOf = ({ tensor, dtype, name }: Typed, op: string): Promise<Uint8Array> =>
  encode(tensor, dtype, `${op}: tensor ${quote(name)}`);
