/**
 * Maps over tensors that are larger than what a kernel can be given at a time. They are divided along their slowest
 * dimension until what each operand spans fits, and run part by part, through windows: bindings of parts of a buffer.
 */
import type { Buffer, Program, View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Block } from "./memory.ts";
import { look } from "./operands.ts";
import { perWord } from "./wgsl/access.ts";

type Map = (engine: Engine, p: Program, inputs: View[], outputs: View[]) => void;

/** False where no operand is so large, or the program asks for positions, which parts do not know. */
export function mapInWindows(
  engine: Engine,
  p: Program,
  inputs: readonly View[],
  outputs: readonly View[],
  map: Map,
): boolean {
  const views = [...inputs, ...outputs];
  if (p.axes.length > 0 || !views.some((v) => engine.memory.isTooLarge(v.buffer))) return false;
  divide(engine, views, outputs[0], (parts) => {
    const windows = new Windows(engine);
    const seen = parts.map((v) => windows.of(v));
    map(engine, p, seen.slice(0, inputs.length), seen.slice(inputs.length));
  });
  return true;
}

function divide(
  engine: Engine,
  views: readonly View[],
  leading: View,
  run: (views: readonly View[]) => void,
): void {
  const { alignment, bindingLimit } = engine.memory;
  const isSmall = (v: View) => {
    const [first, end] = spanOf(v);
    return end - first + alignment <= bindingLimit || !engine.memory.isTooLarge(v.buffer);
  };
  const { shape, strides } = leading;
  const splittable = shape.map((_, d) => d).filter((d) => shape[d] > 1);
  if (views.every(isSmall) || splittable.length === 0) {
    run(views);
    return;
  }
  const slowest = splittable.reduce((a, b) =>
    Math.abs(strides[b]) > Math.abs(strides[a]) ? b : a,
  );
  const half = Math.ceil(shape[slowest] / 2);
  for (const [from, size] of [
    [0, half],
    [half, shape[slowest] - half],
  ]) {
    const narrow = (v: View): View =>
      look(
        v,
        shape.map((n, d) => (d === slowest ? size : n)),
        v.strides,
        v.offset + from * v.strides[slowest],
      );
    const at = views.indexOf(leading);
    const parts = views.map(narrow);
    divide(engine, parts, parts[at], run);
  }
}

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
    if (!memory.isTooLarge(v.buffer)) return v;
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
