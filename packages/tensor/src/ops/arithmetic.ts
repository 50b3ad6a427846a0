/** Arithmetic of two and three operands beyond `binary.ts`. Operands broadcast together; numbers may stand for tensors. */
import { defineMap, type Elementwise, type Operand } from "../define.ts";
import { DlError } from "../errors.ts";
import * as E from "../expr.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import { divFloor, divTrunc, mul, pow, trueDivide } from "./binary.ts";

type Binary = [Operand, Operand];

export type RoundingMode = "trunc" | "floor" | null;
const QUOTIENTS: Readonly<Record<string, Elementwise<Binary>>> = {
  trunc: divTrunc,
  floor: divFloor,
};

/**
 * a / b. Without a rounding mode integers give float32.
 *
 * @param options.roundingMode `"trunc"` rounds the quotient towards zero, `"floor"` down; default null.
 * @throws DlError for another rounding mode.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.div.html
 *
 * @example
 * div(tensor([-7, 7]), 2, { roundingMode: "floor" }) // => [-4, 3]
 */
export function div(
  a: Operand,
  b: Operand,
  { roundingMode = null }: { roundingMode?: RoundingMode } = {},
): Tensor {
  if (roundingMode === null) return trueDivide(a, b);
  const quotient = QUOTIENTS[roundingMode];
  if (!quotient)
    throw new DlError(
      "value",
      `div: roundingMode is ${JSON.stringify(roundingMode)}, one of "trunc", "floor" and null is wanted`,
    );
  return quotient(a, b);
}
/** ⌊a / b⌋, in the promoted dtype. */
export const floorDivide = divFloor;

const plusProduct = defineMap<[Tensor, Tensor, Tensor, number]>("addcmul", (x, a, b, value) =>
  E.add(x, E.mul(E.mul(value, a), b)),
);
const plusQuotient = defineMap<[Tensor, Tensor, Tensor, number]>(
  "addcdiv",
  (x, a, b, value) => E.add(x, E.mul(value, E.div(a, b))),
  { result: "float" },
);
/**
 * x + value · a · b.
 *
 * @param options.value default 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.addcmul.html
 *
 * @example
 * addcmul(tensor([1, 1]), tensor([2, 3]), tensor([4, 5]), { value: 0.5 }) // => [5, 8.5]
 */
export const addcmul = (x: Tensor, a: Tensor, b: Tensor, { value = 1 } = {}): Tensor =>
  plusProduct(x, a, b, value);
/**
 * x + value · a / b.
 *
 * @param options.value default 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.addcdiv.html
 *
 * @example
 * addcdiv(tensor([1, 1]), tensor([2, 3]), tensor([4, 4])) // => [1.5, 1.75]
 */
export const addcdiv = (x: Tensor, a: Tensor, b: Tensor, { value = 1 } = {}): Tensor =>
  plusQuotient(x, a, b, value);

const double = (x: Operand): Operand => (isTensor(x) ? x.to("float64") : x);
/**
 * a to the power of b, computed and returned in float64 whatever the operands' dtypes.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.float_power.html
 *
 * @example
 * floatPower(tensor([2, 3]), -1) // => [0.5, 0.333333]
 */
export const floatPower = (a: Operand, b: Operand): Tensor => pow(double(a), double(b));
/** What may be written to in place by it. */
export function requireDouble(x: Tensor): void {
  if (x.dtype !== "float64")
    throw new DlError(
      "dtype",
      `floatPower_: the result is float64, the tensor ${x.dtype}: x.to("float64") first`,
    );
}

/**
 * x · 2ᵇ.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.ldexp.html
 *
 * @example
 * ldexp(tensor([1.5]), tensor([1, 3])) // => [3, 12]
 */
export const ldexp = (x: Tensor, exponent: Operand): Tensor =>
  mul(x, isTensor(exponent) ? pow(2, exponent.to("float32")) : 2 ** exponent);

/** Two numbers below 2³¹ take at most 45 divisions: those that Fibonacci numbers take. */
const DIVISIONS = 46;
const gcdExpr = (a: E.Expr, b: E.Expr): E.Expr => {
  for (let i = 0; i < DIVISIONS; i++) {
    const isDone = E.eq(b, 0);
    [a, b] = [E.select(isDone, a, b), E.select(isDone, 0, E.rem(a, E.select(isDone, 1, b)))];
  }
  return E.abs(a);
};
/**
 * The greatest common divisor of whole numbers; gcd(0, 0) is 0.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.gcd.html
 *
 * @example
 * gcd(tensor([12, -9], { dtype: "int32" }), 8) // => [4, 1]
 */
export const gcd = defineMap<Binary>("gcd", gcdExpr);
/**
 * The least common multiple of whole numbers, 0 if one of them is.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.lcm.html
 *
 * @example
 * lcm(tensor([4, 0], { dtype: "int32" }), 6) // => [12, 0]
 */
export const lcm = defineMap<Binary>("lcm", (a, b) => {
  const divisor = gcdExpr(a, b);
  const isZero = E.eq(divisor, 0);
  return E.select(isZero, 0, E.abs(E.mul(E.trunc(E.div(a, E.select(isZero, 1, divisor))), b)));
});
