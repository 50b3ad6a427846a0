/** Losses of targets that are 1 or −1: no loss beyond a margin. */
import { expr as E, makeMapOp, scope, type Tensor } from "@dl/tensor/core";
import { Loss } from "./loss.ts";
import { asFloat, broadcastTogether, requireSameShape } from "./operands.ts";
import { type Reduction, type ReductionOptions, reduceMap } from "./reduction.ts";

export interface MarginOptions extends ReductionOptions {
  /** How far beyond the decision a loss ends. */
  margin?: number;
}

/** max(0, z); at 0 the gradient passes. */
export const positive = (z: E.Expr): E.Expr => E.select(E.lt(z, 0), 0, z);

const [a, b, c] = [0, 1, 2].map(E.input);
const margin = E.scalar(0);

// A target that is neither 1 nor −1 counts as both, as in PyTorch.
const HINGE = makeMapOp(
  "hingeEmbeddingLoss",
  E.add(E.select(E.eq(b, 1), 0, positive(E.sub(margin, a))), E.select(E.eq(b, -1), 0, a)),
  2,
  1,
);

/**
 * Of distances: small ones are wanted where the target is 1, ones beyond the margin where it is −1.
 *
 *     lossᵢ = xᵢ if tᵢ = 1, max(0, margin − xᵢ) if tᵢ = −1
 *
 * @param distances any shape
 * @param target the same shape, 1 or −1
 * @param options `margin` 1
 * @returns one number, or the shape of the distances when `reduction` is "none"
 * @throws ShapeError when the shapes differ
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html
 *
 * @example
 * hingeEmbeddingLoss(tensor([0.5, 0.25]), tensor([1, -1])) // => 0.625
 */
export function hingeEmbeddingLoss(
  distances: Tensor,
  target: Tensor,
  { margin = 1, reduction = "mean" }: MarginOptions = {},
): Tensor {
  requireSameShape("hingeEmbeddingLoss", distances, target);
  return scope(() =>
    reduceMap(HINGE, [distances, asFloat(target, distances)], reduction, [margin]),
  );
}

const RANKING = makeMapOp(
  "marginRankingLoss",
  positive(E.sub(margin, E.mul(c, E.sub(a, b)))),
  3,
  1,
);

/**
 * Of pairs of scores: the first is to be the larger one where the target is 1, the second where it is −1.
 *
 *     lossᵢ = max(0, margin − tᵢ · (x1ᵢ − x2ᵢ))
 *
 * @param input1 any shape
 * @param input2 the same number of dimensions, broadcast together
 * @param target the same number of dimensions, 1 or −1
 * @param options `margin` 0
 * @returns one number, or the common shape when `reduction` is "none"
 * @throws ShapeError when the shapes do not fit
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html
 *
 * @example
 * marginRankingLoss(tensor([1, 2]), tensor([0, 4]), tensor([1, 1]), { margin: 0.5 }) // => 1.25
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  { margin = 0, reduction = "mean" }: MarginOptions = {},
): Tensor {
  return scope(() => {
    const operands = broadcastTogether("marginRankingLoss", {
      input1,
      input2,
      target: asFloat(target, input1),
    });
    return reduceMap(RANKING, operands, reduction, [margin]);
  });
}

// Not the form that never overflows: beyond scores of 88 PyTorch has infinity as well.
const SOFT = makeMapOp("softMarginLoss", E.log1p(E.exp(E.neg(E.mul(b, a)))), 2, 0);

/**
 * Logistic loss of targets that are 1 or −1.
 *
 *     lossᵢ = log(1 + exp(−tᵢ · xᵢ))
 *
 * For a score beyond 88 on the wrong side it is infinite, as PyTorch's is; binaryCrossEntropyWithLogits, which is the same
 * for targets 0 and 1, stays finite.
 *
 * @param prediction any shape: scores
 * @param target the same shape, 1 or −1
 * @returns one number, or the shape of the prediction when `reduction` is "none"
 * @throws ShapeError when the shapes differ
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html
 *
 * @example
 * softMarginLoss(tensor([0, 2]), tensor([1, -1])) // => 1.410038
 */
export function softMarginLoss(
  prediction: Tensor,
  target: Tensor,
  { reduction = "mean" }: ReductionOptions = {},
): Tensor {
  requireSameShape("softMarginLoss", prediction, target);
  return scope(() => reduceMap(SOFT, [prediction, asFloat(target, prediction)], reduction));
}

/** {@link hingeEmbeddingLoss} as a criterion. */
export class HingeEmbeddingLoss extends Loss {
  margin: number;
  reduction: Reduction;
  constructor({ margin = 1, reduction = "mean" }: MarginOptions = {}) {
    super();
    this.margin = margin;
    this.reduction = reduction;
  }
  forward(distances: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(distances, target, this);
  }
}

/** {@link marginRankingLoss} as a criterion. */
export class MarginRankingLoss extends Loss {
  margin: number;
  reduction: Reduction;
  constructor({ margin = 0, reduction = "mean" }: MarginOptions = {}) {
    super();
    this.margin = margin;
    this.reduction = reduction;
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this);
  }
}

/** {@link softMarginLoss} as a criterion. */
export class SoftMarginLoss extends Loss {
  reduction: Reduction;
  constructor({ reduction = "mean" }: ReductionOptions = {}) {
    super();
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return softMarginLoss(prediction, target, this);
  }
}
