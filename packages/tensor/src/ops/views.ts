/** Views: another shape, order or part of the same memory. Nothing here copies, but for `reshape` where it must. */
import { assign, defineView, type ViewOp } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { add as addExpr, input } from "../expr.ts";
import { IDENTITY as COPY, IDENTITY, program } from "../program.ts";
import {
  contiguousStrides,
  inferShape,
  numelOf,
  requireWhole,
  type Shape,
  sameShape,
  wrapDim,
  wrapDims,
} from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate, denseLike, type View } from "../view.ts";
import { filledView } from "./fill.ts";
import type { Dims } from "./reduce.ts";

/**
 * Another handle on the same view: what changes a handle's shape in place (`unsqueeze_`, `t_`), or whether it requires a
 * gradient, leaves the first one alone.
 */
const aliasOp = defineView<undefined>(
  "alias",
  (v) => v,
  (g) => g,
);
const alias = (x: Tensor): Tensor => dispatch(aliasOp, [x]);

// ---- order of dimensions ---------------------------------------------------------------------------------------------

const permuteOp = defineView<readonly number[]>(
  "permute",
  (v, order) =>
    v.with(
      order.map((d) => v.shape[d]),
      order.map((d) => v.strides[d]),
    ),
  (g, order) =>
    permute(
      g,
      order.map((_, d) => order.indexOf(d)),
    ),
);

/** Dimension i of the result is dimension order[i] of x. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const wrapped = order.map((d) => wrapDim(d, x.rank, "permute"));
  if (wrapped.length !== x.rank || new Set(wrapped).size !== x.rank) {
    throw new ShapeError(
      `permute: ${formatShape(order)} does not name each of the ${x.rank} dimensions of ${formatShape(x.shape)} once`,
    );
  }
  return wrapped.every((d, i) => d === i) ? alias(x) : dispatch(permuteOp, [x], wrapped);
}

/**
 * Two dimensions exchanged. A view.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.transpose.html
 *
 * @example
 * transpose(tensor([[1, 2], [3, 4]]), 0, 1) // => [[1, 3], [2, 4]]
 */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  const a = wrapDim(dim0, x.rank, "transpose");
  const b = wrapDim(dim1, x.rank, "transpose");
  const order = x.shape.map((_, d) => (d === a ? b : d === b ? a : d));
  return permute(x, order);
}

/** A matrix transposed; a vector or number as it is. */
export function t(x: Tensor): Tensor {
  if (x.rank > 2)
    throw new ShapeError(
      `t: for up to 2 dimensions, got ${formatShape(x.shape)}: use transpose(dim0, dim1), or mT for a batch of matrices`,
    );
  return x.rank === 2 ? permute(x, [1, 0]) : alias(x);
}

/**
 * The dimensions of `source` moved to the places of `destination`; the others keep their order. A view.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.movedim.html
 *
 * @example
 * movedim(zeros(2, 3, 4), 0, -1).shape // => [3, 4, 2]
 */
export function movedim(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  const wrapAll = (dims: number | readonly number[]) =>
    [dims].flat().map((d) => wrapDim(d as number, x.rank, "movedim"));
  const [from, to] = [wrapAll(source), wrapAll(destination)];
  if (from.length !== to.length || new Set(from).size < from.length || new Set(to).size < to.length)
    throw new DlError(
      "value",
      `movedim: ${formatShape([source].flat() as number[])} cannot move to ${formatShape([destination].flat() as number[])}: as many places as dimensions are wanted, each once`,
    );
  const others = x.shape.map((_, d) => d).filter((d) => !from.includes(d));
  const order = x.shape.map((_, d) =>
    to.includes(d) ? from[to.indexOf(d)] : (others.shift() as number),
  );
  return permute(x, order);
}

// ---- shape -----------------------------------------------------------------------------------------------------------

interface ReshapeAttrs {
  readonly shape: Shape;
  /** Fail rather than copy. */
  readonly viewOnly: boolean;
}
const reshapeOp: Op<ReshapeAttrs> = {
  name: "reshape",
  forward([x], { shape, viewOnly }) {
    const v = x.memory;
    const strides = v.contiguous ? contiguousStrides(shape) : stridesAs(v, shape);
    if (strides) {
      v.storage.retain();
      return [new Tensor(v.with(shape, strides))];
    }
    if (viewOnly) {
      throw new ShapeError(
        `view: ${formatShape(v.shape)} with strides ${formatShape(v.strides)} cannot be seen as ${formatShape(shape)} without a copy: use reshape(...)`,
      );
    }
    const copy = allocate(x.device, v.dtype, v.shape);
    if (copy.numel > 0) x.device.map(IDENTITY, [v], [copy], []);
    return [new Tensor(copy.with(shape, contiguousStrides(shape)))];
  },
  gradient: ([g], context) => [reshape(g!, context.shape(0))],
};

