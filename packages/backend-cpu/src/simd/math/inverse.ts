/** Inverses of the trigonometric functions, all as angles of points, in double precision. */
import type { Doubles, Vec, Vectors } from "../vectors.ts";

/** atan(t) / t on [0, 1], in t² (minimax, relative error 5·10⁻¹⁰). */
const ATAN = [
  1.057607438057242e-3, -7.030669470424213e-3, 2.1912945865448393e-2, -4.392841073326746e-2,
  6.685281517877424e-2, -8.785043283362845e-2, 0.1105077127584966, -0.14278576024807985,
  0.19999558100363982, -0.33333322488911593, 0.9999999995535376,
];

/** The angle of the point (x, y) on −π … π: of the ratio of the smaller to the larger coordinate, then by reflections. */
function angle(v: Doubles, y: Vec, x: Vec): Vec {
  const [a, b] = [v.abs(y), v.abs(x)];
  const larger = v.pmax(a, b);
  // Equal coordinates may both be infinite, or 0.
  const ratio = v.select(v.eq(a, b), 1, v.div(v.pmin(a, b), larger));
  const t = v.select(v.eq(larger, 0), 0, ratio);
  const low = v.mul(v.polynomial(v.mul(t, t), ATAN), t);
  const acute = v.select(v.lt(b, a), v.sub(Math.PI / 2, low), low);
  const isLeft = v.lt(v.withSignOf(x, 1), 0);
  const result = v.withSignOf(y, v.select(isLeft, v.sub(Math.PI, acute), acute));
  return v.select(v.or(v.isNaN(x), v.isNaN(y)), NaN, result);
}

export const atan2 = (v: Vectors, y: Vec, x: Vec): Vec => v.inDoubles([y, x], angle);

export const atan = (v: Vectors, argument: Vec): Vec =>
  v.inDoubles([argument], (d, x) => angle(d, x, d.constant(1)));

/** √(1 − x²), NaN beyond 1 */
const otherSide = (v: Doubles, x: Vec): Vec => v.sqrt(v.mul(v.sub(1, x), v.add(x, 1)));

export const asin = (v: Vectors, argument: Vec): Vec =>
  v.inDoubles([argument], (d, x) => angle(d, x, otherSide(d, x)));

export const acos = (v: Vectors, argument: Vec): Vec =>
  v.inDoubles([argument], (d, x) => angle(d, otherSide(d, x), x));
