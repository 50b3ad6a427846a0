/** Distances between all pairs of two sets of vectors. */
import { type MapOp, makeMapOp, runReduce } from "../define.ts";
import { dispatch, type Op } from "../dispatch.ts";
import { isFloating } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import * as E from "../expr.ts";
import { program } from "../program.ts";
import { scope } from "../scope.ts";
import { broadcastShapes } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { vectorNorm } from "./linalg/norms.ts";
import { sumOfMap } from "./reduce.ts";

/** What is summed (or compared) of a difference, and what the gradient of that difference is. */
interface Metric {
  readonly fold: "sum" | "max";
  readonly term: (size: E.Expr, p: E.Expr) => E.ExprLike;
  /** From the sum to the distance. */
  readonly root: (sum: Tensor, p: number) => Tensor;
  /** d distance / d difference, from the difference, the distance and p. */
  readonly slope: (diff: E.Expr, dist: E.Expr, p: E.Expr) => E.ExprLike;
}

const unless = (zero: E.Expr, x: E.ExprLike): E.Expr => E.select(zero, 0, x);
/** Gradients at distance 0, and at ties of the largest difference, are PyTorch's: 0, and all of it for each. */
const METRICS = {
  zero: {
    fold: "sum",
    term: (size) => E.cast(E.ne(size, 0)),
    root: (sum) => sum,
    slope: () => 0,
  },
  one: {
    fold: "sum",
    term: (size) => size,
    root: (sum) => sum,
    slope: (diff) => E.sign(diff),
  },
  two: {
    fold: "sum",
    term: (size) => E.mul(size, size),
    root: (sum) => sum.sqrt(),
    slope: (diff, dist) => unless(E.eq(dist, 0), E.div(diff, dist)),
  },
  infinite: {
    fold: "max",
    term: (size) => size,
    root: (sum) => sum,
    slope: (diff, dist) => unless(E.ne(E.abs(diff), dist), E.sign(diff)),
  },
  other: {
    fold: "sum",
    term: (size, p) => E.pow(size, p),
    root: (sum, p) => sum.pow(1 / p),
    slope: (diff, dist, p) =>
      unless(
        E.or(E.eq(dist, 0), E.and(E.eq(diff, 0), E.lt(p, 1))),
        E.mul(E.sign(diff), E.pow(E.div(E.abs(diff), dist), E.sub(p, 1))),
      ),
  },
} satisfies Record<string, Metric>;
type MetricName = keyof typeof METRICS;

const metricOf = (p: number): MetricName =>
  p === 0 ? "zero" : p === 1 ? "one" : p === 2 ? "two" : p === Infinity ? "infinite" : "other";

const slopes = new Map<MetricName, MapOp>();
/** g · slope, a map of x1, x2, the distance and g, with p at run time. */
function slopeOp(name: MetricName): MapOp {
  let op = slopes.get(name);
  if (!op) {
    const [a, b, dist, g] = [0, 1, 2, 3].map(E.input);
    const slope = METRICS[name].slope(E.sub(a, b), dist, E.scalar(0));
    op = makeMapOp("cdist (gradient)", E.mul(g, slope), 4, 1);
    slopes.set(name, op);
  }
  return op;
}

