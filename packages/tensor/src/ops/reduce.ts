/** Reductions over dimensions, and what is made of them. */
import type { ReduceOp } from "../backend.ts";
import { defineComposite, defineMap, type MapAttrs, type MapOp, runReduce } from "../define.ts";
import { dispatch, type GradientContext, type Op } from "../dispatch.ts";
import { type DType, isFloating, toFloating } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { IDENTITY, program } from "../program.ts";
import { broadcastShapes, type Shape, sameShape, wrapDim, wrapDims } from "../shape.ts";
import { isTensor, Tensor } from "../tensor.ts";
import { View } from "../view.ts";
import { separate } from "./cast.ts";

export type Dims = number | readonly number[];
export interface DimOptions {
  /** Which dimensions; all if left out. */
  dim?: Dims;
  /** Keep them with size 1. Default false. */
  keepdim?: boolean;
}
export interface SumOptions extends DimOptions {
  dtype?: DType;
}
/** `x.sum(1)`, `x.sum([0, 1], { keepdim: true })` and `x.sum({ dim: 1 })` alike. */
export type DimsFirst<O extends DimOptions = DimOptions> = [dim?: Dims | O | null, options?: O];

export function dimArguments<O extends DimOptions>([first, options]: DimsFirst<O>): O {
  if (first === undefined || first === null || typeof first === "number" || Array.isArray(first))
    return { ...options, dim: (first ?? undefined) as Dims | undefined } as O;
  return first as O;
}

export interface OneDimOptions {
  dim?: number;
  /** Keep the dimension with size 1. Default false. */
  keepdim?: boolean;
}
/** The same for ops along one dimension: `x.sort(0)`, `x.sort({ dim: 0 })`. */
export type DimFirst<O extends { dim?: number } = OneDimOptions> = [dim?: number | O, options?: O];

export const dimArgument = <O extends { dim?: number }>([first, options]: DimFirst<O>): O =>
  typeof first === "object" && first !== null
    ? first
    : ({ ...options, dim: first ?? options?.dim } as O);

// ---- the op ----------------------------------------------------------------------------------------------------------

export interface ReduceAttrs {
  readonly reduceOp: ReduceOp;
  readonly axes: readonly number[];
  readonly keepdim: boolean;
  readonly dtype: DType;
  /** Applied to the operands on the way; only for sums. */
  readonly map?: MapOp;
  readonly scalars?: readonly number[];
}

/** Shape without the axes. */
const without = (shape: Shape, axes: readonly number[]): Shape =>
  shape.filter((_, d) => !axes.includes(d));

export const reduceOp: Op<ReduceAttrs> = {
  name: "reduce",
  forward(operands, { reduceOp: op, axes, keepdim, dtype, map, scalars }) {
    const out = runReduce(
      map ? `sum of ${map.name}` : op,
      op,
      map?.program ?? IDENTITY,
      operands,
      axes,
      dtype,
      scalars,
    );
    if (keepdim) return [new Tensor(out)];
    const strides = out.strides.filter((_, d) => !axes.includes(d));
    return [new Tensor(new View(out.storage, dtype, without(out.shape, axes), strides, 0))];
  },
  saves(needs, { reduceOp: op, map, scalars, dtype }) {
    if (op === "sum")
      return map?.saves
        ? { inputs: usedInputs(map, needs, { scalars: scalars ?? [], dtype }) }
        : {};
    return { inputs: [0], outputs: [0] };
  },
  gradient(grads, context) {
    const { reduceOp: op, axes, keepdim, map } = context.attrs;
    const full = broadcastShapes(
      context.needs.map((_, i) => context.shape(i)),
      "reduce",
    );
    const kept = full.map((n, d) => (axes.includes(d) ? 1 : n));
    const restore = (t: Tensor) => (keepdim ? t : t.reshape(kept)).expand(full);
    const g = restore(grads[0]!);
    if (op === "sum")
      return map
        ? sumOfMapGradient(map, g, context)
        : [isFloating(context.dtype(0)) ? g.to(context.dtype(0)) : null];
    const x = context.input(0);
    // Equal extremes share the gradient.
    const hit = x.eq(restore(context.output())).to(g.dtype);
    return [hit.div(hit.sum(axes, { keepdim: true })).mul(g)];
  },
};

function usedInputs(map: MapOp, needs: readonly boolean[], attrs: MapAttrs): readonly number[] {
  const wants = map.saves!(needs, attrs);
  // A fused sum has no elementwise output to look back at: what would read it reads the inputs.
  return wants.outputs?.length ? needs.map((_, i) => i) : (wants.inputs ?? []);
}

