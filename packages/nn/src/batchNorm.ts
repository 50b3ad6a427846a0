/**
 * Batch normalisation as an op: two passes for the statistics, one for the result, and a gradient of three more. A backend
 * may bring kernels of its own for "batchNorm".
 *
 * Method and gradient: Ioffe and Szegedy (2015), https://arxiv.org/abs/1502.03167.
 */
import {
  assign,
  defineComposite,
  defineMap,
  denseLike,
  dispatchAll,
  expr,
  formatShape,
  IDENTITY,
  makeMapOp,
  numelOf,
  onesLike,
  program,
  runMap,
  runReduce,
  type Shape,
  ShapeError,
  scope,
  sumOfMap,
  Tensor,
  zerosLike,
} from "@dl/tensor/core";

const { add, div, input, mul, scalar, sqrt, sub } = expr;

interface Attrs {
  readonly eps: number;
}

/** Every dimension but the channels'. */
const axesOf = (shape: Shape): number[] => shape.map((_, d) => d).filter((d) => d !== 1);
const countOf = (shape: Shape): number => numelOf(axesOf(shape).map((d) => shape[d]));
/** [C] → [1, C, 1, ...] */
const perChannel = (t: Tensor, rank: number): Tensor =>
  t.reshape(Array.from({ length: rank }, (_, d) => (d === 1 ? t.numel : 1)));

const SCALED = program([mul(input(0), scalar(0))], 1, 1);
const SQUARED_DEVIATION = program([mul(sub(input(0), input(1)), sub(input(0), input(1)))], 2);
const INVERSE = program([div(1, sqrt(add(input(0), scalar(0))))], 1, 1);
const WEIGHTED_INVERSE = program([div(input(1), sqrt(add(input(0), scalar(0))))], 2, 1);
const CENTRED = program([mul(sub(input(0), input(1)), input(2))], 3);
const CENTRED_SHIFTED = program([add(mul(sub(input(0), input(1)), input(2)), input(3))], 4);

/** g · (x − mean) */
const deviationProduct = makeMapOp(
  "batchNorm (gradient)",
  mul(input(0), sub(input(1), input(2))),
  3,
  0,
);
/** a · (g − ḡ − (x − mean) · k) */
const inputGradient = defineMap<[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]>(
  "batchNorm (gradient)",
  (g, x, mean, a, gMean, k) => mul(a, sub(sub(g, gMean), mul(sub(x, mean), k))),
);

/** Inputs x, or x, weight, bias; results y, and mean and (biased) variance per channel, [C]. */
const batchNormOp = defineComposite<Attrs>("batchNorm", {
  results([x]) {
    const statistics = { shape: [x.shape[1]], dtype: x.dtype };
    const strides = denseLike(x.shape, x.stride());
    return [{ shape: x.shape, dtype: x.dtype, strides }, statistics, statistics];
  },
  decompose([x, weight, bias], { eps }) {
    const { shape, dtype, rank } = x;
    const axes = axesOf(shape);
    const map = (prog: typeof SCALED, operands: Tensor[], scalars: number[]) =>
      new Tensor(runMap("batchNorm", prog, operands, dtype, scalars));
    const average = (prog: typeof SCALED, operands: Tensor[]) =>
      map(
        SCALED,
        [new Tensor(runReduce("batchNorm", "sum", prog, operands, axes, dtype))],
        [1 / countOf(shape)],
      );
    const mean = average(IDENTITY, [x]);
    const variance = average(SQUARED_DEVIATION, [x, mean]);
    const y = weight
      ? map(
          CENTRED_SHIFTED,
          [
            x,
            mean,
            map(WEIGHTED_INVERSE, [variance, perChannel(weight, rank)], [eps]),
            perChannel(bias, rank),
          ],
          [],
        )
      : map(CENTRED, [x, mean, map(INVERSE, [variance], [eps])], []);
    return [y, mean.reshape([shape[1]]), variance.reshape([shape[1]])];
  },
  saves: (needs) => ({ inputs: needs.length > 1 && needs[0] ? [0, 1] : [0], outputs: [1, 2] }),
  gradient([gy, gMean, gVariance], { attrs: { eps }, needs, input: at, output, shape }) {
    const x = at(0);
    const rank = shape(0).length;
    const axes = axesOf(shape(0));
    const n = countOf(shape(0));
    const g = gy ?? zerosLike(x);
    const mean = perChannel(output(1), rank);
    const inverse = perChannel(output(2), rank).add(eps).rsqrt();
    const sumG = g.sum(axes, { keepdim: true });
    const sumGX = sumOfMap(deviationProduct, [g, x, mean], axes, true);
    const toX = () => {
      const a = needs.length > 1 ? inverse.mul(perChannel(at(1), rank)) : inverse;
      let gx = inputGradient(g, x, mean, a, sumG.div(n), sumGX.mul(inverse.square()).div(n));
      // Only gradients of gradients come through the statistics.
      if (gMean) gx = gx.add(perChannel(gMean, rank).div(n));
      if (gVariance)
        gx = gx.add(
          perChannel(gVariance, rank)
            .mul(x.sub(mean))
            .mul(2 / n),
        );
      return gx;
    };
    return [
      needs[0] ? toX() : null,
      ...(needs.length > 1
        ? [
            needs[1] ? sumGX.mul(inverse).reshape(shape(1)) : null,
            needs[2] ? sumG.reshape(shape(2)) : null,
          ]
        : []),
    ];
  },
});

