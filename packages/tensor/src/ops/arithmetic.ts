/** Arithmetic of two and three operands beyond `binary.ts`. Operands broadcast together; numbers may stand for tensors. */
import { defineMap, type Elementwise, type Operand, resultType } from "../define.ts";
import { isFloating, promoteTypes } from "../dtype.ts";
import { DlError } from "../errors.ts";
import * as E from "../expr.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import * as binary from "./binary.ts";
import { divFloor, divTrunc, mul, trueDivide } from "./binary.ts";
import { clone } from "./cast.ts";
import { sqrt, square } from "./unary.ts";

type Binary = [Operand, Operand];

/** Of sums and differences. */
export interface AlphaOptions {
  /** The second operand is multiplied by this, in the result's dtype. Default 1. */
  alpha?: number;
}
/**
 * a + alpha · b
 *
 * @throws DlError for an alpha with a fraction where both operands are integers or bools.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.add.html
 *
 * @example
 * add(tensor([1, 2]), tensor([10, 20]), { alpha: 0.5 }) // => [6, 12]
 */
export function add(a: Operand, b: Operand, { alpha = 1 }: AlphaOptions = {}): Tensor {
  return alpha === 1 ? binary.add(a, b) : withMultiple(binary.add, a, b, alpha);
}
/**
 * a − alpha · b
 *
 * @throws DlError for bools, and for an alpha with a fraction where both operands are integers.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.sub.html
 *
 * @example
 * sub(tensor([1, 2]), tensor([10, 20]), { alpha: 0.5 }) // => [-4, -8]
 */
export function sub(a: Operand, b: Operand, { alpha = 1 }: AlphaOptions = {}): Tensor {
  for (const x of [a, b])
    if (isTensor(x) && x.dtype === "bool")
      throw new DlError(
        "dtype",
        "sub: bools have no difference: a.logicalXor(b), or a.logicalNot() for 1 - a",
      );
  return alpha === 1 ? binary.sub(a, b) : withMultiple(binary.sub, a, b, alpha);
}
export const subtract = sub;

function withMultiple(op: Elementwise<Binary>, a: Operand, b: Operand, alpha: number): Tensor {
  const dtype = resultType([a, b]);
  if (!isFloating(dtype) && !Number.isInteger(alpha))
    throw new DlError(
      "dtype",
      `${op.opName}: alpha is ${alpha}, and the result ${dtype}: a whole number is wanted, or a floating point operand`,
    );
  const multiple = isTensor(b) ? mul(b.to(dtype), alpha).to(dtype) : b * alpha;
  // A fraction that alpha has made whole still has its say in the dtype.
  const first = isTensor(a) && resultType([a, multiple]) !== dtype ? a.to(dtype) : a;
  return op(first, multiple);
}

export type RoundingMode = "trunc" | "floor" | null;
const QUOTIENTS: Readonly<Record<string, Elementwise<Binary>>> = {
  trunc: divTrunc,
  floor: divFloor,
};

/**
 * a / b. Without a rounding mode integers give float32; with one, integers divided by 0 give 0, where PyTorch throws:
 * nothing is read back to check.
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
/**
 * ⌊a / b⌋, in the promoted dtype. Integers divided by 0 give 0, where PyTorch throws: nothing is read back to check.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.floor_divide.html
 *
 * @example
 * floorDivide(tensor([-7, 7]), 2) // => [-4, 3]
 */
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
  // Among integers PyTorch leaves the fraction out.
  plusProduct(x, a, b, isFloating(resultType([x, a, b])) ? value : Math.trunc(value));
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

/**
 * a to the power of b. Bools to a whole power give int32.
 *
 * @throws DlError for integers to a negative whole number. Where exponents are a tensor of integers nothing is checked,
 * and negative ones give 0, or ±1 of ±1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.pow.html
 *
 * @example
 * pow(tensor([2, 3]), 2) // => [4, 9]
 */
export function pow(a: Operand, b: Operand): Tensor {
  if (typeof a === "number" || typeof b !== "number") return binary.pow(a, b);
  if (b === 0.5) return sqrt(a);
  if (b < 0 && !isFloating(resultType([a, b])))
    throw new DlError(
      "dtype",
      `pow: ${a.dtype} to the power of ${b} is a fraction: x.to("float32").pow(${b}), or floatPower(x, ${b})`,
    );
  if (a.dtype === "bool") return binary.pow(a, b);
  return b === 2 ? square(a) : b === 1 ? clone(a) : binary.pow(a, b);
}

const double = (x: Operand): Operand => (isTensor(x) ? x.to("float64") : x);
/**
 * a to the power of b, computed and returned in float64 whatever the operands' dtypes.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.float_power.html
 *
 * @example
 * floatPower(tensor([2, 3]), -1) // => [0.5, 0.333333]
 */
export const floatPower = (a: Operand, b: Operand): Tensor => binary.pow(double(a), double(b));
/** What may be written to in place by it. */
export function requireDouble(x: Tensor): void {
  if (x.dtype !== "float64")
    throw new DlError(
      "dtype",
      `floatPower_: the result is float64, the tensor ${x.dtype}: x.to("float64") first`,
    );
}

/** In two steps, neither of which leaves the range of numbers where the result does not. */
const shifted = defineMap<Binary>("ldexp", (x, exponent) => {
  const half = E.trunc(E.div(exponent, 2));
  return E.mul(E.mul(x, E.pow(2, half)), E.pow(2, E.sub(exponent, half)));
});
/**
 * x · 2ᵇ, in floating point.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.ldexp.html
 *
 * @example
 * ldexp(tensor([1.5]), tensor([1, 3])) // => [3, 12]
 */
export function ldexp(x: Tensor, exponent: Operand): Tensor {
  const common = resultType([x, exponent]);
  const dtype = isFloating(x.dtype) ? common : promoteTypes(common, "float32");
  const base = x.to(dtype);
  if (typeof exponent === "number")
    return Number.isInteger(exponent) ? shifted(base, exponent) : mul(base, 2 ** exponent);
  if (!isFloating(exponent.dtype)) return shifted(base, exponent);
  return mul(base, binary.pow(2, exponent.to(dtype)));
}

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
