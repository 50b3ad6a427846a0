/**
 * Bits of int32, uint8 and bool tensors. The expression language has no bits: a number is taken apart by divisions by two,
 * in a loop that is written out, so these ops take some 500 instructions an element.
 */
import { defineMap, type Operand } from "../define.ts";
import { isFloating } from "../dtype.ts";
import { DlError } from "../errors.ts";
import * as E from "../expr.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import { logicalXor } from "./binary.ts";

type Binary = [Operand, Operand];
const BITS = 32;

/** Bit by bit, low first; the last is the sign. */
function combine(rule: (a: E.Expr, b: E.Expr) => E.Expr) {
  return (a: E.Expr, b: E.Expr): E.Expr => {
    let sum: E.Expr = E.constant(0);
    for (let i = 0; i < BITS; i++) {
      const [p, q] = [E.ne(E.rem(a, 2), 0), E.ne(E.rem(b, 2), 0)];
      const weight = i === BITS - 1 ? -(2 ** i) : 2 ** i;
      sum = E.add(sum, E.select(rule(p, q), weight, 0));
      // What is left is even: the quotient is exact, also of negative numbers.
      a = E.div(E.sub(a, E.cast(p)), 2);
      b = E.div(E.sub(b, E.cast(q)), 2);
    }
    return sum;
  };
}
const and = defineMap<Binary>("bitwiseAnd", combine(E.and));
const or = defineMap<Binary>("bitwiseOr", combine(E.or));
const xor = defineMap<Binary>(
  "bitwiseXor",
  combine((a, b) => E.ne(E.cast(a), E.cast(b))),
);
const complement = defineMap<[Tensor]>("bitwiseNot", (x) => E.sub(-1, x));

/** Left: a product modulo 2³². Right: the quotient rounded down. From 32 bits on, what is left is the sign. */
const shiftLeft = defineMap<Binary>("bitwiseLeftShift", (x, n) =>
  E.select(E.or(E.lt(n, 0), E.ge(n, BITS)), 0, E.mul(x, E.pow(2, E.min(E.max(n, 0), BITS - 1)))),
);
const shiftRight = defineMap<Binary>("bitwiseRightShift", (x, n) => {
  const isFar = E.or(E.lt(n, 0), E.ge(n, BITS - 1));
  const divisor = E.pow(2, E.select(isFar, 0, n));
  const rest = E.rem(x, divisor);
  const floor = E.sub(E.div(E.sub(x, rest), divisor), E.cast(E.lt(rest, 0)));
  return E.select(isFar, E.neg(E.cast(E.lt(x, 0))), floor);
});

function requireIntegers(name: string, operands: readonly Operand[]): void {
  for (const x of operands) {
    if (isTensor(x) ? isFloating(x.dtype) : !Number.isInteger(x))
      throw new DlError(
        "dtype",
        `${name}: ${isTensor(x) ? x.dtype : x} has no bits to work on: x.to("int32")`,
      );
  }
}
const isBool = (x: Operand): boolean => isTensor(x) && x.dtype === "bool";

/**
 * a & b; of bools, whether both hold.
 *
 * @throws DlError for floating point operands.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bitwise_and.html
 *
 * @example
 * bitwiseAnd(tensor([6, -1], { dtype: "int32" }), 3) // => [2, 3]
 */
export function bitwiseAnd(a: Operand, b: Operand): Tensor {
  requireIntegers("bitwiseAnd", [a, b]);
  return isBool(a) && isBool(b) ? (a as Tensor).logicalAnd(b) : and(a, b);
}
/**
 * a | b; of bools, whether one holds.
 *
 * @throws DlError for floating point operands.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bitwise_or.html
 *
 * @example
 * bitwiseOr(tensor([6, -8], { dtype: "int32" }), 3) // => [7, -5]
 */
export function bitwiseOr(a: Operand, b: Operand): Tensor {
  requireIntegers("bitwiseOr", [a, b]);
  return isBool(a) && isBool(b) ? (a as Tensor).logicalOr(b) : or(a, b);
}
/**
 * a ^ b; of bools, whether they differ.
 *
 * @throws DlError for floating point operands.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bitwise_xor.html
 *
 * @example
 * bitwiseXor(tensor([6, -1], { dtype: "int32" }), 3) // => [5, -4]
 */
export function bitwiseXor(a: Operand, b: Operand): Tensor {
  requireIntegers("bitwiseXor", [a, b]);
  return isBool(a) && isBool(b) ? logicalXor(a as Tensor, b) : xor(a, b);
}
/**
 * ~x; of bools, the opposite.
 *
 * @throws DlError for floating point tensors.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bitwise_not.html
 *
 * @example
 * bitwiseNot(tensor([0, 5], { dtype: "int32" })) // => [-1, -6]
 */
export function bitwiseNot(x: Tensor): Tensor {
  requireIntegers("bitwiseNot", [x]);
  return isBool(x) ? x.logicalNot() : complement(x);
}
/**
 * a << b, modulo 2³²; 0 for a shift by 32 or more, or by less than 0.
 *
 * @throws DlError for floating point operands.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bitwise_left_shift.html
 *
 * @example
 * bitwiseLeftShift(tensor([1, -3], { dtype: "int32" }), 2) // => [4, -12]
 */
export function bitwiseLeftShift(a: Operand, b: Operand): Tensor {
  requireIntegers("bitwiseLeftShift", [a, b]);
  return shiftLeft(a, b);
}
/**
 * a >> b, with the sign shifted in.
 *
 * @throws DlError for floating point operands.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bitwise_right_shift.html
 *
 * @example
 * bitwiseRightShift(tensor([9, -3], { dtype: "int32" }), 1) // => [4, -2]
 */
export function bitwiseRightShift(a: Operand, b: Operand): Tensor {
  requireIntegers("bitwiseRightShift", [a, b]);
  return shiftRight(a, b);
}
