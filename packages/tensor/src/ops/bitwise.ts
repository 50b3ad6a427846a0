/** Bits of int32, uint8 and bool tensors. */
import { defineMap, type Operand } from "../define.ts";
import { isFloating } from "../dtype.ts";
import { DlError } from "../errors.ts";
import * as E from "../expr.ts";
import { isTensor, type Tensor } from "../tensor.ts";
import { logicalXor } from "./binary.ts";

type Binary = [Operand, Operand];
const BITS = 32;

const and = defineMap<Binary>("bitwiseAnd", (a, b) => E.bitAnd(a, b));
const or = defineMap<Binary>("bitwiseOr", (a, b) => E.bitOr(a, b));
const xor = defineMap<Binary>("bitwiseXor", (a, b) => E.bitXor(a, b));
const complement = defineMap<[Tensor]>("bitwiseNot", (x) => E.bitXor(x, -1));

/** Nothing is left of a number from 32 bits on, nor, as PyTorch has it, for a distance below 0. */
const isFar = (n: E.Expr): E.Expr => E.or(E.lt(n, 0), E.ge(n, BITS));
const shiftLeft = defineMap<Binary>("bitwiseLeftShift", (x, n) =>
  E.select(isFar(n), 0, E.bitShl(x, n)),
);
/** To the right, the sign is left. */
const shiftRight = defineMap<Binary>("bitwiseRightShift", (x, n) =>
  E.bitShr(x, E.select(isFar(n), BITS - 1, n)),
);

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
