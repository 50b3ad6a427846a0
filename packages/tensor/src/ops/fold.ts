/** Images as columns of windows and back, and pixels exchanged for channels. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { scope } from "../scope.ts";
import { numelOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { separate } from "./cast.ts";
import { type PairArgument, pair } from "./conv.ts";
import { pad } from "./join.ts";
import { checkRank } from "./pool.ts";
import { overlapAdd, windowCount, windows } from "./views.ts";

export interface FoldOptions {
  /** Distance between a window's elements. Default 1. */
  dilation?: PairArgument;
  /** With zeros on both sides. Default 0. */
  padding?: PairArgument;
  /** Distance between windows. Default 1. */
  stride?: PairArgument;
}
interface FoldGeometry {
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly number[];
}
function geometry(name: string, kernelSize: PairArgument, options: FoldOptions): FoldGeometry {
  const { dilation = 1, padding = 0, stride = 1 } = options;
  return {
    sizes: pair(kernelSize, `${name}: kernelSize`, 2, 1),
    steps: pair(stride, `${name}: stride`, 2, 1),
    dilations: pair(dilation, `${name}: dilation`, 2, 1),
    padding: pair(padding, `${name}: padding`, 2, 0),
  };
}
/** How many windows there are. */
const counts = (size: readonly number[], g: FoldGeometry): number[] =>
  size.map((n, i) => windowCount(n + 2 * g.padding[i], g.sizes[i], g.steps[i], g.dilations[i]));

/**
 * Windows of images as columns, PyTorch's `torch.nn.functional.unfold`.
 *
 * @param x `[N, C, H, W]` or `[C, H, W]`
 * @returns `[N, C·KH·KW, L]`, L the number of windows
 * @throws ShapeError when no window fits.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
 *
 * @example
 * im2col(tensor([[[1, 2, 3], [4, 5, 6]]]), [2, 2]) // => [[1, 2], [2, 3], [4, 5], [5, 6]]
 */
export function im2col(x: Tensor, kernelSize: PairArgument, options: FoldOptions = {}): Tensor {
  checkRank("unfold", x, 2);
  if (x.rank === 3) return im2col(x.unsqueeze(0), kernelSize, options).squeeze(0);
  const g = geometry("unfold", kernelSize, options);
  const [n, c, ...size] = x.shape;
  const out = counts(size, g);
  if (out.some((k) => k < 1))
    throw new ShapeError(
      `unfold: a window of ${formatShape(g.sizes)} does not fit the input ${formatShape(x.shape)} with padding ${formatShape(g.padding)}`,
    );
  return scope(() => {
    const [h, w] = g.padding;
    const padded = h === 0 && w === 0 ? x : pad(x, [w, w, h, h]);
    const taken = windows(padded, { dims: [2, 3], ...g });
    const columns = taken
      .permute(0, 1, 4, 5, 2, 3)
      .reshape([n, c * numelOf(g.sizes), numelOf(out)]);
    return separate(columns, x);
  });
}

/**
 * The adjoint of {@link im2col}, PyTorch's `torch.nn.functional.fold`: every column added where its window was.
 *
 * @param x `[N, C·KH·KW, L]` or `[C·KH·KW, L]`
 * @param outputSize `[H, W]`
 * @returns `[N, C, H, W]`
 * @throws ShapeError when L is not the number of windows of an image of that size.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
 *
 * @example
 * col2im(tensor([[1, 2], [2, 3], [4, 5], [5, 6]]), [2, 3], [2, 2]) // => [[[1, 4, 3], [4, 10, 6]]]
 */
