/**
 * Reductions of an expression over axes.
 *
 * Two kernels. Where the elements of one result lie apart and results lie side by side, or where a result has few elements,
 * a thread makes each result. Else a workgroup does: its threads take every n-th element and join their totals (`trees.ts`).
 * With few results of many elements either kernel first makes several partial results of each, and runs again over those.
 * What is added to what depends on shapes and strides alone: a second run gives the same bits.
 */
import {
  computeType,
  contiguousStrides,
  type DType,
  expr as E,
  IDENTITY,
  type Program,
  program,
  type ReduceOp,
  type View,
} from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Access, Source } from "./kernel.ts";
import { map, positionStrides } from "./map.ts";
import {
  address,
  allDimensions,
  type Bound,
  bind,
  coordinates,
  look,
  Words,
  walkOver,
} from "./operands.ts";
import { combine, trees } from "./trees.ts";
import { bitsFor, load, store, writeAccess } from "./wgsl/access.ts";
import { bitsOf, literal, lower, type Type, toInt32, typeOf } from "./wgsl/expr.ts";
import { inWindows, type Joining } from "./windows.ts";

const THREADS = 64;
/** Results that keep a device busy when each is one thread's work. */
const MANY = 32768;
/** Elements beyond which a thread's work is divided. */
const LONG = 64;
/** Elements for which a second launch, that joins partial results, takes longer than it saves. */
const SHORT = 256;

export function reduce(
  engine: Engine,
  op: ReduceOp,
  p: Program,
  inputs: readonly View[],
  output: View,
  axes: readonly number[],
  scalars: readonly number[],
): void {
  if (output.numel === 0) return;
  if (reduceInWindows(engine, op, p, inputs, output, axes, scalars)) return;
  const type = typeOf(computeType(inputs, [output]));
  const { shape } = inputs[0];
  const views = [...inputs, output];
  const strides = [...views.map((v) => v.strides), ...positionStrides(shape.length, p.axes)];
  const kept = walkOver(
    shape,
    allDimensions(shape).filter((d) => !axes.includes(d)),
    strides,
    inputs.length,
  );
  const inner = walkOver(shape, axes, strides, 0);
  const results = kept.count;
  const length = inner.count;

  // Neighbouring threads should read neighbouring elements: of one result, or of neighbouring results.
  const along = Math.abs(inner.strides[0]?.at(-1) ?? 0);
  const across = Math.abs(kept.strides[0]?.at(-1) ?? 0);
  const isAcross = across !== 0 && across < along;
  const byThread = length <= LONG || isAcross || results >= 8 * MANY;
  const workers = byThread ? results : results * THREADS;
  const shortest = byThread ? LONG : 4 * THREADS;
  const parts =
    length <= SHORT
      ? 1
      : Math.max(1, Math.min(Math.ceil(MANY / workers), Math.floor(length / shortest), 1024));
  const partial: View | null = parts > 1 ? dense(engine, type, [results, parts]) : null;
  const to = partial ?? output;

  const bound = bind(
    engine.memory,
    [...inputs, to],
    [...inputs.map((): Access => "r"), writeAccess(to.dtype)],
  );
  const form: Form = {
    op,
    type,
    // The identity belongs to what is reduced in the end.
    identity: identityOf(op, output.dtype, type),
    byThread,
    keptRank: kept.sizes.length,
    innerRank: inner.sizes.length,
    isPartial: partial !== null,
  };
  const key =
    `reduce ${op} ${p.id} ${type} ${[...inputs, to].map((v) => v.dtype)} ${output.dtype} ${bound.key} ` +
    `${byThread} ${form.keptRank} ${form.innerRank} ${form.isPartial}`;
  const kernel = engine.kernel(key, () => reduceSource(engine, p, inputs, to.dtype, bound, form));
  const words = [results, length, Math.ceil(length / parts), parts, ...kept.sizes, ...inner.sizes];
  inputs.forEach((v, k) => words.push(v.offset, ...kept.strides[k], ...inner.strides[k]));
  for (let k = views.length; k < strides.length; k++)
    words.push(...kept.strides[k], ...inner.strides[k]);
  words.push(to.offset, ...kept.strides[inputs.length]);
  for (const value of scalars) words.push(type === "f32" ? bitsOf(value) : toInt32(value));
  const groups = byThread ? Math.ceil((results * parts) / THREADS) : results * parts;
  engine.queue.dispatch(kernel, bound.blocks, words, engine.spread(groups));
  if (!partial) return;
  // The partial results of one result lie one behind the other, results in the order of the walk.
  const place = look(output, [...kept.sizes, 1], [...kept.strides[inputs.length], 0]);
  const shapeOfParts = [...kept.sizes, parts];
  const from = look(partial, shapeOfParts, contiguousStrides(shapeOfParts));
  reduce(engine, op, IDENTITY, [from], place, [kept.sizes.length], []);
  engine.memory.free(partial.buffer);
}

function reduceInWindows(
  engine: Engine,
  op: ReduceOp,
  p: Program,
  inputs: readonly View[],
  output: View,
  axes: readonly number[],
  scalars: readonly number[],
): boolean {
  // Parts do not know the positions that a program may ask for.
  if (!engine.memory.isTooLarge(...inputs, output) || p.axes.length > 0) return false;
  const type = typeOf(computeType(inputs, [output]));
  const dims = allDimensions(inputs[0].shape);
  const operands = inputs.map((view) => ({ view, dims }));
  const kept = dims.map((d) => (axes.includes(d) ? null : d));
  inWindows(
    engine,
    `${op} of ${p.exprs[0].op}`,
    [...operands, { view: output, dims: kept }],
    (views) => reduce(engine, op, p, views.slice(0, -1), views.at(-1)!, axes, scalars),
    joining(engine, op, type),
  );
  return true;
}

