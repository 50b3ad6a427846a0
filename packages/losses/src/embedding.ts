/** Losses of vectors: which are to lie close together, and which apart. */
import {
  DlError,
  expr as E,
  formatShape,
  makeMapOp,
  norm,
  ShapeError,
  sameShape,
  scope,
  sumOfMap,
  type Tensor,
} from "@dl/tensor/core";
import { Loss } from "./loss.ts";
import { type MarginOptions, positive } from "./margin.ts";
import { asFloat, broadcastTogether, requirePositive } from "./operands.ts";
import { checkReduction, type Reduction, reduceMap } from "./reduction.ts";

const [a, b, c, t] = [0, 1, 2, 3].map(E.input);
const margin = E.scalar(0);

// ---- by angle --------------------------------------------------------------------------------------------------------

const PRODUCT = makeMapOp("cosineEmbeddingLoss (product)", E.mul(a, b), 2, 0);
/** Added to squared lengths, so that a vector of zeros has an angle and a gradient. */
const TINY = 1e-12;
const cosine = E.div(a, E.sqrt(E.mul(E.add(b, TINY), E.add(c, TINY))));
// A target that is neither 1 nor −1 costs nothing, as in PyTorch.
const COSINE = makeMapOp(
  "cosineEmbeddingLoss",
  E.select(E.eq(t, 1), E.sub(1, cosine), E.select(E.eq(t, -1), positive(E.sub(cosine, margin)), 0)),
  4,
  1,
);

/**
 * Of pairs of vectors: they are to point the same way where the target is 1, apart where it is −1.
 *
 *     lossᵢ = 1 − cos(x1ᵢ, x2ᵢ) if tᵢ = 1, max(0, cos(x1ᵢ, x2ᵢ) − margin) if tᵢ = −1
 *
 * @param input1 `[N, D]` or `[D]`
 * @param input2 the same shape
 * @param target `[N]` or `[]`, 1 or −1
 * @param options `margin` 0, within −1 … 1
 * @returns one number, or the shape of the target when `reduction` is "none"
 * @throws ShapeError when the shapes do not fit
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
 *
 * @example
 * cosineEmbeddingLoss(tensor([[1, 0], [1, 1]]), tensor([[0, 1], [1, 1]]), tensor([1, -1])) // => 1
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  { margin = 0, reduction = "mean" }: MarginOptions = {},
): Tensor {
  const { rank } = input1;
  const fits =
    (rank === 1 || rank === 2) &&
    sameShape(input1.shape, input2.shape) &&
    sameShape(target.shape, input1.shape.slice(0, -1));
  if (!fits)
    throw new ShapeError(
      `cosineEmbeddingLoss: two [N, D] with targets [N], or two [D] with [] are wanted, got ${formatShape(input1.shape)} and ${formatShape(input2.shape)} with ${formatShape(target.shape)}`,
    );
  return scope(() => {
    const dot = (u: Tensor, v: Tensor) => sumOfMap(PRODUCT, [u, v], [rank - 1], false);
    const operands = [dot(input1, input2), dot(input1, input1), dot(input2, input2)];
    return reduceMap(COSINE, [...operands, asFloat(target, input1)], reduction, [margin]);
  });
}

// ---- by distance -----------------------------------------------------------------------------------------------------

const TRIPLET = makeMapOp("tripletMarginLoss", positive(E.sub(E.add(margin, a), b)), 2, 1);
/** The negative is as near as it is to the nearer of anchor and positive. */
const SWAPPED = makeMapOp(
  "tripletMarginLoss",
  positive(E.sub(E.add(margin, a), E.min(b, c))),
  3,
  1,
);

export type DistanceFunction = (x1: Tensor, x2: Tensor) => Tensor;

export interface TripletOptions extends MarginOptions {
  /** Takes the smaller one of the negative's distances from the anchor and from the positive. Default false. */
  swap?: boolean;
}
export interface TripletMarginOptions extends TripletOptions {
  /** The distance's norm. Default 2. */
  p?: number;
  /** Added to each difference. Default 1e-6. */
  eps?: number;
}
export interface TripletMarginWithDistanceOptions extends TripletOptions {
  /** Two `[N, D]` to `[N]`. Default: the Euclidean distance, 1e-6 being added to each difference. */
  distanceFunction?: DistanceFunction | null;
}

/** (Σ |x1 − x2 + eps|ᵖ)^(1/p) over the last dimension. */
const distanceOf =
  (p: number, eps: number): DistanceFunction =>
  (x1, x2) =>
    norm(x1.sub(x2).add(eps), { p, dim: -1 });

