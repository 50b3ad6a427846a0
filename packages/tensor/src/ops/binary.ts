/** Functions of two operands, broadcast together; either may be a number. */
import { defineMap, type Operand } from "../define.ts";
import * as E from "../expr.ts";
import type { Tensor } from "../tensor.ts";

type Binary = [Operand, Operand];
const bool = { result: "bool" } as const;
const float = { result: "float" } as const;

export const add = defineMap<Binary>("add", (a, b) => E.add(a, b));
export const sub = defineMap<Binary>("sub", (a, b) => E.sub(a, b));
export const mul = defineMap<Binary>("mul", (a, b) => E.mul(a, b));
/** True division: integers give float32. */
export const trueDivide = defineMap<Binary>("div", (a, b) => E.div(a, b), float);
/** No gradient: constant between its steps and, by convention, at them and where the divisor is 0. */
const steps = { gradient: () => [] } as const;
/** Division rounded towards zero; of integers by 0 it gives 0, where PyTorch throws: nothing is read back to check. */
export const divTrunc = defineMap<Binary>("div", (a, b) => E.trunc(E.div(a, b)), steps);
/** Division rounded down; of integers by 0 it gives 0, where PyTorch throws: nothing is read back to check. */
export const divFloor = defineMap<Binary>("div", (a, b) => floorQuotient(a, b), steps);
/**
 * a − b · ⌊a / b⌋: takes the sign of the divisor. Of integers by 0 it gives 0, where PyTorch throws: nothing is read back
 * to check.
 */
export const remainder = defineMap<Binary>("remainder", (a, b) => modulo(a, b), {
  gradient: (g, [a, b]) => [g, E.neg(E.mul(g, floorQuotient(a, b)))],
});
/** Takes the sign of the dividend. Of integers by 0 it gives 0, where PyTorch throws: nothing is read back to check. */
export const fmod = defineMap<Binary>("fmod", (a, b) => E.rem(a, b));
export const pow = defineMap<Binary>("pow", (a, b) => E.pow(a, b));
export const maximum = defineMap<Binary>("maximum", (a, b) => E.max(a, b));
export const minimum = defineMap<Binary>("minimum", (a, b) => E.min(a, b));
export const atan2 = defineMap<Binary>("atan2", (a, b) => E.atan2(a, b), float);

export const eq = defineMap<Binary>("eq", (a, b) => E.eq(a, b), bool);
export const ne = defineMap<Binary>("ne", (a, b) => E.ne(a, b), bool);
export const lt = defineMap<Binary>("lt", (a, b) => E.lt(a, b), bool);
export const le = defineMap<Binary>("le", (a, b) => E.le(a, b), bool);
export const gt = defineMap<Binary>("gt", (a, b) => E.gt(a, b), bool);
export const ge = defineMap<Binary>("ge", (a, b) => E.ge(a, b), bool);
export const logicalAnd = defineMap<Binary>("logicalAnd", (a, b) => E.and(a, b), bool);
export const logicalOr = defineMap<Binary>("logicalOr", (a, b) => E.or(a, b), bool);
export const logicalXor = defineMap<Binary>(
  "logicalXor",
  (a, b) => E.ne(E.cast(a), E.cast(b)),
  bool,
);

/** start + weight · (end − start), reckoned from the nearer end, so that weight 1 gives the end exactly. */
export const lerp = defineMap<[Tensor, Tensor, Operand]>(
  "lerp",
  (a, b, w) => {
    const way = E.sub(b, a);
    const nearEnd = E.sub(b, E.mul(way, E.sub(1, w)));
    return E.select(E.lt(E.abs(w), 0.5), E.add(a, E.mul(w, way)), nearEnd);
  },
  // Without the branches: an infinite weight would be 0 · ∞ in the one that is not taken.
  { gradient: (g, [a, b, w]) => [E.mul(g, E.sub(1, w)), E.mul(g, w), E.mul(g, E.sub(b, a))] },
);

const signsDiffer = (r: E.Expr, b: E.Expr) =>
  E.and(E.ne(r, 0), E.ne(E.cast(E.lt(r, 0)), E.cast(E.lt(b, 0))));
function modulo(a: E.Expr, b: E.Expr): E.Expr {
  const r = E.rem(a, b);
  return E.select(signsDiffer(r, b), E.add(r, b), r);
}
/** By way of the exact remainder, as in C++'s floor_divide of PyTorch: rounding a / b first can be off by one. */
function floorQuotient(a: E.Expr, b: E.Expr): E.Expr {
  const r = E.rem(a, b);
  const quotient = E.round(E.div(E.sub(a, r), b));
  const floored = E.select(signsDiffer(r, b), E.sub(quotient, 1), quotient);
  return E.select(E.eq(b, 0), E.div(a, b), floored);
}

// Second names.
export const arctan2 = atan2;
export const greater = gt;
export const greaterEqual = ge;
export const less = lt;
export const lessEqual = le;
export const multiply = mul;
export const notEqual = ne;
