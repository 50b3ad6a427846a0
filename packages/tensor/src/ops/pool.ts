/**
 * Pooling: a reduction over windows. The ops are those of images. A sequence is an image of one row, and a volume is pooled
 * slice by slice and then across slices, so that both run on the kernels for images.
 */
import { type CompositeDefinition, defineComposite, runReduce } from "../define.ts";
import { dispatch, dispatchAll, type Op } from "../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { IDENTITY, program } from "../program.ts";
import { scope } from "../scope.ts";
import { numelOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { View } from "../view.ts";
import { divTrunc } from "./binary.ts";
import { type PairArgument, pair } from "./conv.ts";
import { pad, padChannelsLast } from "./join.ts";
import type { ValuesAndIndices } from "./reduce.ts";
import { overlapAdd, windows } from "./views.ts";

/** Per spatial dimension. */
export interface PoolAttrs {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  /** Added behind the padding, so that windows which start inside are complete (ceilMode). */
  readonly extra: readonly number[];
  readonly out: readonly number[];
  readonly inputSize: readonly number[];
  /** Of averages: what a window's sum is divided by, the product of its row's and its column's number. */
  readonly counts?: readonly (readonly number[])[];
}

export interface MaxPoolOptions {
  /** Default: the window's size. */
  stride?: PairArgument | null;
  /** With −∞ on both sides. Default 0, at most half the window. */
  padding?: PairArgument;
  /** Distance between the window's elements. Default 1. */
  dilation?: PairArgument;
  /** Round the output's size up instead of down. Default false. */
  ceilMode?: boolean;
}

const AXES = ["D", "H", "W"];
/** `[N, C, H, W] or [C, H, W]` */
export function spatialShapes(dims: number): string {
  const axes = AXES.slice(3 - dims).join(", ");
  return `[N, C, ${axes}] or [C, ${axes}]`;
}
/** An op for inputs with a batch, of an input with or without one. */
export function checkRank(name: string, x: Tensor, dims: number): void {
  if (x.rank !== dims + 1 && x.rank !== dims + 2)
    throw new ShapeError(
      `${name}: the input has to be ${spatialShapes(dims)}, got ${formatShape(x.shape)}`,
    );
}

function geometry(
  name: string,
  dims: number,
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions,
): PoolAttrs {
  const size = pair(kernelSize, `${name}: kernelSize`, dims);
  const stride = pair(options.stride ?? size, `${name}: stride`, dims);
  const padding = pair(options.padding ?? 0, `${name}: padding`, dims);
  const dilation = pair(options.dilation ?? 1, `${name}: dilation`, dims);
  if (size.some((k) => k < 1) || stride.some((s) => s < 1) || dilation.some((s) => s < 1))
    throw new DlError(
      "value",
      `${name}: kernelSize ${formatShape(size)}, stride ${formatShape(stride)} and dilation ${formatShape(dilation)} have to be positive`,
    );
  if (padding.some((p, i) => p < 0 || 2 * p > size[i]))
    throw new DlError(
      "value",
      `${name}: padding ${formatShape(padding)} can be at most half of kernelSize ${formatShape(size)}${dilation.some((d) => d > 1) ? ", whatever the dilation" : ""}`,
    );
  const input = x.shape.slice(2);
  const out = input.map((n, i) => {
    const span = n + 2 * padding[i] - dilation[i] * (size[i] - 1) - 1;
    const count =
      (options.ceilMode ? Math.ceil(span / stride[i]) : Math.floor(span / stride[i])) + 1;
    // The last window has to start inside the input or the padding before it.
    return options.ceilMode && (count - 1) * stride[i] >= n + padding[i] ? count - 1 : count;
  });
  if (out.some((n) => n < 1))
    throw new ShapeError(
      `${name}: a window of ${formatShape(size)} does not fit the input ${formatShape(x.shape)}`,
    );
  const extra = input.map((n, i) =>
    Math.max(0, (out[i] - 1) * stride[i] + dilation[i] * (size[i] - 1) + 1 - n - 2 * padding[i]),
  );
  return { size, stride, padding, dilation, extra, out, inputSize: input };
}

/** [N, C, OH, OW, KH, KW], padded with `value`. */
function windowsOf(
  x: Tensor,
  { size, stride, padding, dilation, extra, out }: PoolAttrs,
  value: number,
): Tensor {
  const padded = padChannelsLast(
    x,
    padding,
    padding.map((p, i) => p + extra[i]),
    value,
  );
  const taken = windows(padded, { dims: [2, 3], sizes: size, steps: stride, dilations: dilation });
  return taken.narrow(2, 0, out[0]).narrow(3, 0, out[1]);
}

/** Positions in a plane of the input, exact in float32. */
const NOWHERE = 2 ** 24;
/** Where in its plane [H, W] the window's element lies; scalars: strides, dilations, paddings, height and width. */
const [sh, sw, dh, dw, ph, pw, height, width] = [0, 1, 2, 3, 4, 5, 6, 7].map(E.scalar);
const row = E.sub(E.add(E.mul(E.index(2), sh), E.mul(E.index(4), dh)), ph);
const column = E.sub(E.add(E.mul(E.index(3), sw), E.mul(E.index(5), dw)), pw);
const isMaximum = E.or(E.eq(E.input(0), E.input(1)), E.isNaN(E.input(0)));
// Padding is no maximum, even of a window of −∞ alone.
const isInside = E.and(
  E.and(E.le(0, row), E.lt(row, height)),
  E.and(E.le(0, column), E.lt(column, width)),
);
const POSITION = program(
  [E.select(E.and(isMaximum, isInside), E.add(E.mul(row, width), column), NOWHERE)],
  2,
  8,
);

const withoutWindow = (v: View): View =>
  new View(v.storage, v.dtype, v.shape.slice(0, 4), v.strides.slice(0, 4), v.offset);

/** Whether a window sees nothing but padding. Its maximum is −∞, said to be at position 0. */
const hasEmptyWindow = ({ size, stride, padding, dilation, inputSize, out }: PoolAttrs): boolean =>
  out.some((count, i) =>
    Array.from({ length: count }, (_, k) => k * stride[i] - padding[i]).some((start) =>
      Array.from({ length: size[i] }, (_, t) => start + t * dilation[i]).every(
        (at) => at < 0 || at >= inputSize[i],
      ),
    ),
  );

/** Maxima and their positions in the plane, the first of equal ones. */
const maxPoolDefinition: CompositeDefinition<PoolAttrs> = {
  decompose([x], attrs) {
    const { stride, padding, dilation } = attrs;
    const taken = windowsOf(x, attrs, -Infinity);
    const values = new Tensor(runReduce("maxPool2d", "max", IDENTITY, [taken], [4, 5], x.dtype));
    const scalars = [...stride, ...dilation, ...padding, x.shape[2], x.shape[3]];
    const positions = runReduce(
      "maxPool2d",
      "min",
      POSITION,
      [taken, values],
      [4, 5],
      "int32",
      scalars,
    );
    values.memory.storage.retain();
    const indices = new Tensor(withoutWindow(positions));
    return [
      new Tensor(withoutWindow(values.memory)),
      hasEmptyWindow(attrs) ? indices.maskedFill(indices.eq(NOWHERE), 0) : indices,
    ];
  },
  results: ([x], { out }) => {
    const shape = [x.shape[0], x.shape[1], ...out];
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: "int32" },
    ];
  },
  saves: () => ({ outputs: [1] }),
  gradient: ([g], { attrs, output }) => [
    g ? dispatch(maxPoolInputGradientOp, [g, output(1)], attrs) : null,
  ],
};
const maxPoolOp = defineComposite("maxPool2d", maxPoolDefinition);

