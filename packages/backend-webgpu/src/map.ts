/** Elementwise kernels: one for each program, dtypes and pattern of strides; sizes, strides and scalars are parameters. */
import { computeType, expr, IDENTITY, type Program, program, type View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Access, Source } from "./kernel.ts";
import {
  address,
  allDimensions,
  type Bound,
  bind,
  coordinates,
  type Walk,
  Words,
  walkOver,
} from "./operands.ts";
import { bitsFor, fromWord, load, perWord, store, writeAccess } from "./wgsl/access.ts";
import { bitsOf, lower, type Type, toInt32, typeOf } from "./wgsl/expr.ts";
import { inWindows } from "./windows.ts";

const WORKGROUP = 256;

export function map(
  engine: Engine,
  p: Program,
  inputs: readonly View[],
  outputs: readonly View[],
  scalars: readonly number[],
): void {
  if (outputs[0].numel === 0) return;
  if (mapInWindows(engine, p, inputs, outputs, scalars)) return;
  const type = typeOf(computeType(inputs, outputs));
  const views = [...inputs, ...outputs];
  const { shape } = outputs[0];
  const walk = walkOver(
    shape,
    allDimensions(shape),
    [...views.map((v) => v.strides), ...positionStrides(shape.length, p.axes)],
    inputs.length,
  );
  if (isLarge(walk) && mapVectors(engine, p, type, inputs, outputs, walk, scalars)) return;
  // Results of less than a word that lie densely are written in whole words, by threads that compute four elements each.
  const isPacked = outputs.map((v, i) => isWhole(v, walk, inputs.length + i));
  const bound = bind(engine.memory, views, [
    ...inputs.map((): Access => "r"),
    ...outputs.map((v, i): Access => (isPacked[i] ? "w" : writeAccess(v.dtype))),
  ]);
  if (bound.blocks.length > engine.maxBindings) {
    mapInParts(engine, p, inputs, outputs, scalars);
    return;
  }
  const key =
    `map ${p.id} ${type} ${views.map((v) => v.dtype)} ${bound.key} ${walk.sizes.length} ` +
    isPacked.map(Number).join("");
  const kernel = engine.kernel(key, () =>
    mapSource(p, type, inputs, outputs, bound, walk, isPacked),
  );
  const words = [walk.count, ...walk.sizes];
  views.forEach((v, k) => words.push(v.offset, ...walk.strides[k]));
  for (let k = views.length; k < walk.strides.length; k++) words.push(...walk.strides[k]);
  for (const value of scalars) words.push(type === "f32" ? bitsOf(value) : toInt32(value));
  const elements = isPacked.includes(true) ? 4 * WORKGROUP : WORKGROUP;
  engine.queue.dispatch(
    kernel,
    bound.blocks,
    words,
    engine.spread(Math.ceil(walk.count / elements)),
  );
}

function mapInWindows(
  engine: Engine,
  p: Program,
  inputs: readonly View[],
  outputs: readonly View[],
  scalars: readonly number[],
): boolean {
  // Parts do not know the positions that a program may ask for.
  if (!engine.memory.isTooLarge(...inputs, ...outputs) || p.axes.length > 0) return false;
  const dims = allDimensions(outputs[0].shape);
  const operands = [...inputs, ...outputs].map((view) => ({ view, dims }));
  inWindows(engine, nameOf(p), operands, (views) =>
    map(engine, p, views.slice(0, inputs.length), views.slice(inputs.length), scalars),
  );
  return true;
}

const nameOf = (p: Program): string => `map ${p.exprs.map((e) => e.op).join(", ")}`;

/** Elements from which on a kernel of its own, for vectors of four, is worth being compiled. */
export const ENOUGH_FOR_VECTORS = 2 ** 14;
const isLarge = ({ count }: Walk): boolean => count >= ENOUGH_FOR_VECTORS;

