/** Histograms with edges: of numbers, and of points of several coordinates. */
import { arange } from "../create.ts";
import { isFloating } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { scope } from "../scope.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import { searchsorted } from "./search.ts";

export interface HistogramOptions {
  /** Least and greatest edge, for each coordinate; default: of the data. Not for given edges. */
  range?: readonly number[] | null;
  /** Of each number, instead of 1. */
  weight?: Tensor | null;
  /** A density, whose integral over all bins is 1. Default false. */
  density?: boolean;
}

/** bins + 1 edges, from both ends, as `linspace` has them. */
function equalEdges(
  x: Tensor,
  bins: number,
  range: readonly number[] | undefined,
  name: string,
): Tensor {
  if (!(Number.isInteger(bins) && bins > 0))
    throw new DlError("value", `${name}: ${bins} bins: a positive whole number is wanted`);
  if (range && !(range[0] <= range[1] && range.every(Number.isFinite)))
    throw new DlError("value", `${name}: the range ${range[0]} … ${range[1]} is none`);
  const isEmpty = x.numel === 0;
  const low = range ? x.newFull([], range[0]) : isEmpty ? x.newZeros([]) : x.amin();
  const high = range ? x.newFull([], range[1]) : isEmpty ? x.newFull([], 1) : x.amax();
  // A range of one point is made wider.
  const margin = low.eq(high).where(0.5, 0).to(x.dtype);
  const [from, to] = [low.sub(margin), high.add(margin)];
  const step = to.sub(from).div(bins);
  const i = arange(bins + 1, { device: x.device, dtype: x.dtype });
  return i
    .lt(Math.floor((bins + 1) / 2))
    .where(from.add(step.mul(i)), to.sub(step.mul(i.mul(-1).add(bins))));
}

/** Which bin each number is in; −1 outside. The last one has its upper edge. */
function binsOf(x: Tensor, edges: Tensor): Tensor {
  const last = edges.numel - 1;
  const found = searchsorted(edges, x.contiguous(), { right: true }).sub(1);
  const highest = edges.select(0, last);
  const inside = x.ge(edges.select(0, 0)).logicalAnd(x.le(highest));
  return inside.where(x.eq(highest).where(last - 1, found), -1);
}

function counted(
  name: string,
  points: Tensor,
  edges: readonly Tensor[],
  { weight = null, density = false }: HistogramOptions,
): Tensor {
  const [n] = points.shape;
  const sizes = edges.map((e) => e.numel - 1);
  const total = sizes.reduce((a, b) => a * b, 1);
  if (weight && weight.numel !== n)
    throw new ShapeError(
      `${name}: weight ${formatShape(weight.shape)} does not fit the ${n} elements`,
    );
  let flat = points.newZeros([n], { dtype: "int32" });
  let isInside = points.newFull([n], 1, { dtype: "bool" });
  edges.forEach((e, d) => {
    const bin = binsOf(points.select(1, d), e);
    isInside = isInside.logicalAnd(bin.ge(0));
    flat = flat.mul(sizes[d]).add(bin);
  });
  const index = isInside.where(flat, total).to("int32");
  const amounts = weight ? weight.detach().reshape([n]).to(points.dtype) : points.newFull([n], 1);
  const sums = points.newZeros([total + 1]).scatterAdd(0, index, amounts);
  const hist = sums.narrow(0, 0, total).reshape(sizes);
  if (!density) return hist.clone();
  let share = hist.div(hist.sum());
  edges.forEach((e, d) => {
    const widths = e.narrow(0, 1, sizes[d]).sub(e.narrow(0, 0, sizes[d]));
    share = share.div(widths.reshape(sizes.map((_, i) => (i === d ? -1 : 1))));
  });
  return share;
}
function requireNumbers(name: string, x: Tensor): void {
  if (!isFloating(x.dtype))
    throw new DlError("dtype", `${name}: the tensor is ${x.dtype}: x.to("float32")`);
}

/**
 * How many numbers lie in each bin, with the bins' edges. Numbers outside are not counted; the last bin has both edges.
 *
 * @param bins how many of equal width, or a vector of increasing edges.
 * @throws DlError for integers, no bins, or a range that is none; ShapeError for a weight that does not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.histogram.html
 *
 * @example
 * histogram(tensor([1, 2, 1]), 4, { range: [0, 3] }).hist // => [0, 2, 1, 0]
 */
export function histogram(
  x: Tensor,
  bins: number | Tensor,
  options: HistogramOptions = {},
): { hist: Tensor; binEdges: Tensor } {
  requireNumbers("histogram", x);
  return scope(() => {
    const flat = x.detach().reshape([-1]);
    const binEdges = isTensor(bins)
      ? bins.detach().clone()
      : equalEdges(flat, bins, options.range ?? undefined, "histogram");
    return { hist: counted("histogram", flat.unsqueeze(1), [binEdges], options), binEdges };
  });
}
/**
 * The same for points: `[..., D]` gives a histogram of D dimensions, and edges for each coordinate.
 *
 * @param bins for each coordinate, or for all: how many, or the edges.
 * @param options.range least and greatest edge of the first coordinate, of the second, …
 * @throws DlError for integers, no bins, or a range that is none; ShapeError where counts do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.histogramdd.html
 *
 * @example
 * histogramdd(tensor([[0, 1], [1, 0], [1, 1]]), [2, 2]).hist // => [[0, 1], [1, 1]]
 */
export function histogramdd(
  x: Tensor,
  bins: number | readonly (number | Tensor)[],
  options: HistogramOptions = {},
): { hist: Tensor; binEdges: Tensor[] } {
  requireNumbers("histogramdd", x);
  const dims = x.shape.at(-1) ?? 0;
  const given = typeof bins === "number" ? new Array<number | Tensor>(dims).fill(bins) : bins;
  const { range } = options;
  if (x.rank < 2 || given.length !== dims || (range && range.length !== 2 * dims))
    throw new ShapeError(
      `histogramdd: points ${formatShape(x.shape)} want bins, and two numbers of a range, for each of ${dims} coordinates`,
    );
  return scope(() => {
    const points = x.detach().reshape([-1, dims]);
    const binEdges = given.map((b, d) =>
      isTensor(b)
        ? b.detach().clone()
        : equalEdges(points.select(1, d), b, range?.slice(2 * d, 2 * d + 2), "histogramdd"),
    );
    return { hist: counted("histogramdd", points, binEdges, options), binEdges };
  });
}
