/** Views with any strides for tests of kernels, and a look at all of the memory around them. */
import {
  type Backend,
  type Buffer,
  bytesPerElement,
  type DType,
  type TypedArray,
  typedArrayFor,
  type View,
} from "@dl/tensor";

export interface TestView extends View {
  readonly buffer: Buffer;
}

export const numelOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  for (let d = shape.length - 1, n = 1; d >= 0; n *= shape[d--]) strides[d] = n;
  return strides;
}

/** Offsets of all elements, in row-major order of the shape. */
export function offsets(view: Pick<View, "shape" | "strides" | "offset">): number[] {
  let all = [view.offset];
  view.shape.forEach((n, d) => {
    all = all.flatMap((at) => Array.from({ length: n }, (_, i) => at + i * view.strides[d]));
  });
  return all;
}

/** A new buffer of `span` elements with these contents, seen through a view. */
export function viewOf(
  backend: Backend,
  contents: ArrayLike<number>,
  shape: readonly number[],
  options: { strides?: readonly number[]; offset?: number; dtype?: DType } = {},
): TestView {
  const { strides = rowMajor(shape), offset = 0, dtype = "float32" } = options;
  const data = new (typedArrayFor(dtype))(contents);
  const buffer = backend.alloc(contents.length * bytesPerElement(dtype));
  backend.write(buffer, data);
  const dense = rowMajor(shape);
  const contiguous = shape.includes(0) || shape.every((n, d) => n === 1 || strides[d] === dense[d]);
  return { buffer, dtype, shape, strides, offset, contiguous, numel: numelOf(shape) };
}

/** Everything in the view's buffer, whether the view shows it or not. */
export const contentsOf = (backend: Backend, view: View): TypedArray =>
  new (typedArrayFor(view.dtype))(backend.readSync!(view.buffer));

/** The view's elements in row-major order. */
export function valuesOf(backend: Backend, view: View): number[] {
  const contents = contentsOf(backend, view);
  return offsets(view).map((at) => contents[at]);
}

/** A small generator with a seed, so that a failure can be repeated. */
export function generator(seed: number) {
  let state = seed >>> 0;
  /** Uniform on [0, 1). */
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(from: readonly T[]): T => from[integer(0, from.length - 1)];
  return { next, integer, pick };
}
export type Generator = ReturnType<typeof generator>;

/**
 * Strides for a shape: its dimensions in any order, with gaps, backwards, or broadcast; with the offset and the number of
 * elements that they need. `distinct`: no two positions share an element, as an output has to be.
 */
export function randomLayout(
  g: Generator,
  shape: readonly number[],
  distinct: boolean,
): { strides: number[]; offset: number; span: number } {
  const order = shape.map((_, d) => d);
  if (g.next() < 0.5) order.sort(() => g.next() - 0.5);
  const strides: number[] = [];
  let reach = g.next() < 0.3 ? 2 : 1;
  let offset = g.integer(0, 5);
  for (const d of order.reverse()) {
    if (!distinct && g.next() < 0.2) {
      strides[d] = 0;
      continue;
    }
    const isBackwards = g.next() < 0.15;
    strides[d] = isBackwards ? -reach : reach;
    if (isBackwards) offset += reach * Math.max(0, shape[d] - 1);
    reach = reach * Math.max(1, shape[d]) + (g.next() < 0.2 ? g.integer(1, 3) : 0);
  }
  return { strides, offset, span: reach + offset + 8 };
}