/** From the gradient of the maxima, and where they are. */
const maxPoolInputGradientOp: Op<PoolAttrs> = defineComposite<PoolAttrs>("maxPool2dInputGradient", {
  results: ([g], { inputSize }) => [
    { shape: [g.shape[0], g.shape[1], ...inputSize], dtype: g.dtype },
  ],
  decompose([g, indices], { inputSize: [h, w] }) {
    const [n, c] = g.shape;
    const flat = (t: Tensor) => t.permute(0, 2, 3, 1).reshape([n, t.shape[2] * t.shape[3], c]);
    // Channels innermost, as the decomposed activations are.
    const d = g.newZeros([n, h * w, c]).scatterAdd(1, flat(indices), flat(g));
    return [d.reshape([n, h, w, c]).permute(0, 3, 1, 2)];
  },
  saves: () => ({ inputs: [1] }),
  gradient([gg], { input, shape }) {
    const planes = (t: Tensor) => t.flatten(2);
    return [
      planes(gg!)
        .gather(2, planes(input(1)))
        .reshape(shape(0)),
      null,
    ];
  },
});

/** What pooling in some number of dimensions comes to in two. */
interface Stage {
  readonly kernelSize: readonly number[];
  readonly options: Omit<AvgPoolOptions, "divisorOverride"> & MaxPoolOptions;
}
const CEIL_AND_COUNT = ["ceilMode", "countIncludePad"] as const;
function stage(
  { size, stride, padding, dilation }: PoolAttrs,
  from: number,
  to: number,
  fill: "before" | "after",
  options: Stage["options"],
): Stage {
  const part = (list: readonly number[], none: number) => {
    const taken = list.slice(from, to);
    return taken.length === 2 ? taken : fill === "before" ? [none, ...taken] : [...taken, none];
  };
  return {
    kernelSize: part(size, 1),
    options: {
      stride: part(stride, 1),
      padding: part(padding, 0),
      dilation: part(dilation, 1),
      ...Object.fromEntries(CEIL_AND_COUNT.map((key) => [key, options[key]])),
    },
  };
}

