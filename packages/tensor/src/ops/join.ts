/** Putting tensors together, and taking them apart. */
import { assign, checkTensor, commonBackend } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { type DType, promoteTypes } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { IDENTITY } from "../program.ts";
import { requireCount, requireWhole, type Shape, sameShape, wrapDim } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { allocate, denseLike, type View } from "../view.ts";
import { separate } from "./cast.ts";
import { filledView } from "./fill.ts";
import { indexSelect } from "./indexAlong.ts";

const catOp: Op<{ readonly axis: number; readonly dtype: DType }> = {
  name: "cat",
  forward(inputs, { axis, dtype }) {
    const backend = commonBackend("cat", inputs);
    const shape = inputs[0].shape.map((n, d) =>
      d === axis ? inputs.reduce((sum, t) => sum + t.shape[axis], 0) : n,
    );
    const out = allocate(
      backend,
      dtype,
      shape,
      inputs[0].memory.contiguous ? undefined : denseLike(shape, inputs[0].memory.strides),
    );
    let start = 0;
    for (const t of inputs) {
      if (t.numel > 0) assign([part(out, axis, start, t.shape[axis])], IDENTITY, [t.memory]);
      start += t.shape[axis];
    }
    return [new Tensor(out)];
  },
  gradient([g], { attrs: { axis }, needs, shape, dtype }) {
    let start = 0;
    return needs.map((need, i) => {
      const n = shape(i)[axis];
      start += n;
      return need ? g!.narrow(axis, start - n, n).to(dtype(i)) : null;
    });
  },
};
const part = (v: View, axis: number, start: number, length: number): View =>
  v.with(
    v.shape.map((n, d) => (d === axis ? length : n)),
    v.strides,
    v.offset + start * v.strides[axis],
  );

/** `dim`, by itself or in options. Default 0. */
export type DimArgument = number | { dim?: number };
const dimOf = (dim: DimArgument = 0): number => (typeof dim === "number" ? dim : (dim.dim ?? 0));

/** @throws DlError for anything but a list with at least one tensor, and nothing else, in it. */
export function requireList(name: string, list: readonly Tensor[]): void {
  if (!Array.isArray(list))
    throw new DlError("value", `${name}: a list of tensors is wanted: ${name}([a, b])`);
  if (list.length === 0) throw new DlError("value", `${name}: an empty list of tensors`);
  list.forEach((t, i) => checkTensor(t, name, i, "a tensor"));
}

/**
 * One after another along `dim` (default 0); every other size has to agree. Dtypes are promoted.
 *
 * @throws ShapeError for other sizes that differ.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cat.html
 *
 * @example
 * cat([tensor([[1, 2]]), tensor([[3, 4]])], 1) // => [[1, 2, 3, 4]]
 */
export function cat(list: readonly Tensor[], dimension: DimArgument = 0): Tensor {
  const dim = dimOf(dimension);
  requireList("cat", list);
  // As in PyTorch, an empty vector goes with anything.
  const isNothing = (t: Tensor) => t.rank === 1 && t.numel === 0;
  const some = list.some((t) => !isNothing(t));
  const tensors = some ? list.filter((t) => !isNothing(t)) : list;
  const [first] = tensors;
  if (first.rank === 0)
    throw new ShapeError("cat: zero-dimensional tensors cannot be joined: use stack");
  const axis = wrapDim(dim, first.rank, "cat");
  tensors.forEach((t, i) => {
    if (t.rank !== first.rank || t.shape.some((n, d) => d !== axis && n !== first.shape[d])) {
      throw new ShapeError(
        `cat: tensor ${i} has shape ${formatShape(t.shape)}, tensor 0 ${formatShape(first.shape)}: all sizes but that of dim ${dim} have to agree`,
      );
    }
  });
  return dispatch(catOp, tensors, {
    axis,
    dtype: list.map((t) => t.dtype).reduce(promoteTypes),
  });
}

/**
 * One after another along a new dimension `dim` (default 0); shapes have to be equal.
 *
 * @throws ShapeError for shapes that differ.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.stack.html
 *
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])], 1) // => [[1, 3], [2, 4]]
 */
