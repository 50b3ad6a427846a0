/** Binary cross-entropy that looks away from what is easy. */
import { expr as E, makeMapOp, scope, type Tensor } from "@dl/tensor/core";
import { Loss } from "./loss.ts";
import { asFloat, requireSameShape } from "./operands.ts";
import { type Reduction, reduceMap } from "./reduction.ts";

const [x, t, alpha, gamma] = [E.input(0), E.input(1), E.scalar(0), E.scalar(1)];
/** log(1 + exp(−|x|)) + max(−x, 0) + (1 − t) x */
const crossEntropy = E.add(
  E.mul(E.sub(1, t), x),
  E.add(E.log1p(E.exp(E.neg(E.abs(x)))), E.max(E.neg(x), 0)),
);
const share = E.sigmoid(x);
/** 1 − p_t: how much of the probability is on the wrong side. */
const wrong = E.add(E.mul(share, E.sub(1, t)), E.mul(E.sigmoid(E.neg(x)), t));
const focus = E.pow(wrong, gamma);
/** A negative alpha is none. */
const balance = E.select(
  E.lt(alpha, 0),
  1,
  E.add(E.mul(alpha, t), E.mul(E.sub(1, alpha), E.sub(1, t))),
);
const focusSlope = E.select(E.eq(gamma, 0), 0, E.mul(gamma, E.pow(wrong, E.sub(gamma, 1))));
const FOCAL = makeMapOp(
  "sigmoidFocalLoss",
  E.mul(balance, E.mul(focus, crossEntropy)),
  2,
  2,
  (g) => {
    // Not the derived form, whose second derivative is wrong where x is 0: |x| has no slope there.
    const wrongByX = E.mul(E.sub(1, E.mul(2, t)), E.mul(share, E.sigmoid(E.neg(x))));
    const wrongByT = E.sub(1, E.mul(2, share));
    const balanceByT = E.select(E.lt(alpha, 0), 0, E.sub(E.mul(2, alpha), 1));
    const slope = (entropy: E.Expr, byWrong: E.Expr) =>
      E.mul(balance, E.add(E.mul(focus, entropy), E.mul(crossEntropy, E.mul(focusSlope, byWrong))));
    return [
      E.mul(g, slope(E.sub(share, t), wrongByX)),
      E.mul(g, E.add(slope(E.neg(x), wrongByT), E.mul(balanceByT, E.mul(focus, crossEntropy)))),
    ];
  },
);

export interface FocalOptions {
  /** The weight of positive targets; 1 − alpha is that of negative ones. Negative: no weights. Default 0.25. */
  alpha?: number;
  /** How much easy examples are played down; 0 is binary cross-entropy. Default 2. */
  gamma?: number;
  /** Default "none" for the function, as torchvision has it; "mean" for the class, as for all others. */
  reduction?: Reduction;
}

/**
 * Focal loss of scores: binary cross-entropy in which examples that are right already count little (Lin et al., Focal Loss
 * for Dense Object Detection, 2017, equation 5).
 *
 *     p = σ(x)        p_t = p if t = 1, 1 − p if t = 0        α_t likewise of alpha
 *     lossᵢ = −α_t · (1 − p_t)^gamma · log p_t
 *
 * For targets between 0 and 1 p_t, α_t and the cross-entropy are interpolated, as torchvision does.
 *
 * @param logits any shape
 * @param target the same shape, within 0 … 1
 * @param options `alpha` 0.25, `gamma` 2, `reduction` "none"
 * @returns the shape of the logits; one number when `reduction` is "mean" or "sum"
 * @throws ShapeError when the shapes differ
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html
 * @see https://arxiv.org/abs/1708.02002
 *
 * @example
 * sigmoidFocalLoss(tensor([0, 2]), tensor([1, 1])) // => [0.0433217, 0.000450886]
 */
export function sigmoidFocalLoss(
  logits: Tensor,
  target: Tensor,
  { alpha = 0.25, gamma = 2, reduction = "none" }: FocalOptions = {},
): Tensor {
  requireSameShape("sigmoidFocalLoss", logits, target);
  return scope(() =>
    reduceMap(FOCAL, [logits, asFloat(target, logits)], reduction, [alpha, gamma]),
  );
}

/** {@link sigmoidFocalLoss} as a criterion; its reduction is "mean" by default. */
export class FocalLoss extends Loss {
  alpha: number;
  gamma: number;
  reduction: Reduction;
  constructor({ alpha = 0.25, gamma = 2, reduction = "mean" }: FocalOptions = {}) {
    super();
    this.alpha = alpha;
    this.gamma = gamma;
    this.reduction = reduction;
  }
  forward(logits: Tensor, target: Tensor): Tensor {
    return sigmoidFocalLoss(logits, target, this);
  }
}
