/** In-place forms of ops whose result has the shape and, where it has to, the dtype of the tensor: `exp_` of `exp`. */
import { change } from "./ops/inplace.ts";
import { Tensor } from "./tensor.ts";

/** What has one, by the method that it is made from. */
const NAMES = [
  // One operand.
  "abs",
  "absolute",
  "acos",
  "acosh",
  "arccos",
  "arccosh",
  "arcsin",
  "arcsinh",
  "arctan",
  "arctanh",
  "asin",
  "asinh",
  "atan",
  "atanh",
  "bitwiseNot",
  "ceil",
  "cos",
  "cosh",
  "deg2rad",
  "digamma",
  "erf",
  "erfc",
  "erfinv",
  "exp",
  "exp2",
  "expm1",
  "fix",
  "floor",
  "frac",
  "i0",
  "lgamma",
  "log",
  "log10",
  "log1p",
  "log2",
  "logicalNot",
  "logit",
  "mvlgamma",
  "nanToNum",
  "neg",
  "negative",
  "polygamma",
  "rad2deg",
  "reciprocal",
  "round",
  "rsqrt",
  "sgn",
  "sigmoid",
  "sign",
  "sin",
  "sinc",
  "sinh",
  "sqrt",
  "square",
  "tan",
  "tanh",
  "trunc",
  // Two and more.
  "addcdiv",
  "addcmul",
  "arctan2",
  "atan2",
  "bitwiseAnd",
  "bitwiseLeftShift",
  "bitwiseOr",
  "bitwiseRightShift",
  "bitwiseXor",
  "clampMax",
  "clampMin",
  "copysign",
  "divide",
  "eq",
  "floorDivide",
  "fmod",
  "gcd",
  "ge",
  "greater",
  "greaterEqual",
  "gt",
  "heaviside",
  "hypot",
  "igamma",
  "igammac",
  "lcm",
  "ldexp",
  "le",
  "lerp",
  "less",
  "lessEqual",
  "logicalAnd",
  "logicalOr",
  "logicalXor",
  "lt",
  "multiply",
  "ne",
  "nextafter",
  "notEqual",
  "pow",
  "remainder",
  "subtract",
  "trueDivide",
  "xlogy",
  // Rows, products of matrices, elements at positions.
  "addbmm",
  "addmm",
  "addmv",
  "addr",
  "baddbmm",
  "cumprod",
  "cumsum",
  "indexAdd",
  "indexCopy",
  "indexFill",
  "indexPut",
  "indexReduce",
  "maskedScatter",
  "put",
  "renorm",
  "scatter",
  "scatterAdd",
  "scatterReduce",
  "tril",
  "triu",
] as const;
type Name = (typeof NAMES)[number];

/**
 * The method of the same name without the underscore, whose result is written into the tensor. That returns itself.
 *
 * @throws DlError for a leaf that requires a gradient, while gradients are recorded; for a result that is of a higher
 * category than the tensor, as the root of integers.
 * @throws ShapeError for a result of another shape.
 */
export type InPlaceMethods = {
  [N in Name as `${N}_`]: <T extends Tensor>(this: T, ...args: Parameters<Tensor[N]>) => T;
};

type Method = (this: Tensor, ...args: unknown[]) => Tensor;

/** Gives every tensor these methods. */
export function addInPlaceMethods(): void {
  for (const name of NAMES) {
    const own = `${name}_`;
    const method: Method = function (...args) {
      return change(this, own, (x) => (x[name] as Method).apply(x, args), args);
    };
    Object.defineProperty(method, "name", { value: own });
    Object.defineProperty(Tensor.prototype, own, {
      value: method,
      writable: true,
      configurable: true,
    });
  }
}
