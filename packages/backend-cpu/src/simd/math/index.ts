/**
 * Functions of float32 numbers as vector code. Each is within 2 ulp of the true value over all numbers, with NaN,
 * infinities, subnormal numbers and minus zero as IEEE 754 has them; math.test.ts measures it. Constants are those of the
 * Cephes library (S. Moshier) where it is named.
 */
export { cosh, erf, exp, expm1, expOfNegative, sigmoid, sinh, tanh } from "./exponential.ts";
export { acos, asin, atan, atan2 } from "./inverse.ts";
export { acosh, asinh, atanh, log, log1p } from "./logarithm.ts";
export { pow, rem } from "./power.ts";
export { cos, sin, tan } from "./trigonometric.ts";
