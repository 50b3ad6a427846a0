/** Losses of numbers. */
import {
  DlError,
  expr as E,
  formatShape,
  type MapOp,
  makeMapOp,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
} from "@dl/tensor/core";
import { Loss } from "./loss.ts";
import { requirePositive, requireSameShape } from "./operands.ts";
import { type Reduction, type ReductionOptions, reduceMap } from "./reduction.ts";

const [x, y] = [E.input(0), E.input(1)];
const difference = E.sub(x, y);
const SQUARED = makeMapOp("mseLoss", E.mul(difference, difference), 2, 0);
const ABSOLUTE = makeMapOp("l1Loss", E.abs(difference), 2, 0);

const w = E.input(2);
const WEIGHTED_SQUARED = makeMapOp("mseLoss", E.mul(w, E.mul(difference, difference)), 3, 0);
const WEIGHTED_ABSOLUTE = makeMapOp("l1Loss", E.mul(w, E.abs(difference)), 3, 0);

/** A parabola within ±limit, lines outside that continue it. */
const limit = E.scalar(0);
const half = E.mul(0.5, E.mul(difference, difference));
const beyond = E.sub(E.abs(difference), E.mul(0.5, limit));
const isNear = E.lt(E.abs(difference), limit);
const SMOOTH = makeMapOp("smoothL1Loss", E.select(isNear, E.div(half, limit), beyond), 2, 1);
const huber = E.select(isNear, half, E.mul(limit, beyond));
const HUBER = makeMapOp("huberLoss", huber, 2, 1);
const WEIGHTED_HUBER = makeMapOp("huberLoss", E.mul(w, huber), 3, 1);

export interface RegressionOptions extends ReductionOptions {
  /** A factor for each element, of the prediction's shape. */
  weight?: Tensor | null;
}
export interface SmoothL1Options extends ReductionOptions {
  /** Below this difference the loss is quadratic; 0 is l1Loss. Default 1. */
  beta?: number;
}
export interface HuberLossOptions extends ReductionOptions {
  /** Below this difference the loss is quadratic. Default 1. */
  delta?: number;
}
export interface HuberOptions extends HuberLossOptions, RegressionOptions {}

function requireWeight(name: string, prediction: Tensor, weight: Tensor): void {
  if (sameShape(prediction.shape, weight.shape)) return;
  throw new ShapeError(
    `${name}: weight ${formatShape(weight.shape)} has to have the prediction's shape ${formatShape(prediction.shape)}: use weight.expand(...)`,
  );
}

/** The mean of a weighted loss is weighted, too: Σ wᵢ · lossᵢ / Σ wᵢ. */
function weightedMean(
  map: MapOp,
  prediction: Tensor,
  target: Tensor,
  weight: Tensor,
  reduction: Reduction,
): Tensor {
  requireWeight(map.name, prediction, weight);
  const operands = [prediction, target, weight];
  if (reduction !== "mean") return reduceMap(map, operands, reduction);
  return reduceMap(map, operands, "sum").div(weight.sum());
}

/**
 * Mean squared error.
 *
 *     lossᵢ = weightᵢ · (predictionᵢ − targetᵢ)²        the mean is Σ lossᵢ / Σ weightᵢ
 *
 * @param prediction any shape
 * @param target the same shape
 * @returns one number, or the shape of the prediction when `reduction` is "none"
 * @throws ShapeError when the shapes differ
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 *
 * @example
 * mseLoss(tensor([1, 2]), tensor([0, 4])) // => 2.5
 */
export function mseLoss(
  prediction: Tensor,
  target: Tensor,
  { weight, reduction = "mean" }: RegressionOptions = {},
): Tensor {
  requireSameShape("mseLoss", prediction, target);
  return scope(() =>
    weight
      ? weightedMean(WEIGHTED_SQUARED, prediction, target, weight, reduction)
      : reduceMap(SQUARED, [prediction, target], reduction),
  );
}

/**
 * Mean absolute error.
 *
 *     lossᵢ = weightᵢ · |predictionᵢ − targetᵢ|        the mean is Σ lossᵢ / Σ weightᵢ
 *
 * @param prediction any shape
 * @param target the same shape
 * @returns one number, or the shape of the prediction when `reduction` is "none"
 * @throws ShapeError when the shapes differ
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 *
 * @example
 * l1Loss(tensor([1, 2]), tensor([0, 4])) // => 1.5
 */