/** Maxima of windows, and where in their plane they are. */
function maxPoolWithIndices(
  name: string,
  dims: number,
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions,
): ValuesAndIndices {
  checkRank(name, x, dims);
  if (x.rank === dims + 1) {
    const batch = x.unsqueeze(0);
    const { values, indices } = maxPoolWithIndices(name, dims, batch, kernelSize, options);
    return { values: values.squeeze(0), indices: indices.squeeze(0) };
  }
  const shape = geometry(name, dims, x, kernelSize, options);
  if (dims === 2) {
    const [values, indices] = dispatchAll(maxPoolOp, [x], shape);
    return { values, indices };
  }
  const pool = (t: Tensor, { kernelSize: size, options: rest }: Stage) =>
    maxPoolWithIndices(name, 2, t, size, rest);
  if (dims === 1) {
    const { values, indices } = pool(x.unsqueeze(2), stage(shape, 0, 1, "before", options));
    return { values: values.squeeze(2), indices: indices.squeeze(2) };
  }
  // Of each slice, and then of the slices: the first of equal maxima stays the first.
  return scope(() => {
    const [n, c, depth, ...plane] = x.shape;
    const [, ...outPlane] = shape.out;
    const slices = pool(x.reshape([n, c * depth, ...plane]), stage(shape, 1, 3, "before", options));
    const flat = (t: Tensor) => t.reshape([n, c, depth, numelOf(outPlane)]);
    const across = pool(flat(slices.values), stage(shape, 0, 1, "after", options));
    // Its position tells the slice, and where to look up the position in it.
    const found = across.indices.reshape([n, c, numelOf(shape.out)]);
    const inSlice = slices.indices.reshape([n, c, depth * numelOf(outPlane)]).gather(2, found);
    const slice = divTrunc(found, numelOf(outPlane));
    const out = [n, c, ...shape.out];
    return {
      values: across.values.reshape(out),
      indices: slice.mul(numelOf(plane)).add(inSlice).reshape(out),
    };
  });
}

export type PoolResult<I extends boolean> = I extends true ? ValuesAndIndices : Tensor;
export interface ReturnIndices<I extends boolean> {
  /** Give `{ values, indices }`: also where in its plane each maximum is. Default false. */
  returnIndices?: I;
}
/** What a function with `returnIndices` gives. */
export function withoutIndices<I extends boolean>(
  found: ValuesAndIndices,
  returnIndices: I | undefined,
): PoolResult<I> {
  if (!returnIndices) found.indices.dispose();
  return (returnIndices ? found : found.values) as PoolResult<I>;
}

function maxPool<I extends boolean>(
  name: string,
  dims: number,
  x: Tensor,
  kernelSize: PairArgument,
  { returnIndices, ...options }: MaxPoolOptions & ReturnIndices<I>,
): PoolResult<I> {
  return withoutIndices(maxPoolWithIndices(name, dims, x, kernelSize, options), returnIndices);
}

