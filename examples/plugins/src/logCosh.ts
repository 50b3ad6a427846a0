import { Loss, type Reduction, type ReductionOptions } from "@dl/losses";
import {
  DlError,
  defineMap,
  expr as E,
  formatShape,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
} from "@dl/tensor";

/**
 * One kernel: the arrow function is run once, on expressions. As it stands the formula does not overflow, and its
 * derivative, which is found from it, is tanh of the difference.
 */
const elementwise = defineMap<[Tensor, Tensor]>("logCosh", (prediction, target) => {
  const distance = E.abs(E.sub(prediction, target));
  return E.sub(E.add(distance, E.log1p(E.exp(E.mul(-2, distance)))), Math.LN2);
});

/**
 * The logarithm of the hyperbolic cosine of the error: half its square where it is small, its size less log 2 where it is
 * large.
 *
 *     lossᵢ = log cosh(predictionᵢ − targetᵢ) = |d| + log(1 + exp(−2|d|)) − log 2
 *
 * @param prediction any shape
 * @param target the same shape
 * @returns one number, or the shape of the prediction when `reduction` is "none"
 * @throws ShapeError when the shapes differ
 */
export function logCosh(
  prediction: Tensor,
  target: Tensor,
  { reduction = "mean" }: ReductionOptions = {},
): Tensor {
  if (!["none", "mean", "sum"].includes(reduction))
    throw new DlError("value", `logCosh: reduction "${reduction}" is not "none", "mean" or "sum"`);
  if (!sameShape(prediction.shape, target.shape))
    throw new ShapeError(
      `logCosh: prediction ${formatShape(prediction.shape)} and target ${formatShape(target.shape)} have to have one shape`,
    );
  // A function is no module: what it makes and does not return, it releases by a scope of its own.
  return scope(() => {
    const losses = elementwise(prediction, target);
    return reduction === "none" ? losses : reduction === "sum" ? losses.sum() : losses.mean();
  });
}

/** {@link logCosh} as a criterion. */
export class LogCoshLoss extends Loss {
  reduction: Reduction;
  constructor({ reduction = "mean" }: ReductionOptions = {}) {
    super();
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return logCosh(prediction, target, this);
  }
}
