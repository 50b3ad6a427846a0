/** Reductions over dimensions, and what is made of them. */
import type { ReduceOp } from "../backend.ts";
import { type MapAttrs, type MapOp, runReduce } from "../define.ts";
import { dispatch, type GradientContext, type Op } from "../dispatch.ts";
import { type DType, isFloating, toFloating } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { IDENTITY, program } from "../program.ts";
import { broadcastShapes, type Shape, sameShape, wrapDim, wrapDims } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { View } from "../view.ts";

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
export type DimsFirst<O extends DimOptions = DimOptions> = [dim?: Dims | O, options?: O];

export function dimArguments<O extends DimOptions>([first, options]: DimsFirst<O>): O {
  if (first === undefined || typeof first === "number" || Array.isArray(first))
    return { ...options, dim: first as Dims | undefined } as O;
  return first as O;
}

// ---- the op ----------------------------------------------------------------------------------------------------------

interface ReduceAttrs {
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

const reduceOp: Op<ReduceAttrs> = {
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
    if (op === "prod") return [prodGradient(x, g, restore(context.output()), axes)];
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

/** g · Π of the others, also where elements are zero: with one zero only that one has a gradient, with two none has. */
function prodGradient(x: Tensor, g: Tensor, product: Tensor, axes: readonly number[]): Tensor {
  const isZero = x.eq(0);
  const zeros = isZero.sum(axes, { keepdim: true });
  const others = x.maskedFill(isZero, 1).prod(axes, { keepdim: true });
  const single = isZero.logicalAnd(zeros.eq(1));
  const regular = product.div(x.maskedFill(isZero, 1)).maskedFill(zeros.gt(0).expand(x.shape), 0);
  return g.mul(single.where(others.expand(x.shape), regular));
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
  if (axes.length === 0) return x.to(dtype);
  if ((op === "max" || op === "min") && axes.some((d) => x.shape[d] === 0)) {
    throw new ShapeError(
      `${name}: ${formatShape(x.shape)} has no elements along dim ${axes.find((d) => x.shape[d] === 0)}, and the extreme of nothing is not defined`,
    );
  }
  return dispatch(reduceOp, [x], { reduceOp: op, axes, keepdim, dtype });
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

// ---- sums, products, extremes ----------------------------------------------------------------------------------------

/** Integers and booleans sum to int32. */
const accumulated = (x: Tensor): DType => (isFloating(x.dtype) ? x.dtype : "int32");

export function sum(x: Tensor, { dim, keepdim = false, dtype }: SumOptions = {}): Tensor {
  return reduce("sum", x, dim, keepdim, dtype ?? accumulated(x), "sum");
}
export function prod(x: Tensor, { dim, keepdim = false, dtype }: SumOptions = {}): Tensor {
  return reduce("prod", x, dim, keepdim, dtype ?? accumulated(x), "prod");
}
/** Equal maxima share the gradient. */
export const amax = (x: Tensor, { dim, keepdim = false }: DimOptions = {}): Tensor =>
  reduce("max", x, dim, keepdim, x.dtype, "amax");
export const amin = (x: Tensor, { dim, keepdim = false }: DimOptions = {}): Tensor =>
  reduce("min", x, dim, keepdim, x.dtype, "amin");
/** Is any element not zero? */
export const any = (x: Tensor, { dim, keepdim = false }: DimOptions = {}): Tensor =>
  reduce("max", x.to("bool"), dim, keepdim, "bool", "any");
/** Are all elements not zero? */
export const all = (x: Tensor, { dim, keepdim = false }: DimOptions = {}): Tensor =>
  reduce("min", x.to("bool"), dim, keepdim, "bool", "all");

export function mean(x: Tensor, { dim, keepdim = false, dtype }: SumOptions = {}): Tensor {
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
  return summed.reshape(shape);
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
  if (x.numel === 0) throw new ShapeError(`${name}: ${formatShape(x.shape)} has no elements`);
  if (x.rank === 0) return x.mul(0).to("int32");
  if (dim === undefined) {
    const flat = dispatch(argOp, [x.reshape([x.numel])], { reduceOp: op, axis: 0, keepdim: false });
    return keepdim ? flat.reshape(x.shape.map(() => 1)) : flat;
  }
  return dispatch(argOp, [x], { reduceOp: op, axis: wrapDim(dim, x.rank, name), keepdim });
}
/** int32 positions of the maxima, the first of equal ones; of the flattened tensor if no dim is given. */
export const argmax = (x: Tensor, dim?: number, { keepdim = false } = {}): Tensor =>
  arg("max", x, dim, keepdim);
export const argmin = (x: Tensor, dim?: number, { keepdim = false } = {}): Tensor =>
  arg("min", x, dim, keepdim);

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

// ---- statistics ------------------------------------------------------------------------------------------------------

export interface VarOptions extends DimOptions {
  /** Subtracted from the number of elements. Default 1 (Bessel's). */
  correction?: number;
  /** PyTorch's older name: true is correction 1, false 0. */
  unbiased?: boolean;
}
/** Σ(x − mean)² / (n − correction), in two passes. */
export function variance(
  x: Tensor,
  { dim, keepdim = false, correction, unbiased }: VarOptions = {},
): Tensor {
  const n = count(x, dim, "var");
  const difference = x.sub(mean(x, { dim: wrapDims(dim, x.rank, "var"), keepdim: true }));
  return sum(difference.square(), { dim, keepdim }).div(
    Math.max(0, n - (correction ?? (unbiased === false ? 0 : 1))),
  );
}
export const std = (x: Tensor, options: VarOptions = {}): Tensor => variance(x, options).sqrt();

export interface NormOptions extends DimOptions {
  /** 2 by default; Infinity, −Infinity, 0 and any other order. */
  p?: number;
}
/** (Σ|x|ᵖ)^(1/p), of the elements as one vector. */
export function norm(x: Tensor, { p = 2, dim, keepdim = false }: NormOptions = {}): Tensor {
  if (p === 2) return euclidean(x, dim, keepdim);
  const size = x.abs();
  if (p === Infinity) return amax(size, { dim, keepdim });
  if (p === -Infinity) return amin(size, { dim, keepdim });
  if (p === 0) return sum(x.ne(0), { dim, keepdim, dtype: x.dtype });
  if (p === 1) return sum(size, { dim, keepdim });
  return sum(size.pow(p), { dim, keepdim }).pow(1 / p);
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
