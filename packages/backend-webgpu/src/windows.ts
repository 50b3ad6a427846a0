/**
 * Operands that are larger than what a kernel can be given at a time. An op is divided along an axis until what each operand
 * spans fits, and runs part by part, through windows: bindings of parts of a buffer. Where the result lacks the axis (a sum
 * over it, the depth of a product), the parts make results of their own, which are joined.
 */
import type { Buffer, View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Block } from "./memory.ts";
import { look } from "./operands.ts";
import { perWord } from "./wgsl/access.ts";

/** A view that takes part in an op, and which of its dimensions each of the op's axes is (null: none). Results come last. */
export interface Operand {
  readonly view: View;
  readonly dims: readonly (number | null)[];
}

/** For ops with one result that may lack an axis: memory for another like it, and how two become one. */
export interface Joining {
  readonly like: (result: View) => View;
  /** Frees both. */
  readonly join: (first: View, second: View, result: View) => void;
}

/** Runs an op on parts that fit. `name` is for the error where nothing is left to divide. */
export function inWindows(
  engine: Engine,
  name: string,
  operands: readonly Operand[],
  run: (views: View[]) => void,
  joining?: Joining,
): void {
  const { memory } = engine;
  const large = operands.filter(({ view }) => memory.isTooLarge(view) && !fits(engine, view));
  if (large.length === 0) {
    const windows = new Windows(engine);
    run(operands.map(({ view }) => windows.of(view)));
    return;
  }
  const largest = large.reduce((a, b) => (spread(b.view) > spread(a.view) ? b : a));
  const result = operands[operands.length - 1];
  const { shape, strides } = largest.view;
  const axes = largest.dims.flatMap((d, axis) =>
    d !== null && shape[d] > 1 && strides[d] !== 0 && (joining || result.dims[axis] !== null)
      ? [axis]
      : [],
  );
  if (axes.length === 0) memory.checkBinding(memory.blockOf(largest.view.buffer), name);
  const strideOf = (axis: number) => Math.abs(strides[largest.dims[axis]!]);
  const axis = axes.reduce((a, b) => (strideOf(b) > strideOf(a) ? b : a));
  const size = shape[largest.dims[axis]!];
  const half = Math.ceil(size / 2);
  const parts = [
    operands.map((o) => narrow(o, axis, 0, half)),
    operands.map((o) => narrow(o, axis, half, size - half)),
  ];
  if (result.dims[axis] !== null) {
    for (const part of parts) inWindows(engine, name, part, run, joining);
    return;
  }
  const [first, second] = parts.map((part) => {
    const own = joining!.like(result.view);
    inWindows(engine, name, [...part.slice(0, -1), { ...result, view: own }], run, joining);
    return own;
  });
  joining!.join(first, second, result.view);
}

function narrow({ view, dims }: Operand, axis: number, from: number, size: number): Operand {
  const d = dims[axis];
  if (d === null) return { view, dims };
  const shape = view.shape.with(d, size);
  return { view: look(view, shape, view.strides, view.offset + from * view.strides[d]), dims };
}

const spread = (view: View): number => {
  const [first, end] = spanOf(view);
  return end - first;
};
/** Where a binding begins is rounded down. */
const fits = ({ memory }: Engine, view: View): boolean =>
  spread(view) + memory.alignment <= memory.bindingLimit;

/** The bytes between which a view's elements lie. */
function spanOf({ shape, strides, offset, dtype }: View): [first: number, end: number] {
  let [first, last] = [offset, offset];
  strides.forEach((s, d) => {
    if (s < 0) first += s * (shape[d] - 1);
    else last += s * (shape[d] - 1);
  });
  const bytes = 4 / perWord(dtype);
  return [first * bytes, (last + 1) * bytes];
}

/** Equal spans are one window: a buffer may not be written through bindings that overlap. */
class Windows {
  private readonly engine: Engine;
  private readonly made = new Map<string, Buffer>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  of(v: View): View {
    const { memory } = this.engine;
    if (!memory.isTooLarge(v)) return v;
    const block: Block = memory.blockOf(v.buffer);
    const [first, end] = spanOf(v);
    const from = Math.floor(first / memory.alignment) * memory.alignment;
    const key = `${block.id} ${from} ${end}`;
    let buffer = this.made.get(key);
    if (!buffer) {
      const size = Math.min(Math.ceil((end - from) / 16) * 16, block.size - from);
      buffer = memory.window(block, from, size);
      this.made.set(key, buffer);
    }
    const elements = (from / 4) * perWord(v.dtype);
    const { dtype, shape, strides, contiguous, numel } = v;
    return { buffer, dtype, shape, strides, contiguous, numel, offset: v.offset - elements };
  }
}
