/** Between operands of any dtype and strides, and arrays of consecutive elements. */
import type { TypedArray } from "../dtype.ts";
import type { HostView } from "./hostView.ts";
import { eachRun, mergeDimensions, type Walk } from "./loops.ts";

/** Moves `count` elements from position `start` on, in the reader's or writer's order, to or from the array's beginning. */
export type Transfer = (array: TypedArray, start: number, count: number) => void;

/**
 * Reads consecutive elements of a view into an array, which converts them as it stores them.
 *
 * @param options.order of the dimensions, outermost first; those left out stay at 0. Default: row-major
 *
 * @example
 * const data = Int32Array.of(0, 1, 2, 3, 4, 5);
 * const columns = { data, dtype: "int32", shape: [3, 2], strides: [1, 3], offset: 0, contiguous: false, numel: 6 } as const;
 * const four = new Float32Array(4);
 * elementReader(columns)(four, 1, 4);
 * four // => [3, 1, 4, 2]
 */
export function elementReader(
  { data, dtype, shape, strides, offset }: HostView,
  { order }: { order?: readonly number[] } = {},
): Transfer {
  const loops = mergeDimensions(shape, [strides], order);
  const copy = dtype === "float16" ? copyHalf : copyCommon;
  return (to, start, count) =>
    eachRun(loops, offset, start, count, (from, stride, length, at) => {
      if (stride === 0) to.fill(data[from], at, at + length);
      else copy(to, at, 1, data, from, stride, length);
    });
}

/** Reads positions along one axis: an operand whose addresses are its values. */
export function positionReader(
  shape: readonly number[],
  axis: number,
  order: readonly number[] | undefined,
): Transfer {
  const loops = mergeDimensions(shape, [shape.map((_, d) => (d === axis ? 1 : 0))], order);
  return (to, start, count) =>
    eachRun(loops, 0, start, count, (from, stride, length, at) => {
      for (let i = 0; i < length; i++) to[at + i] = from + i * stride;
    });
}

/**
 * Writes consecutive elements into a view, converted to its dtype: to bool what is not 0 is true, NaN included; from
 * floating point to int32 by {@link toInt32}, and to uint8 the low eight bits of that.
 */
export function elementWriter({ data, dtype, shape, strides, offset }: HostView): Transfer {
  const loops: Walk = mergeDimensions(shape, [strides]);
  const copy = dtype === "float16" ? copyHalf : copyCommon;
  const isInteger = dtype === "int32" || dtype === "uint8";
  return (from, start, count) => {
    const isClamped = isInteger && (from instanceof Float32Array || from instanceof Float64Array);
    eachRun(loops, offset, start, count, (to, stride, length, at) => {
      if (dtype === "bool")
        for (let i = 0, p = to; i < length; i++, p += stride) data[p] = from[at + i] === 0 ? 0 : 1;
      else if (isClamped)
        for (let i = 0, p = to; i < length; i++, p += stride) data[p] = toInt32(from[at + i]);
      else copy(data, to, stride, from, at, 1, length);
    });
  };
}

/** Rounded towards zero and clamped, NaN to 0: what `trunc_sat` of WebAssembly and `i32()` of WGSL give. */
export const toInt32 = (x: number): number => Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1) | 0;

/** `to[first + i · toStride] = from[start + i · fromStride]` */
type Copy = typeof copyCommon;

/**
 * V8 compiles an access inline for up to four kinds of array in one place; a fifth makes that place ten times slower for
 * all of them, for good. There are five: Float16Array, the rarest, has a loop of its own, in the same words.
 */
function copyCommon(
  to: TypedArray,
  first: number,
  toStride: number,
  from: TypedArray,
  start: number,
  fromStride: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) to[first + i * toStride] = from[start + i * fromStride];
}
const copyHalf: Copy = (to, first, toStride, from, start, fromStride, n) => {
  for (let i = 0; i < n; i++) to[first + i * toStride] = from[start + i * fromStride];
};
