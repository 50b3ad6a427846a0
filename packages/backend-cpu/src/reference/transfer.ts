/** Between operands of any dtype and stride and the registers of a block. */
import type { TypedArray } from "@dl/tensor";
import type { Operand } from "./operand.ts";
import { eachRun, type Plan } from "./walk.ts";

export function load(
  register: TypedArray,
  { data, offset }: Operand,
  { sizes, strides }: Plan,
  k: number,
  start: number,
  n: number,
): void {
  eachRun(sizes, strides[k], offset, start, n, (from, stride, length, at) => {
    if (stride === 0) register.fill(data[from], at, at + length);
    else for (let i = 0, p = from; i < length; i++, p += stride) register[at + i] = data[p];
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

/** The array converts: to integers by truncation, modulo their range. To bool: what is not 0 is true, NaN included. */
export function store(
  register: ArrayLike<number>,
  { data, offset, dtype }: Operand,
  { sizes, strides }: Plan,
  k: number,
  start: number,
  n: number,
): void {
  eachRun(sizes, strides[k], offset, start, n, (to, stride, length, at) => {
    if (dtype === "bool")
      for (let i = 0, p = to; i < length; i++, p += stride)
        data[p] = register[at + i] === 0 ? 0 : 1;
    else for (let i = 0, p = to; i < length; i++, p += stride) data[p] = register[at + i];
  });
}

/** Strides of the pseudo-operands whose values are positions. */
export const positionStrides = (rank: number, axes: readonly number[]): number[][] =>
  axes.map((axis) => Array.from({ length: rank }, (_, d) => (d === axis ? 1 : 0)));
