/** Angles and right triangles. */
import { defineMap, type Operand } from "../define.ts";
import * as E from "../expr.ts";
import type { Tensor } from "../tensor.ts";
import { polynomial } from "./special/polynomial.ts";

const float = { result: "float" } as const;

/**
 * Radians as degrees.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.rad2deg.html
 *
 * @example
 * rad2deg(tensor([Math.PI, -1])) // => [180, -57.2958]
 */
export const rad2deg = defineMap<[Tensor]>("rad2deg", (x) => E.mul(x, 180 / Math.PI), float);
/**
 * Degrees as radians.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.deg2rad.html
 *
 * @example
 * deg2rad(tensor([180, -90])) // => [3.14159, -1.5708]
 */
export const deg2rad = defineMap<[Tensor]>("deg2rad", (x) => E.mul(x, Math.PI / 180), float);

/**
 * √(a² + b²), without overflow; ∞ if one of them is infinite. The gradient at the origin is NaN.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.hypot.html
 *
 * @example
 * hypot(tensor([3, 1e30]), tensor([4, 1e30])) // => [5, 1.41421e+30]
 */
export const hypot = defineMap<[Operand, Operand]>(
  "hypot",
  (a, b) => {
    const [x, y] = [E.abs(a), E.abs(b)];
    const long = E.max(x, y);
    const ratio = E.div(E.min(x, y), long);
    const length = E.mul(long, E.sqrt(E.add(1, E.mul(ratio, ratio))));
    const isInfinite = E.or(E.eq(x, Infinity), E.eq(y, Infinity));
    return E.select(isInfinite, Infinity, E.select(E.eq(long, 0), 0, length));
  },
  {
    result: "float",
    gradient: (g, [a, b], y) => [E.mul(g, E.div(a, y)), E.mul(g, E.div(b, y))],
  },
);

/** sin(πx), by the distance from the nearest integer, which is exact. */
function sinPi(x: E.Expr): E.Expr {
  const nearest = E.round(x);
  const sine = E.sin(E.mul(Math.PI, E.sub(x, nearest)));
  const half = E.mul(nearest, 0.5);
  return E.select(E.eq(half, E.floor(half)), sine, E.neg(sine));
}
/** Taylor coefficients of (cos πx − sinc x) / x in x². */
const SINC_SLOPE = Array.from({ length: 12 }, (_, i) => {
  const k = i + 1;
  let c = k % 2 ? -1 : 1;
  for (let j = 1; j <= 2 * k + 1; j++) c *= (j <= 2 * k ? Math.PI : 1) / j;
  return c * 2 * k;
});
/**
 * sin(πx) / (πx), and 1 at 0.
 *
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.sinc
 *
 * @example
 * sinc(tensor([0, 0.5, 1])) // => [1, 0.63662, 0]
 */
export const sinc = defineMap<[Tensor]>(
  "sinc",
  (x) => E.select(E.eq(x, 0), 1, E.div(sinPi(x), E.mul(Math.PI, x))),
  {
    result: "float",
    // Near 0 the difference of cos πx and sinc x is a sum of powers; it would cancel.
    gradient: (g, [x]) => {
      const isNear = E.lt(E.abs(x), 0.5);
      const near = E.select(isNear, x, 0);
      const far = E.select(isNear, 1, x);
      const slope = E.sub(E.cos(E.mul(Math.PI, far)), E.div(sinPi(far), E.mul(Math.PI, far)));
      return [
        E.mul(
          g,
          E.select(
            isNear,
            E.mul(near, polynomial(E.mul(near, near), SINC_SLOPE)),
            E.div(slope, far),
          ),
        ),
      ];
    },
  },
);
