/** Derivatives of values at given places, by differences. */
import { DlError, formatShape, ShapeError } from "../errors.ts";
import { scope } from "../scope.ts";
import { wrapDim } from "../shape.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import { cat } from "./join.ts";

export interface GradientOptions {
  /** The distance of neighbours, for all dimensions or each; or for each a vector of places. Default 1. */
  spacing?: number | readonly (number | Tensor)[];
  /** Along which. Default: all. */
  dim?: number | readonly number[] | null;
  /** 1 (default) or 2: how exact the estimates at both ends are. */
  edgeOrder?: 1 | 2;
}

/** Distances of neighbours along `dim`: one number, or a tensor that broadcasts. */
function distances(x: Tensor, dim: number, spacing: number | Tensor): number | Tensor {
  if (typeof spacing === "number") return spacing;
  const n = x.shape[dim];
  if (spacing.rank !== 1 || spacing.numel !== n)
    throw new ShapeError(
      `gradient: places ${formatShape(spacing.shape)} do not fit dim ${dim} of ${formatShape(x.shape)}`,
    );
  return spacing
    .narrow(0, 1, n - 1)
    .sub(spacing.narrow(0, 0, n - 1))
    .reshape(x.shape.map((_, d) => (d === dim ? -1 : 1)));
}

function along(x: Tensor, dim: number, spacing: number | Tensor, edgeOrder: 1 | 2): Tensor {
  const n = x.shape[dim];
  if (n <= edgeOrder)
    throw new ShapeError(
      `gradient: dim ${dim} of ${formatShape(x.shape)} needs more than ${edgeOrder} elements for edgeOrder ${edgeOrder}`,
    );
  const gaps = distances(x, dim, spacing);
  const gap = (start: number, length: number): number | Tensor =>
    isTensor(gaps) ? gaps.narrow(dim, start, length) : gaps;
  /** (xᵢ₊₁ − xᵢ) / gapᵢ for these i. */
  const slope = (start: number, length: number): Tensor =>
    x
      .narrow(dim, start + 1, length)
      .sub(x.narrow(dim, start, length))
      .div(gap(start, length));
  const inner = n - 2;
  const parts: Tensor[] = [];
  if (inner > 0) {
    const [left, right] = [gap(0, inner), gap(1, inner)];
    // Each side's slope counts with the other side's distance.
    parts.push(
      isTensor(left) && isTensor(right)
        ? slope(0, inner).mul(right).add(slope(1, inner).mul(left)).div(left.add(right))
        : x
            .narrow(dim, 2, inner)
            .sub(x.narrow(dim, 0, inner))
            .div(2 * (gaps as number)),
    );
  }
  /** At an end, with the next slope for the second order: s + (s − next) · h / (h + next h). */
  const end = (at: number, next: number): Tensor => {
    const s = slope(at, 1);
    if (edgeOrder === 1) return s;
    const [h, other] = [gap(at, 1), gap(next, 1)];
    const share = isTensor(h) && isTensor(other) ? h.div(h.add(other)) : 0.5;
    return s.add(s.sub(slope(next, 1)).mul(share));
  };
  return cat([end(0, 1), ...parts, end(n - 2, n - 3)], dim);
}

/**
 * Estimates of the derivative along each dimension: central differences inside, one-sided ones at both ends.
 *
 * @throws ShapeError for a dimension with too few elements, or places that do not fit.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.gradient.html
 *
 * @example
 * gradient(tensor([1, 4, 9, 16]))[0] // => [3, 4, 6, 7]
 */
export function gradient(
  x: Tensor,
  { spacing = 1, dim = null, edgeOrder = 1 }: GradientOptions = {},
): Tensor[] {
  const wanted = dim ?? x.shape.map((_, d) => d);
  const dims = [wanted].flat().map((d) => wrapDim(d as number, x.rank, "gradient"));
  const each = Array.isArray(spacing) ? spacing : dims.map(() => spacing);
  if (each.length !== dims.length || (edgeOrder !== 1 && edgeOrder !== 2))
    throw new DlError(
      "value",
      `gradient: ${each.length} spacings for ${dims.length} dimensions, edgeOrder ${edgeOrder}: one for each, and 1 or 2, are wanted`,
    );
  return scope(() => dims.map((d, i) => along(x, d, each[i], edgeOrder)));
}
