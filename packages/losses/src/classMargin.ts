/** Losses of one or several right classes: the others are to score lower by a margin. */
import {
  arange,
  cumsum,
  DlError,
  expr as E,
  formatShape,
  makeMapOp,
  ShapeError,
  sameShape,
  scope,
  sumOfMap,
  type Tensor,
} from "@dl/tensor/core";
import { WITH_LOGITS } from "./binary.ts";
import { checkClasses, positionOf, readable } from "./inspect.ts";
import { Loss } from "./loss.ts";
import type { MarginOptions } from "./margin.ts";
import { asFloat, requireClassWeight, requireFactor, requireSameShape } from "./operands.ts";
import {
  checkReduction,
  type Reduction,
  type ReductionOptions,
  reduceMap,
  reduceTensor,
} from "./reduction.ts";

const [x, right, isOther, w] = [0, 1, 2, 3].map(E.input);
const margin = E.scalar(0);

/** How far a class comes within the margin of the right one; strictly, so that at 0 there is no gradient. */
const excess = E.add(E.sub(margin, right), x);
const counts = E.and(isOther, E.lt(0, excess));
const MULTI = [excess, E.mul(excess, excess)].map((power) => {
  const loss = E.select(counts, power, 0);
  return {
    plain: makeMapOp("multiMarginLoss", loss, 3, 1),
    weighted: makeMapOp("multiMarginLoss", E.mul(w, loss), 4, 1),
  };
});

export interface MultiMarginOptions extends MarginOptions {
  /** The power of what lies within the margin. Default 1. */
  p?: 1 | 2;
  /** A factor for each class, by which the loss of a sample of that class is multiplied; `[C]`. */
  weight?: Tensor | null;
}

/**
 * Hinge loss of classes: the right one is to score higher than each other by the margin.
 *
 *     lossᵢ = Σ_{c ≠ tᵢ} weight[tᵢ] · max(0, margin − x[i, tᵢ] + x[i, c])ᵖ / C
 *
 * @param prediction `[N, C]` or `[C]`: scores
 * @param target class indices in 0 … C−1, `[N]`; for `[C]` a number or `[1]`
 * @param options `p` 1 or 2, `margin` 1, `weight` `[C]`
 * @returns one number, or the shape of the indices when `reduction` is "none"
 * @throws ShapeError when the shapes do not fit, DlError "index" for a label out of range, "value" for another p
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html
 *
 * @example
 * multiMarginLoss(tensor([[0.5, 0.25, 1]]), tensor([0])) // => 0.75
 */
export function multiMarginLoss(
  prediction: Tensor,
  target: Tensor,
  { p = 1, margin = 1, weight, reduction = "mean" }: MultiMarginOptions = {},
): Tensor {
  const name = "multiMarginLoss";
  checkReduction(reduction, name);
  if (p !== 1 && p !== 2) throw new DlError("value", `${name}: p ${p} has to be 1 or 2`);
  const isRow = prediction.rank === 1;
  const fits = isRow
    ? target.rank === 0 || sameShape(target.shape, [1])
    : target.rank === 1 && target.shape[0] === prediction.shape[0];
  if ((!isRow && prediction.rank !== 2) || !fits)
    throw new ShapeError(
      `${name}: predictions [N, C] with class indices [N], or [C] with [] are wanted, got ${formatShape(prediction.shape)} with ${formatShape(target.shape)}`,
    );
  const classes = prediction.shape.at(-1)!;
  if (weight) requireClassWeight(name, weight, classes);
  checkClasses(name, target, classes, Number.NaN);
  return scope(() => {
    const scores = isRow ? prediction.unsqueeze(0) : prediction;
    const index = target.to("int32").reshape([scores.shape[0], 1]);
    const position = arange(classes, { dtype: "int32", device: scores.device });
    const operands = [scores, scores.gather(1, index), position.ne(index)];
    if (weight) operands.push(weight.gather(0, index.reshape([index.numel])).unsqueeze(1));
    const map = MULTI[p - 1][weight ? "weighted" : "plain"];
    const each = sumOfMap(map, operands, [1], false, [margin]).div(classes);
    return reduceTensor(each.reshape(target.shape), reduction);
  });
}

const [isRight, isWrong] = [E.input(2), E.input(3)];
const excessOver1 = E.add(E.sub(1, right), x);
const MULTILABEL = makeMapOp(
  "multilabelMarginLoss",
  E.select(E.and(E.and(isRight, isWrong), E.lt(0, excessOver1)), excessOver1, 0),
  4,
  0,
);

