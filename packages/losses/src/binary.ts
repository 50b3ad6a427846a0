/** Losses of yes and no, one or many at a time. */
import { DlError, expr as E, type MapOp, makeMapOp, scope, type Tensor } from "@dl/tensor/core";
import { positionOf, readable } from "./inspect.ts";
import { Loss } from "./loss.ts";
import { asFloat, requireFactor, requireSameShape } from "./operands.ts";
import { type Reduction, type ReductionOptions, reduceMap, reduceTensor } from "./reduction.ts";

const [p, t] = [E.input(0), E.input(1)];
/** log p, but not below −100, so that a confident wrong answer has a finite loss. */
const logOf = (x: E.Expr) => E.max(E.log(x), -100);
const logOfRest = E.max(E.log1p(E.neg(p)), -100);
const BINARY = makeMapOp(
  "binaryCrossEntropy",
  E.sub(E.mul(E.sub(t, 1), logOfRest), E.mul(t, logOf(p))),
  2,
  0,
  (g) => [
    // PyTorch's form, in which p = 0 and p = 1 divide by 1e-12 rather than by 0.
    E.div(E.mul(g, E.sub(p, t)), E.max(E.mul(E.sub(1, p), p), 1e-12)),
    // Not bounded, as PyTorch has it: infinite at p = 0 and p = 1.
    E.mul(g, E.sub(E.log1p(E.neg(p)), E.log(p))),
  ],
);

/** log(1 + exp(−x)), without overflow. */
const softplusOfMinus = E.add(E.log1p(E.exp(E.neg(E.abs(p)))), E.max(E.neg(p), 0));
/** Score and target, as one map. */
export const WITH_LOGITS: MapOp = makeMapOp(
  "binaryCrossEntropyWithLogits",
  E.add(E.mul(E.sub(1, t), p), softplusOfMinus),
  2,
  0,
  (g) => [E.mul(g, E.sub(E.sigmoid(p), t)), E.neg(E.mul(g, p))],
);
const w = E.input(2);
const positives = E.add(1, E.mul(E.sub(w, 1), t));
const WITH_POSITIVE_WEIGHT = makeMapOp(
  "binaryCrossEntropyWithLogits",
  E.add(E.mul(E.sub(1, t), p), E.mul(positives, softplusOfMinus)),
  3,
  0,
  (g) => [
    E.mul(g, E.sub(E.mul(E.sub(E.add(1, E.mul(w, t)), t), E.sigmoid(p)), E.mul(w, t))),
    E.mul(g, E.sub(E.mul(E.sub(w, 1), softplusOfMinus), p)),
    E.mul(g, E.mul(t, softplusOfMinus)),
  ],
);

export interface BCEOptions extends ReductionOptions {
  /** A factor for each element, of a shape that broadcasts. */
  weight?: Tensor | null;
}
export interface BCEWithLogitsOptions extends BCEOptions {
  /** A factor for positive targets: above 1 it trades precision for recall. `[C]`, or what broadcasts. */
  posWeight?: Tensor | null;
}

function checkUnitInterval(name: string, what: string, x: Tensor, fix: string): void {
  const values = readable(x);
  const i = values ? Array.prototype.findIndex.call(values, (v: number) => v < 0 || v > 1) : -1;
  if (i >= 0)
    throw new DlError(
      "value",
      `${name}: the ${what} ${values![i]} at position ${positionOf(i, x.shape)} is not within 0 … 1: ${fix}`,
    );
}

/**
 * Binary cross-entropy of probabilities.
 *
 *     lossᵢ = −weightᵢ · (tᵢ · log pᵢ + (1 − tᵢ) · log(1 − pᵢ))        logarithms not below −100
 *
 * @param probabilities any shape, within 0 … 1: the output of sigmoid
 * @param target the same shape, within 0 … 1
 * @throws ShapeError when the shapes differ or a weight does not broadcast, DlError "value" for a number outside 0 … 1
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 *
 * @example
 * binaryCrossEntropy(tensor([0.8, 0.1]), tensor([1, 0])) // => 0.164252
 */
export function binaryCrossEntropy(
  probabilities: Tensor,
  target: Tensor,
  { weight, reduction = "mean" }: BCEOptions = {},
): Tensor {
  requireSameShape("binaryCrossEntropy", probabilities, target);
  if (weight) requireFactor("binaryCrossEntropy", "weight", weight, probabilities);
  checkUnitInterval(
    "binaryCrossEntropy",
    "prediction",
    probabilities,
    "apply sigmoid, or use binaryCrossEntropyWithLogits on the scores",
  );
  checkUnitInterval("binaryCrossEntropy", "target", target, "targets are 0, 1 or a probability");
  return scope(() => {
    const operands = [probabilities, asFloat(target, probabilities)];
    if (!weight) return reduceMap(BINARY, operands, reduction);
    return reduceTensor(reduceMap(BINARY, operands, "none").mul(weight), reduction);
  });
}

/**
 * Binary cross-entropy of scores: sigmoid and loss in one, which is exact where their sequence is not.
 *
 *     lossᵢ = weightᵢ · ((1 − tᵢ) · xᵢ + (1 + (posWeight − 1) · tᵢ) · log(1 + exp(−xᵢ)))
 *
 * @param logits any shape
 * @param target the same shape, within 0 … 1
 * @throws ShapeError when the shapes differ or a weight does not broadcast, DlError "value" for a target outside 0 … 1
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 *
 * @example
 * binaryCrossEntropyWithLogits(tensor([0, 1000]), tensor([1, 1])) // => 0.346574
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  { weight, posWeight, reduction = "mean" }: BCEWithLogitsOptions = {},
): Tensor {
  requireSameShape("binaryCrossEntropyWithLogits", logits, target);
  if (weight) requireFactor("binaryCrossEntropyWithLogits", "weight", weight, logits);
  if (posWeight) requireFactor("binaryCrossEntropyWithLogits", "posWeight", posWeight, logits);
  checkUnitInterval(
    "binaryCrossEntropyWithLogits",
    "target",
    target,
    "targets are 0, 1 or a probability",
  );
  return scope(() => {
    const plain = [logits, asFloat(target, logits)];
    const map = posWeight ? WITH_POSITIVE_WEIGHT : WITH_LOGITS;
    const operands = posWeight ? [...plain, posWeight] : plain;
    if (!weight) return reduceMap(map, operands, reduction);
    return reduceTensor(reduceMap(map, operands, "none").mul(weight), reduction);
  });
}

/** {@link binaryCrossEntropy} as a criterion. */
export class BCELoss extends Loss {
  weight: Tensor | null;
  reduction: Reduction;
  constructor({ weight = null, reduction = "mean" }: BCEOptions = {}) {
    super();
    this.weight = weight;
    this.reduction = reduction;
  }
  forward(probabilities: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(probabilities, target, this);
  }
}

/** {@link binaryCrossEntropyWithLogits} as a criterion. */
export class BCEWithLogitsLoss extends Loss {
  weight: Tensor | null;
  posWeight: Tensor | null;
  reduction: Reduction;
  constructor({ weight = null, posWeight = null, reduction = "mean" }: BCEWithLogitsOptions = {}) {
    super();
    this.weight = weight;
    this.posWeight = posWeight;
    this.reduction = reduction;
  }
  forward(logits: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(logits, target, this);
  }
}
