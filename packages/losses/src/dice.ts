/** The overlap of regions, as a loss. */
import {
  arange,
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
import { checkClasses } from "./inspect.ts";
import { Loss } from "./loss.ts";
import { asFloat } from "./operands.ts";
import { checkReduction, type Reduction, type ReductionOptions, reduceMap } from "./reduction.ts";

const [a, b, smoothing] = [E.input(0), E.input(1), E.scalar(0)];
const PRODUCT = makeMapOp("diceLoss (overlap)", E.mul(a, b), 2, 0);
const SQUARES = makeMapOp("diceLoss (sizes)", E.add(E.mul(a, a), E.mul(b, b)), 2, 0);
const SUM = makeMapOp("diceLoss (sizes)", E.add(a, b), 2, 0);
/** 1 − (2 · overlap + smooth) / (sizes + smooth) */
const DICE = makeMapOp(
  "diceLoss",
  E.sub(1, E.div(E.add(E.mul(2, a), smoothing), E.add(b, smoothing))),
  2,
  1,
);

export interface DiceOptions extends ReductionOptions {
  /** Added to numerator and denominator, so that two empty regions overlap completely. Default 1. */
  smooth?: number;
  /** What makes probabilities of the prediction; softmax is over the classes. Default "none": they are given. */
  activation?: "none" | "sigmoid" | "softmax";
  /** The denominator adds squares, as the paper has it, and not the probabilities themselves. Default true. */
  squared?: boolean;
  /** Regions reach over the whole batch: one overlap per class, not one per sample and class. Default false. */
  batch?: boolean;
}

/**
 * Dice loss: one minus the overlap of predicted and true regions (Milletari et al., V-Net, 2016, section 3). Of each sample
 * and class, with sums over all positions,
 *
 *     loss = 1 − (2 Σ p·t + smooth) / (Σ p² + Σ t² + smooth)        squared: false  … / (Σ p + Σ t + smooth)
 *
 * and the mean of these. Binary masks are one class, `[N, 1, H, W]`.
 *
 * @param prediction `[N, C, ...]` with at least one dimension of positions (or `[N, C]` with `batch`): probabilities, or
 *   scores with an `activation`
 * @param target the same shape, within 0 … 1; or class indices `[N, ...]` of whole numbers
 * @param options `smooth` 1, `activation` "none", `squared` true, `batch` false
 * @returns one number; `[N, C]` (with `batch` `[C]`) when `reduction` is "none"
 * @throws ShapeError when the shapes do not fit, DlError "index" for a label out of range
 * @see https://arxiv.org/abs/1606.04797
 *
 * @example
 * diceLoss(tensor([[[0.5, 1, 0]]]), tensor([[[1, 1, 0]]]), { smooth: 0 }) // => 0.0769231
 */
export function diceLoss(
  prediction: Tensor,
  target: Tensor,
  {
    smooth = 1,
    activation = "none",
    squared = true,
    batch = false,
    reduction = "mean",
  }: DiceOptions = {},
): Tensor {
  checkReduction(reduction, "diceLoss");
  const { rank, shape } = prediction;
  if (rank < (batch ? 2 : 3))
    throw new ShapeError(
      `diceLoss: predictions of shape ${batch ? "[N, C, ...]" : "[N, C, positions ...]"} are wanted, got ${formatShape(shape)}` +
        (batch ? "" : ": use unsqueeze(1) where there is one class, or batch: true"),
    );
  return scope(() => {
    const probabilities = activated(prediction, activation);
    const regions = regionsOf(prediction, target);
    const axes = shape.map((_, d) => d).filter((d) => d > 1 || (batch && d === 0));
    const operands = [probabilities, regions];
    const overlap = sumOfMap(PRODUCT, operands, axes, false);
    const sizes = sumOfMap(squared ? SQUARES : SUM, operands, axes, false);
    return reduceMap(DICE, [overlap, sizes], reduction, [smooth]);
  });
}

function activated(prediction: Tensor, activation: string): Tensor {
  if (activation === "none") return prediction;
  if (activation === "sigmoid") return prediction.sigmoid();
  if (activation === "softmax") return prediction.softmax(1);
  throw new DlError(
    "value",
    `diceLoss: activation ${JSON.stringify(activation)} is not one of "none", "sigmoid", "softmax"`,
  );
}

/** The target in the prediction's shape: as it is, or 1 at each position's class. */
function regionsOf(prediction: Tensor, target: Tensor): Tensor {
  const { shape, dtype, device } = prediction;
  if (sameShape(shape, target.shape)) return asFloat(target, prediction);
  const positions = shape.filter((_, d) => d !== 1);
  if (!sameShape(target.shape, positions))
    throw new ShapeError(
      `diceLoss: for predictions ${formatShape(shape)} a target of that shape or class indices ${formatShape(positions)} are wanted, got ${formatShape(target.shape)}`,
    );
  checkClasses("diceLoss", target, shape[1], Number.NaN);
  const classes = arange(shape[1], { dtype: "int32", device });
  const along = classes.reshape(shape.map((_, d) => (d === 1 ? shape[1] : 1)));
  return target.to("int32").unsqueeze(1).eq(along).to(dtype);
}

/** {@link diceLoss} as a criterion. */
export class DiceLoss extends Loss {
  smooth: number;
  activation: "none" | "sigmoid" | "softmax";
  squared: boolean;
  batch: boolean;
  reduction: Reduction;
  constructor({
    smooth = 1,
    activation = "none",
    squared = true,
    batch = false,
    reduction = "mean",
  }: DiceOptions = {}) {
    super();
    this.smooth = smooth;
    this.activation = activation;
    this.squared = squared;
    this.batch = batch;
    this.reduction = reduction;
  }
  forward(prediction: Tensor, target: Tensor): Tensor {
    return diceLoss(prediction, target, this);
  }
}