const [x, y] = [E.input(0), E.input(1)];
const OF_TWO: Record<ReduceOp, Program> = {
  sum: program([E.add(x, y)], 2),
  prod: program([E.mul(x, y)], 2),
  max: program([E.max(x, y)], 2),
  min: program([E.min(x, y)], 2),
};

/** How results over parts of an axis become one. */
export const joining = (engine: Engine, op: ReduceOp, type: Type): Joining => ({
  like: ({ shape }) => dense(engine, type, shape),
  join(first, second, result) {
    map(engine, OF_TWO[op], [first, second], [result], []);
    engine.memory.free(first.buffer);
    engine.memory.free(second.buffer);
  },
});

/** Memory for as many results like this one, one behind the other. */
export const severalLike = (engine: Engine, { shape }: View, type: Type, count: number): View =>
  dense(engine, type, [count, ...shape]);

/** Makes one of them, and gives their memory back. */
export function joinSeveral(engine: Engine, op: ReduceOp, several: View, result: View): void {
  const to = look(result, [1, ...result.shape], [0, ...result.strides]);
  reduce(engine, op, IDENTITY, [several], to, [0], []);
  engine.memory.free(several.buffer);
}

/** New memory, row-major. */
function dense(engine: Engine, type: Type, shape: readonly number[]): View {
  const numel = shape.reduce((a, b) => a * b, 1);
  const buffer = engine.memory.alloc(4 * numel);
  const dtype: DType = type === "f32" ? "float32" : "int32";
  const strides = contiguousStrides(shape);
  return { buffer, dtype, shape, strides, offset: 0, contiguous: true, numel };
}

interface Form {
  readonly op: ReduceOp;
  readonly type: Type;
  readonly identity: string;
  readonly byThread: boolean;
  readonly keptRank: number;
  readonly innerRank: number;
  readonly isPartial: boolean;
}

/** What a reduction over nothing gives. */
export function identityOf(op: ReduceOp, dtype: DType, type: Type): string {
  if (op === "sum") return literal(0, type);
  if (op === "prod") return literal(1, type);
  const [least, greatest] =
    dtype === "uint8"
      ? [0, 255]
      : dtype === "bool"
        ? [0, 1]
        : dtype === "int32"
          ? [-2147483648, 2147483647]
          : [-Infinity, Infinity];
  return literal(op === "max" ? least : greatest, type);
}

function reduceSource(
  engine: Engine,
  p: Program,
  inputs: readonly View[],
  dtype: DType,
  { access, slots }: Bound,
  { op, type, identity, byThread, keptRank, innerRank, isPartial }: Form,
): Source {
  const words = new Words();
  const [results, length, perPart, parts] = words.several(4);
  const keptSizes = words.several(keptRank);
  const innerSizes = words.several(innerRank);
  const both = (offset: string) => {
    const start = address(offset, "k", words.several(keptRank));
    return `${start} + ${address("", "r", words.several(innerRank))}`;
  };
  const addresses = inputs.map(() => both(words.next()));
  const positions = p.axes.map(() => both("0i"));
  const offset = words.next();
  const to = address(offset, "k", words.several(keptRank));
  const scalars = words.several(p.scalars);
  const { statements, results: values } = lower(p, type, {
    input: (i) => load(slots[i], inputs[i].dtype, addresses[i], type),
    scalar: (i) => (type === "f32" ? `bitcast<f32>(${scalars[i]})` : scalars[i]),
    index: (axis) => positions[p.axes.indexOf(axis)],
  });
  const value = p.exprs[0].isMask ? `${type}(${values[0]})` : values[0];
  const bits = bitsFor(dtype, "total", type, false);
  const write = isPartial
    ? store(slots[inputs.length], dtype, `${offset} + result * ${parts} + part`, bits)
    : store(slots[inputs.length], dtype, to, bits);
  const loop = (first: string, step: string) => `
  var total = ${identity};
  for (var i = ${first}; i < end; i += ${step}) {
    ${coordinates("r", "i", innerSizes)}
    ${statements}
    total = ${combine(op, type, "total", value)};
  }`;
  const name = `${op} of ${p.exprs[0].op}`;
  if (byThread) {
    const body = `
  let w = i32(group * ${THREADS}u + lane);
  if (w >= ${results} * ${parts}) { return; }
  // Neighbouring threads have neighbouring results.
  let result = w % ${results};
  let part = w / ${results};
  ${coordinates("k", "result", keptSizes)}
  let end = min((part + 1) * ${perPart}, ${length});
  ${loop(`part * ${perPart}`, "1")}
  ${write}`;
    return { name, access, workgroup: THREADS, body };
  }
  const body = `
  let w = i32(group);
  if (w >= ${results} * ${parts}) { return; }
  let result = w / ${parts};
  let part = w % ${parts};
  ${coordinates("k", "result", keptSizes)}
  let end = min((part + 1) * ${perPart}, ${length});
  ${loop(`part * ${perPart} + i32(lane)`, `${THREADS}`)}
  total = ${op}Of(total, lane);
  if (lane == 0u) { ${write} }`;
  return { name, access, workgroup: THREADS, body, ...trees(engine, [op], type, THREADS) };
}