function sumOfMapGradient(
  map: MapOp,
  g: Tensor,
  context: GradientContext<ReduceAttrs>,
): (Tensor | null)[] {
  const attrs: MapAttrs = { scalars: context.attrs.scalars ?? [], dtype: g.dtype };
  let output: Tensor | undefined;
  const inner: GradientContext<MapAttrs> = {
    ...context,
    attrs,
    needs: context.needs,
    input: (i) => context.input(i),
    shape: (i) => context.shape(i),
    dtype: (i) => context.dtype(i),
    output: () =>
      (output ??= dispatch(
        map,
        context.needs.map((_, i) => context.input(i)),
        attrs,
      )),
  };
  return [...map.gradient!([g], inner)];
}

function reduce(
  op: ReduceOp,
  x: Tensor,
  dims: Dims | undefined,
  keepdim: boolean,
  dtype: DType,
  name: string,
): Tensor {
  const axes = wrapDims(dims, x.rank, name);
  if (axes.length === 0) return separate(x.to(dtype), x);
  if (name === "amax" || name === "amin") requireElements(name, x.shape, axes);
  return dispatch(reduceOp, [x], { reduceOp: op, axes, keepdim, dtype });
}

/** @throws ShapeError where there is nothing to take an extreme of. */
export function requireElements(name: string, shape: Shape, axes: readonly number[]): void {
  const empty = axes.find((d) => shape[d] === 0);
  if (empty !== undefined)
    throw new ShapeError(
      `${name}: ${formatShape(shape)} has no elements along dim ${empty}, and the extreme of nothing is not defined`,
    );
}

/**
 * Σ of an elementwise function of the operands, in one pass and with its gradient: nothing of the size of the operands
 * is stored.
 */
export function sumOfMap(
  map: MapOp,
  operands: readonly Tensor[],
  axes: readonly number[],
  keepdim: boolean,
  scalars: readonly number[] = [],
): Tensor {
  return dispatch(reduceOp, operands, {
    reduceOp: "sum",
    axes,
    keepdim,
    dtype: toFloating(operands[0].dtype),
    map,
    scalars,
  });
}

// ---- sums, extremes -------------------------------------------------------------------------------------------------

/** Integers and booleans sum to int32. */
export const accumulated = (x: Tensor): DType => (isFloating(x.dtype) ? x.dtype : "int32");

export function sum(x: Tensor, ...args: DimsFirst<SumOptions>): Tensor {
  const { dim, keepdim = false, dtype } = dimArguments(args);
  return reduce("sum", x, dim, keepdim, dtype ?? accumulated(x), "sum");
}
/** Equal maxima share the gradient. */
export function amax(x: Tensor, ...args: DimsFirst): Tensor {
  const { dim, keepdim = false } = dimArguments(args);
  return reduce("max", x, dim, keepdim, x.dtype, "amax");
}
export function amin(x: Tensor, ...args: DimsFirst): Tensor {
  const { dim, keepdim = false } = dimArguments(args);
  return reduce("min", x, dim, keepdim, x.dtype, "amin");
}
/**
 * The least and the greatest element, of all or along a dimension.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.aminmax.html
 *
 * @example
 * aminmax(tensor([[3, 1], [2, 5]]), 1) // => { min: [1, 2], max: [3, 5] }
 */
export function aminmax(x: Tensor, ...args: DimsFirst): { min: Tensor; max: Tensor } {
  const options = dimArguments(args);
  return { min: amin(x, options), max: amax(x, options) };
}
/**
 * Is any element not zero? A bool; of uint8, as in PyTorch, 0 or 1 in uint8.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.any.html
 *
 * @example
 * any(tensor([[0, 1], [0, 0]]), 1) // => [true, false]
 */
export const any = (x: Tensor, ...args: DimsFirst): Tensor => truth("any", "max", x, args);
/**
 * Are all elements not zero? A bool; of uint8, as in PyTorch, 0 or 1 in uint8.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.all.html
 *
 * @example
 * all(tensor([[1, 1], [0, 1]]), 1) // => [true, false]
 */
export const all = (x: Tensor, ...args: DimsFirst): Tensor => truth("all", "min", x, args);
function truth(name: string, op: "max" | "min", x: Tensor, args: DimsFirst): Tensor {
  const { dim, keepdim = false } = dimArguments(args);
  const found = reduce(op, x.to("bool"), dim, keepdim, "bool", name);
  return x.dtype === "uint8" ? found.to("uint8") : found;
}

