/** Reading and writing at positions that are data. Indices out of range are not looked for. */
import type { ScatterMode, View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Access } from "./kernel.ts";
import { address, allDimensions, bind, coordinates, Words, walkOver } from "./operands.ts";
import { sortedSegments } from "./segments.ts";
import { bitsFor, load, store, writeAccess } from "./wgsl/access.ts";
import type { Type } from "./wgsl/expr.ts";

const WORKGROUP = 64;

/** Strides with the axis left to the index. */
const without = (strides: readonly number[], axis: number): number[] =>
  strides.map((s, d) => (d === axis ? 0 : s));

/** What elements are copied in: bits, so that a NaN stays the NaN it is. */
export const copyType = (view: View): Type =>
  view.dtype === "float32" || view.dtype === "float16" ? "f32" : "i32";

export function gather(engine: Engine, input: View, index: View, output: View, axis: number): void {
  if (output.numel === 0) return;
  const views = [input, index, output];
  const walk = walkOver(
    output.shape,
    allDimensions(output.shape),
    [without(input.strides, axis), index.strides, output.strides],
    2,
  );
  const bound = bind(engine.memory, views, ["r", "r", writeAccess(output.dtype)] as Access[]);
  const rank = walk.sizes.length;
  const kernel = engine.kernel(`gather ${output.dtype} ${bound.key} ${rank}`, () => {
    const type = copyType(output);
    const words = new Words();
    const [count, step] = words.several(2);
    const sizes = words.several(rank);
    const [from, where, to] = views.map(() => address(words.next(), "c", words.several(rank)));
    const { slots, access } = bound;
    const element = load(
      slots[0],
      output.dtype,
      `${from} + ${load(slots[1], "int32", where, "i32")} * ${step}`,
      type,
    );
    const body = `
  let i = i32(group * ${WORKGROUP}u + lane);
  if (i >= ${count}) { return; }
  ${coordinates("c", "i", sizes)}
  let value = ${element};
  ${store(slots[2], output.dtype, to, bitsFor(output.dtype, "value", type, false))}`;
    return { name: "gather", access, workgroup: WORKGROUP, body };
  });
  const words = [walk.count, input.strides[axis], ...walk.sizes];
  views.forEach((v, k) => words.push(v.offset, ...walk.strides[k]));
  engine.queue.dispatch(
    kernel,
    bound.blocks,
    words,
    engine.spread(Math.ceil(walk.count / WORKGROUP)),
  );
}

/** Lanes that keep a device busy, and updates that one thread may take one after another without them. */
const MANY_LANES = 1024;
const FEW_UPDATES = 64;

/**
 * A thread takes all updates of one lane along the axis, in their order, so that there are no races and a second run gives
 * the same bits. Few long lanes are sorted by target first (`segments.ts`).
 */
export function scatter(
  engine: Engine,
  target: View,
  index: View,
  updates: View,
  axis: number,
  mode: ScatterMode,
): void {
  if (index.numel === 0) return;
  const length = index.shape[axis];
  if (index.numel / length < MANY_LANES && length > FEW_UPDATES) {
    sortedSegments(engine, target, index, updates, axis, mode);
    return;
  }
  const views = [target, index, updates];
  const lanes = allDimensions(index.shape).filter((d) => d !== axis);
  const walk = walkOver(
    index.shape,
    lanes,
    views.map((v) => v.strides),
    0,
  );
  const bound = bind(engine.memory, views, [writeAccess(target.dtype), "r", "r"] as Access[]);
  const rank = walk.sizes.length;
  const { dtype } = target;
  const kernel = engine.kernel(`scatter ${mode} ${dtype} ${bound.key} ${rank}`, () => {
    const type = copyType(target);
    const words = new Words();
    const [count, each, step, indexStep, updateStep] = words.several(5);
    const sizes = words.several(rank);
    const [to, where, from] = views.map(() => address(words.next(), "c", words.several(rank)));
    const { slots, access } = bound;
    const value = load(slots[2], dtype, `origin + j * ${updateStep}`, type);
    const old = load(slots[0], dtype, "place", type);
    const sum = dtype === "bool" ? `(${old} | ${value})` : `(${old} + ${value})`;
    const body = `
  let i = i32(group * ${WORKGROUP}u + lane);
  if (i >= ${count}) { return; }
  ${coordinates("c", "i", sizes)}
  let to = ${to};
  let origins = ${where};
  let origin = ${from};
  for (var j = 0; j < ${each}; j++) {
    let place = to + ${load(slots[1], "int32", `origins + j * ${indexStep}`, "i32")} * ${step};
    let value = ${mode === "add" ? sum : value};
    ${store(slots[0], dtype, "place", bitsFor(dtype, "value", type, false))}
  }`;
    return { name: `scatter (${mode})`, access, workgroup: WORKGROUP, body };
  });
  const words = [walk.count, length, ...views.map((v) => v.strides[axis]), ...walk.sizes];
  views.forEach((v, k) => words.push(v.offset, ...walk.strides[k]));
  engine.queue.dispatch(
    kernel,
    bound.blocks,
    words,
    engine.spread(Math.ceil(walk.count / WORKGROUP)),
  );
}
