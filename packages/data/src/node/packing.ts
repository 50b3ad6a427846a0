/** How samples and batches travel between threads: tensors as their elements, the rest as structured clones. */
import {
  adoptArray,
  type Backend,
  type DType,
  getBackend,
  isTensor,
  type Tensor,
  type TypedArray,
} from "@dl/tensor/core";
import { hostOf } from "../collate.ts";

export interface Packed {
  readonly value: unknown;
  readonly tensors: readonly PackedTensor[];
}
interface PackedTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}
/** What stands where a tensor was. */
const PLACE = "@dl/tensor:place";

/**
 * `fresh`: nobody else has the tensors' arrays, and they may be given away.
 *
 * @returns what to post, and what to give away with it.
 */
export function pack(value: unknown, fresh: boolean): { packed: Packed; transfer: ArrayBuffer[] } {
  const tensors: PackedTensor[] = [];
  const transfer: ArrayBuffer[] = [];
  const replace = (x: unknown): unknown => {
    if (isTensor(x)) {
      const data = elementsOf(x, fresh);
      tensors.push({ dtype: x.dtype, shape: [...x.shape], data });
      transfer.push(data.buffer as ArrayBuffer);
      return { [PLACE]: tensors.length - 1 };
    }
    if (Array.isArray(x)) return x.map(replace);
    if (isPlain(x)) return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, replace(v)]));
    return x;
  };
  return { packed: { value: replace(value), tensors }, transfer };
}

/** In an array that fills its buffer, and that nobody else has. */
function elementsOf(t: Tensor, fresh: boolean): TypedArray {
  const host = hostOf(t);
  if (!host) return t.dataSync().slice();
  const whole = host.byteLength === host.buffer.byteLength && host.buffer instanceof ArrayBuffer;
  return fresh && whole ? host : host.slice();
}

export function unpack(packed: Packed, device: Backend = getBackend()): unknown {
  const restore = (x: unknown): unknown => {
    if (Array.isArray(x)) return x.map(restore);
    if (!isPlain(x)) return x;
    if (PLACE in x) {
      const { data, dtype, shape } = packed.tensors[x[PLACE] as number];
      return adoptArray(data, dtype, shape, device);
    }
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, restore(v)]));
  };
  return restore(packed.value);
}

const isPlain = (x: unknown): x is Record<string, unknown> =>
  x !== null &&
  typeof x === "object" &&
  [Object.prototype, null].includes(Object.getPrototypeOf(x));