/** The same elements in row-major order under another shape; one size may be −1. A copy only where strides demand it. */
export function reshape(x: Tensor, shape: Shape, viewOnly = false): Tensor {
  const name = viewOnly ? "view" : "reshape";
  const wanted = inferShape(shape, x.numel, name);
  if (sameShape(wanted, x.shape)) return alias(x);
  if (numelOf(wanted) !== x.numel) {
    throw new ShapeError(
      `${name}: ${formatShape(x.shape)} has ${x.numel} elements, ${formatShape(wanted)} would have ${numelOf(wanted)}`,
    );
  }
  return dispatch(reshapeOp, [x], { shape: wanted, viewOnly });
}

/** Strides of a reshape without a copy, where there are such. */
function stridesAs(v: View, shape: Shape): number[] | undefined {
  if (v.numel === 0) return contiguousStrides(shape);
  // Runs of dimensions that lie behind one another without gaps, innermost last: [elements, stride].
  const runs: [number, number][] = [];
  v.shape.forEach((n, d) => {
    if (n === 1) return;
    const last = runs.at(-1);
    if (last && last[1] === v.strides[d] * n) {
      last[0] *= n;
      last[1] = v.strides[d];
    } else runs.push([n, v.strides[d]]);
  });
  const out = new Array<number>(shape.length).fill(0);
  let d = shape.length - 1;
  for (let r = runs.length - 1; r >= 0; r--) {
    let [left, stride] = runs[r];
    while (left > 1) {
      if (d < 0 || left % shape[d] !== 0) return undefined;
      out[d] = stride;
      stride *= shape[d];
      left /= shape[d];
      d--;
    }
  }
  return out;
}

/**
 * Dimensions startDim … endDim as one. A view where strides allow it.
 *
 * @param options.startDim default 0.
 * @param options.endDim default −1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.flatten.html
 *
 * @example
 * flatten(zeros(2, 3, 4), { startDim: 1 }).shape // => [2, 12]
 */
export function flatten(x: Tensor, { startDim = 0, endDim = -1 } = {}): Tensor {
  if (x.rank === 0) return reshape(x, [1]);
  const from = wrapDim(startDim, x.rank, "flatten");
  const to = wrapDim(endDim, x.rank, "flatten");
  if (from > to)
    throw new DlError("value", `flatten: startDim ${startDim} comes after endDim ${endDim}`);
  return reshape(x, [
    ...x.shape.slice(0, from),
    numelOf(x.shape.slice(from, to + 1)),
    ...x.shape.slice(to + 1),
  ]);
}

/**
 * Dimension `dim` as several, of the given sizes, one of which may be −1.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.unflatten.html
 *
 * @example
 * unflatten(zeros(6, 4), 0, [2, -1]).shape // => [2, 3, 4]
 */
export function unflatten(x: Tensor, dim: number, sizes: Shape): Tensor {
  const d = wrapDim(dim, x.rank, "unflatten");
  return reshape(x, [
    ...x.shape.slice(0, d),
    ...inferShape(sizes, x.shape[d], "unflatten"),
    ...x.shape.slice(d + 1),
  ]);
}

/**
 * Without the dimensions of size 1, or without those of `dim` that have size 1. A view.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html
 *
 * @example
 * squeeze(zeros(1, 2, 1), 0).shape // => [2, 1]
 */
export function squeeze(
  x: Tensor,
  dim?: number | readonly number[] | { dim?: number | readonly number[] },
): Tensor {
  const given = typeof dim === "object" && "dim" in dim ? dim.dim : (dim as Dims);
  // Unlike in a reduction, an empty list names none.
  if (Array.isArray(given) && given.length === 0) return alias(x);
  const dims = wrapDims(given, x.rank, "squeeze");
  return reshape(
    x,
    x.shape.filter((n, d) => n !== 1 || !dims.includes(d)),
  );
}

/** With a dimension of size 1 in front of `dim`. */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  const d = wrapDim(dim, x.rank + 1, "unsqueeze");
  return reshape(x, [...x.shape.slice(0, d), 1, ...x.shape.slice(d)]);
}

const expandOp = defineView<Shape>(
  "expand",
  (v, shape) => v.expand(shape),
  (g, _, shape) => g.sumTo(shape),
);

/** Dimensions of size 1 repeated without a copy; −1 keeps a size, new dimensions come in front. */
export function expand(x: Tensor, shape: Shape): Tensor {
  for (const n of shape) requireWhole("expand", "a size", n);
  const lead = shape.length - x.rank;
  const wanted = shape.map((n, d) => (n === -1 && d >= lead ? x.shape[d - lead] : n));
  const fits =
    lead >= 0 &&
    x.shape.every((n, d) => n === wanted[d + lead] || n === 1) &&
    wanted.every((n) => n >= 0);
  if (!fits) {
    throw new ShapeError(
      `expand: ${formatShape(x.shape)} cannot become ${formatShape(shape)}: aligned at the end, sizes must be equal or expand from 1`,
    );
  }
  return sameShape(wanted, x.shape) ? alias(x) : dispatch(expandOp, [x], wanted);
}

