/**
 * Elements in memory. Every binding is an array of 32-bit words, so that one buffer can be bound once for operands of any
 * dtype. Bytes (bool, uint8) lie four to a word and halves two; a kernel that writes them either owns whole words, or
 * writes atomically, first clearing and then setting its own bits.
 */
import type { DType } from "@dl/tensor/core";
import type { Access } from "../kernel.ts";
import type { Type } from "./expr.ts";

/** Elements in a word. */
export const perWord = (dtype: DType): number =>
  dtype === "bool" || dtype === "uint8" ? 4 : dtype === "float16" ? 2 : 1;

/** A binding as a kernel's text sees it. */
export interface Slot {
  readonly name: string;
  readonly access: Access;
}
export const slot = (i: number, access: Access): Slot => ({ name: `b${i}`, access });

const word = ({ name, access }: Slot, index: string): string =>
  access === "a" ? `atomicLoad(&${name}[${index}])` : `${name}[${index}]`;

/** The number that is a word of its own. */
export function fromWord(bits: string, dtype: DType, type: Type): string {
  if (dtype === "float32") return `bitcast<f32>(${bits})`;
  return type === "f32" ? `f32(bitcast<i32>(${bits}))` : `bitcast<i32>(${bits})`;
}

/** Element `index` (an i32), as a number of the kernel's type. */
export function load(from: Slot, dtype: DType, index: string, type: Type): string {
  switch (dtype) {
    case "float32":
    case "int32":
      return fromWord(word(from, index), dtype, type);
    case "float16":
      return `fromHalf((${word(from, `(${index}) >> 1u`)} >> ((u32(${index}) & 1u) << 4u)) & 0xffffu)`;
    default:
      return `${type}((${word(from, `(${index}) >> 2u`)} >> ((u32(${index}) & 3u) << 3u)) & 255u)`;
  }
}

/** The bits of a value as they are stored, a u32. `value` is of the kernel's type, or a bool. */
export function bitsFor(dtype: DType, value: string, type: Type, isMask: boolean): string {
  if (isMask) {
    if (dtype === "float32") return `select(0u, 0x3f800000u, ${value})`;
    return dtype === "float16" ? `select(0u, 0x3c00u, ${value})` : `select(0u, 1u, ${value})`;
  }
  const isFloat = type === "f32";
  switch (dtype) {
    case "float32":
      return `bitcast<u32>(${isFloat ? value : `f32(${value})`})`;
    case "int32":
      return `bitcast<u32>(${isFloat ? `toInt(${value})` : value})`;
    case "float16":
      return `toHalf(${isFloat ? value : `f32(${value})`})`;
    case "uint8":
      return `(bitcast<u32>(${isFloat ? `toInt(${value})` : value}) & 255u)`;
    default:
      return `select(0u, 1u, ${isFloat ? `isNonzero(${value})` : `${value} != 0i`})`;
  }
}

/** Writes one element. Where it shares its word with others, the binding is atomic. */
export function store(to: Slot, dtype: DType, index: string, bits: string): string {
  const n = perWord(dtype);
  if (n === 1)
    return to.access === "a"
      ? `atomicStore(&${to.name}[${index}], ${bits});`
      : `${to.name}[${index}] = ${bits};`;
  const [shift, log, mask] = n === 4 ? ["3u", "2u", "255u"] : ["4u", "1u", "0xffffu"];
  return `{
    let at = ${index};
    let up = (u32(at) & ${n - 1}u) << ${shift};
    atomicAnd(&${to.name}[at >> ${log}], ~(${mask} << up));
    atomicOr(&${to.name}[at >> ${log}], (${bits}) << up);
  }`;
}

/** How a result is bound that is written an element at a time. */
export const writeAccess = (dtype: DType): Access => (perWord(dtype) === 1 ? "w" : "a");
