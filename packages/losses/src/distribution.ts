/** Losses of distributions: of one distribution from another, and of what a predicted one says about a target. */
import {
  DlError,
  dispatch,
  expr as E,
  formatShape,
  makeMapOp,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
} from "@dl/tensor/core";
import { positionOf, readable } from "./inspect.ts";
import { Loss } from "./loss.ts";
import { asFloat, requireFactor, requireSameShape } from "./operands.ts";
import { type Reduction, type ReductionOptions, reduceMap } from "./reduction.ts";

const [x, t, variance] = [0, 1, 2].map(E.input);

// ---- Kullback-Leibler ------------------------------------------------------------------------------------------------

const OF_PROBABILITIES = makeMapOp(
  "klDiv",
  // Of a target of 0 nothing is left, but of −∞ against it 0 · ∞, as in PyTorch.
  E.sub(E.select(E.eq(t, 0), 0, E.mul(t, E.log(t))), E.mul(t, x)),
  2,
  0,
  (g) => [
    E.neg(E.mul(g, t)),
    // t / t is 1, and NaN for t = 0: there the slope is not finite, and PyTorch has NaN.
    E.mul(g, E.sub(E.add(E.select(E.eq(t, 0), 0, E.log(t)), E.div(t, t)), x)),
  ],
);
const OF_LOGARITHMS = makeMapOp("klDiv", E.mul(E.exp(t), E.sub(t, x)), 2, 0);

export interface KLDivOptions {
  /** The target holds log-probabilities, too. Default false. */
  logTarget?: boolean;
  /**
   * "batchmean" is the sum divided by the first dimension's size, and the divergence that mathematics knows; "mean", the
   * default, divides by the number of elements.
   */
  reduction?: Reduction | "batchmean";
}

/**
 * Kullback-Leibler divergence of the target from the prediction, in nats.
 *
 *     lossᵢ = tᵢ · (log tᵢ − xᵢ)        with logTarget  exp(tᵢ) · (tᵢ − xᵢ)
 *
 * @param logProbabilities any shape: the output of logSoftmax
 * @param target the same shape: probabilities, or their logarithms with `logTarget`
 * @returns one number, or the shape of the prediction when `reduction` is "none"
 * @throws ShapeError when the shapes differ
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 *
 * @example
 * klDiv(tensor([[0.5, 0.5]]).log(), tensor([[0.2, 0.8]]), { reduction: "batchmean" }) // => 0.192745
 */
export function klDiv(
  logProbabilities: Tensor,
  target: Tensor,
  { logTarget = false, reduction = "mean" }: KLDivOptions = {},
): Tensor {
  requireSameShape("klDiv", logProbabilities, target);
  return scope(() => {
    const map = logTarget ? OF_LOGARITHMS : OF_PROBABILITIES;
    const operands = [logProbabilities, asFloat(target, logProbabilities)];
    if (reduction !== "batchmean") return reduceMap(map, operands, reduction);
    return reduceMap(map, operands, "sum").div(logProbabilities.shape[0] ?? 1);
  });
}

// ---- Poisson ---------------------------------------------------------------------------------------------------------

const eps = E.scalar(0);
const ofLogRate = E.sub(E.exp(x), E.mul(t, x));
const ofRate = E.sub(x, E.mul(t, E.log(E.add(x, eps))));
/** Stirling's approximation of log t!, for t above 1. */
const stirling = E.select(
  E.le(t, 1),
  0,
  E.add(E.sub(E.mul(t, E.log(t)), t), E.mul(0.5, E.log(E.mul(2 * Math.PI, t)))),
);
const POISSON = [ofLogRate, ofRate].map((loss) =>
  [loss, E.add(loss, stirling)].map((e) => makeMapOp("poissonNllLoss", e, 2, 1)),
);

export interface PoissonNLLOptions extends ReductionOptions {
  /** The prediction is the logarithm of the rate. Default true. */
  logInput?: boolean;
  /** Adds Stirling's approximation of log target!, which does not depend on the prediction. Default false. */
  full?: boolean;
  /** Added to the rate before its logarithm when `logInput` is false. Default 1e-8. */
  eps?: number;
}

/**
 * Negative log-likelihood of counts under a Poisson distribution, without the constant term log t! unless `full`.
 *
 *     lossᵢ = exp(xᵢ) − tᵢ · xᵢ        without logInput  xᵢ − tᵢ · log(xᵢ + eps)
 *     full: + tᵢ log tᵢ − tᵢ + ½ log(2π tᵢ) where tᵢ > 1
 *
 * @param prediction any shape: logarithms of rates, or rates without `logInput`
 * @param target the same shape: counts
 * @returns one number, or the shape of the prediction when `reduction` is "none"
 * @throws ShapeError when the shapes differ
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html
 *
 * @example
 * poissonNllLoss(tensor([0, 1]), tensor([1, 3])) // => 0.359141
 */
export function poissonNllLoss(
  prediction: Tensor,
  target: Tensor,
  { logInput = true, full = false, eps = 1e-8, reduction = "mean" }: PoissonNLLOptions = {},
): Tensor {
  requireSameShape("poissonNllLoss", prediction, target);
  return scope(() => {
    const map = POISSON[logInput ? 0 : 1][full ? 1 : 0];
    return reduceMap(map, [prediction, asFloat(target, prediction)], reduction, [eps]);
  });
}

