import type { DType, TypedArray, View } from "@dl/tensor/core";

/** A view resolved to a typed array: element p is `data[offset + Σ p·strides]`. `data` spans the whole buffer. */
export interface Operand {
  readonly data: TypedArray;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly contiguous: boolean;
  readonly numel: number;
}

export const operand = (view: View, data: TypedArray, offset = view.offset): Operand => ({
  data,
  dtype: view.dtype,
  shape: view.shape,
  strides: view.strides,
  offset,
  contiguous: view.contiguous,
  numel: view.numel,
});
