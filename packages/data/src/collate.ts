/** From a list of samples to a batch. */
import {
  adoptArray,
  type Backend,
  DlError,
  type DType,
  dtypeOfArray,
  eachTensor,
  formatShape,
  getBackend,
  isTensor,
  sameShape,
  stack,
  type Tensor,
  type TypedArray,
  typedArrayFor,
} from "@dl/tensor/core";

/** What a batch of samples of type `T` is. */
export type Collated<T> = T extends number | boolean | Tensor | TypedArray
  ? Tensor
  : T extends string
    ? string[]
    : T extends readonly unknown[] | object
      ? { [K in keyof T]: Collated<T[K]> }
      : T[];

/**
 * Stacks samples: tensors and typed arrays along a new first dimension, numbers to a float32 tensor and booleans to a
 * bool one, arrays and objects member by member. Strings, and what cannot be stacked, stay a list.
 *
 * @example
 * defaultCollate([{ x: [1, 2], y: true }, { x: [3, 4], y: false }])
 * // => { x: [[1, 3], [2, 4]], y: [true, false] }
 */
export function defaultCollate<T>(samples: readonly T[], device?: Backend): Collated<T> {
  if (samples.length === 0)
    throw new DlError("data", "defaultCollate: a batch of no samples has no shape");
  return collate(samples, { device, path: "" }) as Collated<T>;
}

/** @internal The same for a loader, which knows the samples' indices in the dataset. */
export const collateAt = <T>(
  samples: readonly T[],
  indices: ArrayLike<number> | undefined,
  device: Backend | undefined,
): Collated<T> => collate(samples, { indices, device, path: "" }) as Collated<T>;

interface Place {
  readonly indices?: ArrayLike<number>;
  readonly device?: Backend;
  /** Of the member of a sample that is being stacked: `[0]`, `.image`. */
  readonly path: string;
}

function collate(samples: readonly unknown[], place: Place): unknown {
  const [first] = samples;
  if (isTensor(first)) return stackTensors(samples, place);
  if (ArrayBuffer.isView(first) && dtypeOfArray(first as TypedArray))
    return stackArrays(samples, dtypeOfArray(first as TypedArray)!, place);
  if (typeof first === "number") return fromScalars(samples, "float32", place);
  if (typeof first === "boolean") return fromScalars(samples, "bool", place);
  if (Array.isArray(first)) {
    const other = samples.findIndex((s) => !Array.isArray(s) || s.length !== first.length);
    if (other >= 0) unequal(place, `an array of ${first.length}`, other, describe(samples[other]));
    return first.map((_, k) =>
      collate(
        samples.map((s) => (s as unknown[])[k]),
        { ...place, path: `${place.path}[${k}]` },
      ),
    );
  }
  if (first !== null && typeof first === "object" && isPlain(first)) {
    const members = Object.keys(first);
    const other = samples.findIndex(
      (s) => s === null || typeof s !== "object" || members.some((key) => !(key in s)),
    );
    if (other >= 0) unequal(place, describe(first), other, describe(samples[other]));
    return Object.fromEntries(
      members.map((key) => [
        key,
        collate(
          samples.map((s) => (s as Record<string, unknown>)[key]),
          { ...place, path: `${place.path}.${key}` },
        ),
      ]),
    );
  }
  return samples;
}

const isPlain = (x: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(x));

function stackTensors(samples: readonly unknown[], place: Place): Tensor {
  const first = samples[0] as Tensor;
  const other = samples.findIndex((s) => !isTensor(s) || !sameShape(s.shape, first.shape));
  if (other >= 0)
    unequal(place, `shape ${formatShape(first.shape)}`, other, describe(samples[other]));
  const tensors = samples as readonly Tensor[];
  const device = place.device ?? first.device;
  const rows = tensors.map(hostOf);
  const oneDtype = tensors.every((t) => t.dtype === first.dtype);
  if (oneDtype && rows.every((row) => row !== null) && !tensors.some((t) => t.requiresGrad))
    return adoptArray(
      concat(rows as TypedArray[], first.dtype),
      first.dtype,
      [tensors.length, ...first.shape],
      device,
    );
  const stacked = stack(tensors, 0);
  return device === stacked.device ? stacked : moved(stacked, device);
}

/** @internal To another backend by way of the host. */
export const moved = (t: Tensor, device: Backend): Tensor =>
  adoptArray(t.dataSync(), t.dtype, t.shape, device);

/** @internal The elements of a tensor that JavaScript has at hand, not copied; null if it is on the device only. */
export function hostOf(t: Tensor): TypedArray | null {
  const { storage, offset, numel, contiguous } = t.memory;
  if (!storage.host || !contiguous) return null;
  return (storage.host as TypedArray).subarray(offset, offset + numel) as TypedArray;
}

function concat(rows: readonly TypedArray[], dtype: DType): TypedArray {
  const length = rows[0].length;
  const out = new (typedArrayFor(dtype))(rows.length * length);
  for (let i = 0; i < rows.length; i++) {
    if (length === 1) out[i] = rows[i][0];
    else out.set(rows[i], i * length);
  }
  return out;
}

function stackArrays(samples: readonly unknown[], dtype: DType, place: Place): Tensor {
  const { constructor, length } = samples[0] as TypedArray;
  const other = samples.findIndex(
    (s) => (s as object)?.constructor !== constructor || (s as TypedArray).length !== length,
  );
  if (other >= 0) unequal(place, `${constructor.name}(${length})`, other, describe(samples[other]));
  return adoptArray(
    concat(samples as TypedArray[], dtype),
    dtype,
    [samples.length, length],
    place.device ?? getBackend(),
  );
}

function fromScalars(samples: readonly unknown[], dtype: DType, place: Place): Tensor {
  const type = typeof samples[0];
  const other = samples.findIndex((s) => typeof s !== type);
  if (other >= 0) unequal(place, `a ${type}`, other, describe(samples[other]));
  return adoptArray(
    new (typedArrayFor(dtype))(samples.map(Number)),
    dtype,
    [samples.length],
    place.device ?? getBackend(),
  );
}

function unequal(place: Place, first: string, other: number, got: string): never {
  const name = (i: number): string =>
    `sample ${place.indices ? place.indices[i] : i}${place.path ? ` at ${place.path}` : ""}`;
  throw new DlError(
    "data",
    `the samples of a batch do not stack: ${name(0)} has ${first}, ${name(other)} has ${got}. ` +
      "Make them equal in the dataset (crop, pad), or give the loader a collateFn that does",
  );
}
function describe(x: unknown): string {
  if (isTensor(x)) return `shape ${formatShape(x.shape)}`;
  if (Array.isArray(x)) return `an array of ${x.length}`;
  if (ArrayBuffer.isView(x)) return `${x.constructor.name}(${(x as TypedArray).length})`;
  if (x !== null && typeof x === "object") return `the members ${Object.keys(x).join(", ")}`;
  return x === null || x === undefined ? `${x}` : `a ${typeof x}`;
}

/** @internal Bytes of the tensors that a batch holds. */
export function bytesOf(batch: unknown): number {
  let bytes = 0;
  eachTensor(batch, (t) => {
    if (t.released === null) bytes += t.memory.storage.bytes;
  });
  return bytes;
}