interface CdistAttrs {
  readonly p: number;
  readonly metric: MetricName;
}
/** [..., P, 1, M] and [..., 1, R, M] → [..., P, R]. Nothing of size P · R · M is stored, nor in the gradient. */
const cdistOp: Op<CdistAttrs> = {
  name: "cdist",
  forward([a, b], { p, metric }) {
    const { fold, term, root } = METRICS[metric] as Metric;
    const size = E.abs(E.sub(E.input(0), E.input(1)));
    const prog = program([term(size, E.scalar(0)) as E.Expr], 2, 1);
    const axis = a.rank - 1;
    const sum = new Tensor(runReduce("cdist", fold, prog, [a, b], [axis], a.dtype, [p]));
    const distance = root(sum, p);
    const out = distance.reshape(distance.shape.slice(0, -1));
    if (distance !== sum) sum.dispose();
    if (out !== distance) distance.dispose();
    return [out];
  },
  saves: () => ({ inputs: [0, 1], outputs: [0] }),
  gradient([g], { attrs: { p, metric }, input, output, needs }) {
    if (metric === "zero") return [0, 1].map((i) => input(i).newZeros(input(i).shape));
    const operands = [input(0), input(1), output().unsqueeze(-1), g!.unsqueeze(-1)];
    const axis = operands[0].rank - 1;
    const along = (d: number): Tensor => sumOfMap(slopeOp(metric), operands, [d], true, [p]);
    return [needs[0] ? along(axis - 1) : null, needs[1] ? along(axis - 2).neg() : null];
  },
};

export interface CdistOptions {
  /** The order of the norm: 0, 1, 2 (default), Infinity, or any other positive number. */
  p?: number;
  /** PyTorch's choice between two ways to compute the same; there is one here, which never cancels. */
  computeMode?: string;
}
/**
 * Distances between the rows of two matrices, batched.
 *
 *     out[i][j] = ‖x1[i] − x2[j]‖ₚ      x1 [..., P, M], x2 [..., R, M] → [..., P, R]
 *
 * The gradient is 0 where a distance is 0.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cdist.html
 *
 * @example
 * cdist(tensor([[0, 0]]), tensor([[3, 4], [1, 0]])) // => [[5, 1]]
 */
export function cdist(x1: Tensor, x2: Tensor, { p = 2 }: CdistOptions = {}): Tensor {
  if (x1.rank < 2 || x2.rank < 2 || x1.shape.at(-1) !== x2.shape.at(-1))
    throw new ShapeError(
      `cdist: [..., P, M] and [..., R, M] are wanted, got ${formatShape(x1.shape)} and ${formatShape(x2.shape)}`,
    );
  if (!(p >= 0)) throw new DlError("value", `cdist: p = ${p} has to be from 0 to Infinity`);
  if (!isFloating(x1.dtype) || x1.dtype !== x2.dtype)
    throw new DlError(
      "dtype",
      `cdist: floating point numbers of one dtype are wanted, got ${x1.dtype} and ${x2.dtype}`,
    );
  const batch = broadcastShapes([x1.shape.slice(0, -2), x2.shape.slice(0, -2)], "cdist");
  const [P, M] = x1.shape.slice(-2);
  const R = x2.shape.at(-2)!;
  if (M === 0) return x1.newZeros([...batch, P, R]);
  return dispatch(
    cdistOp,
    [x1.expand([...batch, P, M]).unsqueeze(-2), x2.expand([...batch, R, M]).unsqueeze(-3)],
    { p, metric: metricOf(p) },
  );
}

/**
 * Distances between all pairs of different rows, as a vector: the part of `cdist(x, x)` above the diagonal.
 *
 * @param options.p default 2.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pdist.html
 *
 * @example
 * pdist(tensor([[0, 0], [3, 4], [0, 1]])) // => [5, 1, 4.24264]
 */
export function pdist(x: Tensor, { p = 2 } = {}): Tensor {
  if (x.rank !== 2) throw new ShapeError(`pdist: a matrix is wanted, got ${formatShape(x.shape)}`);
  const n = x.shape[0];
  const places: number[] = [];
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) places.push(i * n + j);
  const index = Tensor.from(Int32Array.from(places), [places.length], x.device);
  return cdist(x, x, { p })
    .reshape([n * n])
    .gather(0, index);
}

/**
 * The p-norm of the difference of two tensors, which broadcast.
 *
 * @param options.p default 2.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.dist.html
 *
 * @example
 * dist(tensor([1, 2]), tensor([4, 6])) // => 5
 */
export const dist = (x: Tensor, other: Tensor, { p = 2 }: { p?: number } = {}): Tensor =>
  scope(() => vectorNorm(x.sub(other), { ord: p }));
