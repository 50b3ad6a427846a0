/** Scattering with a reduction: what meets in one element is added, multiplied, averaged or compared. */
import { defineComposite } from "../define.ts";
import { dispatch, type GradientContext } from "../dispatch.ts";
import { isFloating } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { wrapDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { gatherAs, requirePositions, scatter, scatterAs, wholeNumbers } from "./indexing.ts";
import { cat } from "./join.ts";
import { sort } from "./sort.ts";

export type ScatterReduction = "sum" | "prod" | "mean" | "amax" | "amin";
export interface ScatterReduceOptions {
  /** Whether the element of x itself takes part. Default true. */
  includeSelf?: boolean;
}

type Folding = "prod" | "amax" | "amin";
interface FoldAttrs {
  readonly axis: number;
  readonly reduce: Folding;
  readonly includeSelf: boolean;
  readonly caller: string;
}

const COMBINE = {
  prod: (a: Tensor, b: Tensor) => a.mul(b),
  amax: (a: Tensor, b: Tensor) => a.maximum(b),
  amin: (a: Tensor, b: Tensor) => a.minimum(b),
} satisfies Record<Folding, (a: Tensor, b: Tensor) => Tensor>;

/**
 * Updates in the order of their targets, each run of one target folded in log₂ n steps: after step s an element holds the
 * fold of the 2s before it that have its target. So the last of a run holds all of it, and it is what a scatter in order
 * leaves behind. Nothing is read back.
 */
const foldOp = defineComposite<FoldAttrs>("scatterReduce", {
  decompose([x, index, source], { axis, reduce, includeSelf, caller }) {
    const combine = COMBINE[reduce];
    const n = index.shape[axis];
    const order = sort(index, { dim: axis });
    let folded = source.gather(axis, order.indices);
    for (let s = 1; s < n; s *= 2) {
      const later = folded.narrow(axis, s, n - s);
      const isSame = order.values.narrow(axis, s, n - s).eq(order.values.narrow(axis, 0, n - s));
      const step = isSame.where(combine(later, folded.narrow(axis, 0, n - s)), later);
      folded = cat([folded.narrow(axis, 0, s), step], axis);
    }
    if (includeSelf) folded = combine(folded, gatherAs(caller, x, axis, order.values));
    return [scatterAs(caller, "set", x, axis, order.values, folded)];
  },
  saves: () => ({ inputs: [0, 1, 2], outputs: [0] }),
  gradient: ([g], context) => {
    const { attrs, input, needs } = context;
    const [toSelf, toSource] =
      attrs.reduce === "prod" ? productGradient(g!, context) : extremeGradient(g!, context);
    const own = attrs.includeSelf ? toSelf : scatter(toSelf, attrs.axis, input(1), 0);
    return [needs[0] ? own : null, null, needs[2] ? toSource : null];
  },
});

/** What took part and equals the result shares the gradient. */
function extremeGradient(g: Tensor, context: GradientContext<FoldAttrs>): [Tensor, Tensor] {
  const { axis } = context.attrs;
  const [x, index, source, y] = [...[0, 1, 2].map((i) => context.input(i)), context.output()];
  const isSelf = x.eq(y).to(g.dtype);
  const isSource = source.eq(y.gather(axis, index)).to(g.dtype);
  const share = g.div(isSelf.scatterAdd(axis, index, isSource));
  return [isSelf.mul(share), isSource.mul(share.gather(axis, index))];
}

/** g · Π of the others, also where elements are zero: with one zero only that one has a gradient. */
function productGradient(g: Tensor, context: GradientContext<FoldAttrs>): [Tensor, Tensor] {
  const { axis, includeSelf } = context.attrs;
  const [x, index, source, y] = [...[0, 1, 2].map((i) => context.input(i)), context.output()];
  const product = (a: Tensor, b: Tensor) =>
    scatterReduce(a, axis, index, b, "prod", { includeSelf });
  const self = x.maskedFill(x.eq(0), 1);
  const toSelf = g.mul(product(self, source)).div(self);

  const isZero = source.eq(0);
  const zeros = x.newZeros(x.shape).scatterAdd(axis, index, isZero.to(x.dtype)).gather(axis, index);
  const isOnlyZero = isZero.logicalAnd(zeros.eq(1));
  const others = g.mul(product(x, source.maskedFill(isOnlyZero, 1))).gather(axis, index);
  const regular = g.mul(y).gather(axis, index).div(source.maskedFill(isZero, 1));
  return [toSelf, isOnlyZero.where(others, regular)];
}

/**
 * A copy of x in which what `source` brings to an element is reduced, with that element itself unless `includeSelf` is
 * false. Elements that nothing is brought to stay as they are.
 *
 *     out[index[i][j]][j] = reduce(x[index[i][j]][j], source[i][j], …) for dim 0, and so on
 *
 * The mean of whole numbers is rounded down. Equal extremes share the gradient.
 *
 * @param index int32 of x's rank, nowhere larger than `source`, nor than x but along `dim`.
 * @param options.includeSelf default true.
 * @throws DlError "index" for a position that is not there.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.scatter_reduce.html
 *
 * @example
 * const index = tensor([0, 0, 1], { dtype: "int32" });
 * scatterReduce(ones(3), 0, index, tensor([2, 5, 3]), "amax") // => [5, 3, 1]
 */
export const scatterReduce = (
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduce: ScatterReduction,
  options: ScatterReduceOptions = {},
): Tensor => scatterReduceAs("scatterReduce", x, dim, index, source, reduce, options);

/** The same for another op, which messages name. */
export function scatterReduceAs(
  caller: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduce: ScatterReduction,
  { includeSelf = true }: ScatterReduceOptions = {},
): Tensor {
  if (x.rank === 0) {
    const [a, i, b] = [x, index, source].map((t) => (t.rank === 0 ? t.reshape([1]) : t));
    return scatterReduceAs(caller, a, dim, i, b, reduce, { includeSelf }).reshape([]);
  }
  const axis = wrapDim(dim, x.rank, caller);
  if (reduce === "sum" || reduce === "mean") {
    const start = includeSelf
      ? x
      : scatterAs(caller, "set", x, axis, index, zerosFor(source, index));
    const sum = scatterAs(caller, "add", start, axis, index, source);
    return reduce === "sum" ? sum : average(sum, axis, index, source, includeSelf);
  }
  if (!(reduce in COMBINE))
    throw new DlError(
      "value",
      `${caller}: "${reduce}" is not one of "sum", "prod", "mean", "amax", "amin"`,
    );
  // The same checks that a plain scatter makes.
  if (
    index.rank !== x.rank ||
    source.rank !== x.rank ||
    index.shape.some((n, d) => n > source.shape[d] || (d !== axis && n > x.shape[d]))
  )
    throw new ShapeError(
      `${caller}: the index ${formatShape(index.shape)} has to fit into the source ${formatShape(source.shape)}, and into the tensor ${formatShape(x.shape)} but for dim ${dim}`,
    );
  if (source.dtype !== x.dtype)
    throw new DlError(
      "dtype",
      `${caller}: the source is ${source.dtype}, the tensor ${x.dtype}: convert with .to("${x.dtype}")`,
    );
  const whole = wholeNumbers(caller, index);
  if (index.numel === 0) return x.clone();
  requirePositions(caller, x, axis, index);
  const used = index.shape.reduce((t, n, d) => t.narrow(d, 0, n), source);
  return dispatch(foldOp, [x, whole, used], { axis, reduce, includeSelf, caller });
}

const zerosFor = (source: Tensor, index: Tensor): Tensor => source.newZeros([]).expand(index.shape);

function average(
  sum: Tensor,
  axis: number,
  index: Tensor,
  source: Tensor,
  includeSelf: boolean,
): Tensor {
  const one = source.newFull([], 1).expand(index.shape);
  const count = sum.newFull(sum.shape, includeSelf ? 1 : 0).scatterAdd(axis, index, one);
  const divisor = count.clamp({ min: 1 });
  return isFloating(sum.dtype) ? sum.div(divisor) : sum.div(divisor, { roundingMode: "floor" });
}
