/** Functions of one tensor, element by element. Integers are taken as float32 by those marked "float". */
import { defineMap } from "../define.ts";
import { isFloating } from "../dtype.ts";
import { DlError } from "../errors.ts";
import * as E from "../expr.ts";
import type { Tensor } from "../tensor.ts";

type Unary = [Tensor];
const float = { result: "float" } as const;

const negated = defineMap<Unary>("neg", (x) => E.neg(x));
/**
 * −x
 *
 * @throws DlError for bools.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.neg.html
 *
 * @example
 * neg(tensor([1, -2])) // => [-1, 2]
 */
export function neg(x: Tensor): Tensor {
  if (x.dtype === "bool")
    throw new DlError("dtype", "neg: bools have no sign: x.logicalNot() for the opposite");
  return negated(x);
}
export const abs = defineMap<Unary>("abs", (x) => E.abs(x));
export const sign = defineMap<Unary>("sign", (x) => E.sign(x));
const squared = defineMap<Unary>("square", (x) => E.mul(x, x));
/**
 * x². Of bools it is int32, as their powers are.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.square.html
 *
 * @example
 * square(tensor([1, -2])) // => [1, 4]
 */
export const square = (x: Tensor): Tensor => squared(x.dtype === "bool" ? x.to("int32") : x);
export const floor = defineMap<Unary>("floor", (x) => E.floor(x));
export const ceil = defineMap<Unary>("ceil", (x) => E.ceil(x));
const roundWhole = defineMap<Unary>("round", (x) => E.round(x));
const roundFraction = defineMap<[Tensor, number]>("round", (x, power) =>
  E.div(E.round(E.mul(x, power)), power),
);
const roundHundreds = defineMap<[Tensor, number]>("round", (x, power) =>
  E.mul(E.round(E.div(x, power)), power),
);
/**
 * To the nearest integer, or multiple of 10^−decimals; halves to the even one.
 *
 * @param options.decimals default 0; negative for tens, hundreds, …
 * @see https://docs.pytorch.org/docs/stable/generated/torch.round.html
 *
 * @example
 * round(tensor([0.5, 1.5, 2.345]), { decimals: 2 }) // => [0.5, 1.5, 2.34]
 */
export function round(x: Tensor, { decimals = 0 } = {}): Tensor {
  if (decimals === 0 || !isFloating(x.dtype)) return roundWhole(x);
  return decimals > 0 ? roundFraction(x, 10 ** decimals) : roundHundreds(x, 10 ** -decimals);
}
export const trunc = defineMap<Unary>("trunc", (x) => E.trunc(x));
/** x − trunc(x): the fraction, with the sign of x. */
export const frac = defineMap<Unary>("frac", (x) => E.sub(x, E.trunc(x)));

export const sqrt = defineMap<Unary>("sqrt", (x) => E.sqrt(x), float);
/** 1 / √x; the gradient is −½ y³. */
export const rsqrt = defineMap<Unary>("rsqrt", (x) => E.div(1, E.sqrt(x)), {
  result: "float",
  gradient: (g, _, y) => [E.mul(g, E.mul(-0.5, E.mul(y, E.mul(y, y))))],
});
/** 1 / x; the gradient is −y². */
export const reciprocal = defineMap<Unary>("reciprocal", (x) => E.div(1, x), {
  result: "float",
  gradient: (g, _, y) => [E.neg(E.mul(g, E.mul(y, y)))],
});
export const exp = defineMap<Unary>("exp", (x) => E.exp(x), float);
export const expm1 = defineMap<Unary>("expm1", (x) => E.expm1(x), float);
export const log = defineMap<Unary>("log", (x) => E.log(x), float);
export const log1p = defineMap<Unary>("log1p", (x) => E.log1p(x), float);
export const log2 = defineMap<Unary>("log2", (x) => E.div(E.log(x), Math.LN2), float);
export const log10 = defineMap<Unary>("log10", (x) => E.div(E.log(x), Math.LN10), float);
export const sin = defineMap<Unary>("sin", (x) => E.sin(x), float);
export const cos = defineMap<Unary>("cos", (x) => E.cos(x), float);
export const tan = defineMap<Unary>("tan", (x) => E.tan(x), float);
export const asin = defineMap<Unary>("asin", (x) => E.asin(x), float);
export const acos = defineMap<Unary>("acos", (x) => E.acos(x), float);
export const atan = defineMap<Unary>("atan", (x) => E.atan(x), float);
export const sinh = defineMap<Unary>("sinh", (x) => E.sinh(x), float);
export const cosh = defineMap<Unary>("cosh", (x) => E.cosh(x), float);
export const asinh = defineMap<Unary>("asinh", (x) => E.asinh(x), float);
export const acosh = defineMap<Unary>("acosh", (x) => E.acosh(x), float);
export const atanh = defineMap<Unary>("atanh", (x) => E.atanh(x), float);
export const erf = defineMap<Unary>("erf", (x) => E.erf(x), float);

export const isnan = defineMap<Unary>("isnan", (x) => E.isNaN(x), { result: "bool" });
export const isinf = defineMap<Unary>("isinf", (x) => E.eq(E.abs(x), Infinity), { result: "bool" });
export const isfinite = defineMap<Unary>("isfinite", (x) => E.lt(E.abs(x), Infinity), {
  result: "bool",
});
export const isposinf = defineMap<Unary>("isposinf", (x) => E.eq(x, Infinity), { result: "bool" });
export const isneginf = defineMap<Unary>("isneginf", (x) => E.eq(x, -Infinity), {
  result: "bool",
});
/** True everywhere: no dtype here is complex. */
export const isreal = defineMap<Unary>("isreal", (x) => E.or(E.eq(x, x), E.isNaN(x)), {
  result: "bool",
});
export const logicalNot = defineMap<Unary>("logicalNot", (x) => E.eq(x, 0), { result: "bool" });

// Second names.
export const absolute = abs;
export const arccos = acos;
export const arccosh = acosh;
export const arcsin = asin;
export const arcsinh = asinh;
export const arctan = atan;
export const arctanh = atanh;
export const fix = trunc;
export const negative = neg;
