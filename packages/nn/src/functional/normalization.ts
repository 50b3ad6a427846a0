/** Normalisation over each sample, or each part of one. Of batches: ../batchNorm.ts. */
import * as T from "@dl/tensor/core";
import {
  DlError,
  defineComposite,
  defineMap,
  dispatch,
  expr,
  formatShape,
  numelOf,
  pad,
  type Shape,
  ShapeError,
  scope,
  type Tensor,
  unfold,
} from "@dl/tensor/core";
import {
  type Affine,
  moveStatistics,
  normalizeByStatistics,
  withStatistics,
} from "../batchNorm.ts";

const { add, div, input, mul, pow } = expr;

// ---- instances, groups ---------------------------------------------------------------------------------------------

export interface InstanceNormArguments extends Affine {
  runningMean?: Tensor | null;
  runningVar?: Tensor | null;
  /** Normalise by each sample's own statistics, and move the running ones, if given, towards them. Default true. */
  useInputStats?: boolean;
  momentum?: number;
  eps?: number;
}
/**
 * (x − mean) / √(variance + eps) · weight + bias per sample and channel: x `[N, C, ...]`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html
 *
 * @example
 * instanceNorm(tensor([[[1, 3]]])) // => [[[-0.999995, 0.999995]]]
 */
export function instanceNorm(
  x: Tensor,
  {
    runningMean,
    runningVar,
    weight = null,
    bias = null,
    useInputStats = true,
    momentum = 0.1,
    eps = 1e-5,
  }: InstanceNormArguments = {},
): Tensor {
  const { shape } = x;
  if (x.rank < 3)
    throw new ShapeError(
      `instanceNorm: the input has to be [N, C, ...] with at least one dimension more, got ${formatShape(shape)}`,
    );
  if (!useInputStats) {
    if (!runningMean || !runningVar)
      throw new DlError(
        "value",
        "instanceNorm: without the input's statistics there have to be running ones",
      );
    return normalizeByStatistics(x, runningMean, runningVar, { weight, bias }, eps);
  }
  const [n, channels, ...places] = shape;
  const count = numelOf(places);
  if (count <= 1) {
    throw new ShapeError(
      `instanceNorm: there has to be more than one value per channel, the input ${formatShape(shape)} has ${count}`,
    );
  }
  return scope(
    () => {
      // One sample whose channels are those of all samples.
      const repeated = (t?: Tensor | null) =>
        t
          ?.reshape([1, channels])
          .expand([n, channels])
          .reshape([n * channels]);
      const affine = { weight: repeated(weight), bias: repeated(bias) };
      const [y, mean, variance] = withStatistics(
        x.reshape([1, n * channels, ...places]),
        affine,
        eps,
      );
      if (runningMean && runningVar) {
        const average = (t: Tensor) => t.detach().reshape([n, channels]).mean(0);
        const running = { mean: runningMean, variance: runningVar, factor: momentum };
        moveStatistics(running, average(mean), average(variance), count);
      }
      return y.reshape(shape);
    },
    { name: "instanceNorm()" },
  );
}

const scaleShift = defineMap<[Tensor, Tensor, Tensor]>("groupNorm", (x, weight, bias) =>
  add(mul(x, weight), bias),
);

/**
 * (x − mean) / √(variance + eps) · weight + bias, with mean and variance of a sample's group of channels: x
 * `[N, C, ...]`, weight and bias `[C]`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html
 *
 * @example
 * groupNorm(tensor([[1, 3, 10, 30]]), 2) // => [[-0.999995, 0.999995, -1, 1]]
 */
export function groupNorm(
  x: Tensor,
  numGroups: number,
  { weight = null, bias = null, eps = 1e-5 }: Affine & { eps?: number } = {},
): Tensor {
  const { shape } = x;
  const [n, channels] = shape;
  if (x.rank < 2 || channels % numGroups !== 0) {
    throw new ShapeError(
      `groupNorm: the input has to be [N, C, ...] with C a multiple of ${numGroups}, got ${formatShape(shape)}`,
    );
  }
  if (x.numel === numGroups) {
    throw new ShapeError(
      `groupNorm: there has to be more than one value per group, the input ${formatShape(shape)} in ${numGroups} groups has 1`,
    );
  }
  const size = numelOf(shape.slice(1)) / numGroups;
  const perChannel = (t: Tensor) => t.reshape(shape.map((_, d) => (d === 1 ? channels : 1)));
  return scope(
    () => {
      const y = T.layerNorm(x.reshape([n * numGroups, size]), [size], { eps }).reshape(shape);
      if (weight && bias) return scaleShift(y, perChannel(weight), perChannel(bias));
      if (weight) return y.mul(perChannel(weight));
      return bias ? y.add(perChannel(bias)) : y;
    },
    { name: "groupNorm()" },
  );
}

// ---- root mean square ----------------------------------------------------------------------------------------------

const square = T.makeMapOp("rmsNorm", mul(input(0), input(0)), 1, 0);
const scaled = defineMap<[Tensor, Tensor, Tensor]>("rmsNorm", (x, inverse, weight) =>
  mul(mul(x, inverse), weight),
);
/** The distance from 1 to the next number. */
const MACHINE_EPSILON: Readonly<Partial<Record<T.DType, number>>> = {
  float16: 2 ** -10,
  float64: Number.EPSILON,
};

