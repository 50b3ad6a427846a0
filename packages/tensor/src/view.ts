import type { Backend, View as BackendView, Buffer } from "./backend.ts";
import { bytesPerElement, type DType } from "./dtype.ts";
import { contiguousStrides, numelOf, type Shape, sameShape } from "./shape.ts";
import { Storage } from "./storage.ts";

/** A storage with shape, strides and offset (in elements). Never changes; owns nothing: tensors and the tape do. */
export class View implements BackendView {
  readonly storage: Storage;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  readonly numel: number;
  readonly contiguous: boolean;

  constructor(
    storage: Storage,
    dtype: DType,
    shape: Shape,
    strides: readonly number[],
    offset: number,
    contiguous?: boolean,
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.numel = numelOf(shape);
    this.contiguous = contiguous ?? isContiguous(shape, strides);
  }

  get buffer(): Buffer {
    return this.storage.buffer;
  }

  /** Another look at the same storage. */
  with(shape: Shape, strides: readonly number[], offset = this.offset): View {
    return new View(this.storage, this.dtype, shape, strides, offset);
  }

  /** Broadcast to `shape`, which must be possible: new and stretched dimensions have stride 0. */
  expand(shape: Shape): View {
    if (sameShape(shape, this.shape)) return this;
    const lead = shape.length - this.shape.length;
    return this.with(
      shape,
      shape.map((n, d) =>
        d < lead || (this.shape[d - lead] === 1 && n !== 1) ? 0 : this.strides[d - lead],
      ),
    );
  }
}

function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let n = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== n) return shape.includes(0);
    n *= shape[d];
  }
  return true;
}

/** New memory; row-major unless `strides` (a permutation of dense ones) says otherwise. */
export function allocate(
  backend: Backend,
  dtype: DType,
  shape: Shape,
  strides?: readonly number[],
): View {
  const storage = new Storage(backend, numelOf(shape) * bytesPerElement(dtype));
  return new View(
    storage,
    dtype,
    shape,
    strides ?? contiguousStrides(shape),
    0,
    strides ? undefined : true,
  );
}

/**
 * Strides for the result of an elementwise kernel: the dimension order of its first operand that is not broadcast
 * (sizes of 1 do not count), so that channels-last stays channels-last. Undefined means row-major.
 */
export function layoutLike(shape: Shape, operands: readonly View[]): number[] | undefined {
  for (const v of operands) {
    if (v.contiguous && v.numel > 1) return undefined;
    if (v.shape !== shape && !sameShape(v.shape, shape)) continue;
    if (v.strides.some((s, d) => s === 0 && shape[d] !== 1)) continue;
    return denseLike(shape, v.strides);
  }
  return undefined;
}

/** Dense strides whose dimensions are ordered as `strides` orders them; undefined if that is row-major. */
export function denseLike(shape: Shape, strides: readonly number[]): number[] | undefined {
  const dims = shape.map((_, d) => d).filter((d) => shape[d] !== 1);
  const order = dims.slice().sort((a, b) => Math.abs(strides[a]) - Math.abs(strides[b]) || b - a);
  if (order.every((d, i) => d === dims[dims.length - 1 - i])) return undefined;
  const out = contiguousStrides(shape);
  let n = 1;
  for (const d of order) {
    out[d] = n;
    n *= shape[d];
  }
  return out;
}