export function stack(tensors: readonly Tensor[], dimension: DimArgument = 0): Tensor {
  const dim = dimOf(dimension);
  requireList("stack", tensors);
  const odd = tensors.findIndex((t) => !sameShape(t.shape, tensors[0].shape));
  if (odd >= 0)
    throw new ShapeError(
      `stack: tensor ${odd} has shape ${formatShape(tensors[odd].shape)}, tensor 0 ${formatShape(tensors[0].shape)}: all have to be equal`,
    );
  const axis = wrapDim(dim, tensors[0].rank + 1, "stack");
  return cat(
    tensors.map((t) => t.unsqueeze(axis)),
    axis,
  );
}

/**
 * Parts of `size` (the last may be smaller), or of the given sizes, along `dim` (default 0). Views.
 *
 * @throws ShapeError when given sizes do not add up.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.split.html
 *
 * @example
 * split(tensor([1, 2, 3, 4, 5]), 2) // => [[1, 2], [3, 4], [5]]
 */
export function split(
  x: Tensor,
  size: number | readonly number[],
  dimension: DimArgument = 0,
): Tensor[] {
  const dim = dimOf(dimension);
  requireDimension("split", x);
  const axis = wrapDim(dim, x.rank, "split");
  const n = x.shape[axis];
  for (const length of [size].flat() as number[]) requireCount("split", "size", length);
  // As in PyTorch, nothing can be split into nothings.
  if (typeof size === "number" && !(size > 0 || (size === 0 && n === 0)))
    throw new DlError("value", `split: size ${size} has to be positive`);
  if (size === 0) return [x.narrow(axis, 0, 0)];
  const sizes =
    typeof size === "number"
      ? Array.from({ length: Math.max(1, Math.ceil(n / size)) }, (_, i) =>
          Math.min(size, n - i * size),
        )
      : size;
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== n)
    throw new ShapeError(
      `split: sizes ${formatShape(sizes)} add up to ${total}, dim ${dim} of ${formatShape(x.shape)} has ${n}`,
    );
  let start = 0;
  return sizes.map((length) => {
    start += length;
    return x.narrow(axis, start - length, length);
  });
}

function requireDimension(name: string, x: Tensor): void {
  if (x.rank === 0)
    throw new ShapeError(`${name}: a zero-dimensional tensor has no dimension to take apart`);
}

/**
 * At most `chunks` parts of equal size (the last may be smaller) along `dim` (default 0). Views.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.chunk.html
 *
 * @example
 * chunk(tensor([1, 2, 3, 4, 5]), 2) // => [[1, 2, 3], [4, 5]]
 */
export function chunk(x: Tensor, chunks: number, dimension: DimArgument = 0): Tensor[] {
  const dim = dimOf(dimension);
  requireDimension("chunk", x);
  if (!(chunks > 0)) throw new DlError("value", `chunk: ${chunks} parts: at least one is wanted`);
  requireWhole("chunk", "chunks", chunks);
  const n = x.shape[wrapDim(dim, x.rank, "chunk")];
  // As in PyTorch, nothing makes as many nothings as asked.
  if (n === 0) return Array.from({ length: chunks }, () => x.narrow(dim, 0, 0));
  return split(x, Math.ceil(n / chunks), dim);
}

/**
 * Every position of `dim` (default 0) by itself, without that dimension. Views.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.unbind.html
 *
 * @example
 * unbind(tensor([[1, 2], [3, 4]])) // => [[1, 2], [3, 4]]
 */
export function unbind(x: Tensor, dimension: DimArgument = 0): Tensor[] {
  const dim = dimOf(dimension);
  requireDimension("unbind", x);
  const axis = wrapDim(dim, x.rank, "unbind");
  return Array.from({ length: x.shape[axis] }, (_, i) => x.select(axis, i));
}

interface PadAttrs {
  /** Per dimension: how many before, how many after. Negative numbers cut off. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
  /** Lay the result out with dimension 1 (channels) innermost, as convolution wants. */
  readonly channelsLast?: boolean;
}
const padOp: Op<PadAttrs> = {
  name: "pad",
  forward([x], { before, after, value, channelsLast }) {
    const shape = x.shape.map((n, d) => n + before[d] + after[d]);
    const out = filledView(
      x.device,
      x.dtype,
      shape,
      value,
      channelsLast ? channelsLastStrides(shape) : denseLike(shape, x.memory.strides),
    );
    let source = x.memory;
    let target = out;
    shape.forEach((_, d) => {
      const cut = Math.max(0, -before[d]);
      const length = x.shape[d] - cut - Math.max(0, -after[d]);
      source = part(source, d, cut, length);
      target = part(target, d, Math.max(0, before[d]), length);
    });
    if (source.numel > 0) assign([target], IDENTITY, [source]);
    return [new Tensor(out)];
  },
  gradient: ([g], { attrs: { before, after } }) => [
    dispatch(padOp, [g!], { before: before.map((n) => -n), after: after.map((n) => -n), value: 0 }),
  ],
};
/** [N, C, ...] with C innermost in memory. */
export function channelsLastStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  strides[1] = 1;
  let n = shape[1];
  for (let d = shape.length - 1; d >= 2; d--) {
    strides[d] = n;
    n *= shape[d];
  }
  strides[0] = n;
  return strides;
}