/**
 * Operands of whole words that lie as the result does, or are one number for all: a thread reads, computes and writes a
 * vector of four. False where it is not so.
 */
function mapVectors(
  engine: Engine,
  p: Program,
  type: Type,
  inputs: readonly View[],
  outputs: readonly View[],
  { count, sizes, strides }: Walk,
  scalars: readonly number[],
): boolean {
  if (p.axes.length > 0 || sizes.length !== 1) return false;
  const views = [...inputs, ...outputs];
  const isOne = views.map((_, k) => strides[k][0] === 0);
  const fits = views.every(
    (v, k) => perWord(v.dtype) === 1 && (isOne[k] || (strides[k][0] === 1 && v.offset % 4 === 0)),
  );
  if (!fits || isOne.includes(true, inputs.length)) return false;
  const access = views.map((_, k): Access => (k < inputs.length ? "r" : "w"));
  const bound = bind(engine.memory, views, access);
  if (bound.blocks.length > engine.maxBindings) return false;
  const dtypes = views.map((v) => v.dtype);
  const key = `map vectors ${p.id} ${type} ${dtypes} ${bound.key} ${isOne.map(Number).join("")}`;
  const kernel = engine.kernel(key, () => vectorSource(p, type, views, isOne, bound));
  const words = [count, ...views.map((v) => v.offset)];
  for (const value of scalars) words.push(type === "f32" ? bitsOf(value) : toInt32(value));
  engine.queue.dispatch(
    kernel,
    bound.blocks,
    words,
    engine.spread(Math.ceil(count / (4 * WORKGROUP))),
  );
  return true;
}

function vectorSource(
  p: Program,
  type: Type,
  views: readonly View[],
  isOne: readonly boolean[],
  { access, slots }: Bound,
): Source {
  const words = new Words();
  const count = words.next();
  const offsets = words.several(views.length);
  const scalars = words.several(p.scalars);
  const { statements, results } = lower(p, type, {
    input: (i) => fromWord(`x${i}`, views[i].dtype, type),
    scalar: (i) => (type === "f32" ? `bitcast<f32>(${scalars[i]})` : scalars[i]),
    index: () => "0",
  });
  const inputs = views.slice(0, p.inputs);
  const toVector = (k: number) => `${slots[k].name}[(${offsets[k]} + i) >> 2u]`;
  const one = (k: number) => `${slots[k].name}[${offsets[k]} >> 2u][${offsets[k]} & 3]`;
  const reads = inputs.map(
    (_, k) => `let q${k} = ${isOne[k] ? `vec4<u32>(${one(k)})` : toVector(k)};`,
  );
  const elements = [..."xyzw"].map(
    (c, l) => `let r${l} = element(${inputs.map((_, k) => `q${k}.${c}`).join(", ")});`,
  );
  const writes = results.map((_, j) => {
    const to = toVector(p.inputs + j);
    return `if (left >= 4) { ${to} = vec4<u32>(r0[${j}], r1[${j}], r2[${j}], r3[${j}]); }
  else {
    ${to}.x = r0[${j}];
    if (left > 1) { ${to}.y = r1[${j}]; }
    if (left > 2) { ${to}.z = r2[${j}]; }
  }`;
  });
  const bits = results.map((value, j) =>
    bitsFor(views[p.inputs + j].dtype, value, type, p.exprs[j].isMask),
  );
  const result = `array<u32, ${results.length}>`;
  const globals = `
fn element(${inputs.map((_, k) => `x${k}: u32`).join(", ")}) -> ${result} {
  ${statements}
  return ${result}(${bits.join(", ")});
}`;
  const body = `
  let i = 4 * i32(group * ${WORKGROUP}u + lane);
  let left = ${count} - i;
  if (left <= 0) { return; }
  ${reads.join("\n  ")}
  ${elements.join("\n  ")}
  ${writes.join("\n  ")}`;
  const name = `${nameOf(p)} (vectors)`;
  const isVector = access.map(() => true);
  return { name, access, workgroup: WORKGROUP, body, globals, isVector };
}

