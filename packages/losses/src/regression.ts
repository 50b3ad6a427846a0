/** Losses of numbers. */
import {
  expr as E,
  formatShape,
  makeMapOp,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
} from "@dl/tensor";
import { Loss } from "./loss.ts";
import { type Reduction, type ReductionOptions, reduceMap } from "./reduction.ts";

const [x, y] = [E.input(0), E.input(1)];
const difference = E.sub(x, y);
const SQUARED = makeMapOp("mseLoss", E.mul(difference, difference), 2, 0);
const ABSOLUTE = makeMapOp("l1Loss", E.abs(difference), 2, 0);

/** Broadcasting [N, 1] against [N] makes N² differences out of N, and a model that learns the mean: PyTorch warns. */
function requireSameShape(name: string, prediction: Tensor, target: Tensor): void {
  if (sameShape(prediction.shape, target.shape)) return;
  const [a, b] = [prediction.shape, target.shape];
  const fix =
    a.length === b.length + 1 && a.at(-1) === 1
      ? "use target.unsqueeze(-1), or prediction.squeeze(-1)"
      : b.length === a.length + 1 && b.at(-1) === 1
        ? "use target.squeeze(-1), or prediction.unsqueeze(-1)"
        : "reshape one of them";
  throw new ShapeError(
    `${name}: prediction ${formatShape(a)} and target ${formatShape(b)} have to have one shape: ${fix}`,
  );
}

/**
 * Mean squared error.
 *
 *     lossᵢ = (predictionᵢ − targetᵢ)²
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
  { reduction = "mean" }: ReductionOptions = {},
): Tensor {
  requireSameShape("mseLoss", prediction, target);
  return scope(() => reduceMap(SQUARED, [prediction, target], reduction));
}

/**
 * Mean absolute error.
 *
 *     lossᵢ = |predictionᵢ − targetᵢ|
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
  { reduction = "mean" }: ReductionOptions = {},
): Tensor {
  requireSameShape("l1Loss", prediction, target);
  return scope(() => reduceMap(ABSOLUTE, [prediction, target], reduction));
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
