/** Between operands of any dtype and stride and the registers of a block. */
import type { DType, TypedArray } from "@dl/tensor/core";
import type { Operand } from "./operand.ts";
import { eachRun, type Plan } from "./walk.ts";

export function load(
  register: TypedArray,
  { data, offset, dtype }: Operand,
  { sizes, strides }: Plan,
  k: number,
  start: number,
  n: number,
): void {
  const copy = copyFor(dtype);
  eachRun(sizes, strides[k], offset, start, n, (from, stride, length, at) => {
    if (stride === 0) register.fill(data[from], at, at + length);
    else copy(register, at, 1, data, from, stride, length);
  });
}

/** Positions along one axis: an operand whose addresses are its values. */
export function loadPositions(
  register: TypedArray,
  { sizes, strides }: Plan,
  k: number,
  start: number,
  n: number,
): void {
  eachRun(sizes, strides[k], 0, start, n, (from, stride, length, at) => {
    for (let i = 0; i < length; i++) register[at + i] = from + i * stride;
  });
}

/**
 * To bool: what is not 0 is true, NaN included. From floating point to integers: see `toInt32`; to uint8, the low eight
 * bits of that. The array does what is left.
 */
export function store(
  register: TypedArray,
  { data, offset, dtype }: Operand,
  { sizes, strides }: Plan,
  k: number,
  start: number,
  n: number,
): void {
  const copy = copyFor(dtype);
  const isClamped =
    (dtype === "int32" || dtype === "uint8") &&
    (register instanceof Float32Array || register instanceof Float64Array);
  eachRun(sizes, strides[k], offset, start, n, (to, stride, length, at) => {
    if (dtype === "bool")
      for (let i = 0, p = to; i < length; i++, p += stride)
        data[p] = register[at + i] === 0 ? 0 : 1;
    else if (isClamped)
      for (let i = 0, p = to; i < length; i++, p += stride) data[p] = toInt32(register[at + i]);
    else copy(data, to, stride, register, at, 1, length);
  });
}

/** Strides of the pseudo-operands whose values are positions. */
export const positionStrides = (rank: number, axes: readonly number[]): number[][] =>
  axes.map((axis) => Array.from({ length: rank }, (_, d) => (d === axis ? 1 : 0)));

/** Rounded towards zero and clamped, NaN to 0: what `trunc_sat` of WebAssembly and `i32()` of WGSL give. */
export const toInt32 = (x: number): number => Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1) | 0;

/** `to[i · toStride] = from[i · fromStride]`, from the first elements on. */
type Copy = typeof copyCommon;

/**
 * V8 compiles an access inline for up to four kinds of array in one place; a fifth makes that place ten times slower for
 * all of them, for good. There are five: Float16Array, the rarest, has a loop of its own, in the same words.
 */
const copyFor = (dtype: DType): Copy => (dtype === "float16" ? copyHalf : copyCommon);

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