// ---- parts -----------------------------------------------------------------------------------------------------------

export interface SliceAttrs {
  readonly dim: number;
  readonly start: number;
  readonly length: number;
  readonly step: number;
}
const sliceView = (v: View, { dim, start, length, step }: SliceAttrs): View =>
  v.with(
    v.shape.map((n, d) => (d === dim ? length : n)),
    v.strides.map((s, d) => (d === dim ? s * step : s)),
    v.offset + start * v.strides[dim],
  );
/** @internal */
export const sliceOp: ViewOp<SliceAttrs> = defineView<SliceAttrs>(
  "slice",
  sliceView,
  (g, attrs, shape) => embed(g, attrs, shape),
);

/** The adjoint of a slice: zeros of `shape` with g in the place of the slice. */
const embedOp: Op<{ readonly slice: SliceAttrs; readonly shape: Shape }> = {
  name: "embed",
  forward([g], { slice: attrs, shape }) {
    const out = filledView(g.device, g.dtype, shape, 0, denseLike(shape, stretched(g, shape)));
    if (g.numel > 0) assign([sliceView(out, attrs)], COPY, [g.memory]);
    return [new Tensor(out)];
  },
  gradient: ([g], { attrs }) => [dispatch(sliceOp, [g!], attrs.slice)],
};
const embed = (g: Tensor, slice: SliceAttrs, shape: Shape): Tensor =>
  dispatch(embedOp, [g], { slice, shape });
/** The dimension order of g, for a result of another size. */
const stretched = (g: Tensor, shape: Shape): readonly number[] =>
  g.shape.some((n, d) => n === 1 && shape[d] !== 1) ? contiguousStrides(shape) : g.memory.strides;

/** `length` positions of `dim` from `start`. */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  const d = wrapDim(dim, x.rank, "narrow");
  requireWhole("narrow", "start", start);
  requireWhole("narrow", "length", length);
  const n = x.shape[d];
  const from = start < 0 ? start + n : start;
  if (from < 0 || length < 0 || from + length > n) {
    throw new DlError(
      "index",
      `narrow: ${length} positions from ${start} do not lie within dim ${dim} of ${formatShape(x.shape)}, which has ${n}`,
    );
  }
  return length === n ? alias(x) : dispatch(sliceOp, [x], { dim: d, start: from, length, step: 1 });
}

/** @internal Where a slice of n positions starts, and how many it has. */
export function sliceRange(
  name: string,
  n: number,
  start: number | null | undefined,
  end: number | null | undefined,
  step: number,
): [start: number, length: number] {
  const clip = (argument: string, i: number): number => {
    // Infinity is beyond the end.
    if (Math.abs(i) !== Infinity) requireWhole(name, argument, i);
    return Math.min(Math.max(i < 0 ? i + n : i, 0), n);
  };
  const from = clip("start", start ?? 0);
  return [from, Math.max(0, Math.ceil((clip("end", end ?? n) - from) / step))];
}

/** Positions start, start + step, … before end, as Python's x[start:end:step] along `dim`; step is positive. */
export function slice(
  x: Tensor,
  dim: number,
  start?: number | null,
  end?: number | null,
  step = 1,
): Tensor {
  const d = wrapDim(dim, x.rank, "slice");
  if (!Number.isInteger(step) || step < 1)
    throw new DlError(
      "value",
      `slice: step ${step} has to be a positive whole number: flip(dim) reverses`,
    );
  const n = x.shape[d];
  const [from, length] = sliceRange("slice", n, start, end, step);
  return length === n && step === 1
    ? alias(x)
    : dispatch(sliceOp, [x], { dim: d, start: from, length, step });
}

/** Position `index` of `dim`, without that dimension. */
export function select(x: Tensor, dim: number, index: number): Tensor {
  if (x.rank === 0)
    throw new ShapeError(
      "select: a zero-dimensional tensor has no dimension to select from: use item()",
    );
  const d = wrapDim(dim, x.rank, "select");
  const n = x.shape[d];
  const i = index < 0 ? index + n : index;
  if (!Number.isInteger(i) || i < 0 || i >= n)
    throw new DlError(
      "index",
      `select: index ${index} is out of range for dim ${dim} of ${formatShape(x.shape)}, which has ${n}`,
    );
  return reshape(
    narrow(x, d, i, 1),
    x.shape.filter((_, k) => k !== d),
  );
}

