/** Equality up to a tolerance, and of whole tensors. */
import { defineMap } from "../define.ts";
import { isFloating } from "../dtype.ts";
import { DlError } from "../errors.ts";
import * as E from "../expr.ts";
import { scope } from "../scope.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

export interface ClosenessOptions {
  /** Relative to |b|. Default 1e-5. */
  rtol?: number;
  /** Default 1e-8. */
  atol?: number;
  /** Do two NaN count as equal? Default false. */
  equalNan?: boolean;
}

const near = (a: E.Expr, b: E.Expr, rtol: E.Expr, atol: E.Expr): E.Expr => {
  const difference = E.abs(E.sub(a, b));
  const allowed = E.add(atol, E.abs(E.mul(rtol, b)));
  // Infinities are close to their equals alone, whatever is allowed.
  return E.or(E.eq(a, b), E.and(E.lt(difference, Infinity), E.le(difference, allowed)));
};
type Four = [Tensor, Tensor, number, number];
const bool = { result: "bool" } as const;
const isNear = defineMap<Four>("isclose", near, bool);
const isNearOrNaN = defineMap<Four>(
  "isclose",
  (a, b, rtol, atol) => E.or(near(a, b, rtol, atol), E.and(E.isNaN(a), E.isNaN(b))),
  bool,
);

/**
 * |a − b| ≤ atol + rtol · |b|, element by element.
 *
 * @throws DlError when the dtypes differ or a tolerance is negative.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.isclose.html
 *
 * @example
 * isclose(tensor([1, 10]), tensor([1.000001, 10.1])) // => [true, false]
 */
export function isclose(
  a: Tensor,
  b: Tensor,
  { rtol = 1e-5, atol = 1e-8, equalNan = false }: ClosenessOptions = {},
): Tensor {
  if (a.dtype !== b.dtype)
    throw new DlError(
      "dtype",
      `isclose: both tensors need one dtype, they are ${a.dtype} and ${b.dtype}: b.to("${a.dtype}")`,
    );
  if (!(rtol >= 0 && atol >= 0))
    throw new DlError(
      "value",
      `isclose: tolerances are not negative, got rtol = ${rtol} and atol = ${atol}`,
    );
  if (!isFloating(a.dtype) && rtol === 0 && atol === 0) return a.eq(b);
  return (equalNan ? isNearOrNaN : isNear)(a, b, rtol, atol);
}

/**
 * Is every element close to its counterpart? The answer is read back at once, so the device has to be one that can be
 * waited for; elsewhere `await isclose(a, b).all().item()`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.allclose.html
 *
 * @example
 * allclose(tensor([1, 2]), tensor([1, 2.1]), { rtol: 0.1 }) // => true
 */
export const allclose = (a: Tensor, b: Tensor, options: ClosenessOptions = {}): boolean =>
  scope(() => isclose(a.detach(), b.detach(), options).all().itemSync() !== 0);

/**
 * Have both tensors one shape and equal elements? NaN equals nothing. Read back at once, as by `allclose`.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.equal.html
 *
 * @example
 * equal(tensor([1, 2]), tensor([1, 2])) // => true
 */
export const equal = (a: Tensor, b: Tensor): boolean =>
  sameShape(a.shape, b.shape) && scope(() => a.detach().eq(b.detach()).all().itemSync() !== 0);
