/**
 * Symbolic gradients of expressions, in reverse mode, with PyTorch's conventions at kinks and ties
 * (tools/autograd/derivatives.yaml is the source): |x|' = 0 at 0, ties of max and min share, x⁰ has gradient 0.
 */

import type { Expr, ExprOp } from "./expr.ts";
import * as E from "./expr.ts";

/** Gradient of each argument, from the node and its adjoint g. Undefined is a symbolic zero. */
type Rule = (e: Expr, g: Expr) => readonly (Expr | undefined)[];

/** Constant almost everywhere, or no number at all. */
const none: Rule = () => [];

const RULES = {
  input: none,
  const: none,
  scalar: none,
  index: none,

  neg: (_, g) => [E.neg(g)],
  abs: ({ args: [x] }, g) => [E.mul(g, E.sign(x))],
  sign: none,
  floor: none,
  ceil: none,
  round: none,
  trunc: none,
  sqrt: (y, g) => [E.div(g, E.mul(2, y))],
  exp: (y, g) => [E.mul(g, y)],
  expm1: (y, g) => [E.mul(g, E.add(y, 1))],
  log: ({ args: [x] }, g) => [E.div(g, x)],
  log1p: ({ args: [x] }, g) => [E.div(g, E.add(x, 1))],
  sigmoid: (y, g) => [E.mul(g, E.mul(E.sub(1, y), y))],
  tanh: (y, g) => [E.mul(g, E.sub(1, E.mul(y, y)))],
  erf: ({ args: [x] }, g) => [E.mul(g, E.mul(2 / Math.sqrt(Math.PI), E.exp(E.neg(E.mul(x, x)))))],
  sin: ({ args: [x] }, g) => [E.mul(g, E.cos(x))],
  cos: ({ args: [x] }, g) => [E.mul(g, E.neg(E.sin(x)))],
  tan: (y, g) => [E.mul(g, E.add(1, E.mul(y, y)))],
  asin: ({ args: [x] }, g) => [E.div(g, E.sqrt(E.sub(1, E.mul(x, x))))],
  acos: ({ args: [x] }, g) => [E.neg(E.div(g, E.sqrt(E.sub(1, E.mul(x, x)))))],
  atan: ({ args: [x] }, g) => [E.div(g, E.add(1, E.mul(x, x)))],
  sinh: ({ args: [x] }, g) => [E.mul(g, E.cosh(x))],
  cosh: ({ args: [x] }, g) => [E.mul(g, E.sinh(x))],
  asinh: ({ args: [x] }, g) => [E.div(g, E.sqrt(E.add(1, E.mul(x, x))))],
  acosh: ({ args: [x] }, g) => [E.div(g, E.sqrt(E.sub(E.mul(x, x), 1)))],
  atanh: ({ args: [x] }, g) => [E.div(g, E.sub(1, E.mul(x, x)))],

  add: (_, g) => [g, g],
  sub: (_, g) => [g, E.neg(g)],
  mul: ({ args: [a, b] }, g) => (a === b ? [E.mul(2, E.mul(g, a))] : [E.mul(g, b), E.mul(g, a)]),
  div: (y, g) => {
    const q = E.div(g, y.args[1]);
    return [q, E.neg(E.mul(q, y))];
  },
  pow: (y, g) => {
    const [a, b] = y.args;
    const base = E.select(E.eq(b, 0), 0, E.mul(g, E.mul(b, E.pow(a, E.sub(b, 1)))));
    const exponent = E.select(E.and(E.eq(a, 0), E.ge(b, 0)), 0, E.mul(g, E.mul(y, E.log(a))));
    return [base, exponent];
  },
  rem: ({ args: [a, b] }, g) => [g, E.neg(E.mul(g, E.trunc(E.div(a, b))))],
  max: ({ args: [a, b] }, g) => [shared(E.lt(a, b), a, b, g), shared(E.lt(b, a), a, b, g)],
  min: ({ args: [a, b] }, g) => [shared(E.lt(b, a), a, b, g), shared(E.lt(a, b), a, b, g)],
  atan2: ({ args: [a, b] }, g) => {
    const square = E.add(E.mul(a, a), E.mul(b, b));
    // The origin has no direction.
    const q = E.select(E.eq(square, 0), 0, E.div(g, square));
    return [E.mul(q, b), E.neg(E.mul(q, a))];
  },

  bitAnd: none,
  bitOr: none,
  bitXor: none,
  bitShl: none,
  bitShr: none,

  lt: none,
  le: none,
  eq: none,
  and: none,
  or: none,
  not: none,
  select: ({ args: [c] }, g) => [undefined, E.select(c, g, 0), E.select(c, 0, g)],
  cast: none,
} satisfies Record<ExprOp, Rule>;

/** The winner takes the gradient, equals take half of it each. */
const shared = (loses: Expr, a: Expr, b: Expr, g: Expr) =>
  E.select(loses, 0, E.select(E.eq(a, b), E.div(g, 2), g));

/** Gradient of g · root with respect to each of `inputs` operands; undefined where it is zero. */
export function derive(root: Expr, inputs: number, g: Expr): (Expr | undefined)[] {
  const adjoints = new Map<Expr, Expr>([[root, g]]);
  for (const e of E.topological([root]).reverse()) {
    const adjoint = adjoints.get(e);
    if (!adjoint) continue;
    const rule: Rule = RULES[e.op];
    rule(e, adjoint).forEach((d, i) => {
      if (!d) return;
      const arg = e.args[i];
      const before = adjoints.get(arg);
      adjoints.set(arg, before ? E.add(before, d) : d);
    });
  }
  return Array.from({ length: inputs }, (_, i) => adjoints.get(E.input(i)));
}