// ---- Gauss -----------------------------------------------------------------------------------------------------------

const squared = E.mul(E.sub(x, t), E.sub(x, t));
const GAUSSIAN = [0, Math.log(2 * Math.PI)].map((constant) =>
  makeMapOp(
    "gaussianNllLoss",
    E.mul(0.5, E.add(E.add(E.log(variance), E.div(squared, variance)), constant)),
    3,
    0,
  ),
);
/** The gradient passes as if nothing had been raised: PyTorch raises the variance where it does not record. */
const AT_LEAST = makeMapOp("gaussianNllLoss (variance)", E.max(x, E.scalar(0)), 1, 1, (g) => [g]);

export interface GaussianNLLOptions extends ReductionOptions {
  /** Adds the constant ½ log 2π. Default false. */
  full?: boolean;
  /** Smaller variances count as this. Default 1e-6. */
  eps?: number;
}

/**
 * Negative log-likelihood of numbers under normal distributions, without the constant unless `full`.
 *
 *     v = max(varᵢ, eps)        lossᵢ = ½ · (log v + (predictionᵢ − targetᵢ)² / v)        full: + ½ log 2π
 *
 * @param prediction any shape: means
 * @param target the same shape, or with sizes of 1 that broadcast
 * @param variance the same shape, or without the last dimension, or with one size of 1, or a number; not negative
 * @returns one number, or the shape of the prediction when `reduction` is "none"
 * @throws ShapeError when shapes do not fit, DlError "value" for a negative variance
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html
 *
 * @example
 * gaussianNllLoss(tensor([1, 2]), tensor([0, 4]), tensor([1, 4])) // => 0.846574
 */
export function gaussianNllLoss(
  prediction: Tensor,
  target: Tensor,
  variance: Tensor | number,
  { full = false, eps = 1e-6, reduction = "mean" }: GaussianNLLOptions = {},
): Tensor {
  const name = "gaussianNllLoss";
  if (target.rank !== prediction.rank) requireSameShape(name, prediction, target);
  requireFactor(name, "target", target, prediction);
  requireNotNegative(name, variance);
  return scope(() => {
    const given =
      typeof variance === "number"
        ? prediction.newFull(
            prediction.shape.map(() => 1),
            variance,
          )
        : fittingVariance(name, variance, prediction);
    const raised = dispatch(AT_LEAST, [given], { scalars: [eps], dtype: given.dtype });
    return reduceMap(
      GAUSSIAN[full ? 1 : 0],
      [prediction, asFloat(target, prediction), raised],
      reduction,
    );
  });
}

function fittingVariance(name: string, given: Tensor, { shape }: Tensor): Tensor {
  if (sameShape(given.shape, shape)) return given;
  if (sameShape(given.shape, shape.slice(0, -1))) return given.unsqueeze(-1);
  const different = given.shape.filter((n, d) => n !== shape[d]);
  if (given.rank === shape.length && different.length === 1 && different[0] === 1) return given;
  throw new ShapeError(
    `${name}: the variance ${formatShape(given.shape)} fits neither the prediction's shape ${formatShape(shape)}, nor that ` +
      "without the last dimension, nor with one size of 1",
  );
}

function requireNotNegative(name: string, variance: Tensor | number): void {
  const values = typeof variance === "number" ? [variance] : readable(variance);
  const i = values ? Array.prototype.findIndex.call(values, (v: number) => v < 0) : -1;
  if (i < 0) return;
  const where = typeof variance === "number" ? "" : ` at position ${positionOf(i, variance.shape)}`;
  throw new DlError(
    "value",
    `${name}: the variance ${values![i]}${where} is negative: let the model predict its logarithm, or apply softplus`,
  );
}

/** {@link klDiv} as a criterion. */
export class KLDivLoss extends Loss {
  logTarget: boolean;
  reduction: Reduction | "batchmean";
  constructor({ logTarget = false, reduction = "mean" }: KLDivOptions = {}) {
    super();
    this.logTarget = logTarget;
    this.reduction = reduction;
  }
  forward(logProbabilities: Tensor, target: Tensor): Tensor {
    return klDiv(logProbabilities, target, this);
  }
}

/** {@link poissonNllLoss} as a criterion. */
export class PoissonNLLLoss extends Loss {
  logInput: boolean;
  full: boolean;
  eps: number;
  reduction: Reduction;
  constructor({
    logInput = true,
    full = false,
    eps = 1e-8,
    reduction = "mean",
  }: PoissonNLLOptions = {}) {
    super();
    this.logInput = logInput;
    this.full = full;
    this.eps = eps;
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(prediction, target, this);
  }
}

/** {@link gaussianNllLoss} as a criterion. */
export class GaussianNLLLoss extends Loss {
  full: boolean;
  eps: number;
  reduction: Reduction;
  constructor({ full = false, eps = 1e-6, reduction = "mean" }: GaussianNLLOptions = {}) {
    super();
    this.full = full;
    this.eps = eps;
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return gaussianNllLoss(prediction, target, variance, this);
  }
}