export function mean(x: Tensor, ...args: DimsFirst<SumOptions>): Tensor {
  const { dim, keepdim = false, dtype } = dimArguments(args);
  const type = dtype ?? x.dtype;
  if (!isFloating(type))
    throw new DlError(
      "dtype",
      `mean: the mean of ${type} is not defined: x.to("float32").mean(), or mean({ dtype: "float32" })`,
    );
  return sum(x, { dim, keepdim, dtype: type }).div(count(x, dim, "mean"));
}
const count = (x: Tensor, dim: Dims | undefined, name: string): number =>
  wrapDims(dim, x.rank, name).reduce((n, d) => n * x.shape[d], 1);

/** Back to the shape that was broadcast, by sums. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.rank - shape.length;
  const axes = g.shape
    .map((_, d) => d)
    .filter((d) => d < lead || (shape[d - lead] === 1 && g.shape[d] !== 1));
  const summed = axes.length ? g.sum(axes, { keepdim: true }) : g;
  return sameShape(summed.shape, shape) ? summed : summed.reshape(shape);
}

/** The same, of a shape that the tensor's could be broadcast from. */
export function sumToSize(x: Tensor, size: Shape): Tensor {
  const lead = x.rank - size.length;
  if (lead < 0 || size.some((n, d) => n !== 1 && n !== x.shape[d + lead]))
    throw new ShapeError(
      `sumToSize: ${formatShape(size)} does not broadcast to the tensor's ${formatShape(x.shape)}`,
    );
  return sumTo(x, size);
}

// ---- positions of extremes -------------------------------------------------------------------------------------------

/** A position that is larger than any, and exact in float32. */
const NOWHERE = 2 ** 24;

/** The first position along `axis` of what equals the extreme (or of NaN, which wins). */
function firstPosition(x: Tensor, extreme: Tensor, axis: number, keepdim: boolean): Tensor {
  const value = E.input(0);
  const hit = E.or(E.eq(value, E.input(1)), E.isNaN(value));
  const prog = program([E.select(hit, E.index(axis), NOWHERE)], 2);
  const out = runReduce("argmax", "min", prog, [x, extreme], [axis], "int32");
  const t = new Tensor(out);
  if (keepdim) return t;
  const result = t.reshape(without(x.shape, [axis]));
  t.dispose();
  return result;
}

const argOp: Op<{
  readonly reduceOp: "max" | "min";
  readonly axis: number;
  readonly keepdim: boolean;
}> = {
  name: "argmax",
  forward([x], { reduceOp: op, axis, keepdim }) {
    const extreme = new Tensor(runReduce(op, op, IDENTITY, [x], [axis], x.dtype));
    const position = firstPosition(x, extreme, axis, keepdim);
    extreme.dispose();
    return [position];
  },
};

function arg(op: "max" | "min", x: Tensor, dim: number | undefined, keepdim: boolean): Tensor {
  const name = `arg${op}`;
  const size = dim === undefined || x.rank === 0 ? x.numel : x.shape[wrapDim(dim, x.rank, name)];
  if (size === 0)
    throw new ShapeError(
      `${name}: ${formatShape(x.shape)} has no elements${dim === undefined ? "" : ` along dim ${dim}`}`,
    );
  if (x.rank === 0) return x.mul(0).to("int32");
  if (dim === undefined) {
    const flat = dispatch(argOp, [x.reshape([x.numel])], { reduceOp: op, axis: 0, keepdim: false });
    return keepdim ? flat.reshape(x.shape.map(() => 1)) : flat;
  }
  return dispatch(argOp, [x], { reduceOp: op, axis: wrapDim(dim, x.rank, name), keepdim });
}
/** int32 positions of the maxima, the first of equal ones; of the flattened tensor if no dim is given. */
export function argmax(x: Tensor, ...args: DimFirst): Tensor {
  const { dim, keepdim = false } = dimArgument(args);
  return arg("max", x, dim, keepdim);
}
export function argmin(x: Tensor, ...args: DimFirst): Tensor {
  const { dim, keepdim = false } = dimArgument(args);
  return arg("min", x, dim, keepdim);
}

