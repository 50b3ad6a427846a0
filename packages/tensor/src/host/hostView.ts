import type { Backend, View } from "../backend.ts";
import type { TypedArray } from "../dtype.ts";

/** A view of memory that JavaScript has in an array: element p is `data[offset + Σ p·strides]`. */
export interface HostView extends Omit<View, "buffer"> {
  readonly data: TypedArray;
}

type KernelName = "map" | "reduce" | "matmul" | "gather" | "scatter" | "sort" | "scan" | "random";
type OnHost<T> = T extends View ? HostView : T extends readonly View[] ? readonly HostView[] : T;
type AllOnHost<T extends readonly unknown[]> = { [I in keyof T]: OnHost<T[I]> };

/** One of a backend's kernels, given arrays instead of buffers: `HostKernel<"map">`. */
export type HostKernel<K extends KernelName> = (
  ...operands: AllOnHost<Parameters<Backend[K]>>
) => void;

/**
 * A view together with the array that its buffer stands for.
 *
 * @param data of the view's dtype, over the whole buffer
 * @param options.offset of the view's first element in `data`, where that begins elsewhere than the buffer
 */
export const hostView = (
  view: View,
  data: TypedArray,
  { offset = view.offset }: { offset?: number } = {},
): HostView => ({
  data,
  dtype: view.dtype,
  shape: view.shape,
  strides: view.strides,
  offset,
  contiguous: view.contiguous,
  numel: view.numel,
});
