/** What the functions of expressions are, in double precision. */
import type { BinaryOp, BitOp, UnaryOp } from "../expr.ts";
import { erf } from "./erf.ts";

/** What each function of one number is, in double precision. */
export const unaryFunctions: Readonly<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  erf,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
};

/** What each function of two numbers is, in double precision. */
export const binaryFunctions: Readonly<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow,
  rem: (a, b) => a % b,
  max: Math.max,
  min: Math.min,
  atan2: Math.atan2,
};

/** JavaScript's own operators: they work on 32 bits, and take a distance modulo 32. */
export const bitFunctions: Readonly<Record<BitOp, (a: number, b: number) => number>> = {
  bitAnd: (a, b) => a & b,
  bitOr: (a, b) => a | b,
  bitXor: (a, b) => a ^ b,
  bitShl: (a, b) => a << b,
  bitShr: (a, b) => a >> b,
};

/** JavaScript's power but for two cases in which IEEE 754 says 1: 1 to any power, and ±1 to ±∞. */
function pow(a: number, b: number): number {
  return a === 1 || (a === -1 && (b === Infinity || b === -Infinity)) ? 1 : a ** b;
}

/** Integer power modulo 2³²; a negative exponent gives the reciprocal rounded towards zero, and 0 for the base 0. */
export function powInt32(base: number, exponent: number): number {
  if (exponent < 0) {
    if (base === -1) return exponent % 2 === 0 ? 1 : -1;
    return base === 1 ? 1 : 0;
  }
  let result = 1;
  for (; exponent > 0; exponent >>>= 1) {
    if (exponent & 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

function roundHalfEven(x: number): number {
  const r = Math.round(x);
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r;
}