/** {@link maxPool1d} that also says where in its sequence each maximum is. */
export const maxPool1dWithIndices = (
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions = {},
): ValuesAndIndices => maxPoolWithIndices("maxPool1d", 1, x, kernelSize, options);
/** {@link maxPool2d} that also says where in its [H, W] plane each maximum is. */
export const maxPool2dWithIndices = (
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions = {},
): ValuesAndIndices => maxPoolWithIndices("maxPool2d", 2, x, kernelSize, options);
/** {@link maxPool3d} that also says where in its [D, H, W] volume each maximum is. */
export const maxPool3dWithIndices = (
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions = {},
): ValuesAndIndices => maxPoolWithIndices("maxPool3d", 3, x, kernelSize, options);

/**
 * Maxima of windows of sequences. The gradient goes to the first of equal maxima.
 *
 * @param x `[N, C, L]` or `[C, L]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 *
 * @example
 * maxPool1d(tensor([[1, 3, 2, 0]]), 2) // => [[3, 2]]
 */
export const maxPool1d = <I extends boolean = false>(
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions & ReturnIndices<I> = {},
): PoolResult<I> => maxPool("maxPool1d", 1, x, kernelSize, options);

/**
 * Maxima of windows. The gradient goes to the first of equal maxima.
 *
 * @param x `[N, C, H, W]` or `[C, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 */
export const maxPool2d = <I extends boolean = false>(
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions & ReturnIndices<I> = {},
): PoolResult<I> => maxPool("maxPool2d", 2, x, kernelSize, options);

/**
 * Maxima of windows of volumes. The gradient goes to the first of equal maxima.
 *
 * @param x `[N, C, D, H, W]` or `[C, D, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html
 */
export const maxPool3d = <I extends boolean = false>(
  x: Tensor,
  kernelSize: PairArgument,
  options: MaxPoolOptions & ReturnIndices<I> = {},
): PoolResult<I> => maxPool("maxPool3d", 3, x, kernelSize, options);

export interface AvgPoolOptions extends Omit<MaxPoolOptions, "dilation"> {
  /** Count the padding's zeros as elements. Default true. */
  countIncludePad?: boolean;
  /** Divide by this instead of the number of elements. Default null. */
  divisorOverride?: number | null;
}

function averagePool(
  name: string,
  dims: number,
  x: Tensor,
  kernelSize: PairArgument,
  options: AvgPoolOptions,
): Tensor {
  checkRank(name, x, dims);
  if (x.rank === dims + 1)
    return averagePool(name, dims, x.unsqueeze(0), kernelSize, options).squeeze(0);
  const { countIncludePad = true, divisorOverride, ...rest } = options;
  if (divisorOverride === 0) throw new DlError("value", `${name}: divisorOverride is 0`);
  const shape = geometry(name, dims, x, kernelSize, rest);
  // PyTorch's rule for volumes, and for nothing else.
  if (dims === 3 && shape.size.some((k, i) => k > shape.inputSize[i]))
    throw new ShapeError(
      `${name}: the window ${formatShape(shape.size)} is larger than the input ${formatShape(x.shape)}, whose padding does not count: take a smaller kernelSize, or pad the input before`,
    );
  if (dims === 2) {
    const counts = shape.out.map((n, i) =>
      typeof divisorOverride === "number"
        ? new Array<number>(n).fill(i === 0 ? divisorOverride : 1)
        : elementCounts(shape, i, countIncludePad),
    );
    return dispatch(avgPoolOp, [x], { ...shape, counts });
  }
  const pool = (t: Tensor, { kernelSize: size, options: more }: Stage, divisor = divisorOverride) =>
    averagePool(name, 2, t, size, { ...more, divisorOverride: divisor });
  if (dims === 1) return pool(x.unsqueeze(2), stage(shape, 0, 1, "before", options)).squeeze(2);
  // Of each slice, and then of the slices.
  return scope(() => {
    const [n, c, depth, ...plane] = x.shape;
    const [, ...outPlane] = shape.out;
    const slices = pool(x.reshape([n, c * depth, ...plane]), stage(shape, 1, 3, "before", options));
    const flat = slices.reshape([n, c, depth, numelOf(outPlane)]);
    const divisor = typeof divisorOverride === "number" ? 1 : divisorOverride;
    return pool(flat, stage(shape, 0, 1, "after", options), divisor).reshape([n, c, ...shape.out]);
  });
}