/** Strides of the pseudo-operands whose addresses are positions. */
export const positionStrides = (rank: number, axes: readonly number[]): number[][] =>
  axes.map((axis) => Array.from({ length: rank }, (_, d) => (d === axis ? 1 : 0)));

/** Elements lie one behind the other in the order of the walk, from the beginning of a word. */
function isWhole(view: View, { sizes, strides }: Walk, k: number): boolean {
  const n = perWord(view.dtype);
  if (n === 1 || view.offset % n !== 0) return false;
  let expected = 1;
  for (let d = sizes.length - 1; d >= 0; d--) {
    if (strides[k][d] !== expected) return false;
    expected *= sizes[d];
  }
  return true;
}

function mapSource(
  p: Program,
  type: Type,
  inputs: readonly View[],
  outputs: readonly View[],
  { access, slots }: Bound,
  walk: Walk,
  isPacked: readonly boolean[],
): Source {
  const rank = walk.sizes.length;
  const words = new Words();
  const count = words.next();
  const sizes = words.several(rank);
  const offsets: string[] = [];
  const addresses = [...inputs, ...outputs].map((_, k) => {
    offsets.push(words.next());
    return address(offsets[k], "c", words.several(rank));
  });
  const positions = p.axes.map(() => address("", "c", words.several(rank)));
  const scalars = words.several(p.scalars);
  const { statements, results } = lower(p, type, {
    input: (i) => load(slots[i], inputs[i].dtype, addresses[i], type),
    scalar: (i) => (type === "f32" ? `bitcast<f32>(${scalars[i]})` : scalars[i]),
    index: (axis) => positions[p.axes.indexOf(axis)],
  });
  const name = nameOf(p);
  const element = `${coordinates("c", "i", sizes)}\n${statements}`;
  const bits = outputs.map((v, i) => bitsFor(v.dtype, results[i], type, p.exprs[i].isMask));
  const to = outputs.map((_, i) => slots[inputs.length + i]);
  const single = (i: number) =>
    store(to[i], outputs[i].dtype, addresses[inputs.length + i], bits[i]);
  if (!isPacked.includes(true)) {
    const body = `
  let i = i32(group * ${WORKGROUP}u + lane);
  if (i >= ${count}) { return; }
  ${element}
  ${outputs.map((_, i) => single(i)).join("\n  ")}`;
    return { name, access, workgroup: WORKGROUP, body };
  }
  // Four elements, whose bits gather in words; of the last word only as many as there are.
  const packed = outputs.map((_, i) => i).filter((i) => isPacked[i]);
  const wordsOf = (i: number) => 4 / perWord(outputs[i].dtype);
  const gatherBits = (i: number) => {
    const n = perWord(outputs[i].dtype);
    return `p${i}[l / ${n}u] |= (${bits[i]}) << ((l % ${n}u) * ${32 / n}u);`;
  };
  const base = (i: number) =>
    `(${offsets[inputs.length + i]} + i32(first)) / ${perWord(outputs[i].dtype)}`;
  const writeWords = (i: number) => {
    const n = perWord(outputs[i].dtype);
    const { name: b, access: a } = to[i];
    const [get, set] =
      a === "a"
        ? [
            (at: string) => `atomicLoad(&${b}[${at}])`,
            (at: string, x: string) => `atomicStore(&${b}[${at}], ${x});`,
          ]
        : [(at: string) => `${b}[${at}]`, (at: string, x: string) => `${b}[${at}] = ${x};`];
    const last =
      a === "a"
        ? `atomicAnd(&${b}[at], ~mask); atomicOr(&${b}[at], p${i}[w]);`
        : set("at", `(${get("at")} & ~mask) | p${i}[w]`);
    return `for (var w = 0; w < ${wordsOf(i)}; w++) {
    let at = ${base(i)} + w;
    let left = i32(end) - i32(first) - w * ${n};
    if (left >= ${n}) { ${set("at", `p${i}[w]`)} }
    else if (left > 0) {
      let mask = (1u << (u32(left) * ${32 / n}u)) - 1u;
      ${last}
    }
  }`;
  };
  const body = `
  let first = 4u * (group * ${WORKGROUP}u + lane);
  let end = min(first + 4u, u32(${count}));
  if (first >= end) { return; }
  ${packed.map((i) => `var p${i}: array<u32, ${wordsOf(i)}>;`).join("\n  ")}
  for (var l = 0u; l < end - first; l++) {
    let i = i32(first + l);
    ${element}
    ${outputs.map((_, i) => (isPacked[i] ? gatherBits(i) : single(i))).join("\n    ")}
  }
  ${packed.map(writeWords).join("\n  ")}`;
  return { name, access, workgroup: WORKGROUP, body };
}

