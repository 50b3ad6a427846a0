/**
 * Sorting along an axis, stably, by a bitonic network (Batcher, 1968).
 *
 * What is sorted are pairs of a key (the value's bits, so arranged that they order like the value) and a position, which
 * decides between equal keys; so the order is total and the network, which is not stable by itself, gives the stable one.
 * Lanes are filled up to a power of two with pairs that come last. Pairs less than BLOCK apart are exchanged in workgroup
 * memory, others in a launch for each step.
 */
import type { View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import { copyType } from "./indexing.ts";
import type { Access } from "./kernel.ts";
import type { Block } from "./memory.ts";
import {
  address,
  allDimensions,
  bindBlocks,
  checkDType,
  coordinates,
  Words,
  walkOver,
} from "./operands.ts";
import { bitsFor, load, store, writeAccess } from "./wgsl/access.ts";

/** Pairs that a workgroup sorts, with half as many threads. */
const BLOCK = 1024;
const THREADS = 256;

/** Sorted pairs: `[lane][key or position][place]` as words, each lane padded to `padded` places. */
export interface Sorted {
  readonly block: Block;
  readonly lanes: number;
  readonly padded: number;
}

export function sort(
  engine: Engine,
  input: View,
  values: View,
  indices: View,
  axis: number,
  descending: boolean,
): void {
  if (input.numel === 0) return;
  const lanes = allDimensions(input.shape).filter((d) => d !== axis);
  const sorted = sortLanes(engine, input, lanes, axis, descending);
  emit(engine, input, values, indices, lanes, axis, sorted);
  engine.memory.release(sorted.block);
}

/** Sorts each lane; lanes are numbered row-major over `dimensions`. */
export function sortLanes(
  engine: Engine,
  input: View,
  dimensions: readonly number[],
  axis: number,
  descending: boolean,
): Sorted {
  checkDType(input);
  const length = input.shape[axis];
  const padded = 2 ** Math.ceil(Math.log2(Math.max(2, length)));
  const walk = walkOver(input.shape, dimensions, [input.strides], -1);
  const block = engine.memory.take(8 * walk.count * padded);
  const total = walk.count * padded;
  const groups = engine.spread(Math.ceil(total / BLOCK));
  const bound = bindBlocks([engine.memory.blockOf(input.buffer), block], ["r", "w"]);
  const rank = walk.sizes.length;
  const first = engine.kernel(`sort ${input.dtype} ${bound.key} ${rank} ${descending}`, () => {
    const words = new Words();
    const [count, pad, n, step] = words.several(4);
    const sizes = words.several(rank);
    const from = address(words.next(), "c", words.several(rank));
    const type = copyType(input);
    const value = load(bound.slots[0], input.dtype, `${from} + at * ${step}`, type);
    const key = descending ? "~keyOf(value)" : "keyOf(value)";
    const body = `
  let base = i32(group) * ${BLOCK};
  for (var u = i32(lane); u < ${BLOCK}; u += ${THREADS}) {
    let e = base + u;
    var pair = vec2u(0xffffffffu, u32(e % ${pad}));
    let at = e % ${pad};
    if (e < ${count} && at < ${n}) {
      let which = e / ${pad};
      ${coordinates("c", "which", sizes)}
      let value = ${value};
      pair.x = ${key};
    }
    pairs[u] = pair;
  }
  workgroupBarrier();
  for (var k = 2; k <= min(${pad}, ${BLOCK}); k *= 2) {
    for (var j = k / 2; j > 0; j /= 2) {
      exchange(base, lane, k, j, ${pad});
      workgroupBarrier();
    }
  }
  ${WRITE_BACK(count, "b1")}`;
    const keyOf =
      type === "i32"
        ? "fn keyOf(x: i32) -> u32 { return u32(x) ^ 0x80000000u; }"
        : `fn keyOf(x: f32) -> u32 {
  if (isNaN(x)) { return 0xffffffffu; }
  let bits = bitcast<u32>(x);
  if (bits == 0x80000000u) { return bits; }
  return select(bits | 0x80000000u, ~bits, bits > 0x80000000u);
}`;
    const globals = `${keyOf}\n${EXCHANGE}`;
    return { name: "sort", access: bound.access, workgroup: THREADS, body, globals };
  });
  const words = [total, padded, length, input.strides[axis], ...walk.sizes];
  words.push(input.offset, ...walk.strides[0]);
  engine.queue.dispatch(first, bound.blocks, words, groups);
  for (let k = 2 * BLOCK; k <= padded; k *= 2) {
    for (let j = k / 2; j >= BLOCK; j /= 2) {
      engine.queue.dispatch(
        engine.kernel("sort: distant pairs", distant),
        [block],
        [total, padded, k, j],
        engine.spread(Math.ceil(total / 2 / THREADS)),
      );
    }
    engine.queue.dispatch(
      engine.kernel("sort: near pairs", near),
      [block],
      [total, padded, k, 0],
      groups,
    );
  }
  return { block, lanes: walk.count, padded };
}

/** Puts every pair at a distance of j in order: ascending where the bit k of the place is 0. */
const EXCHANGE = `
var<workgroup> pairs: array<vec2u, ${BLOCK}>;
fn isAfter(a: vec2u, b: vec2u) -> bool { return a.x > b.x || (a.x == b.x && a.y > b.y); }
fn exchange(base: i32, lane: u32, k: i32, j: i32, padded: i32) {
  for (var u = i32(lane); u < ${BLOCK / 2}; u += ${THREADS}) {
    let low = (u / j) * 2 * j + u % j;
    let isUp = (((base + low) % padded) & k) == 0;
    let a = pairs[low];
    let b = pairs[low + j];
    if (isAfter(a, b) == isUp) {
      pairs[low] = b;
      pairs[low + j] = a;
    }
  }
}`;

const WRITE_BACK = (count: string, to: string) => `
  for (var u = i32(lane); u < ${BLOCK}; u += ${THREADS}) {
    let e = base + u;
    if (e < ${count}) {
      ${to}[2 * e] = pairs[u].x;
      ${to}[2 * e + 1] = pairs[u].y;
    }
  }`;

function near() {
  const [count, padded, k] = new Words().several(4);
  const body = `
  let base = i32(group) * ${BLOCK};
  for (var u = i32(lane); u < ${BLOCK}; u += ${THREADS}) {
    let e = min(base + u, ${count} - 1);
    pairs[u] = vec2u(b0[2 * e], b0[2 * e + 1]);
  }
  workgroupBarrier();
  for (var j = ${BLOCK / 2}; j > 0; j /= 2) {
    exchange(base, lane, ${k}, j, ${padded});
    workgroupBarrier();
  }
  ${WRITE_BACK(count, "b0")}`;
  const access: Access[] = ["w"];
  return { name: "sort: near pairs", access, workgroup: THREADS, body, globals: EXCHANGE };
}

function distant() {
  const [count, padded, k, j] = new Words().several(4);
  const body = `
  let u = i32(group * ${THREADS}u + lane);
  if (2 * u >= ${count}) { return; }
  let low = (u / ${j}) * 2 * ${j} + u % ${j};
  let high = low + ${j};
  let a = vec2u(b0[2 * low], b0[2 * low + 1]);
  let b = vec2u(b0[2 * high], b0[2 * high + 1]);
  let isAfter = a.x > b.x || (a.x == b.x && a.y > b.y);
  if (isAfter == (((low % ${padded}) & ${k}) == 0)) {
    b0[2 * low] = b.x;
    b0[2 * low + 1] = b.y;
    b0[2 * high] = a.x;
    b0[2 * high + 1] = a.y;
  }`;
  const access: Access[] = ["w"];
  return { name: "sort: distant pairs", access, workgroup: THREADS, body };
}

/** Writes the values, read where the positions say, and the positions. */
function emit(
  engine: Engine,
  input: View,
  values: View,
  indices: View,
  lanes: readonly number[],
  axis: number,
  { block, lanes: count, padded }: Sorted,
): void {
  const views = [input, values, indices];
  const walk = walkOver(
    input.shape,
    lanes,
    views.map((v) => v.strides),
    -1,
  );
  const rank = walk.sizes.length;
  const bound = bindBlocks(
    [...views.map((v) => engine.memory.blockOf(v.buffer)), block],
    ["r", writeAccess(values.dtype), "w", "r"],
  );
  const { dtype } = input;
  const kernel = engine.kernel(`sort: results ${dtype} ${bound.key} ${rank}`, () => {
    const type = copyType(input);
    const words = new Words();
    const [total, n, pad] = words.several(3);
    const steps = words.several(3);
    const sizes = words.several(rank);
    const [from, to, toIndex] = views.map(() => address(words.next(), "c", words.several(rank)));
    const { slots, access } = bound;
    const value = load(slots[0], dtype, `${from} + position * ${steps[0]}`, type);
    const body = `
  let i = i32(group * ${THREADS}u + lane);
  if (i >= ${total}) { return; }
  let place = i % ${n};
  let which = i / ${n};
  ${coordinates("c", "which", sizes)}
  let position = i32(${slots[3].name}[2 * (which * ${pad} + place) + 1]);
  let value = ${value};
  ${store(slots[1], dtype, `${to} + place * ${steps[1]}`, bitsFor(dtype, "value", type, false))}
  ${store(slots[2], "int32", `${toIndex} + place * ${steps[2]}`, "u32(position)")}`;
    return { name: "sort: results", access, workgroup: THREADS, body };
  });
  const length = input.shape[axis];
  const words = [count * length, length, padded, ...views.map((v) => v.strides[axis])];
  words.push(...walk.sizes);
  views.forEach((v, k) => words.push(v.offset, ...walk.strides[k]));
  engine.queue.dispatch(
    kernel,
    bound.blocks,
    words,
    engine.spread(Math.ceil((count * length) / THREADS)),
  );
}
