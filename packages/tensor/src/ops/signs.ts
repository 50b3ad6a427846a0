/** What depends on the sign of a number, minus zero included. */
import { defineMap, type Operand } from "../define.ts";
import { isFloating } from "../dtype.ts";
import { DlError } from "../errors.ts";
import * as E from "../expr.ts";
import type { Tensor } from "../tensor.ts";
import { sign } from "./unary.ts";

/** Also of −0, whose reciprocal tells it from 0. */
const isNegative = (x: E.Expr): E.Expr => E.select(E.eq(x, 0), E.lt(E.div(1, x), 0), E.lt(x, 0));

/**
 * Is the sign bit set? Also for −0; a NaN counts as positive.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.signbit.html
 *
 * @example
 * signbit(tensor([-1, -0, 0])) // => [true, true, false]
 */
export function signbit(x: Tensor): Tensor {
  return isFloating(x.dtype) ? signOf(x) : x.lt(0);
}
const signOf = defineMap<[Tensor]>("signbit", isNegative, { result: "bool" });

/** The same as `sign`, for real numbers. */
export const sgn = sign;

/**
 * |a| with the sign of b, also of −0. No gradient flows to b, nor to a where it is 0.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.copysign.html
 *
 * @example
 * copysign(tensor([1, -2]), tensor([-0, 5])) // => [-1, 2]
 */
export const copysign = defineMap<[Tensor, Operand]>(
  "copysign",
  (a, b) => E.select(isNegative(b), E.neg(E.abs(a)), E.abs(a)),
  {
    result: "float",
    gradient: (g, [a], y) => [E.mul(g, E.select(E.eq(a, 0), 0, E.div(y, a))), E.mul(g, 0)],
  },
);

/**
 * 0 below zero, 1 above, `values` at zero; 0 for NaN.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.heaviside.html
 *
 * @example
 * heaviside(tensor([-1.5, 0, 2]), tensor([0.5])) // => [0, 0.5, 1]
 */
export function heaviside(x: Tensor, values: Tensor): Tensor {
  if (x.dtype !== values.dtype)
    throw new DlError(
      "dtype",
      `heaviside: both tensors need one dtype, they are ${x.dtype} and ${values.dtype}: values.to("${x.dtype}")`,
    );
  return stepOf(x, values);
}
const stepOf = defineMap<[Tensor, Tensor]>(
  "heaviside",
  (x, values) => E.select(E.eq(x, 0), values, E.cast(E.lt(0, x))),
  { gradient: () => [] },
);

/**
 * The tensor itself.
 *
 * @throws DlError for bool, which has no sign.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.positive.html
 *
 * @example
 * positive(tensor([-1, 2])) // => [-1, 2]
 */
export function positive(x: Tensor): Tensor {
  if (x.dtype === "bool") throw new DlError("dtype", 'positive: bool has no sign: x.to("int32")');
  return x;
}