/** For convolution and pooling: `amount[i]` on both sides of dimension 2 + i, channels innermost; the tensor itself if that is so already. */
export function padChannelsLast(
  x: Tensor,
  before: readonly number[],
  after: readonly number[],
  value: number,
): Tensor {
  const isLaidOut =
    before.every((n) => n === 0) &&
    after.every((n) => n === 0) &&
    (x.shape[1] === 1 || x.memory.strides[1] === 1);
  return isLaidOut
    ? x
    : dispatch(padOp, [x], {
        before: [0, 0, ...before],
        after: [0, 0, ...after],
        value,
        channelsLast: true,
      });
}

export type PadMode = "constant" | "reflect" | "replicate" | "circular";

/** `padding` is [left, right] of the last dimension, then of the one before, and so on, as in PyTorch. */
export function pad(
  x: Tensor,
  padding: readonly number[],
  { mode = "constant", value = 0 }: { mode?: PadMode; value?: number } = {},
): Tensor {
  if (padding.length % 2 !== 0 || padding.length > 2 * x.rank) {
    throw new DlError(
      "value",
      `pad: ${formatShape(padding)} has to be pairs [left, right], from the last dimension on, at most ${x.rank} for ${formatShape(x.shape)}`,
    );
  }
  for (const n of padding) requireWhole("pad", "padding", n);
  const before = x.shape.map(() => 0);
  const after = before.slice();
  for (let i = 0; i < padding.length / 2; i++) {
    before[x.rank - 1 - i] = padding[2 * i];
    after[x.rank - 1 - i] = padding[2 * i + 1];
  }
  if (mode !== "constant") return padByIndex(x, before, after, mode);
  // Also where the other side pads it back.
  const short = x.shape.findIndex((n, d) => n + Math.min(before[d], 0) + Math.min(after[d], 0) < 0);
  if (short >= 0)
    throw new ShapeError(
      `pad: [${before[short]}, ${after[short]}] cuts more off dim ${short} of ${formatShape(x.shape)} than there is`,
    );
  return dispatch(padOp, [x], { before, after, value });
}

/** The other modes read existing positions. */
function padByIndex(
  x: Tensor,
  before: readonly number[],
  after: readonly number[],
  mode: Exclude<PadMode, "constant">,
): Tensor {
  const source: Record<typeof mode, (i: number, n: number) => number> = {
    reflect: (i, n) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i),
    replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
    circular: (i, n) => ((i % n) + n) % n,
  };
  const padded = x.shape.reduce((t, size, d) => {
    if (before[d] === 0 && after[d] === 0) return t;
    // What repeats itself is what negative numbers leave.
    const cut = mode === "circular" ? Math.max(0, -before[d]) : 0;
    const n = mode === "circular" ? size - cut - Math.max(0, -after[d]) : size;
    const most = mode === "reflect" ? n - 1 : mode === "circular" ? n : Infinity;
    const length = size + before[d] + after[d];
    if (before[d] > most || after[d] > most || (length > 0 && n < 1))
      throw new ShapeError(
        `pad: ${mode} padding of dim ${d} of ${formatShape(x.shape)} can be at most ${Math.max(most, 0)}, got [${before[d]}, ${after[d]}]`,
      );
    if (length < 0)
      throw new ShapeError(
        `pad: [${before[d]}, ${after[d]}] cuts more off dim ${d} of ${formatShape(x.shape)} than there is`,
      );
    const index = Int32Array.from({ length }, (_, i) => cut + source[mode](i - before[d] - cut, n));
    return indexSelect(t, d, Tensor.from(index, [index.length], x.device));
  }, x);
  return separate(padded, x);
}
