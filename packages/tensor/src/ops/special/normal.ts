/** The scaled complementary error function, and the normal distribution that it is for. */
import { defineMap } from "../../define.ts";
import * as E from "../../expr.ts";
import type { Tensor } from "../../tensor.ts";
import { erfcExpr, erfinvFactor, scaledTail } from "./errorFunction.ts";
import { polynomial } from "./polynomial.ts";

/** Beyond, exp(x²) is infinite in every dtype. */
const FAR = 30;
/** exp(x²): x² is split into an exact part and a small one. */
function growing(x: E.Expr): E.Expr {
  const size = E.min(E.abs(x), FAR);
  const high = E.div(E.round(E.mul(size, 16)), 16);
  const rest = E.mul(E.sub(size, high), E.add(size, high));
  return E.mul(E.exp(E.mul(high, high)), E.exp(rest));
}
function erfcxExpr(x: E.Expr): E.Expr {
  const isInside = E.lt(E.abs(x), 0.5);
  const inside = E.select(isInside, x, 0);
  const outside = E.select(isInside, 1, E.abs(x));
  const tail = scaledTail(outside);
  const reflected = E.sub(E.mul(2, growing(E.select(E.lt(x, 0), x, 0))), tail);
  const near = E.mul(E.exp(E.mul(inside, inside)), E.sub(1, E.erf(inside)));
  return E.select(isInside, near, E.select(E.lt(x, 0), reflected, tail));
}
const SLOPE = 2 / Math.sqrt(Math.PI);

/**
 * exp(x²) · erfc(x), which does not vanish for large x.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.erfcx
 *
 * @example
 * special.erfcx(tensor([-1, 0, 10])) // => [5.00898, 1, 0.0561409]
 */
export const erfcx = defineMap<[Tensor]>("erfcx", erfcxExpr, {
  result: "float",
  gradient: (g, [x], y) => [E.mul(g, E.sub(E.mul(E.mul(2, x), y), SLOPE))],
});

const density = (x: E.Expr): E.Expr =>
  E.mul(1 / Math.sqrt(2 * Math.PI), E.exp(E.mul(-0.5, E.mul(x, x))));
/**
 * The probability that a standard normal number is below x.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.ndtr
 *
 * @example
 * special.ndtr(tensor([-3, 0, 1])) // => [0.0013499, 0.5, 0.841345]
 */
export const ndtr = defineMap<[Tensor]>(
  "ndtr",
  (x) => E.mul(0.5, erfcExpr(E.mul(-Math.SQRT1_2, x))),
  { result: "float", gradient: (g, [x]) => [E.mul(g, density(x))] },
);
/**
 * The logarithm of `ndtr`, also where that is 0.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.log_ndtr
 *
 * @example
 * special.logNdtr(tensor([-100, 0, 1])) // => [-5005.52, -0.693147, -0.172754]
 */
export const logNdtr = defineMap<[Tensor]>(
  "logNdtr",
  (x) => {
    const isTail = E.lt(x, -1);
    const tail = E.mul(Math.SQRT1_2, E.select(isTail, x, -1));
    const left = E.sub(E.log(E.div(erfcxExpr(E.neg(tail)), 2)), E.mul(tail, tail));
    const body = E.mul(Math.SQRT1_2, E.select(isTail, -1, x));
    return E.select(isTail, left, E.log1p(E.div(erfcExpr(body), -2)));
  },
  {
    result: "float",
    gradient: (g, [x]) => [
      E.div(E.mul(g, Math.SQRT2 / Math.sqrt(Math.PI)), erfcxExpr(E.mul(-Math.SQRT1_2, x))),
    ],
  },
);

/** Of ndtri in the tails of double precision, √w for w = −log(4p(1 − p)) from 6 on: in (12/√w − 1.2142…) / 0.7857… */
const TAIL = [
  0.9888591261731686, -0.011125253655686217, -0.001474747181530034, 0.0004542448981398975,
  -7.550398116364271e-5, 1.891079095860409e-5, -6.25075908002311e-6, 2.324029270011897e-6,
  -9.39351367131747e-7, 4.0333989091221196e-7, -1.8243679593964865e-7, 9.116074020093276e-8,
  -4.465802855437513e-8, 1.130965469981787e-8, -5.141224667053854e-9, 1.6767115257349058e-8,
  -9.333908172512927e-9, -6.207124958008083e-9, 3.5927074981295644e-9, 3.0029438548611096e-9,
  -1.7009733720608596e-9,
];
const END = 6 / 28;

function ndtriExpr(p: E.Expr): E.Expr {
  const w = E.neg(E.log(E.mul(4, E.mul(p, E.sub(1, p)))));
  const root = E.sqrt(w);
  const isTail = E.ge(root, 6);
  const far = E.select(isTail, root, 6);
  const t = E.div(E.sub(E.div(12, far), 1 + END), 1 - END);
  const factor = E.select(
    isTail,
    E.mul(far, polynomial(t, TAIL)),
    erfinvFactor(E.select(isTail, 1, w)),
  );
  const y = E.mul(Math.SQRT2, E.mul(E.sub(E.mul(2, p), 1), factor));
  return E.select(E.eq(p, 0), -Infinity, E.select(E.eq(p, 1), Infinity, y));
}
/**
 * The number below which a standard normal one is with probability p: the inverse of `ndtr`. ∓∞ at 0 and 1, NaN beyond.
 *
 * @param p any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.ndtri
 *
 * @example
 * special.ndtri(tensor([0, 0.5, 0.975])) // => [-Infinity, 0, 1.95996]
 */
export const ndtri = defineMap<[Tensor]>("ndtri", ndtriExpr, {
  result: "float",
  gradient: (g, _, y) => [E.mul(g, E.mul(Math.sqrt(2 * Math.PI), E.exp(E.mul(0.5, E.mul(y, y)))))],
});