/**
 * For programs with more operands than a kernel may have buffers: a result at a time, in memory of its own where a later one
 * may still want what it overwrites; and of operands too many even for that, copies side by side in one buffer.
 */
function mapInParts(
  engine: Engine,
  p: Program,
  inputs: readonly View[],
  outputs: readonly View[],
  scalars: readonly number[],
): void {
  if (outputs.length > 1) {
    const parts = p.exprs.map((e) => program([e], p.inputs, p.scalars));
    const overwrites = outputs.map(
      (v, i) => i < outputs.length - 1 && inputs.some((x) => x.buffer === v.buffer),
    );
    const kept = outputs.map((v, i) => (overwrites[i] ? temporary(engine, [v])[0] : v));
    parts.forEach((part, i) => {
      const used = usedOnly(part, inputs);
      map(engine, used.program, used.inputs, [kept[i]], scalars);
    });
    kept.forEach((v, i) => {
      if (!overwrites[i]) return;
      map(engine, IDENTITY, [v], [outputs[i]], []);
      engine.memory.free(v.buffer);
    });
    return;
  }
  const used = usedOnly(p, inputs);
  if (used.inputs.length < inputs.length) {
    map(engine, used.program, used.inputs, outputs, scalars);
    return;
  }
  const together = temporary(engine, inputs);
  inputs.forEach((v, i) => map(engine, IDENTITY, [v], [together[i]], []));
  map(engine, p, together, outputs, scalars);
  engine.memory.free(together[0].buffer);
}

/** Without the operands that no expression reads. */
function usedOnly(p: Program, inputs: readonly View[]): { program: Program; inputs: View[] } {
  const used = new Set(p.order.filter((e) => e.op === "input").map((e) => e.value));
  if (used.size === p.inputs) return { program: p, inputs: [...inputs] };
  const places = [...used].sort((a, b) => a - b);
  const exprs = expr.substitute(p.exprs, (e) =>
    e.op === "input" ? expr.input(places.indexOf(e.value)) : undefined,
  );
  return {
    program: program(exprs, places.length, p.scalars),
    inputs: places.map((i) => inputs[i]),
  };
}

/** Views like these, row-major, one behind the other in one new buffer. */
function temporary(engine: Engine, views: readonly View[]): View[] {
  let bytes = 0;
  const starts = views.map((v) => {
    const start = bytes;
    bytes += 4 * Math.ceil(v.numel / perWord(v.dtype));
    return start;
  });
  const buffer = engine.memory.alloc(bytes);
  return views.map((v, i) => {
    let n = 1;
    const strides = v.shape.map(() => 0);
    for (let d = v.shape.length - 1; d >= 0; d--) {
      strides[d] = n;
      n *= v.shape[d];
    }
    const offset = (starts[i] / 4) * perWord(v.dtype);
    const { dtype, shape, numel } = v;
    return { buffer, dtype, shape, strides, offset, contiguous: true, numel };
  });
}