/**
 * Of triplets: an anchor is to lie closer to the positive than to the negative, by a margin.
 *
 *     lossᵢ = max(0, margin + d(anchorᵢ, positiveᵢ) − d(anchorᵢ, negativeᵢ))        d(x, y) = ‖x − y + eps‖ₚ
 *
 * @param anchor `[N, D]` or `[D]`; more dimensions in front are allowed
 * @param positive the same number of dimensions, broadcast together
 * @param negative likewise
 * @param options `margin` 1, `p` 2, `eps` 1e-6, `swap` false
 * @returns one number, or the shape without the last dimension when `reduction` is "none"
 * @throws ShapeError when the shapes do not fit, DlError "value" unless the margin is positive
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
 *
 * @example
 * tripletMarginLoss(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]])) // => 4
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { p = 2, eps = 1e-6, ...options }: TripletMarginOptions = {},
): Tensor {
  return triplet("tripletMarginLoss", anchor, positive, negative, distanceOf(p, eps), options);
}

/**
 * {@link tripletMarginLoss} with a distance of your own.
 *
 *     lossᵢ = max(0, margin + distanceFunction(anchorᵢ, positiveᵢ) − distanceFunction(anchorᵢ, negativeᵢ))
 *
 * @param anchor any shape that the distance takes
 * @param positive the same number of dimensions
 * @param negative likewise
 * @param options `distanceFunction`, by default Euclidean; `margin` 1, `swap` false
 * @returns one number, or the shape of the distances when `reduction` is "none"
 * @throws ShapeError when the shapes do not fit, DlError "value" unless the margin is positive
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.TripletMarginWithDistanceLoss.html
 *
 * @example
 * const manhattan = (x: Tensor, y: Tensor) => x.sub(y).abs().sum(-1);
 * const [anchor, near, far] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]])];
 * tripletMarginWithDistanceLoss(anchor, near, far, { distanceFunction: manhattan }) // => 6
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { distanceFunction, ...options }: TripletMarginWithDistanceOptions = {},
): Tensor {
  const distance = distanceFunction ?? distanceOf(2, 1e-6);
  return triplet("tripletMarginWithDistanceLoss", anchor, positive, negative, distance, options);
}

function triplet(
  name: string,
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  distance: DistanceFunction,
  { margin = 1, swap = false, reduction = "mean" }: TripletOptions,
): Tensor {
  checkReduction(reduction, name);
  requirePositive(name, "margin", margin);
  return scope(() => {
    const [a, p, n] = broadcastTogether(name, { anchor, positive, negative });
    if (a.rank === 0)
      throw new ShapeError(`${name}: vectors [N, D] or [D] are wanted, got numbers`);
    const distances = [distance(a, p), distance(a, n)];
    if (swap) distances.push(distance(p, n));
    if (distances.some((d) => !sameShape(d.shape, distances[0].shape)))
      throw new DlError(
        "shape",
        `${name}: the distance function gives shapes ${distances.map((d) => formatShape(d.shape)).join(" and ")} for one batch`,
      );
    return reduceMap(swap ? SWAPPED : TRIPLET, distances, reduction, [margin]);
  });
}

/** {@link cosineEmbeddingLoss} as a criterion. */
export class CosineEmbeddingLoss extends Loss {
  margin: number;
  reduction: Reduction;
  constructor({ margin = 0, reduction = "mean" }: MarginOptions = {}) {
    super();
    this.margin = margin;
    this.reduction = reduction;
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this);
  }
}

/** {@link tripletMarginLoss} as a criterion. */
export class TripletMarginLoss extends Loss {
  margin: number;
  p: number;
  eps: number;
  swap: boolean;
  reduction: Reduction;
  constructor({
    margin = 1,
    p = 2,
    eps = 1e-6,
    swap = false,
    reduction = "mean",
  }: TripletMarginOptions = {}) {
    super();
    requirePositive("TripletMarginLoss", "margin", margin);
    this.margin = margin;
    this.p = p;
    this.eps = eps;
    this.swap = swap;
    this.reduction = reduction;
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this);
  }
}

/** {@link tripletMarginWithDistanceLoss} as a criterion. */
export class TripletMarginWithDistanceLoss extends Loss {
  distanceFunction: DistanceFunction | null;
  margin: number;
  swap: boolean;
  reduction: Reduction;
  constructor({
    distanceFunction = null,
    margin = 1,
    swap = false,
    reduction = "mean",
  }: TripletMarginWithDistanceOptions = {}) {
    super();
    requirePositive("TripletMarginWithDistanceLoss", "margin", margin);
    this.distanceFunction = distanceFunction;
    this.margin = margin;
    this.swap = swap;
    this.reduction = reduction;
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginWithDistanceLoss(anchor, positive, negative, this);
  }
}