export function l1Loss(
  prediction: Tensor,
  target: Tensor,
  { weight, reduction = "mean" }: RegressionOptions = {},
): Tensor {
  requireSameShape("l1Loss", prediction, target);
  return scope(() =>
    weight
      ? weightedMean(WEIGHTED_ABSOLUTE, prediction, target, weight, reduction)
      : reduceMap(ABSOLUTE, [prediction, target], reduction),
  );
}

/**
 * Quadratic near the target, absolute further away.
 *
 *     d = |predictionᵢ − targetᵢ|        lossᵢ = ½ d² / beta if d < beta, else d − ½ beta
 *
 * @param prediction any shape
 * @param target the same shape
 * @param options `beta` 1: where the parabola ends; 0 is {@link l1Loss}
 * @returns one number, or the shape of the prediction when `reduction` is "none"
 * @throws ShapeError when the shapes differ, DlError "value" for a negative beta
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 *
 * @example
 * smoothL1Loss(tensor([1, 2]), tensor([0.5, 4])) // => 0.8125
 */
export function smoothL1Loss(
  prediction: Tensor,
  target: Tensor,
  { beta = 1, reduction = "mean" }: SmoothL1Options = {},
): Tensor {
  requireSameShape("smoothL1Loss", prediction, target);
  if (!(beta >= 0))
    throw new DlError("value", `smoothL1Loss: beta ${beta} has to be positive, or 0 for l1Loss`);
  return scope(() =>
    beta === 0
      ? reduceMap(ABSOLUTE, [prediction, target], reduction)
      : reduceMap(SMOOTH, [prediction, target], reduction, [beta]),
  );
}

/**
 * Quadratic near the target, linear with slope `delta` further away: `delta · smoothL1Loss` with `beta = delta`.
 *
 *     d = |predictionᵢ − targetᵢ|        lossᵢ = weightᵢ · (½ d² if d < delta, else delta · (d − ½ delta))
 *
 * @param prediction any shape
 * @param target the same shape
 * @param options `delta` 1; `weight` of the prediction's shape, by which the mean is not divided (unlike that of
 *   {@link mseLoss})
 * @returns one number, or the shape of the prediction when `reduction` is "none"
 * @throws ShapeError when the shapes differ, DlError "value" unless delta is positive
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 *
 * @example
 * huberLoss(tensor([1, 2]), tensor([0.5, 4]), { delta: 0.5 }) // => 0.5
 */
export function huberLoss(
  prediction: Tensor,
  target: Tensor,
  { weight, delta = 1, reduction = "mean" }: HuberOptions = {},
): Tensor {
  requireSameShape("huberLoss", prediction, target);
  requirePositive("huberLoss", "delta", delta);
  if (weight) requireWeight("huberLoss", prediction, weight);
  return scope(() =>
    weight
      ? reduceMap(WEIGHTED_HUBER, [prediction, target, weight], reduction, [delta])
      : reduceMap(HUBER, [prediction, target], reduction, [delta]),
  );
}

/** {@link mseLoss} as a criterion. */
export class MSELoss extends Loss {
  reduction: Reduction;
  constructor({ reduction = "mean" }: ReductionOptions = {}) {
    super();
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return mseLoss(prediction, target, this);
  }
}

/** {@link l1Loss} as a criterion. */
export class L1Loss extends Loss {
  reduction: Reduction;
  constructor({ reduction = "mean" }: ReductionOptions = {}) {
    super();
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return l1Loss(prediction, target, this);
  }
}

/** {@link smoothL1Loss} as a criterion. */
export class SmoothL1Loss extends Loss {
  beta: number;
  reduction: Reduction;
  constructor({ beta = 1, reduction = "mean" }: SmoothL1Options = {}) {
    super();
    this.beta = beta;
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(prediction, target, this);
  }
}

/** {@link huberLoss} as a criterion. */
export class HuberLoss extends Loss {
  delta: number;
  reduction: Reduction;
  constructor({ delta = 1, reduction = "mean" }: HuberLossOptions = {}) {
    super();
    this.delta = delta;
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return huberLoss(prediction, target, this);
  }
}