/**
 * Means of windows of sequences.
 *
 * @param x `[N, C, L]` or `[C, L]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html
 *
 * @example
 * avgPool1d(tensor([[1, 3, 2, 0]]), 2) // => [[2, 1]]
 */
export const avgPool1d = (
  x: Tensor,
  kernelSize: PairArgument,
  options: Omit<AvgPoolOptions, "divisorOverride"> = {},
): Tensor => averagePool("avgPool1d", 1, x, kernelSize, options);

/**
 * Means of windows.
 *
 * @param x `[N, C, H, W]` or `[C, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
 */
export const avgPool2d = (
  x: Tensor,
  kernelSize: PairArgument,
  options: AvgPoolOptions = {},
): Tensor => averagePool("avgPool2d", 2, x, kernelSize, options);

/**
 * Means of windows of volumes.
 *
 * @param x `[N, C, D, H, W]` or `[C, D, H, W]`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool3d.html
 */
export const avgPool3d = (
  x: Tensor,
  kernelSize: PairArgument,
  options: AvgPoolOptions = {},
): Tensor => averagePool("avgPool3d", 3, x, kernelSize, options);

type AvgPoolAttrs = PoolAttrs & Required<Pick<PoolAttrs, "counts">>;

/** As a tensor that divides all windows, or a number if that is the same for all. */
function divisorOf({ counts, out }: AvgPoolAttrs, like: Tensor): Tensor | number {
  const [rows, columns] = counts;
  if (counts.every((list) => list.every((n) => n === list[0]))) return rows[0] * columns[0];
  const divisor = Float32Array.from(
    { length: numelOf(out) },
    (_, i) => rows[Math.floor(i / out[1])] * columns[i % out[1]],
  );
  return Tensor.from(divisor, [1, 1, ...out], like.device).to(like.dtype);
}

const avgPoolOp: Op<AvgPoolAttrs> = defineComposite<AvgPoolAttrs>("avgPool2d", {
  results: ([x], { out }) => [{ shape: [x.shape[0], x.shape[1], ...out], dtype: x.dtype }],
  decompose: ([x], attrs) => [windowsOf(x, attrs, 0).sum([4, 5]).div(divisorOf(attrs, x))],
  gradient: ([g], { attrs }) => [dispatch(avgPoolInputGradientOp, [g!], attrs)],
});

const avgPoolInputGradientOp: Op<AvgPoolAttrs> = defineComposite<AvgPoolAttrs>(
  "avgPool2dInputGradient",
  {
    results: ([g], { inputSize }) => [
      { shape: [g.shape[0], g.shape[1], ...inputSize], dtype: g.dtype },
    ],
    decompose([g], attrs) {
      const { size, stride, padding, dilation, extra, inputSize } = attrs;
      const [n, c] = g.shape;
      const shares = g.div(divisorOf(attrs, g)).reshape([...g.shape, 1, 1]);
      const padded = inputSize.map((length, i) => length + 2 * padding[i] + extra[i]);
      // Rows behind the last window belong to none.
      const reached = padded.map(
        (_, i) => (g.shape[2 + i] - 1) * stride[i] + dilation[i] * (size[i] - 1) + 1,
      );
      const summed = overlapAdd(shares.expand([...g.shape, ...size]), [n, c, ...reached], {
        dims: [2, 3],
        sizes: size,
        steps: stride,
        dilations: dilation,
      });
      const missing = padded.map((length, i) => length - reached[i]);
      const whole = missing.some((m) => m > 0)
        ? pad(summed, [0, missing[1], 0, missing[0]])
        : summed;
      return [whole.narrow(2, padding[0], inputSize[0]).narrow(3, padding[1], inputSize[1])];
    },
    gradient: ([gg], { attrs }) => [dispatch(avgPoolOp, [gg!], attrs)],
  },
);

/** How many elements each window has along one dimension; what ceilMode adds never counts. */
function elementCounts(
  { size, stride, padding, out, inputSize }: PoolAttrs,
  i: number,
  includePad: boolean,
): number[] {
  const n = inputSize[i];
  return Array.from({ length: out[i] }, (_, k) => {
    const start = k * stride[i] - padding[i];
    const end = Math.min(start + size[i], n + padding[i]);
    return includePad ? end - start : Math.min(end, n) - Math.max(start, 0);
  });
}
