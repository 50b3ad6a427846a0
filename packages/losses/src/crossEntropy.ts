/** Losses of classes. */
import {
  DlError,
  defineComposite,
  dispatch,
  formatShape,
  type Op,
  ShapeError,
  scope,
  type Tensor,
} from "@dl/tensor/core";
import { checkClasses, readable } from "./inspect.ts";
import { Loss } from "./loss.ts";
import { requireClassWeight } from "./operands.ts";
import { checkReduction, type Reduction, type ReductionOptions } from "./reduction.ts";

export interface NLLOptions extends ReductionOptions {
  /** A factor for each class, `[C]`; the mean is weighted by it. */
  weight?: Tensor | null;
  /** Targets of this value count for nothing. Default −100. */
  ignoreIndex?: number;
}
export interface CrossEntropyOptions extends NLLOptions {
  /** This share of the target is spread evenly over all classes. Default 0. */
  labelSmoothing?: number;
}

/** Indices, which of them count (null: all), and each one's class weight (null: 1). */
interface Labels {
  readonly index: Tensor;
  readonly counts: Tensor | null;
  readonly weights: Tensor | null;
}

function labelsFor(
  name: string,
  input: Tensor,
  target: Tensor,
  { weight, ignoreIndex = -100 }: NLLOptions,
): Labels {
  const classDim = input.rank === 1 ? 0 : 1;
  const classes = input.shape[classDim];
  const wanted = input.shape.filter((_, d) => d !== classDim);
  if (target.rank !== wanted.length || target.shape.some((n, d) => n !== wanted[d])) {
    throw new ShapeError(
      `${name}: for predictions ${formatShape(input.shape)} class indices of shape ${formatShape(wanted)} are wanted, got ${formatShape(target.shape)}` +
        (target.rank === wanted.length + 1 && target.shape.at(-1) === 1
          ? ": use target.squeeze(-1)"
          : ""),
    );
  }
  if (weight) requireClassWeight(name, weight, classes);
  const hasIgnored = checkClasses(name, target, classes, ignoreIndex);
  const labels = target.to("int32");
  const counts = hasIgnored ? labels.ne(ignoreIndex) : null;
  const index = counts ? labels.mul(counts) : labels;
  const weights = weight
    ? weight.gather(0, index.reshape([index.numel])).reshape(index.shape)
    : null;
  return { index, counts, weights };
}

/** Losses per sample to what the reduction asks for; a mean is over what counts, by its weight. */
function reduceLabels(
  losses: Tensor,
  { counts, weights }: Labels,
  reduction: Reduction,
  isWeighted: boolean,
): Tensor {
  let each = losses;
  if (weights && isWeighted) each = each.mul(weights);
  // Not by a factor of 0: an infinite loss that does not count would leave NaN.
  if (counts) each = each.maskedFill(counts.logicalNot(), 0);
  if (reduction === "none") return each;
  if (reduction === "sum") return each.sum();
  if (!counts && !weights) return each.mean();
  const kept = weights ? (counts ? weights.mul(counts) : weights) : counts!.to(losses.dtype);
  return each.sum().div(kept.sum());
}

/**
 * Negative log-likelihood of the true class under log-probabilities, in nats.
 *
 *     lossᵢ = −weight[tᵢ] · logProbabilities[i, tᵢ]
 *
 * @param logProbabilities `[N, C, ...]` or `[C]`: the output of logSoftmax
 * @param target class indices in 0 … C−1, `[N, ...]` or `[]`
 * @throws ShapeError when the shapes do not fit, DlError "index" for a label out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 *
 * @example
 * nllLoss(tensor([[0.5, 0.5]]).log(), tensor([1])) // => 0.693147
 */
export function nllLoss(
  logProbabilities: Tensor,
  target: Tensor,
  options: NLLOptions = {},
): Tensor {
  const { reduction = "mean" } = options;
  checkReduction(reduction, "nllLoss");
  return scope(() => {
    const labels = labelsFor("nllLoss", logProbabilities, target, options);
    return reduceLabels(picked(logProbabilities, labels.index), labels, reduction, true);
  });
}
/** −x[i, tᵢ] */
function picked(x: Tensor, index: Tensor): Tensor {
  const dim = x.rank === 1 ? 0 : 1;
  return x.gather(dim, index.unsqueeze(dim)).squeeze(dim).neg();
}

