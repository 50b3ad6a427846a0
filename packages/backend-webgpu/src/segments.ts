/**
 * Scattering along few long lanes: the indices of a lane are sorted, stably, and each run of equal ones is the work of one
 * thread, which takes its updates in their order.
 */
import type { ScatterMode, View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import { copyType } from "./indexing.ts";
import { address, allDimensions, bindBlocks, coordinates, Words } from "./operands.ts";
import { sortLanes } from "./sort.ts";
import { bitsFor, load, store, writeAccess } from "./wgsl/access.ts";

const WORKGROUP = 64;

export function sortedSegments(
  engine: Engine,
  target: View,
  index: View,
  updates: View,
  axis: number,
  mode: ScatterMode,
): void {
  const length = index.shape[axis];
  const lanes = allDimensions(index.shape).filter((d) => d !== axis);
  // Lanes that share their indices are sorted once.
  const distinct = lanes.filter((d) => index.strides[d] !== 0);
  const sorted = sortLanes(engine, index, distinct, axis, false);
  const laneStrides = index.shape.map(() => 0);
  distinct.reduceRight((n, d) => {
    laneStrides[d] = n;
    return n * index.shape[d];
  }, 1);

  const rank = lanes.length;
  const { dtype } = target;
  const bound = bindBlocks(
    [...[target, updates].map((v) => engine.memory.blockOf(v.buffer)), sorted.block],
    [writeAccess(dtype), "r", "r"],
  );
  const kernel = engine.kernel(`scatter segments ${mode} ${dtype} ${bound.key} ${rank}`, () => {
    const type = copyType(target);
    const words = new Words();
    const [total, n, padded, step, updateStep] = words.several(5);
    const sizes = words.several(rank);
    const [to, from] = [0, 1].map(() => address(words.next(), "c", words.several(rank)));
    const lane = address("", "c", words.several(rank));
    const { slots, access } = bound;
    const pair = (i: string, word: 0 | 1) => `${slots[2].name}[2 * (first + ${i}) + ${word}]`;
    const value = load(slots[1], dtype, `origin + i32(${pair("s", 1)}) * ${updateStep}`, type);
    const next =
      mode === "set" ? value : dtype === "bool" ? `(value | ${value})` : `(value + ${value})`;
    const body = `
  let i = i32(group * ${WORKGROUP}u + lane);
  if (i >= ${total}) { return; }
  // Neighbouring threads have neighbouring lanes.
  let lanes = ${total} / ${n};
  let which = i % lanes;
  var s = i / lanes;
  ${coordinates("c", "which", sizes)}
  let first = (${lane}) * ${padded};
  let key = ${pair("s", 0)};
  if (s > 0 && ${pair("s - 1", 0)} == key) { return; }
  let origin = ${from};
  let place = ${to} + i32(key ^ 0x80000000u) * ${step};
  var value = ${mode === "set" ? `${type}(0)` : load(slots[0], dtype, "place", type)};
  for (; s < ${n}; s++) {
    if (${pair("s", 0)} != key) { break; }
    value = ${next};
  }
  ${store(slots[0], dtype, "place", bitsFor(dtype, "value", type, false))}`;
    return { name: `scatter (${mode})`, access, workgroup: WORKGROUP, body };
  });
  const words = [index.numel, length, sorted.padded, target.strides[axis], updates.strides[axis]];
  words.push(...lanes.map((d) => index.shape[d]));
  for (const v of [target, updates]) words.push(v.offset, ...lanes.map((d) => v.strides[d]));
  words.push(...lanes.map((d) => laneStrides[d]));
  engine.queue.dispatch(
    kernel,
    bound.blocks,
    words,
    engine.spread(Math.ceil(index.numel / WORKGROUP)),
  );
  engine.memory.release(sorted.block);
}