/**
 * Hinge loss of several right classes: each is to score higher than each wrong one by 1.
 *
 *     lossᵢ = Σ_{j right} Σ_{c wrong} max(0, 1 − x[i, j] + x[i, c]) / C
 *
 * @param prediction `[N, C]` or `[C]`: scores
 * @param target the same shape: the indices of the right classes, then −1; what follows the first −1 counts for nothing
 * @returns one number, or `[N]` (of `[C]`: `[]`) when `reduction` is "none"
 * @throws ShapeError when the shapes differ or have more dimensions, DlError "index" for a label out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiLabelMarginLoss.html
 *
 * @example
 * multilabelMarginLoss(tensor([0.1, 0.2, 0.4, 0.8]), tensor([3, 0, -1, 1])) // => 0.85
 */
export function multilabelMarginLoss(
  prediction: Tensor,
  target: Tensor,
  { reduction = "mean" }: ReductionOptions = {},
): Tensor {
  const name = "multilabelMarginLoss";
  checkReduction(reduction, name);
  requireSameShape(name, prediction, target);
  if (prediction.rank !== 1 && prediction.rank !== 2)
    throw new ShapeError(
      `${name}: scores [N, C] or [C] are wanted, got ${formatShape(prediction.shape)}`,
    );
  const classes = prediction.shape.at(-1)!;
  checkLabelLists(name, target, classes);
  return scope(() => {
    const scores = prediction.rank === 1 ? prediction.unsqueeze(0) : prediction;
    const list = target.to("int32").reshape(scores.shape);
    const listed = cumsum(list.lt(0), 1).eq(0);
    const index = list.mul(listed);
    const wrong = scores.newZeros(scores.shape).scatterAdd(1, index, listed.to(scores.dtype)).eq(0);
    // [N, C wrong, C right]
    const operands = [
      scores.unsqueeze(2),
      scores.gather(1, index).unsqueeze(1),
      listed.unsqueeze(1),
      wrong.unsqueeze(2),
    ];
    const each = sumOfMap(MULTILABEL, operands, [1, 2], false).div(classes);
    return reduceTensor(each.reshape(prediction.shape.slice(0, -1)), reduction);
  });
}

function checkLabelLists(name: string, target: Tensor, classes: number): void {
  readable(target)?.forEach((c: number, i: number) => {
    if (c >= -1 && c < classes && Number.isInteger(c)) return;
    throw new DlError(
      "index",
      `${name}: target ${c} at position ${positionOf(i, target.shape)} is neither one of the ${classes} classes 0 … ${classes - 1} nor −1, which ends the list`,
    );
  });
}

export interface MultilabelSoftMarginOptions extends ReductionOptions {
  /** A factor for each class, `[C]`, or what broadcasts. */
  weight?: Tensor | null;
}

/**
 * Binary cross-entropy of the scores of all classes, averaged over the last dimension.
 *
 *     lossᵢ = −Σ_c weight[c] · (t[i, c] · log σ(x[i, c]) + (1 − t[i, c]) · log σ(−x[i, c])) / C
 *
 * @param prediction `[..., C]`: scores
 * @param target the same shape, within 0 … 1
 * @returns one number, or the shape without the last dimension when `reduction` is "none"
 * @throws ShapeError when the shapes differ
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html
 *
 * @example
 * multilabelSoftMarginLoss(tensor([[0, 2]]), tensor([[1, 0]])) // => 1.410038
 */
export function multilabelSoftMarginLoss(
  prediction: Tensor,
  target: Tensor,
  { weight, reduction = "mean" }: MultilabelSoftMarginOptions = {},
): Tensor {
  const name = "multilabelSoftMarginLoss";
  checkReduction(reduction, name);
  requireSameShape(name, prediction, target);
  if (prediction.rank === 0) throw new ShapeError(`${name}: scores [..., C] are wanted, got []`);
  if (weight) requireFactor(name, "weight", weight, prediction);
  return scope(() => {
    const losses = reduceMap(WITH_LOGITS, [prediction, asFloat(target, prediction)], "none");
    return reduceTensor((weight ? losses.mul(weight) : losses).mean(-1), reduction);
  });
}

/** {@link multiMarginLoss} as a criterion. */
export class MultiMarginLoss extends Loss {
  p: 1 | 2;
  margin: number;
  weight: Tensor | null;
  reduction: Reduction;
  constructor({ p = 1, margin = 1, weight = null, reduction = "mean" }: MultiMarginOptions = {}) {
    super();
    this.p = p;
    this.margin = margin;
    this.weight = weight;
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return multiMarginLoss(prediction, target, this);
  }
}

/** {@link multilabelMarginLoss} as a criterion. */
export class MultiLabelMarginLoss extends Loss {
  reduction: Reduction;
  constructor({ reduction = "mean" }: ReductionOptions = {}) {
    super();
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return multilabelMarginLoss(prediction, target, this);
  }
}

/** {@link multilabelSoftMarginLoss} as a criterion. */
export class MultiLabelSoftMarginLoss extends Loss {
  weight: Tensor | null;
  reduction: Reduction;
  constructor({ weight = null, reduction = "mean" }: MultilabelSoftMarginOptions = {}) {
    super();
    this.weight = weight;
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(prediction, target, this);
  }
}
