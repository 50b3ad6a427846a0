/** Means, variances and covariances, with and without NaN. */
import { isFloating } from "../dtype.ts";
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { scope } from "../scope.ts";
import { wrapDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { diagonal } from "./diagonal.ts";
import {
  type DimsFirst,
  dimArguments,
  mean,
  norm,
  type SumOptions,
  std,
  sum,
  type VarOptions,
  variance,
} from "./reduce.ts";

/**
 * How many elements are not zero, in all or along dimensions.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.count_nonzero.html
 *
 * @example
 * countNonzero(tensor([[0, 1], [2, 3]]), 1) // => [1, 2]
 */
export const countNonzero = (x: Tensor, ...args: DimsFirst): Tensor =>
  x.ne(0).sum({ dim: dimArguments(args).dim });

/**
 * The sum of what is not NaN.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nansum.html
 *
 * @example
 * nansum(tensor([1, NaN, 2])) // => 3
 */
export const nansum = (x: Tensor, ...args: DimsFirst<SumOptions>): Tensor =>
  scope(() => sum(isFloating(x.dtype) ? x.maskedFill(x.isnan(), 0) : x, ...args));
/**
 * The mean of what is not NaN; NaN where nothing is left.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nanmean.html
 *
 * @example
 * nanmean(tensor([1, NaN, 2])) // => 1.5
 */
export function nanmean(x: Tensor, ...args: DimsFirst<SumOptions>): Tensor {
  const { dim, keepdim, dtype } = dimArguments(args);
  if (!isFloating(dtype ?? x.dtype)) return mean(x, ...args);
  return scope(() => {
    const count = x.isnan().logicalNot().sum({ dim, keepdim });
    return nansum(x, { dim, keepdim, dtype }).div(count);
  });
}

/**
 * Variance and mean.
 *
 * @returns [variance, mean]
 * @see https://docs.pytorch.org/docs/stable/generated/torch.var_mean.html
 *
 * @example
 * varMean(tensor([1, 2, 3])) // => [1, 2]
 */
export const varMean = (x: Tensor, ...args: DimsFirst<VarOptions>): [Tensor, Tensor] => [
  variance(x, ...args),
  meanOf(x, args),
];
/**
 * Standard deviation and mean.
 *
 * @returns [standard deviation, mean]
 * @see https://docs.pytorch.org/docs/stable/generated/torch.std_mean.html
 *
 * @example
 * stdMean(tensor([1, 2, 3])) // => [1, 2]
 */
export const stdMean = (x: Tensor, ...args: DimsFirst<VarOptions>): [Tensor, Tensor] => [
  std(x, ...args),
  meanOf(x, args),
];
function meanOf(x: Tensor, args: DimsFirst<VarOptions>): Tensor {
  const { dim, keepdim } = dimArguments(args);
  return mean(x, { dim, keepdim });
}

export interface CovOptions {
  /** Subtracted from the number of observations. Default 1. */
  correction?: number;
  /** How often each observation was made: whole numbers. */
  fweights?: Tensor;
  /** How much each observation counts. */
  aweights?: Tensor;
}
/**
 * The covariance matrix of variables (rows) from observations (columns); a single row gives its variance.
 *
 * @throws ShapeError for more than two dimensions or weights that do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.cov.html
 *
 * @example
 * cov(tensor([[0, 1, 2], [2, 1, 0]])) // => [[1, -1], [-1, 1]]
 */
export function cov(x: Tensor, { correction = 1, fweights, aweights }: CovOptions = {}): Tensor {
  if (x.rank > 2)
    throw new ShapeError(
      `cov: variables × observations are wanted, at most 2 dimensions; got ${formatShape(x.shape)}`,
    );
  return scope(() => {
    const rows = (x.rank === 2 ? x : x.reshape([1, -1])).to(
      isFloating(x.dtype) ? x.dtype : "float32",
    );
    const count = rows.shape[1];
    for (const [name, w] of Object.entries({ fweights, aweights })) {
      if (w && (w.rank > 1 || w.numel !== count))
        throw new ShapeError(
          `cov: ${name} ${formatShape(w.shape)} does not fit ${count} observations`,
        );
    }
    if (!fweights && !aweights) {
      const centred = rows.sub(rows.mean(1, { keepdim: true }));
      return squared(centred, centred).div(Math.max(count - correction, 0));
    }
    const weights = (fweights && aweights ? aweights.mul(fweights) : (fweights ?? aweights)!).to(
      rows.dtype,
    );
    const total = weights.sum();
    const centred = rows.sub(rows.mul(weights).sum(1, { keepdim: true }).div(total));
    const lost = aweights ? weights.mul(aweights).sum().div(total).mul(correction) : correction;
    return squared(centred.mul(weights), centred).div(total.sub(lost).clamp({ min: 0 }));
  });
}
const squared = (a: Tensor, b: Tensor): Tensor => a.matmul(b.t()).squeeze();

/**
 * The correlation matrix of variables (rows) from observations (columns).
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.corrcoef.html
 *
 * @example
 * corrcoef(tensor([[0, 1, 2], [2, 1, 0]])) // => [[1, -1], [-1, 1]]
 */
export function corrcoef(x: Tensor): Tensor {
  return scope(() => {
    const c = cov(x);
    if (c.rank === 0) return c.div(c);
    const deviation = diagonal(c).sqrt();
    return c
      .div(deviation.reshape([-1, 1]))
      .div(deviation.reshape([1, -1]))
      .clamp({ min: -1, max: 1 });
  });
}

/**
 * Parts along `dim` whose p-norm exceeds `maxnorm` are scaled down to it.
 *
 * @throws ShapeError for fewer than two dimensions.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.renorm.html
 *
 * @example
 * renorm(tensor([[1, 1], [3, 3]]), 1, 0, 4) // => [[1, 1], [2, 2]]
 */
export function renorm(x: Tensor, p: number, dim: number, maxnorm: number): Tensor {
  if (x.rank < 2)
    throw new ShapeError(`renorm: at least 2 dimensions are wanted, got ${formatShape(x.shape)}`);
  if (!(p > 0 && maxnorm >= 0))
    throw new DlError(
      "value",
      `renorm: p = ${p} has to be positive and maxnorm = ${maxnorm} not negative`,
    );
  const axis = wrapDim(dim, x.rank, "renorm");
  return scope(() => {
    const others = x.shape.map((_, d) => d).filter((d) => d !== axis);
    const size = norm(x, { p, dim: others, keepdim: true });
    // PyTorch's margin against division by zero.
    const factor = size.add(1e-7).reciprocal().mul(maxnorm);
    return x.mul(size.gt(maxnorm).where(factor, 1));
  });
}