/**
 * Negative log-likelihood of the true class under `softmax(logits)`, in nats.
 *
 *     lossᵢ = log Σ_c exp(logits[i, c]) − logits[i, targets[i]]
 *
 * @param logits `[N, C, ...]` or `[C]`: unnormalised scores; do not apply softmax first
 * @param targets `[N, ...]` class indices in 0 … C−1, or `[N, C, ...]` probabilities
 * @returns one number, or the shape of the indices when `reduction` is "none"
 * @throws ShapeError when the shapes do not fit, DlError "index" for a label out of range
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 *
 * @example
 * crossEntropy(tensor([[2, -1], [-1, 2]]), tensor([0, 1])) // => 0.0485874
 */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const { reduction = "mean", labelSmoothing = 0 } = options;
  checkReduction(reduction, "crossEntropy");
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new DlError(
      "value",
      `crossEntropy: labelSmoothing ${labelSmoothing} has to be within 0 … 1`,
    );
  if (logits.rank === 0)
    throw new ShapeError("crossEntropy: logits need a dimension of classes: [N, C] or [C]");
  warnOfProbabilities(logits);
  const dim = logits.rank === 1 ? 0 : 1;
  const isDistribution =
    targets.rank === logits.rank && (targets.dtype === "float32" || targets.dtype === "float64");
  return scope(() => {
    if (isDistribution) return withProbabilities(logits, targets, dim, options);
    const labels = labelsFor("crossEntropy", logits, targets, options);
    if (labelSmoothing === 0 && logits.rank === 2 && logits.numel > 0) {
      const losses = dispatch(crossEntropyOp, [logits, labels.index]);
      return reduceLabels(losses, labels, reduction, true);
    }
    const logProbabilities = logits.logSoftmax(dim);
    const plain = reduceLabels(picked(logProbabilities, labels.index), labels, reduction, true);
    if (labelSmoothing === 0) return plain;
    const weighted = options.weight
      ? logProbabilities.mul(alongClasses(options.weight, logits.rank, dim))
      : logProbabilities;
    const even = reduceLabels(weighted.sum(dim).neg(), labels, reduction, false);
    return plain.mul(1 - labelSmoothing).add(even.mul(labelSmoothing / logits.shape[dim]));
  });
}

/** Logits [N, C] and class indices [N] → losses [N], in one pass where a backend can. */
const crossEntropyOp: Op = defineComposite("crossEntropy", {
  results: ([logits, index]) => [{ shape: index.shape, dtype: logits.dtype }],
  decompose: ([logits, index]) => [picked(logits.logSoftmax(1), index)],
  saves: () => ({ inputs: [0, 1] }),
  gradient: ([g], { input }) => [
    dispatch(crossEntropyInputGradientOp, [input(0), input(1), g!]),
    null,
  ],
});

/** (softmax(logits) − 1 at the index) · g */
const crossEntropyInputGradientOp: Op = defineComposite("crossEntropyInputGradient", {
  results: ([logits]) => [{ shape: logits.shape, dtype: logits.dtype }],
  decompose([logits, index, g]) {
    const shares = logits.softmax(1).mul(g.unsqueeze(1));
    return [shares.scatterAdd(1, index.unsqueeze(1), g.neg().unsqueeze(1))];
  },
});

const alongClasses = (weight: Tensor, rank: number, dim: number): Tensor =>
  weight.reshape(Array.from({ length: rank }, (_, d) => (d === dim ? -1 : 1)));

function withProbabilities(
  logits: Tensor,
  targets: Tensor,
  dim: number,
  { weight, reduction = "mean", labelSmoothing = 0 }: CrossEntropyOptions,
): Tensor {
  if (targets.shape.some((n, d) => n !== logits.shape[d])) {
    throw new ShapeError(
      `crossEntropy: probabilities ${formatShape(targets.shape)} have to have the shape ${formatShape(logits.shape)} of the logits`,
    );
  }
  const classes = logits.shape[dim];
  const smoothed =
    labelSmoothing > 0 ? targets.mul(1 - labelSmoothing).add(labelSmoothing / classes) : targets;
  const products = logits
    .logSoftmax(dim)
    .mul(weight ? smoothed.mul(alongClasses(weight, logits.rank, dim)) : smoothed);
  if (reduction === "none") return products.sum(dim).neg();
  const total = products.sum().neg();
  return reduction === "sum" ? total : total.div(logits.numel / classes);
}

/** How many calls are looked at, and whether the warning has been given. */
let callsToInspect = 3;

/** Rows that are never negative and add up to 1 have been through softmax; the loss would apply it again. */
function warnOfProbabilities(logits: Tensor): void {
  if (callsToInspect === 0 || logits.rank !== 2 || logits.shape[1] < 2 || logits.numel === 0)
    return;
  callsToInspect--;
  const values = readable(logits);
  if (!values) return;
  const [rows, classes] = logits.shape;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const p = values[i * classes + c];
      if (!(p >= 0)) return;
      sum += p;
    }
    if (Math.abs(sum - 1) > 1e-4) return;
  }
  callsToInspect = 0;
  console.warn(
    "crossEntropy: the logits look like probabilities (every row adds up to 1). It applies softmax itself: leave softmax out of the model, or use nllLoss after logSoftmax.",
  );
}

/** {@link nllLoss} as a criterion. */
export class NLLLoss extends Loss {
  weight: Tensor | null;
  ignoreIndex: number;
  reduction: Reduction;
  constructor({ weight = null, ignoreIndex = -100, reduction = "mean" }: NLLOptions = {}) {
    super();
    this.weight = weight;
    this.ignoreIndex = ignoreIndex;
    this.reduction = reduction;
  }
  forward(logProbabilities: Tensor, target: Tensor): Tensor {
    return nllLoss(logProbabilities, target, this);
  }
}

/** {@link crossEntropy} as a criterion. */
export class CrossEntropyLoss extends Loss {
  weight: Tensor | null;
  ignoreIndex: number;
  reduction: Reduction;
  labelSmoothing: number;
  constructor({
    weight = null,
    ignoreIndex = -100,
    reduction = "mean",
    labelSmoothing = 0,
  }: CrossEntropyOptions = {}) {
    super();
    this.weight = weight;
    this.ignoreIndex = ignoreIndex;
    this.reduction = reduction;
    this.labelSmoothing = labelSmoothing;
  }
  forward(logits: Tensor, targets: Tensor): Tensor {
    return crossEntropy(logits, targets, this);
  }
}
