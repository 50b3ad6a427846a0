import { DlError } from "./errors.ts";

/** What an element is. PyTorch's names; its int64 is int32 here, which JavaScript's typed arrays hold. */
export type DType = "float32" | "float64" | "float16" | "int32" | "uint8" | "bool";

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** What a kernel computes in, whatever its operands are stored as. */
export type ComputeType = "float32" | "float64" | "int32";

interface DTypeInfo {
  readonly bytes: number;
  /** PyTorch's categories: a higher one wins a promotion, whatever the width. */
  readonly category: 0 | 1 | 2;
  readonly rank: number;
  readonly compute: ComputeType;
}

const INFO: Record<DType, DTypeInfo> = {
  bool: { bytes: 1, category: 0, rank: 0, compute: "int32" },
  uint8: { bytes: 1, category: 1, rank: 1, compute: "int32" },
  int32: { bytes: 4, category: 1, rank: 2, compute: "int32" },
  float16: { bytes: 2, category: 2, rank: 3, compute: "float32" },
  float32: { bytes: 4, category: 2, rank: 4, compute: "float32" },
  float64: { bytes: 8, category: 2, rank: 5, compute: "float64" },
};

export const DTYPES = Object.keys(INFO) as DType[];

/** @throws DlError for what is no dtype, which programs without types may ask for. */
function infoOf(dtype: DType): DTypeInfo {
  const info = INFO[dtype];
  if (!info)
    throw new DlError(
      "dtype",
      `${JSON.stringify(dtype)} is no dtype: there are ${DTYPES.join(", ")}, and PyTorch's int64 is int32 here`,
    );
  return info;
}

export const bytesPerElement = (dtype: DType): number => infoOf(dtype).bytes;
export const isFloating = (dtype: DType): boolean => infoOf(dtype).category === 2;
/** PyTorch's category order: bool 0, integers 1, floating point 2. */
export const dtypeCategory = (dtype: DType): 0 | 1 | 2 => infoOf(dtype).category;

/** The smallest dtype that holds both, by PyTorch's rules (`torch.promote_types`). */
export const promoteTypes = (a: DType, b: DType): DType =>
  infoOf(a).rank >= infoOf(b).rank ? a : b;

/**
 * May a result of `from` be written into a tensor of `to`? A category may grow, not shrink: widths do not count.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.can_cast.html
 *
 * @example
 * [canCast("float64", "float32"), canCast("float32", "int32")] // => [true, false]
 */
export const canCast = (from: DType, to: DType): boolean =>
  infoOf(from).category <= infoOf(to).category;

/** The dtype of a result that has to be floating point: integers and booleans become float32. */
export const toFloating = (dtype: DType): DType => (isFloating(dtype) ? dtype : "float32");

/**
 * What a kernel over these operands computes in: the promoted type of all of them, as float32, float64 or int32.
 * Values are converted when they are loaded and when they are stored.
 */
export function computeType(
  ...operands: readonly (readonly { readonly dtype: DType }[])[]
): ComputeType {
  let widest: DType = "bool";
  for (const list of operands) for (const { dtype } of list) widest = promoteTypes(widest, dtype);
  return INFO[widest].compute;
}

interface TypedArrayConstructor {
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
  new (data: ArrayLike<number>): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** Absent before Node 24 and in older browsers. */
const Float16 = (globalThis as unknown as { Float16Array?: TypedArrayConstructor }).Float16Array;

const ARRAYS: Record<DType, TypedArrayConstructor | undefined> = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  float16: Float16,
  float32: Float32Array,
  float64: Float64Array,
};

/** The JavaScript array that holds elements of this dtype. */
export function typedArrayFor(dtype: DType): TypedArrayConstructor {
  const constructor = ARRAYS[dtype];
  if (!constructor) {
    infoOf(dtype);
    throw new TypeError(
      `${dtype} needs Float16Array, which this JavaScript engine lacks: use float32`,
    );
  }
  return constructor;
}

/** The dtype that a typed array holds, if it is one of ours. */
export function dtypeOfArray(array: ArrayBufferView): DType | undefined {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Int32Array) return "int32";
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return "uint8";
  if (array instanceof Float64Array) return "float64";
  if (Float16 && array instanceof Float16) return "float16";
  return undefined;
}

export interface FloatInfo {
  readonly dtype: DType;
  readonly bits: number;
  readonly max: number;
  readonly min: number;
  /** The distance from 1 to the next number. */
  readonly eps: number;
  /** The smallest number above 0 with all its digits. */
  readonly tiny: number;
  readonly smallestNormal: number;
  /** Of decimal numbers with as many digits as it holds. */
  readonly resolution: number;
}
const FLOATS: {
  readonly [D in DType]?: readonly [max: number, eps: number, tiny: number, resolution: number];
} = {
  float16: [65504, 2 ** -10, 2 ** -14, 1e-3],
  float32: [(2 - 2 ** -23) * 2 ** 127, 2 ** -23, 2 ** -126, 1e-6],
  float64: [Number.MAX_VALUE, Number.EPSILON, 2 ** -1022, 1e-15],
};
/**
 * The limits of a floating point dtype.
 *
 * @throws DlError for another dtype.
 * @see https://docs.pytorch.org/docs/stable/type_info.html
 *
 * @example
 * finfo("float32").eps // => 1.19209e-7
 */
export function finfo(dtype: DType = "float32"): FloatInfo {
  const limits = infoOf(dtype) && FLOATS[dtype];
  if (!limits)
    throw new DlError("dtype", `finfo: ${dtype} has no fractions: iinfo tells its limits`);
  const [max, eps, tiny, resolution] = limits;
  const bits = 8 * bytesPerElement(dtype);
  return { dtype, bits, max, min: -max, eps, tiny, smallestNormal: tiny, resolution };
}

export interface IntegerInfo {
  readonly dtype: DType;
  readonly bits: number;
  readonly max: number;
  readonly min: number;
}
/**
 * The limits of an integer dtype.
 *
 * @throws DlError for another dtype, bool among them.
 * @see https://docs.pytorch.org/docs/stable/type_info.html
 *
 * @example
 * iinfo("int32").max // => 2147483647
 */
export function iinfo(dtype: DType): IntegerInfo {
  if (infoOf(dtype).category !== 1)
    throw new DlError(
      "dtype",
      `iinfo: ${dtype} is no integer dtype: finfo tells the limits of floating point ones`,
    );
  const bits = 8 * bytesPerElement(dtype);
  return dtype === "uint8"
    ? { dtype, bits, max: 255, min: 0 }
    : { dtype, bits, max: 2 ** 31 - 1, min: -(2 ** 31) };
}