export interface ValuesAndIndices {
  values: Tensor;
  indices: Tensor;
}
/** Extremes along a dimension and where they are; the gradient goes to that position alone. */
function extremeAlong(
  op: "max" | "min",
  x: Tensor,
  dim: number,
  keepdim: boolean,
): ValuesAndIndices {
  const indices = arg(op, x, dim, true);
  const values = x.gather(dim, indices);
  if (keepdim) return { values, indices };
  return { values: values.squeeze(dim), indices: indices.squeeze(dim) };
}
export const maxAlong = (x: Tensor, dim: number, keepdim: boolean): ValuesAndIndices =>
  extremeAlong("max", x, dim, keepdim);
export const minAlong = (x: Tensor, dim: number, keepdim: boolean): ValuesAndIndices =>
  extremeAlong("min", x, dim, keepdim);

interface Extreme {
  /** Of all elements; equal ones share the gradient. */
  (x: Tensor): Tensor;
  /** Along a dimension, with positions; the gradient goes to that position alone. */
  (x: Tensor, dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  (x: Tensor, options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  /** Of two tensors, element by element. */
  (x: Tensor, other: Tensor): Tensor;
}
type ExtremeArgument = number | Tensor | { dim?: number; keepdim?: boolean };
const extreme = (op: "max" | "min"): Extreme =>
  ((x: Tensor, first?: ExtremeArgument, options?: { keepdim?: boolean }) => {
    if (isTensor(first)) return op === "max" ? x.maximum(first) : x.minimum(first);
    const { dim, keepdim = false } =
      typeof first === "number" ? { ...options, dim: first } : (first ?? {});
    if (dim !== undefined) return extremeAlong(op, x, dim, keepdim);
    return reduce(op, x, undefined, false, x.dtype, `a${op}`);
  }) as Extreme;
/**
 * The greatest element of all, along a dimension (with positions), or of two tensors.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.max.html
 *
 * @example
 * max(tensor([[1, 5], [7, 2]]), 1) // => { values: [5, 7], indices: [1, 0] }
 */
export const max = extreme("max");
/**
 * The least element of all, along a dimension (with positions), or of two tensors.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.min.html
 *
 * @example
 * min(tensor([[1, 5], [7, 2]])) // => 1
 */
export const min = extreme("min");

// ---- statistics ------------------------------------------------------------------------------------------------------

export interface VarOptions extends DimOptions {
  /** Subtracted from the number of elements. Default 1 (Bessel's). */
  correction?: number;
  /** PyTorch's older name: true is correction 1, false 0. */
  unbiased?: boolean;
}
/** Σ(x − mean)² / (n − correction), in two passes. */
export const variance = (x: Tensor, ...args: DimsFirst<VarOptions>): Tensor =>
  namedVariance("var", x, args);
function namedVariance(name: string, x: Tensor, args: DimsFirst<VarOptions>): Tensor {
  if (!isFloating(x.dtype))
    throw new DlError("dtype", `${name}: of ${x.dtype} it is not defined: x.to("float32") first`);
  const { dim, keepdim = false, correction, unbiased } = dimArguments(args);
  const axes = wrapDims(dim, x.rank, name);
  const freedom = count(x, dim, name) - (correction ?? (unbiased === false ? 0 : 1));
  const isWhole = x.rank === 0 || dim === undefined || dim === null;
  return dispatch(varianceOp, [x], { axes, keepdim, freedom, isWhole });
}
const differences = (x: Tensor, axes: readonly number[]): Tensor =>
  x.sub(mean(x, { dim: axes, keepdim: true }));
const varianceOp = defineComposite<{
  readonly axes: readonly number[];
  readonly keepdim: boolean;
  /** The number of elements without the correction. */
  readonly freedom: number;
  /** No dimensions were named. */
  readonly isWhole: boolean;
}>("var", {
  decompose: ([x], { axes, keepdim, freedom }) => [
    sum(differences(x, axes).square(), { dim: axes, keepdim }).div(Math.max(0, freedom)),
  ],
  saves: () => ({ inputs: [0] }),
  gradient([g], { attrs: { axes, keepdim, freedom, isWhole }, input }) {
    const x = input(0);
    const kept = x.shape.map((n, d) => (axes.includes(d) ? 1 : n));
    const up = keepdim ? g! : g!.reshape(kept);
    const away = differences(x, axes);
    // As in PyTorch; along dimensions that divides by 0 or by what is negative.
    if (!isWhole || freedom > 0) return [away.mul(up.mul(2 / freedom))];
    return [away.eq(0).where(NaN, Infinity).to(x.dtype).mul(up)];
  },
});
/** With gradient 0 where all elements are equal, as PyTorch. */
const root = defineMap<[Tensor]>("std", (x) => E.sqrt(x), {
  gradient: (g, _, y) => [E.select(E.eq(y, 0), 0, E.div(g, E.mul(2, y)))],
});
export const std = (x: Tensor, ...args: DimsFirst<VarOptions>): Tensor =>
  root(namedVariance("std", x, args));

export interface NormOptions extends DimOptions {
  /** 2 by default, which is also `"fro"`; Infinity, −Infinity, 0 and any other order. */
  p?: number | "fro";
  dtype?: DType;
}
/** (Σ|x|ᵖ)^(1/p), of the elements as one vector. */
export const norm = (x: Tensor, options: NormOptions = {}): Tensor => namedNorm("norm", x, options);
/** The same for an op of another name. */
export function namedNorm(name: string, x: Tensor, options: NormOptions): Tensor {
  const { p = 2, dim, keepdim = false, dtype } = options;
  if (dtype && dtype !== x.dtype)
    return namedNorm(name, x.to(dtype), { ...options, dtype: undefined });
  if (!isFloating(x.dtype))
    throw new DlError(
      "dtype",
      `${name}: the norm of ${x.dtype} is not defined: x.to("float32").norm(), or norm({ dtype: "float32" })`,
    );
  if (Math.abs(Number(p)) === Infinity) requireElements(name, x.shape, wrapDims(dim, x.rank, name));
  if (p === 2 || p === "fro") return euclidean(x, dim, keepdim);
  const size = x.abs();
  if (p === Infinity) return amax(size, { dim, keepdim });
  if (p === -Infinity) return amin(size, { dim, keepdim });
  if (p === 0) return sum(x.ne(0), { dim, keepdim, dtype: x.dtype });
  if (p === 1) return sum(size, { dim, keepdim });
  return dispatch(powerNormOp, [x], { p, axes: wrapDims(dim, x.rank, "norm"), keepdim });
}
/** With gradient 0 where the norm is 0, as PyTorch. */
function euclidean(x: Tensor, dim: Dims | undefined, keepdim: boolean): Tensor {
  return dispatch(euclideanOp, [x], { axes: wrapDims(dim, x.rank, "norm"), keepdim });
}
const SQUARE = program([E.mul(E.input(0), E.input(0))], 1);
const euclideanOp: Op<{ readonly axes: readonly number[]; readonly keepdim: boolean }> = {
  name: "norm",
  forward([x], { axes, keepdim }) {
    if (axes.length === 0) return [x.abs()];
    const squares = new Tensor(runReduce("norm", "sum", SQUARE, [x], axes, toFloating(x.dtype)));
    const root = squares.sqrt();
    squares.dispose();
    return [keepdim ? root : root.reshape(without(x.shape, axes))];
  },
  saves: () => ({ inputs: [0], outputs: [0] }),
  gradient([g], { attrs: { axes, keepdim }, input, output, shape }) {
    const kept = shape(0).map((n, d) => (axes.includes(d) ? 1 : n));
    const y = keepdim ? output() : output().reshape(kept);
    const up = keepdim ? g! : g!.reshape(kept);
    return [
      input(0)
        .mul(up.div(y))
        .maskedFill(y.eq(0).expand(shape(0)), 0),
    ];
  },
};
/** (Σ|x|ᵖ)^(1/p), with gradient 0 where x or the norm is 0, as PyTorch: the powers in it would be infinite there. */
const powerNormOp = defineComposite<{
  readonly p: number;
  readonly axes: readonly number[];
  readonly keepdim: boolean;
}>("norm", {
  decompose: ([x], { p, axes, keepdim }) => [
    sum(x.abs().pow(p), { dim: axes, keepdim }).pow(1 / p),
  ],
  saves: () => ({ inputs: [0], outputs: [0] }),
  // g · sign(x) · (|x| / y)^(p − 1)
  gradient([g], { attrs: { p, axes, keepdim }, input, output, shape }) {
    const kept = shape(0).map((n, d) => (axes.includes(d) ? 1 : n));
    const [y, up] = [output(), g!].map((t) => (keepdim ? t : t.reshape(kept)));
    const x = input(0);
    const ratio = x
      .abs()
      .div(y)
      .pow(p - 1);
    const isZero = x.eq(0).logicalOr(y.eq(0));
    return [x.sign().mul(ratio).mul(up).maskedFill(isZero, 0)];
  },
});
