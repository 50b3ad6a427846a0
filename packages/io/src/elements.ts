/**
 * How the elements of a tensor lie in a file, and what they become. The names are those of safetensors; bytes are
 * little-endian, as they are in memory wherever WebAssembly or WebGPU run.
 */
import {
  adoptArray,
  type Backend,
  DlError,
  type DType,
  type Shape,
  type Tensor,
  type TypedArray,
  typedArrayFor,
} from "@dl/tensor/core";
import { bfloatToFloat, floatToBfloat, halfToFloat } from "./half.ts";

/** What an element is in a file. */
export type FileDType =
  | "U64"
  | "I64"
  | "F64"
  | "F32"
  | "U32"
  | "I32"
  | "BF16"
  | "F16"
  | "U16"
  | "I16"
  | "I8"
  | "U8"
  | "BOOL";

type Numbers = ArrayLike<number> & ArrayBufferView<ArrayBuffer>;
type Own = Uint8Array<ArrayBuffer>;

interface Element {
  readonly bytes: number;
  readonly dtype: DType;
  /** Bytes that nobody else has → elements of `dtype`. */
  decode(own: Own, where: string): Numbers;
  encode(data: TypedArray, where: string): ArrayBufferView;
}

const whole = (
  array: { new (n: number): any; new (buffer: ArrayBuffer): any; BYTES_PER_ELEMENT: number },
  min: number | bigint,
  max: number | bigint,
): Element => ({
  bytes: array.BYTES_PER_ELEMENT,
  dtype: "int32",
  decode(own, where) {
    const values = new array(own.buffer);
    if (values instanceof Int32Array) return values as Numbers;
    const out = new Int32Array(values.length);
    for (let i = 0; i < out.length; i++) {
      const x = Number(values[i]);
      if (x !== (x | 0)) {
        throw new DlError(
          "data",
          `${where}: element ${i} is ${values[i]}, and int32, which holds whole numbers here, ends at ${x < 0 ? "-2147483648" : "2147483647"}`,
        );
      }
      out[i] = x;
    }
    return out;
  },
  encode(data, where) {
    if (data instanceof array) return data;
    const out = new array(data.length);
    const convert = array.BYTES_PER_ELEMENT === 8 ? BigInt : Number;
    for (let i = 0; i < out.length; i++) {
      if (!Number.isInteger(data[i]) || data[i] < min || data[i] > max) {
        throw new DlError(
          "value",
          `${where}: element ${i} is ${data[i]}, whole numbers from ${min} to ${max} are expected`,
        );
      }
      out[i] = convert(data[i]);
    }
    return out;
  },
});

const floating = (dtype: "float32" | "float64" | "float16"): Element => ({
  bytes: { float16: 2, float32: 4, float64: 8 }[dtype],
  dtype,
  decode: (own) => new (typedArrayFor(dtype))(own.buffer) as Numbers,
  encode: (data) => new (typedArrayFor(dtype))(data),
});

/** Of file and tensor, the first byte that is neither true nor false. */
function requireTruth(data: ArrayLike<number>, code: "data" | "value", where: string): void {
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== 0 && data[i] !== 1) {
      throw new DlError(code, `${where}: element ${i} is ${data[i]}, BOOL is 0 or 1`);
    }
  }
}

/** In the order in which safetensors lays tensors out. */
export const ELEMENTS: Record<FileDType, Element> = {
  U64: whole(BigUint64Array, 0, 2n ** 64n - 1n),
  I64: whole(BigInt64Array, -(2n ** 63n), 2n ** 63n - 1n),
  F64: floating("float64"),
  F32: floating("float32"),
  U32: whole(Uint32Array, 0, 2 ** 32 - 1),
  I32: whole(Int32Array, -(2 ** 31), 2 ** 31 - 1),
  BF16: {
    bytes: 2,
    dtype: "float32",
    decode: (own) => bfloatToFloat(new Uint16Array(own.buffer)) as Numbers,
    encode: (data) => floatToBfloat(data instanceof Float32Array ? data : new Float32Array(data)),
  },
  F16: floating("float16"),
  U16: whole(Uint16Array, 0, 65535),
  I16: whole(Int16Array, -32768, 32767),
  I8: whole(Int8Array, -128, 127),
  U8: { ...whole(Uint8Array, 0, 255), dtype: "uint8", decode: (own) => own },
  BOOL: {
    bytes: 1,
    dtype: "bool",
    decode(own, where) {
      requireTruth(own, "data", where);
      return own;
    },
    encode(data, where) {
      requireTruth(data, "value", where);
      return new Uint8Array(data);
    },
  },
};

export const isFileDType = (x: unknown): x is FileDType =>
  typeof x === "string" && Object.hasOwn(ELEMENTS, x);

/** What a dtype of ours is written as. */
export const FILE_DTYPES: Record<DType, FileDType> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
};

/**
 * @param own   bytes at the start of a buffer that nobody else has: the tensor keeps them.
 * @param where file and tensor, for errors.
 */
export function decode(
  own: Own,
  from: FileDType,
  shape: Shape,
  device: Backend,
  where: string,
): Tensor {
  const { dtype, decode } = ELEMENTS[from];
  if (device.dtypes.has(dtype)) return adoptArray(decode(own, where), dtype, shape, device);
  if (dtype === "float16") {
    return adoptArray(halfToFloat(new Uint16Array(own.buffer)), "float32", shape, device);
  }
  throw new DlError(
    "dtype",
    `${where} is ${from}, and ${device.name} has no ${dtype}: read it with { device: cpu() }, and convert it with .to("float32") before .to(device)`,
  );
}

/** The bytes of a tensor's elements in row-major order. */
export async function encode(t: Tensor, to: FileDType, where: string): Promise<Uint8Array> {
  const out = ELEMENTS[to].encode(await t.data(), where);
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
}