/**
 * x / √(mean of x² + eps) · weight over the last dimensions, which have the shape `normalizedShape`.
 *
 * @param options `eps` is by default the dtype's machine epsilon, 1.19e-7 in float32.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html
 *
 * @example
 * rmsNorm(tensor([[3, 4]]), [2]) // => [[0.848528, 1.131371]]
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: Shape,
  { weight = null, eps = null }: { weight?: Tensor | null; eps?: number | null } = {},
): Tensor {
  const { shape } = x;
  const lead = shape.length - normalizedShape.length;
  const fits = normalizedShape.length > 0 && lead >= 0;
  if (!fits || normalizedShape.some((n, d) => shape[lead + d] !== n)) {
    throw new ShapeError(
      `rmsNorm: the input ${formatShape(shape)} has to end in ${formatShape(normalizedShape)}, the normalised shape`,
    );
  }
  if (weight && !T.sameShape(weight.shape, normalizedShape)) {
    throw new ShapeError(
      `rmsNorm: weight has to be ${formatShape(normalizedShape)}, got ${formatShape(weight.shape)}`,
    );
  }
  const axes = normalizedShape.map((_, d) => lead + d);
  return scope(
    () => {
      const mean = T.sumOfMap(square, [x], axes, true).div(numelOf(normalizedShape));
      const inverse = mean.add(eps ?? MACHINE_EPSILON[x.dtype] ?? 2 ** -23).rsqrt();
      return weight ? scaled(x, inverse, weight) : x.mul(inverse);
    },
    { name: "rmsNorm()" },
  );
}

// ---- neighbouring channels -----------------------------------------------------------------------------------------

/** Of each channel (dimension 1) the sum over itself, `before` channels before and `after` behind it. */
function windowSum(x: Tensor, before: number, after: number): Tensor {
  const padding = [...Array.from({ length: 2 * (x.rank - 2) }, () => 0), before, after];
  return unfold(pad(x, padding), 1, before + 1 + after, 1).sum(-1);
}

const responseNorm = defineMap<[Tensor, Tensor, number, number, number]>(
  "localResponseNorm",
  (x, squares, factor, beta, k) => div(x, pow(add(mul(squares, factor), k), beta)),
);

export interface ResponseNormOptions {
  /** Default 1e-4. */
  alpha?: number;
  /** Default 0.75. */
  beta?: number;
  /** Default 1. */
  k?: number;
}
/**
 * x / (k + alpha · mean of x² over `size` neighbouring channels)^beta: x `[N, C, ...]`. Channels beyond the ends count
 * as zero.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.local_response_norm.html
 *
 * @example
 * localResponseNorm(tensor([[[2], [4]]]), 2, { alpha: 1, beta: 1 }) // => [[[0.666667], [0.363636]]]
 */
export function localResponseNorm(
  x: Tensor,
  size: number,
  { alpha = 1e-4, beta = 0.75, k = 1 }: ResponseNormOptions = {},
): Tensor {
  if (x.rank < 3)
    throw new ShapeError(
      `localResponseNorm: the input has to be [N, C, ...] with at least one dimension more, got ${formatShape(x.shape)}`,
    );
  return scope(
    () => {
      const squares = windowSum(x.square(), Math.floor(size / 2), Math.floor((size - 1) / 2));
      return responseNorm(x, squares, alpha / size, beta, k);
    },
    { name: "localResponseNorm()" },
  );
}

interface CrossMapAttrs extends Required<ResponseNormOptions> {
  readonly size: number;
}
/** k + alpha / size · Σ x² */
function crossMapScale(x: Tensor, { size, alpha, k }: CrossMapAttrs): Tensor {
  const reach = Math.floor((size - 1) / 2);
  const squares = x.square();
  const sums = windowSum(squares, reach, reach);
  const far = x.shape[1] - reach - 1;
  // PyTorch never takes the first channel out of its running sum: channels out of its reach have it too.
  const withFirst =
    far > 0
      ? T.cat(
          [
            sums.narrow(1, 0, reach + 1),
            sums.narrow(1, reach + 1, far).add(squares.narrow(1, 0, 1)),
          ],
          1,
        )
      : sums;
  return withFirst.mul(alpha / size).add(k);
}
const crossMapOp = defineComposite<CrossMapAttrs>("crossMapLRN2d", {
  decompose: ([x], attrs) => [x.mul(crossMapScale(x, attrs).pow(-attrs.beta))],
  saves: () => ({ inputs: [0] }),
  // PyTorch's, whose window lies one channel lower than that of the result. LocalResponseNorm has the true gradient.
  gradient([g], { attrs, input: at }) {
    const { size, alpha, beta } = attrs;
    const x = at(0);
    const scale = crossMapScale(x, attrs);
    const factor = scale.pow(-beta);
    const before = Math.min(Math.floor(size - (size - 1) / 2), size - 1);
    const ratios = windowSum(g!.mul(x).mul(factor).div(scale), before, size - 1 - before);
    return [g!.mul(factor).sub(x.mul(ratios).mul((2 * alpha * beta) / size))];
  },
});
/** @internal */
export const crossMapLRN2d = (x: Tensor, attrs: CrossMapAttrs): Tensor =>
  dispatch(crossMapOp, [x], attrs);