/** (x − mean) · scale + shift */
const transform = defineMap<[Tensor, Tensor, Tensor, Tensor]>(
  "batchNorm",
  (x, mean, scale, shift) => add(mul(sub(x, mean), scale), shift),
);
const center = defineMap<[Tensor, Tensor, Tensor]>("batchNorm", (x, mean, scale) =>
  mul(sub(x, mean), scale),
);

/** Statistics move towards the batch's by a factor: a number, or 1 / count for a count on the device. */
const moved = (old: expr.Expr, value: expr.Expr, factor: expr.Expr) =>
  add(mul(factor, value), mul(sub(1, factor), old));
const MOVE = (factor: expr.Expr, inputs: number) =>
  program(
    [moved(input(0), input(2), factor), moved(input(1), mul(input(3), scalar(0)), factor)],
    inputs,
    2,
  );
const MOVE_BY_NUMBER = MOVE(scalar(1), 4);
const MOVE_BY_COUNT = MOVE(div(1, input(4)), 5);

export interface Affine {
  weight?: Tensor | null;
  bias?: Tensor | null;
}

/** Both or none: what is missing is 1 or 0. */
function bothOf({ weight, bias }: Affine): [] | [Tensor, Tensor] {
  if (!weight && !bias) return [];
  return [weight ?? onesLike(bias!), bias ?? zerosLike(weight!)];
}

/** Normalised by the statistics of the batch; running ones, if there are any, move towards these. */
export function normalizeByBatch(
  x: Tensor,
  affine: Affine,
  eps: number,
  running?: RunningStatistics,
  name = "batchNorm",
): Tensor {
  const n = countOf(x.shape);
  if (n === 1) {
    throw new ShapeError(
      `${name}: in training there has to be more than one value per channel, the input ${formatShape(x.shape)} has ${n}: use a larger batch (dropLast: true in the loader if this is its last one), or eval()`,
    );
  }
  // As in PyTorch an empty batch has an empty result, and running statistics stay where they are.
  if (n === 0) {
    const [zeros, ones] = [0, 1].map((value) => x.newFull([x.shape[1]], value));
    return normalizeByStatistics(x, zeros, ones, affine, eps);
  }
  return scope(
    () => {
      const [y, mean, variance] = withStatistics(x, affine, eps);
      if (running) moveStatistics(running, mean, variance, n);
      return y;
    },
    { name: "batchNorm()" },
  );
}

/** Normalised by the statistics of the batch, and these: mean and biased variance per channel. */
export const withStatistics = (x: Tensor, affine: Affine, eps: number): Tensor[] =>
  dispatchAll(batchNormOp, [x, ...bothOf(affine)], { eps });

export interface RunningStatistics {
  mean: Tensor;
  variance: Tensor;
  /** By how much they move: a number, or the number of batches so far as a tensor, which makes a plain average. */
  factor: number | Tensor;
}
/** Moves running statistics towards those of a batch with `n` values per channel; its variance is the biased one. */
export function moveStatistics(
  running: RunningStatistics,
  mean: Tensor,
  variance: Tensor,
  n: number,
): void {
  const targets = [running.mean.memory, running.variance.memory];
  const operands = [...targets, mean.memory, variance.memory];
  const unbiased = n / (n - 1);
  const { factor } = running;
  if (typeof factor === "number") assign(targets, MOVE_BY_NUMBER, operands, [unbiased, factor]);
  else assign(targets, MOVE_BY_COUNT, [...operands, factor.memory], [unbiased, 0]);
}

/** Normalised by given statistics. */
export function normalizeByStatistics(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  affine: Affine,
  eps: number,
): Tensor {
  return scope(
    () => {
      const [weight, bias] = bothOf(affine);
      const inverse = variance.add(eps).rsqrt();
      const center1 = perChannel(mean, x.rank);
      if (!weight) return center(x, center1, perChannel(inverse, x.rank));
      return transform(
        x,
        center1,
        perChannel(weight.mul(inverse), x.rank),
        perChannel(bias!, x.rank),
      );
    },
    { name: "batchNorm()" },
  );
}

const INCREMENT = program([add(input(0), 1)], 1);
/** count ← count + 1, on the device. */
export const increment = (count: Tensor): void => assign([count.memory], INCREMENT, [count.memory]);