const flipOp: ViewOp<readonly number[]> = defineView<readonly number[]>(
  "flip",
  (v, dims) =>
    v.with(
      v.shape,
      v.strides.map((s, d) => (dims.includes(d) ? -s : s)),
      v.offset + dims.reduce((sum, d) => sum + Math.max(v.shape[d] - 1, 0) * v.strides[d], 0),
    ),
  (g, dims) => dispatch(flipOp, [g], dims),
);
/** Reversed along `dims`; a view with negative strides. */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  const list = typeof dims === "number" ? [dims] : dims;
  return list.length === 0 ? alias(x) : dispatch(flipOp, [x], wrapDims(list, x.rank, "flip"));
}

// ---- windows ---------------------------------------------------------------------------------------------------------

export interface WindowAttrs {
  readonly dims: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
  readonly dilations: readonly number[];
}

function windowView(v: View, { dims, sizes, steps, dilations }: WindowAttrs): View {
  const shape = v.shape.slice();
  const strides = v.strides.slice();
  dims.forEach((d, i) => {
    shape[d] = Math.floor((v.shape[d] - dilations[i] * (sizes[i] - 1) - 1) / steps[i]) + 1;
    strides[d] = v.strides[d] * steps[i];
  });
  return v.with(
    [...shape, ...sizes],
    [...strides, ...dims.map((d, i) => v.strides[d] * dilations[i])],
  );
}

const windowsOp = defineView<WindowAttrs>("windows", windowView, (g, attrs, shape) =>
  dispatch(overlapAddOp, [g], { ...attrs, shape }),
);

const ADD = program([addExpr(input(0), input(1))], 2);

/** The adjoint of `windows`: every window added where it was taken from (col2im). */
const overlapAddOp: Op<WindowAttrs & { readonly shape: Shape }> = {
  name: "windows (adjoint)",
  forward([g], attrs) {
    const { dims, sizes, steps, dilations, shape } = attrs;
    const rank = shape.length;
    const out = filledView(
      g.device,
      g.dtype,
      shape,
      0,
      denseLike(shape, g.memory.strides.slice(0, rank)),
    );
    if (g.numel === 0) return [new Tensor(out)];
    const through = windowView(out, attrs);
    const isDisjoint = dims.every(
      (_, i) => sizes[i] === 1 || (dilations[i] === 1 && steps[i] >= sizes[i]),
    );
    if (isDisjoint) {
      assign([through], COPY, [g.memory]);
      return [new Tensor(out)];
    }
    // Within one position of the window nothing overlaps, so positions are added one after another.
    const at = sizes.map(() => 0);
    const count = numelOf(sizes);
    for (let k = 0; k < count; k++) {
      const pick = (v: View) =>
        v.with(
          v.shape.slice(0, rank),
          v.strides.slice(0, rank),
          v.offset + at.reduce((sum, i, a) => sum + i * v.strides[rank + a], 0),
        );
      const target = pick(through);
      assign([target], ADD, [target, pick(g.memory)]);
      for (let a = at.length - 1; a >= 0 && ++at[a] === sizes[a]; a--) at[a] = 0;
    }
    return [new Tensor(out)];
  },
  gradient: ([g], { attrs: { shape: _, ...attrs } }) => [dispatch(windowsOp, [g!], attrs)],
};

/** Sliding windows over several dimensions at once, appended as new dimensions in the order of `dims`. No copy. */
export const windows = (x: Tensor, attrs: WindowAttrs): Tensor => dispatch(windowsOp, [x], attrs);

/** The adjoint of `windows`: a tensor of `shape` to which every window is added where it would have been taken from. */
export const overlapAdd = (g: Tensor, shape: Shape, attrs: WindowAttrs): Tensor =>
  dispatch(overlapAddOp, [g], { ...attrs, shape });

/**
 * Sliding windows of `size` every `step` along `dim`, as a new last dimension. A view.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
 *
 * @example
 * unfold(tensor([1, 2, 3, 4]), 0, 2, 1) // => [[1, 2], [2, 3], [3, 4]]
 */
export function unfold(x: Tensor, dim: number, size: number, step: number): Tensor {
  const d = wrapDim(dim, x.rank, "unfold");
  if (!Number.isInteger(size) || size < 0 || !Number.isInteger(step) || step < 1)
    throw new DlError(
      "value",
      `unfold: size ${size} and step ${step} have to be whole numbers, the step positive`,
    );
  if (x.rank === 0) return unfold(reshape(x, [1]), 0, size, step).squeeze(0);
  if (size > x.shape[d])
    throw new ShapeError(
      `unfold: a window of ${size} does not fit into dim ${dim} of ${formatShape(x.shape)}`,
    );
  return windows(x, { dims: [d], sizes: [size], steps: [step], dilations: [1] });
}

/** What `windows` of these sizes would give along one dimension. */
export const windowCount = (n: number, size: number, step: number, dilation: number): number =>
  Math.floor((n - dilation * (size - 1) - 1) / step) + 1;
