/** Operands of a kernel: which buffers they share, and how the loop over their positions is laid out. */
import { DlError, type View } from "@dl/tensor/core";
import type { Access } from "./kernel.ts";
import type { Block, Memory } from "./memory.ts";
import { isPiece } from "./pages.ts";
import { type Slot, slot } from "./wgsl/access.ts";

/** Operands' buffers, each bound once: WebGPU forbids that a buffer is read through one binding and written through another. */
export interface Bound {
  readonly blocks: readonly Block[];
  readonly access: readonly Access[];
  /** Of each operand. */
  readonly slots: readonly Slot[];
  /** For the kernel's key. */
  readonly key: string;
}

const STRONGER = "rwa";

export function bind(memory: Memory, views: readonly View[], wanted: readonly Access[]): Bound {
  views.forEach(checkDType);
  return bindBlocks(
    views.map((v) => memory.blockOf(v.buffer)),
    wanted,
  );
}

/** Ops that are asked for a result of some dtype may not have looked whether the device has it. */
export function checkDType({ dtype }: View): void {
  if (dtype === "float64")
    throw new DlError("dtype", "webgpu has no float64: use float32, or compute this on the CPU");
}

export function bindBlocks(of: readonly Block[], wanted: readonly Access[]): Bound {
  const blocks: Block[] = [];
  const access: Access[] = [];
  const places = of.map((block, i) => {
    const at = blocks.indexOf(block);
    if (at < 0) {
      access.push(wanted[i]);
      return blocks.push(block) - 1;
    }
    if (STRONGER.indexOf(wanted[i]) > STRONGER.indexOf(access[at])) access[at] = wanted[i];
    return at;
  });
  // Of a buffer that is written, no other part may be bound as read-only. Whether pieces lie in one buffer is chance, and
  // kernels should not depend on it.
  if (blocks.some((block, i) => isPiece(block) && access[i] !== "r"))
    blocks.forEach((block, i) => {
      if (isPiece(block) && access[i] === "r") access[i] = "w";
    });
  return {
    blocks,
    access,
    slots: places.map((i) => slot(i, access[i])),
    key: `${access.join("")}${places.join()}`,
  };
}

/** Another look at the same memory. (A view's buffer may be a getter, which a spread would leave out.) */
export function look(
  v: View,
  shape: readonly number[],
  strides: readonly number[],
  offset = v.offset,
): View {
  const numel = shape.reduce((a, b) => a * b, 1);
  const { buffer, dtype } = v;
  return { buffer, dtype, shape, strides, offset, contiguous: false, numel };
}

/** A loop over positions: sizes from the slowest dimension to the fastest, and each operand's strides. */
export interface Walk {
  readonly sizes: readonly number[];
  /** [operand][dimension] */
  readonly strides: readonly (readonly number[])[];
  readonly count: number;
}

/**
 * Dimensions of size 1 left out, the others in the order in which operand `leading` lies in memory, and joined where all
 * operands go on evenly.
 */
export function walkOver(
  shape: readonly number[],
  dimensions: readonly number[],
  strides: readonly (readonly number[])[],
  leading: number,
): Walk {
  const order = dimensions.filter((d) => shape[d] !== 1);
  const lead = strides[leading];
  if (lead && !order.every((d, i) => i === 0 || Math.abs(lead[order[i - 1]]) >= Math.abs(lead[d])))
    order.sort((a, b) => Math.abs(lead[b]) - Math.abs(lead[a]) || a - b);
  const sizes: number[] = [];
  const merged: number[][] = strides.map(() => []);
  for (const d of order) {
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((s, k) => merged[k][last] === s[d] * shape[d])) {
      sizes[last] *= shape[d];
      strides.forEach((s, k) => {
        merged[k][last] = s[d];
      });
    } else {
      sizes.push(shape[d]);
      strides.forEach((s, k) => merged[k].push(s[d]));
    }
  }
  return { sizes, strides: merged, count: dimensions.reduce((n, d) => n * shape[d], 1) };
}

export const allDimensions = (shape: readonly number[]): number[] => shape.map((_, d) => d);

/** Words of parameters as a kernel's text names them, in the order in which they are asked for. */
export class Words {
  private count = 0;
  next(): string {
    const i = this.count++;
    return `P[${i >> 2}].${"xyzw"[i & 3]}`;
  }
  /** The number of the word that comes next. */
  get position(): number {
    return this.count;
  }
  several(n: number): string[] {
    return Array.from({ length: n }, () => this.next());
  }
}

/**
 * Statements that take position `from` apart into coordinates `${prefix}0` …, slowest first, whose own size is not looked
 * at. `type` is i32, or a vector of them.
 */
export function coordinates(
  prefix: string,
  from: string,
  sizes: readonly string[],
  type = "i32",
): string {
  if (sizes.length === 0) return "";
  const rest = (d: number) => `${prefix}Rest${d}`;
  const last = sizes.length - 1;
  const lines = [`let ${rest(last)} = ${type.replace("i32", "u32")}(${from});`];
  // What is left over comes from the quotient: one division a dimension, not two.
  for (let d = last; d > 0; d--) {
    const size = `u32(${sizes[d]})`;
    lines.push(`let ${rest(d - 1)} = ${rest(d)} / ${size};`);
    lines.push(`let ${prefix}${d} = ${type}(${rest(d)} - ${rest(d - 1)} * ${size});`);
  }
  lines.push(`let ${prefix}0 = ${type}(${rest(0)});`);
  return lines.join("\n");
}

/** `offset + Σ coordinate · stride` */
export function address(offset: string, prefix: string, strides: readonly string[]): string {
  const terms = strides.map((stride, d) => `${prefix}${d} * ${stride}`);
  return [offset, ...terms].filter(Boolean).join(" + ") || "0i";
}