export function col2im(
  x: Tensor,
  outputSize: PairArgument,
  kernelSize: PairArgument,
  options: FoldOptions = {},
): Tensor {
  if (x.rank !== 2 && x.rank !== 3)
    throw new ShapeError(
      `fold: the input has to be [N, C·KH·KW, L] or [C·KH·KW, L], got ${formatShape(x.shape)}`,
    );
  if (x.rank === 2) return col2im(x.unsqueeze(0), outputSize, kernelSize, options).squeeze(0);
  const g = geometry("fold", kernelSize, options);
  const size = pair(outputSize, "fold: outputSize", 2, 1);
  const [n, rows, columns] = x.shape;
  const window = numelOf(g.sizes);
  if (rows % window !== 0)
    throw new ShapeError(
      `fold: the ${rows} rows of the input ${formatShape(x.shape)} have to be a multiple of the window's ${g.sizes.join("·")} elements`,
    );
  const found = counts(size, g);
  if (found.some((k) => k < 1) || numelOf(found) !== columns)
    throw new ShapeError(
      `fold: an image of ${formatShape(size)} has ${found.map((k) => Math.max(k, 0)).join("·")} windows, the input ${formatShape(x.shape)} has ${columns} columns`,
    );
  const c = rows / window;
  return scope(() => {
    const taken = x.reshape([n, c, ...g.sizes, ...found]).permute(0, 1, 4, 5, 2, 3);
    const padded = size.map((k, i) => k + 2 * g.padding[i]);
    const [h, w] = g.padding;
    return overlapAdd(taken, [n, c, ...padded], { dims: [2, 3], ...g })
      .narrow(2, h, size[0])
      .narrow(3, w, size[1]);
  });
}

/** The last three dimensions, checked to be there. */
function plane(name: string, x: Tensor): number[] {
  if (x.rank < 3)
    throw new ShapeError(
      `${name}: the input has to be [..., C, H, W], got ${formatShape(x.shape)}`,
    );
  return x.shape.slice(-3);
}
function checkFactor(name: string, what: string, factor: number): void {
  if (!(Number.isInteger(factor) && factor > 0))
    throw new DlError("value", `${name}: ${what} is ${factor}: a positive whole number is wanted`);
}

/**
 * Channels as pixels: `[..., C·r², H, W]` → `[..., C, H·r, W·r]`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html
 *
 * @example
 * pixelShuffle(tensor([[[1]], [[2]], [[3]], [[4]]]), 2) // => [[[1, 2], [3, 4]]]
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const r = upscaleFactor;
  checkFactor("pixelShuffle", "upscaleFactor", r);
  const [c, h, w] = plane("pixelShuffle", x);
  if (c % (r * r) !== 0)
    throw new ShapeError(
      `pixelShuffle: the ${c} channels of ${formatShape(x.shape)} have to be a multiple of ${r}² = ${r * r}`,
    );
  const lead = x.shape.slice(0, -3);
  const k = lead.length;
  const moved = x
    .reshape([...lead, c / (r * r), r, r, h, w])
    .permute(...lead.map((_, d) => d), k, k + 3, k + 1, k + 4, k + 2)
    .reshape([...lead, c / (r * r), h * r, w * r]);
  return separate(moved, x);
}

/**
 * Pixels as channels: `[..., C, H·r, W·r]` → `[..., C·r², H, W]`.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html
 *
 * @example
 * pixelUnshuffle(tensor([[[1, 2], [3, 4]]]), 2) // => [[[1]], [[2]], [[3]], [[4]]]
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const r = downscaleFactor;
  checkFactor("pixelUnshuffle", "downscaleFactor", r);
  const [c, h, w] = plane("pixelUnshuffle", x);
  if (h % r !== 0 || w % r !== 0)
    throw new ShapeError(
      `pixelUnshuffle: height and width of ${formatShape(x.shape)} have to be multiples of ${r}`,
    );
  const lead = x.shape.slice(0, -3);
  const k = lead.length;
  const moved = x
    .reshape([...lead, c, h / r, r, w / r, r])
    .permute(...lead.map((_, d) => d), k, k + 2, k + 4, k + 1, k + 3)
    .reshape([...lead, c * r * r, h / r, w / r]);
  return separate(moved, x);
}

/**
 * Channels `[N, C, ...]` dealt out: as a table of `groups` rows, read by columns.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html
 *
 * @example
 * channelShuffle(tensor([[[1], [2], [3], [4]]]), 2) // => [[[1], [3], [2], [4]]]
 */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  checkFactor("channelShuffle", "groups", groups);
  if (x.rank < 3)
    throw new ShapeError(
      `channelShuffle: the input has to be [N, C, ...] with at least 3 dimensions, got ${formatShape(x.shape)}`,
    );
  const [n, c, ...rest] = x.shape;
  if (c % groups !== 0)
    throw new ShapeError(
      `channelShuffle: the ${c} channels of ${formatShape(x.shape)} have to be a multiple of ${groups} groups`,
    );
  const dealt = x
    .reshape([n, groups, c / groups, ...rest])
    .transpose(1, 2)
    .reshape(x.shape);
  return separate(dealt, x);
}
