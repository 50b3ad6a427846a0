/**
 * Every op through the public interface: values and gradients against the same op on the oracle in double precision, a
 * second run with equal bits, and no buffer left behind.
 */
import * as T from "@dl/tensor";
import { type Backend, type DType, Generator, scope, type Tensor, typedArrayFor } from "@dl/tensor";
import { expectClose, TOLERANCE, type Tolerance } from "./compare.ts";
import { oracle } from "./oracle.ts";
import type { Case } from "./suite.ts";

interface OpSample {
  readonly name: string;
  /** Shapes of the operands. */
  readonly shapes: readonly (readonly number[])[];
  readonly call: (...x: Tensor[]) => Tensor | readonly Tensor[];
  /** The operands' values lie on this interval. Default −2 … 2. */
  readonly on?: readonly [number, number];
  /** Operands that are int32, with values 0 … n−1. */
  readonly indices?: Readonly<Record<number, number>>;
  /** No gradient. */
  readonly isConstant?: boolean;
  /** Operands hold equal values, for ties. */
  readonly ties?: boolean;
  /** Is computed on the host: a device that cannot be waited for has to be refused, by name. */
  readonly waits?: boolean;
  readonly tolerance?: Tolerance;
}

const loose: Tolerance = { absolute: 2e-5, relative: 2e-5 };
const positive = [0.2, 3] as const;
const unary = (
  name: string,
  call: (x: Tensor) => Tensor | readonly Tensor[],
  more: Partial<OpSample> = {},
): OpSample => ({ name, shapes: [[3, 5]], call, tolerance: loose, ...more });

const SAMPLES: readonly OpSample[] = [
  unary("neg", (x) => x.neg()),
  unary("abs", (x) => x.abs()),
  unary("sign", (x) => x.sign()),
  unary("square", (x) => x.square()),
  unary("floor", (x) => x.floor()),
  unary("ceil", (x) => x.ceil()),
  unary("round", (x) => x.round()),
  unary("trunc", (x) => x.trunc()),
  unary("sqrt", (x) => x.sqrt(), { on: positive }),
  unary("rsqrt", (x) => x.rsqrt(), { on: positive }),
  unary("reciprocal", (x) => x.reciprocal(), { on: positive }),
  unary("exp", (x) => x.exp()),
  unary("expm1", (x) => x.expm1()),
  unary("log", (x) => x.log(), { on: positive }),
  unary("log1p", (x) => x.log1p(), { on: positive }),
  unary("log2", (x) => x.log2(), { on: positive }),
  unary("log10", (x) => x.log10(), { on: positive }),
  unary("sin", (x) => x.sin()),
  unary("cos", (x) => x.cos()),
  unary("tan", (x) => x.tan(), { on: [-1, 1] }),
  unary("asin", (x) => T.asin(x), { on: [-0.9, 0.9] }),
  unary("acos", (x) => T.acos(x), { on: [-0.9, 0.9] }),
  unary("atan", (x) => T.atan(x)),
  unary("sinh", (x) => T.sinh(x)),
  unary("cosh", (x) => T.cosh(x)),
  unary("asinh", (x) => T.asinh(x)),
  unary("acosh", (x) => T.acosh(x), { on: [1.2, 3] }),
  unary("atanh", (x) => T.atanh(x), { on: [-0.9, 0.9] }),
  unary("erf", (x) => x.erf()),
  unary("erfc", (x) => x.erfc()),
  unary("erfinv", (x) => x.erfinv(), { on: [-0.95, 0.95] }),
  unary("lgamma", (x) => x.lgamma(), { on: [0.1, 12] }),
  unary("lgamma of negative numbers", (x) => x.lgamma(), { on: [-2.9, -2.1] }),
  unary("digamma", (x) => x.digamma(), { on: [0.2, 12] }),
  unary("polygamma", (x) => [T.polygamma(1, x), T.polygamma(2, x)], { on: [0.5, 12] }),
  unary("special.i0 and i1", (x) => [x.i0(), T.special.i1(x)], { on: [-9, 9] }),
  unary("special.i0e and i1e", (x) => [T.special.i0e(x), T.special.i1e(x)], { on: [-40, 40] }),
  unary("special.besselJ0 and besselJ1", (x) => [T.special.besselJ0(x), T.special.besselJ1(x)], {
    on: [-20, 20],
  }),
  unary("special.besselY0 and besselY1", (x) => [T.special.besselY0(x), T.special.besselY1(x)], {
    on: [1, 20],
  }),
  unary(
    "special.modifiedBesselK0 and modifiedBesselK1",
    (x) => [T.special.modifiedBesselK0(x), T.special.modifiedBesselK1(x)],
    { on: [0.3, 5] },
  ),
  unary(
    "special.scaledModifiedBesselK0 and scaledModifiedBesselK1",
    (x) => [T.special.scaledModifiedBesselK0(x), T.special.scaledModifiedBesselK1(x)],
    { on: [0.5, 40] },
  ),
  unary("special.sphericalBesselJ0", (x) => T.special.sphericalBesselJ0(x), { on: [-9, 9] }),
  unary("special.airyAi", (x) => T.special.airyAi(x), { on: [-7, 4] }),
  unary("special.erfcx", (x) => T.special.erfcx(x), { on: [-1.5, 5] }),
  unary("special.ndtr and logNdtr", (x) => [T.special.ndtr(x), T.special.logNdtr(x)]),
  unary("special.ndtri", (x) => T.special.ndtri(x), { on: [0.05, 0.95] }),
  unary("mvlgamma", (x) => x.mvlgamma(3), { on: [1.5, 6] }),
  unary(
    "orthogonal polynomials",
    (x) => [
      T.special.chebyshevPolynomialT(x, 4),
      T.special.shiftedChebyshevPolynomialU(x, 3),
      T.special.hermitePolynomialHe(x, 3),
      T.special.laguerrePolynomialL(x, 4),
      T.special.legendrePolynomialP(x, 3),
    ],
    { on: [-1, 1] },
  ),
  unary("frexp", (x) => Object.values(x.frexp()), { on: [-300, 300] }),
  unary("sinc", (x) => x.sinc()),
  unary("exp2", (x) => x.exp2()),
  unary("logit", (x) => [x.logit(), x.logit({ eps: 0.2 })], { on: [0.05, 0.95] }),
  unary("entr", (x) => T.entr(x), { on: positive }),
  unary("frac", (x) => x.frac()),
  unary("rad2deg and deg2rad", (x) => [x.rad2deg(), x.deg2rad()]),
  unary("round to decimals", (x) => x.round({ decimals: 1 })),
  unary("signs", (x) => [x.signbit(), x.isposinf(), x.isneginf(), x.isreal()], {
    isConstant: true,
  }),
  unary("relu", (x) => x.relu()),
  unary("sigmoid", (x) => x.sigmoid()),
  unary("tanh", (x) => x.tanh()),
  unary("silu", (x) => T.silu(x)),
  unary("gelu", (x) => T.gelu(x)),
  unary("gelu by tanh", (x) => T.geluTanh(x)),
  unary("leakyRelu", (x) => T.leakyRelu(x, 0.1)),
  unary("elu", (x) => T.elu(x, 1.3)),
  unary("softplus", (x) => T.softplus(x, 2, 3)),
  unary("hardtanh", (x) => T.hardtanh(x, -1, 0.5)),
  unary("logSigmoid", (x) => T.logSigmoid(x)),
  unary("celu", (x) => T.celu(x, 1.3)),
  unary("selu", (x) => T.selu(x)),
  unary("threshold", (x) => T.threshold(x, 0.3, -1)),
  unary("hardsigmoid", (x) => T.hardsigmoid(x), { on: [-4, 4] }),
  unary("hardswish", (x) => T.hardswish(x), { on: [-4, 4] }),
  unary("mish", (x) => T.mish(x)),
  unary("hardshrink", (x) => T.hardshrink(x, 0.7)),
  unary("softshrink", (x) => T.softshrink(x, 0.7)),
  unary("softsign", (x) => T.softsign(x)),
  unary("tanhshrink", (x) => T.tanhshrink(x)),
  { name: "prelu", shapes: [[3, 5], [5]], call: (x, weight) => T.prelu(x, weight) },
  unary("isnan", (x) => x.isnan(), { isConstant: true }),
  unary("isinf", (x) => x.isinf(), { isConstant: true }),
  unary("isfinite", (x) => x.isfinite(), { isConstant: true }),
  unary("nanToNum", (x) => x.nanToNum()),

  { name: "add", shapes: [[3, 4], [4]], call: (a, b) => a.add(b) },
  {
    name: "add with alpha",
    shapes: [
      [3, 4],
      [3, 1],
    ],
    call: (a, b) => a.add(b, { alpha: 0.3 }),
    tolerance: loose,
  },
  {
    name: "sub",
    shapes: [
      [3, 1],
      [1, 4],
    ],
    call: (a, b) => a.sub(b),
  },
  {
    name: "mul",
    shapes: [
      [2, 3, 4],
      [3, 1],
    ],
    call: (a, b) => a.mul(b),
    tolerance: loose,
  },
  { name: "mul by itself", shapes: [[3, 4]], call: (a) => a.mul(a), tolerance: loose },
  {
    name: "div",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    call: (a, b) => a.div(b),
    on: positive,
    tolerance: loose,
  },
  {
    name: "div rounded down",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    call: (a, b) => a.div(b, { roundingMode: "floor" }),
    on: positive,
    isConstant: true,
  },
  {
    name: "div rounded towards zero",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    call: (a, b) => a.div(b.add(3), { roundingMode: "trunc" }),
    isConstant: true,
  },
  {
    name: "remainder",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    call: (a, b) => a.mul(4).remainder(b),
    on: positive,
    tolerance: loose,
  },
  {
    name: "fmod",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    call: (a, b) => a.mul(4).fmod(b),
    on: positive,
    tolerance: loose,
  },
  {
    name: "pow",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    call: (a, b) => a.pow(b),
    on: positive,
    tolerance: loose,
  },
  { name: "pow of a number", shapes: [[3, 4]], call: (a) => a.pow(3), tolerance: loose },
  { name: "maximum", shapes: [[3, 4], [4]], call: (a, b) => a.maximum(b) },
  {
    name: "maximum of equals",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    call: (a, b) => a.maximum(b),
    ties: true,
  },
  { name: "minimum", shapes: [[3, 4], [4]], call: (a, b) => a.minimum(b) },
  {
    name: "atan2",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    call: (a, b) => a.atan2(b),
    tolerance: loose,
  },
  {
    name: "lerp",
    shapes: [[3, 4], [3, 4], [4]],
    call: (a, b, w) => a.lerp(b, w),
    tolerance: loose,
  },
  {
    name: "comparisons",
    shapes: [[3, 4], [4]],
    call: (a, b) => [a.eq(b), a.ne(b), a.lt(b), a.le(b), a.gt(b), a.ge(b)],
    isConstant: true,
  },
  {
    name: "logic",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    call: (a, b) => [
      a.gt(0).logicalAnd(b.gt(0)),
      a.gt(0).logicalOr(b.gt(0)),
      a.gt(0).logicalXor(b.gt(0)),
      a.gt(0).logicalNot(),
    ],
    isConstant: true,
  },
  { name: "fmax and fmin", shapes: [[3, 4], [4]], call: (a, b) => [a.fmax(b), a.fmin(b)] },
  {
    name: "igamma and igammac",
    shapes: [[3, 4], [4]],
    call: (a, x) => [
      a.detach().mul(6).igamma(x.mul(5)),
      a.detach().mul(50).igammac(x.mul(50)),
      a.detach().gt(1).where(5, 0.5).igamma(x),
    ],
    on: positive,
    tolerance: { absolute: 5e-5, relative: 5e-5 },
  },
  {
    name: "special.zeta",
    shapes: [[3, 4], [4]],
    call: (x, q) => T.special.zeta(x.detach().add(1.5), q),
    on: positive,
    tolerance: loose,
  },
  {
    name: "dist and gradient",
    shapes: [[3, 4], [4]],
    call: (a, b) => [a.dist(b), a.dist(b, { p: 1 }), ...T.gradient(a, { spacing: 0.5 })],
    tolerance: loose,
  },
  {
    name: "histogram",
    shapes: [[3, 40]],
    call: (x) => [
      ...Object.values(x.histogram(5)),
      x.histogram(4, { range: [-1, 1.5], density: true }).hist,
    ],
    isConstant: true,
    tolerance: loose,
  },
  {
    name: "nonzeroStatic",
    shapes: [[3, 4]],
    call: (x) => [x.gt(0).nonzeroStatic(4), x.nonzeroStatic(20, { fillValue: 7 })],
    isConstant: true,
  },
  { name: "where", shapes: [[3, 4], [4]], call: (a, b) => a.gt(0).where(a, b) },
  { name: "clamp", shapes: [[3, 4]], call: (a) => a.clamp({ min: -0.5, max: 0.5 }) },
  { name: "maskedFill", shapes: [[3, 4]], call: (a) => a.maskedFill(a.gt(0), 7) },

  {
    name: "hypot and copysign",
    shapes: [[3, 4], [4]],
    call: (a, b) => [a.hypot(b), a.copysign(b)],
    tolerance: loose,
  },
  {
    name: "logaddexp",
    shapes: [[3, 4], [4]],
    call: (a, b) => [a.logaddexp(b), a.logaddexp2(b)],
    tolerance: loose,
  },
  {
    name: "xlogy",
    shapes: [[3, 4], [4]],
    call: (a, b) => [a.xlogy(b), T.xlog1py(a, b)],
    on: positive,
    tolerance: loose,
  },
  {
    name: "addcmul and addcdiv",
    shapes: [[3, 4], [4], [3, 1]],
    call: (x, a, b) => [x.addcmul(a, b, { value: 0.5 }), x.addcdiv(a, b)],
    on: positive,
    tolerance: loose,
  },
  {
    name: "heaviside and isclose",
    shapes: [[3, 4], [4]],
    call: (a, b) => [a.heaviside(b), a.isclose(b, { atol: 1 }), a.ldexp(3)],
    isConstant: true,
  },
  {
    name: "bits",
    shapes: [[3, 4], [4]],
    call: (a, b) => [
      a.bitwiseAnd(b),
      a.bitwiseOr(b),
      a.bitwiseXor(b),
      a.bitwiseNot(),
      a.bitwiseLeftShift(b.remainder(8)),
      a.bitwiseRightShift(b.remainder(8)),
      a.sub(500).bitwiseXor(b.sub(500)),
      a.sub(500).bitwiseRightShift(b.remainder(40).sub(4)),
      a.gcd(b),
      a.lcm(b),
    ],
    indices: { 0: 1000, 1: 1000 },
    isConstant: true,
  },
  {
    name: "clamp by tensors",
    shapes: [[3, 4], [4]],
    call: (a, b) => [a.clamp(b, b.add(1)), a.clampMin(b), a.clampMax(b)],
  },

  {
    name: "sum",
    shapes: [[3, 4, 5]],
    call: (x) => [x.sum(), x.sum(1), x.sum([0, 2], { keepdim: true })],
    tolerance: loose,
  },
  { name: "mean", shapes: [[3, 4, 5]], call: (x) => [x.mean(), x.mean(-1)], tolerance: loose },
  { name: "prod", shapes: [[3, 4]], call: (x) => [x.prod(), x.prod(1)], tolerance: loose },
  {
    name: "amax",
    shapes: [[3, 4]],
    call: (x) => [x.amax(), x.amax(0), x.amax(1, { keepdim: true })],
  },
  { name: "amax of equals", shapes: [[3, 4]], call: (x) => x.amax(1), ties: true },
  { name: "amin", shapes: [[3, 4]], call: (x) => [x.amin(), x.amin(0)] },
  { name: "max along a dimension", shapes: [[3, 4]], call: (x) => Object.values(x.max(1)) },
  {
    name: "min along a dimension",
    shapes: [[3, 4]],
    call: (x) => Object.values(x.min(0, { keepdim: true })),
  },
  {
    name: "argmax",
    shapes: [[3, 40]],
    call: (x) => [x.argmax(), x.argmax(0), x.argmax(1, { keepdim: true })],
    isConstant: true,
  },
  {
    name: "argmax of equals",
    shapes: [[3, 4]],
    call: (x) => [x.argmax(1), x.argmin(1)],
    ties: true,
    isConstant: true,
  },
  {
    name: "any and all",
    shapes: [[3, 4]],
    call: (x) => [x.gt(0).any(), x.gt(0).all(1), x.gt(-9).all()],
    isConstant: true,
  },
  {
    name: "var and std",
    shapes: [[3, 4]],
    call: (x) => [x.var(), x.var(1), x.std(0, { correction: 0 })],
    tolerance: loose,
  },
  {
    name: "norm",
    shapes: [[3, 4]],
    call: (x) => [x.norm(), x.norm({ p: 1, dim: 1 }), x.norm({ p: 3 }), x.norm({ p: Infinity })],
    tolerance: loose,
  },
  {
    name: "logsumexp",
    shapes: [[3, 4]],
    call: (x) => [x.logsumexp(1), x.logsumexp([0, 1])],
    tolerance: loose,
  },
  {
    name: "softmax",
    shapes: [[3, 4, 5]],
    call: (x) => [x.softmax(1), x.softmax(-1)],
    tolerance: loose,
  },
  {
    name: "logSoftmax",
    shapes: [[3, 4, 5]],
    call: (x) => [x.logSoftmax(1), x.logSoftmax(-1)],
    tolerance: loose,
  },
  {
    name: "softmax of large logits",
    shapes: [[3, 4]],
    call: (x) => [x.softmax(1), x.logSoftmax(1)],
    on: [900, 1000],
    tolerance: { absolute: 1e-4, relative: 1e-4 },
  },
  { name: "cumsum", shapes: [[3, 4]], call: (x) => [x.cumsum(0), x.cumsum(1)], tolerance: loose },

  {
    name: "aminmax",
    shapes: [[3, 4]],
    call: (x) => [...Object.values(x.aminmax()), ...Object.values(x.aminmax(1))],
  },
  {
    name: "prod of zeros and ones",
    shapes: [[3, 4]],
    call: (x) => [x.prod(), x.prod(1)],
    ties: true,
  },
  {
    name: "norm of other orders",
    shapes: [[3, 4]],
    call: (x) => [x.norm({ p: 0.5 }), x.norm({ p: 1.5, dim: 0 }), x.norm({ p: -Infinity })],
    on: positive,
    tolerance: loose,
  },
  {
    name: "varMean, nansum, nanmean, countNonzero",
    shapes: [[3, 4]],
    call: (x) => [...T.varMean(x, 1), x.nansum(1), x.nanmean(), x.countNonzero(0)],
    tolerance: loose,
  },
  {
    name: "cov and corrcoef",
    shapes: [[3, 8]],
    call: (x) => [x.cov(), x.corrcoef(), x.cov({ correction: 0 })],
    tolerance: { absolute: 1e-4, relative: 1e-4 },
  },
  { name: "renorm", shapes: [[3, 4]], call: (x) => x.renorm(2, 0, 1), tolerance: loose },
  {
    name: "histc",
    shapes: [[3, 40]],
    call: (x) => [x.histc({ bins: 7 }), x.histc({ bins: 5, min: -1, max: 1 })],
    isConstant: true,
  },
  {
    name: "median and quantiles",
    shapes: [[3, 7]],
    call: (x) => [
      x.median(),
      ...Object.values(x.median(1)),
      ...Object.values(x.nanmedian(0)),
      ...Object.values(x.kthvalue(2)),
      x.quantile(0.3, 1),
      x.nanquantile(0.3, { interpolation: "midpoint" }),
    ],
    tolerance: loose,
  },
  { name: "mode", shapes: [[3, 7]], call: (x) => Object.values(x.mode()), ties: true },
  {
    name: "cumprod",
    shapes: [[3, 4]],
    call: (x) => [x.cumprod(0), x.cumprod(1)],
    tolerance: loose,
  },
  { name: "cumprod of zeros", shapes: [[3, 4]], call: (x) => x.cumprod(1), ties: true },
  {
    name: "cummax and cummin",
    shapes: [[3, 5]],
    call: (x) => [...Object.values(x.cummax(1)), ...Object.values(x.cummin(0))],
  },
  {
    name: "cummax of equals",
    shapes: [[3, 5]],
    call: (x) => [...Object.values(x.cummax(1)), ...Object.values(x.cummin(1))],
    ties: true,
  },
  { name: "logcumsumexp", shapes: [[3, 5]], call: (x) => x.logcumsumexp(1), tolerance: loose },
  {
    name: "diff and trapezoid",
    shapes: [[3, 5]],
    call: (x) => [x.diff({ n: 2 }), T.trapezoid(x), T.cumulativeTrapezoid(x, { dim: 0 })],
    tolerance: loose,
  },
  {
    name: "searchsorted, bucketize, isin",
    shapes: [[3, 9], [5]],
    call: (x, v) => [
      T.bucketize(x, v.sort().values),
      T.searchsorted(v, x, { sorter: v.argsort(), right: true }),
      T.isin(x, v),
    ],
    ties: true,
    isConstant: true,
  },

  {
    name: "matmul",
    shapes: [
      [3, 4],
      [4, 5],
    ],
    call: (a, b) => a.matmul(b),
    tolerance: loose,
  },
  {
    name: "matmul of a transposed weight",
    shapes: [
      [6, 4],
      [5, 4],
    ],
    call: (a, b) => a.matmul(b.t()),
    tolerance: loose,
  },
  {
    name: "matmul of batches",
    shapes: [
      [2, 3, 4],
      [2, 4, 5],
    ],
    call: (a, b) => a.matmul(b),
    tolerance: loose,
  },
  {
    name: "matmul of broadcast batches",
    shapes: [
      [2, 1, 3, 4],
      [3, 4, 2],
    ],
    call: (a, b) => a.matmul(b),
    tolerance: loose,
  },
  {
    name: "matmul of vectors",
    shapes: [[4], [4], [3, 4]],
    call: (a, b, m) => [a.matmul(b), m.matmul(a), b.matmul(m.t())],
    tolerance: loose,
  },

  {
    name: "permute and transpose",
    shapes: [[2, 3, 4]],
    call: (x) => [x.permute(2, 0, 1), x.transpose(0, 2)],
  },
  {
    name: "reshape",
    shapes: [[2, 3, 4]],
    call: (x) => [x.reshape(6, 4), x.transpose(0, 1).reshape(-1), x.flatten(1)],
  },
  {
    name: "squeeze and unsqueeze",
    shapes: [[2, 1, 4]],
    call: (x) => [x.squeeze(), x.squeeze(1), x.unsqueeze(-1)],
  },
  { name: "expand", shapes: [[3, 1]], call: (x) => x.expand(2, 3, 4) },
  {
    name: "slices",
    shapes: [[5, 6]],
    call: (x) => [x.narrow(0, 1, 3), x.slice(1, 1, 6, 2), x.select(0, -1)],
  },
  { name: "flip", shapes: [[3, 4]], call: (x) => [x.flip(0), x.flip(0, 1).add(1)] },
  { name: "diagonal", shapes: [[3, 4]], call: (x) => [x.diagonal(), x.diagonal({ offset: -1 })] },
  {
    name: "unfold with overlap",
    shapes: [[2, 7]],
    call: (x) => x.unfold(1, 3, 2),
    tolerance: loose,
  },
  {
    name: "cat and stack",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    call: (a, b) => [T.cat([a, b], 1), T.stack([a, b], 1)],
  },
  {
    name: "split and chunk",
    shapes: [[7, 2]],
    call: (x) => [...x.split(3), ...x.chunk(2, 1), ...x.split([2, 5])],
  },
  {
    name: "pad",
    shapes: [[3, 4]],
    call: (x) => [x.pad([1, 2]), x.pad([0, 1, 2, 0], { value: 3 }), x.pad([-1, 1])],
  },
  {
    name: "pad by existing elements",
    shapes: [[3, 4]],
    call: (x) => [
      x.pad([2, 1], { mode: "reflect" }),
      x.pad([2, 1], { mode: "replicate" }),
      x.pad([2, 1], { mode: "circular" }),
    ],
    tolerance: loose,
  },
  {
    name: "gather",
    shapes: [
      [3, 4],
      [3, 2],
    ],
    call: (x, i) => x.gather(1, i),
    indices: { 1: 4 },
    tolerance: loose,
  },
  {
    name: "scatter",
    shapes: [
      [3, 4],
      [3, 1],
      [3, 1],
    ],
    call: (x, i, s) => [x.scatter(1, i, s), x.scatter(1, i, 5)],
    indices: { 1: 4 },
  },
  {
    name: "scatterAdd",
    shapes: [
      [3, 4],
      [3, 6],
      [3, 6],
    ],
    call: (x, i, s) => x.scatterAdd(1, i, s),
    indices: { 1: 4 },
    tolerance: loose,
  },
  {
    name: "indexSelect",
    shapes: [[5, 3], [4]],
    call: (x, i) => x.indexSelect(0, i),
    indices: { 1: 5 },
    tolerance: loose,
  },
  {
    name: "oneHot",
    shapes: [[2, 3]],
    call: (i) => T.oneHot(i, { numClasses: 4 }),
    indices: { 0: 4 },
    isConstant: true,
  },
  { name: "tril and triu", shapes: [[3, 4]], call: (x) => [x.tril(), x.triu({ diagonal: 1 })] },
  ...(["sum", "prod", "mean", "amax", "amin"] as const).map(
    (reduce): OpSample => ({
      name: `scatterReduce, ${reduce}`,
      shapes: [
        [3, 4],
        [3, 6],
        [3, 6],
      ],
      call: (x, i, s) => [
        x.scatterReduce(1, i, s, reduce),
        x.scatterReduce(1, i, s, reduce, { includeSelf: false }),
      ],
      indices: { 1: 4 },
      tolerance: loose,
    }),
  ),
  {
    name: "indexAdd and indexFill",
    shapes: [[5, 3], [4], [4, 3]],
    call: (x, i, s) => [x.indexAdd(0, i, s, { alpha: -2 }), x.indexFill(0, i, 3)],
    indices: { 1: 5 },
    tolerance: loose,
  },
  {
    name: "index and indexPut",
    shapes: [[4, 3, 4], [5], [5], [5, 3]],
    call: (x, i, j, s) => [
      x.index([i, null, j]),
      x.indexPut([i, null, j], s, { accumulate: true }),
    ],
    indices: { 1: 4, 2: 4 },
    tolerance: loose,
  },
  {
    name: "take, put and takeAlongDim",
    shapes: [[3, 4], [5], [5], [3, 1]],
    call: (x, i, s, j) => [
      x.take(i.sub(12)),
      x.put(i, s, { accumulate: true }),
      x.takeAlongDim(j, { dim: 1 }),
    ],
    indices: { 1: 12, 3: 4 },
    tolerance: loose,
  },
  {
    name: "maskedScatter",
    shapes: [
      [3, 4],
      [2, 6],
    ],
    call: (x, s) => x.maskedScatter(x.detach().gt(0), s),
  },
  {
    name: "selectScatter, sliceScatter and diagonalScatter",
    shapes: [[3, 4], [3], [3, 2]],
    call: (x, a, b) => [
      x.selectScatter(a, 1, -1),
      x.sliceScatter(b, { dim: 1, step: 2 }),
      x.diagonalScatter(a),
    ],
  },
  {
    name: "diagEmbed and trace",
    shapes: [
      [3, 4],
      [3, 3],
    ],
    call: (x, y) => [x.diagEmbed({ offset: 1, dim1: 0 }), y.trace()],
    tolerance: loose,
  },
  {
    name: "roll, rot90 and repeatInterleave",
    shapes: [[3, 4]],
    call: (x) => [
      x.roll([1, -1], { dims: [0, 1] }),
      x.rot90(),
      x.repeatInterleave(2, { dim: 1 }),
      x.repeat(2, 1, 2),
    ],
  },
  {
    name: "repeatInterleave by a vector, of known size",
    shapes: [[4, 3], [4]],
    call: (x, i) => x.repeatInterleave(i.sub(i).add(2), { dim: 0, outputSize: 8 }),
    indices: { 1: 3 },
  },
  {
    name: "einsum",
    shapes: [
      [2, 3, 4],
      [2, 4, 3],
      [4, 4],
    ],
    call: (a, b, c) => [
      T.einsum("bij,bjk->bik", a, b),
      T.einsum("bij,bjk,kk->i", a, b, c.narrow(0, 0, 3).narrow(1, 0, 3)),
      T.einsum("...i,ii", a, c),
    ],
    tolerance: loose,
  },
  {
    name: "tensordot, inner, addmm and addbmm",
    shapes: [
      [2, 3, 4],
      [2, 4, 3],
      [3, 3],
    ],
    call: (a, b, c) => [
      T.tensordot(a, b, { dims: [[1], [2]] }),
      a.inner(b.mT),
      c.addmm(a.select(0, 0), b.select(0, 1), { alpha: 0.5 }),
      c.addbmm(a, b, { beta: 2 }),
    ],
    tolerance: loose,
  },
  ...[0, 1, 1.5, 2, 3, Infinity].map(
    (p): OpSample => ({
      name: `cdist, p = ${p}`,
      shapes: [
        [2, 4, 3],
        [5, 3],
      ],
      call: (a, b) => T.cdist(a, b, { p }),
      tolerance: loose,
    }),
  ),
  {
    name: "cross and kron",
    shapes: [
      [4, 3],
      [4, 3],
    ],
    call: (a, b) => [a.cross(b), a.kron(b)],
    tolerance: loose,
  },
  {
    name: "linalg.inv, solve and det",
    shapes: [
      [2, 3, 3],
      [3, 2],
    ],
    call: (x, b) => {
      const a = x.add(T.eye(3, 3, { device: x.device, dtype: x.dtype }).mul(5));
      return [T.linalg.inv(a), T.linalg.solve(a, b), T.linalg.det(a)];
    },
    waits: true,
    tolerance: loose,
  },
  {
    name: "linalg.cholesky and qr",
    shapes: [[3, 3]],
    call: (x) => {
      const a = x.matmul(x.mT).add(T.eye(3, 3, { device: x.device, dtype: x.dtype }).mul(5));
      return [T.linalg.cholesky(a), ...Object.values(T.linalg.qr(a))];
    },
    waits: true,
    tolerance: loose,
  },
  {
    name: "linalg.svdvals, pinv and norms",
    shapes: [[4, 3]],
    call: (x) => {
      const a = x.mul(2);
      return [T.linalg.svdvals(a), T.linalg.pinv(a), T.linalg.vectorNorm(a, { ord: 3, dim: 1 })];
    },
    waits: true,
    tolerance: { absolute: 2e-4, relative: 2e-4 },
  },
  {
    name: "sort",
    shapes: [[3, 9]],
    call: (x) => [
      ...Object.values(x.sort()),
      ...Object.values(x.sort({ dim: 0, descending: true })),
    ],
  },
  {
    name: "topk",
    shapes: [[3, 9]],
    call: (x) => [
      ...Object.values(x.topk(2)),
      ...Object.values(x.topk(3, { dim: 1, largest: false })),
    ],
  },
  {
    name: "dtypes",
    shapes: [[3, 4]],
    call: (x) => [
      x.to("int32"),
      x.to("bool"),
      x.to("int32").add(x.to("bool")),
      x.to("int32").div(2),
    ],
    isConstant: true,
  },

  {
    name: "conv2d",
    shapes: [[2, 3, 6, 5], [4, 3, 3, 3], [4]],
    call: (x, w, b) => T.conv2d(x, w, { bias: b, padding: 1 }),
    tolerance: loose,
  },
  {
    name: "conv2d with stride and dilation",
    shapes: [
      [2, 2, 9, 8],
      [3, 2, 3, 2],
    ],
    call: (x, w) => T.conv2d(x, w, { stride: [2, 1], dilation: [1, 2], padding: [1, 2] }),
    tolerance: loose,
  },
  {
    name: "conv2d in groups",
    shapes: [
      [2, 4, 5, 5],
      [6, 2, 3, 3],
    ],
    call: (x, w) => T.conv2d(x, w, { groups: 2 }),
    tolerance: loose,
  },
  {
    name: "conv2d, depthwise",
    shapes: [
      [2, 3, 5, 5],
      [3, 1, 3, 3],
    ],
    call: (x, w) => T.conv2d(x, w, { groups: 3, padding: "same" }),
    tolerance: loose,
  },
  {
    name: "conv2d of one pixel",
    shapes: [
      [2, 5, 4, 4],
      [3, 5, 1, 1],
    ],
    call: (x, w) => T.conv2d(x, w),
    tolerance: loose,
  },
  {
    name: "conv2d of many channels",
    shapes: [[2, 20, 9, 10], [13, 20, 3, 3], [13]],
    call: (x, w, b) => T.conv2d(x, w, { bias: b, padding: [1, 0] }),
    tolerance: loose,
  },
  {
    name: "conv1d",
    shapes: [[2, 3, 17], [4, 3, 5], [4]],
    call: (x, w, b) => T.conv1d(x, w, { bias: b, padding: 2, stride: 2 }),
    tolerance: loose,
  },
  {
    name: "conv3d",
    shapes: [
      [2, 2, 4, 5, 6],
      [3, 2, 2, 3, 2],
    ],
    call: (x, w) => T.conv3d(x, w, { padding: 1, stride: [1, 2, 1] }),
    tolerance: loose,
  },
  {
    name: "convTranspose1d",
    shapes: [
      [2, 4, 5],
      [4, 3, 4],
    ],
    call: (x, w) => T.convTranspose1d(x, w, { stride: 3, padding: 1 }),
    tolerance: loose,
  },
  {
    name: "convTranspose2d",
    shapes: [[2, 4, 4, 5], [4, 2, 3, 3], [4]],
    call: (x, w, b) =>
      T.convTranspose2d(x, w, { bias: b, stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    tolerance: loose,
  },
  {
    name: "convTranspose2d with more padding of the output than stride",
    shapes: [
      [1, 2, 3, 3],
      [2, 2, 2, 2],
    ],
    call: (x, w) => T.convTranspose2d(x, w, { dilation: 3, outputPadding: 2, padding: 1 }),
    tolerance: loose,
  },
  {
    name: "convTranspose3d",
    shapes: [
      [1, 2, 2, 3, 2],
      [2, 3, 2, 2, 3],
    ],
    call: (x, w) => T.convTranspose3d(x, w, { stride: [1, 2, 1] }),
    tolerance: loose,
  },
  {
    name: "layerNorm",
    shapes: [[3, 4, 6], [6], [6]],
    call: (x, w, b) => T.layerNorm(x, [6], { weight: w, bias: b }),
    tolerance: loose,
  },
  {
    name: "layerNorm over two dimensions",
    shapes: [[3, 4, 6]],
    call: (x) => T.layerNorm(x, [4, 6]),
    tolerance: loose,
  },
  { name: "maxPool2d", shapes: [[2, 3, 6, 6]], call: (x) => T.maxPool2d(x, 2) },
  {
    name: "maxPool2d of equals",
    shapes: [[2, 3, 4, 4]],
    call: (x) => T.maxPool2d(x, 2),
    ties: true,
  },
  {
    name: "maxPool2d with overlap and padding",
    shapes: [[2, 3, 7, 5]],
    call: (x) =>
      Object.values(T.maxPool2dWithIndices(x, 3, { stride: 2, padding: 1, ceilMode: true })),
    tolerance: loose,
  },
  {
    name: "avgPool2d",
    shapes: [[2, 3, 6, 6]],
    call: (x) => [
      T.avgPool2d(x, 2),
      T.avgPool2d(x, 3, { stride: 2, padding: 1, countIncludePad: false }),
    ],
    tolerance: loose,
  },
  {
    name: "adaptiveAvgPool2d",
    shapes: [[2, 3, 7, 5]],
    call: (x) => [T.adaptiveAvgPool2d(x, 1), T.adaptiveAvgPool2d(x, [3, 2])],
    tolerance: loose,
  },
];

interface Result {
  readonly outputs: Float64Array[];
  readonly grads: (Float64Array | null)[];
}

function operands(sample: OpSample, backend: Backend, dtype: DType): Tensor[] {
  const generator = new Generator(7);
  const [low, high] = sample.on ?? [-2, 2];
  return sample.shapes.map((shape, k) => {
    const count = T.numelOf(shape);
    const classes = sample.indices?.[k];
    const data = new (typedArrayFor(classes ? "int32" : dtype))(count);
    for (let i = 0; i < count; i++) {
      const uniform = Math.fround(generator.uniform32() * (high - low) + low);
      data[i] = classes
        ? generator.uint32() % classes
        : sample.ties
          ? Math.round(uniform)
          : uniform;
    }
    const t = T.tensor(data, { shape, device: backend });
    return sample.isConstant || classes ? t : t.requiresGrad_();
  });
}

/** Values, and the gradients of a weighted sum of all floating outputs. */
async function evaluate(sample: OpSample, backend: Backend, dtype: DType): Promise<Result> {
  const inputs = operands(sample, backend, dtype);
  const kept: Tensor[] = [...inputs];
  const outputs = scope(() => [sample.call(...inputs)].flat() as Tensor[]);
  kept.push(...outputs);
  const read = async (t: Tensor) => Float64Array.from(await t.data());
  const values = await Promise.all(outputs.map(read));
  if (!sample.isConstant) {
    scope(() => {
      const weighted = outputs.filter((t) => t.requiresGrad).map((t) => t.mul(weights(t)).sum());
      weighted.reduce((a, b) => a.add(b)).backward();
    });
  }
  const grads = await Promise.all(inputs.map((t) => (t.grad ? read(t.grad) : null)));
  for (const t of kept) t.dispose();
  return { outputs: values, grads };
}
/** Different for every element, so that a gradient in the wrong place shows. */
function weights(t: Tensor): Tensor {
  const data = new (typedArrayFor(t.dtype))(t.numel);
  for (let i = 0; i < t.numel; i++) data[i] = 0.5 + ((i * 7) % 11) / 8;
  return T.tensor(data, { shape: t.shape, device: t.device });
}

function expectRefusal(sample: OpSample, backend: Backend): void {
  try {
    scope(() => void sample.call(...operands(sample, backend, "float32")));
  } catch (error) {
    if (error instanceof T.DlError && error.code === "no-sync") return;
    throw error;
  }
  throw new Error(`${sample.name}: should say that ${backend.name} cannot be waited for`);
}

export function opCases(): Case[] {
  const samples = SAMPLES.map(
    (sample): Case => ({
      name: sample.name,
      needs: ["float32", "int32", "bool"],
      async run(backend) {
        if (sample.waits && !backend.readSync) return expectRefusal(sample, backend);
        const dtype = "float32" as const;
        const truth = await evaluate(sample, oracle(), sample.isConstant ? "float32" : "float64");
        const before = backend.memory().buffers;
        const first = await evaluate(sample, backend, dtype);
        await backend.finished();
        const left = backend.memory().buffers - before;
        if (left !== 0) throw new Error(`${sample.name}: ${left} buffers are left behind`);
        const tolerance = sample.tolerance ?? TOLERANCE.float32;
        first.outputs.forEach((values, i) =>
          expectClose(values, truth.outputs[i], tolerance, `${sample.name}, result ${i}`),
        );
        first.grads.forEach((g, i) => {
          const wanted = truth.grads[i];
          if (g === null || wanted === null) {
            if (g !== wanted)
              throw new Error(
                `${sample.name}: gradient ${i} is ${g ? "there" : "missing"}, which is not expected`,
              );
            return;
          }
          expectClose(
            g,
            wanted,
            { absolute: 5 * tolerance.absolute, relative: 5 * tolerance.relative },
            `${sample.name}, gradient ${i}`,
          );
        });
        const second = await evaluate(sample, backend, dtype);
        second.outputs.forEach((values, i) =>
          expectClose(
            values,
            first.outputs[i],
            TOLERANCE.int32,
            `${sample.name}, result ${i} of a second run`,
          ),
        );
      },
    }),
  );
  return [...samples, ...creationCases()];
}

function creationCases(): Case[] {
  return [
    {
      name: "creation",
      needs: ["float32", "int32"],
      async run(device) {
        const made: [string, Tensor, number[]][] = [
          ["zeros", T.zeros(2, { device }), [0, 0]],
          ["ones", T.ones([2], { device }), [1, 1]],
          ["full", T.full([2], 3.5, { device }), [3.5, 3.5]],
          ["eye", T.eye(2, 3, { device }), [1, 0, 0, 0, 1, 0]],
          ["arange", T.arange(2, 8, 2, { device }), [2, 4, 6]],
          ["linspace", T.linspace(0, 1, 5, { device }), [0, 0.25, 0.5, 0.75, 1]],
        ];
        for (const [name, t, expected] of made) {
          expectClose(await t.data(), expected, TOLERANCE.float32, name);
          t.dispose();
        }
      },
    },
    {
      name: "masks are true as often as asked, and the same with the same seed",
      needs: ["float32", "bool"],
      async run(device) {
        const draw = () => T.randomMask([4000], 0.3, { device, generator: new Generator(5) });
        const [a, b] = [draw(), draw()];
        const [x, y] = [await a.data(), await b.data()];
        expectClose(x, y, TOLERANCE.int32, "the second mask");
        const share = Array.from(x).reduce((s, v) => s + v, 0) / 4000;
        // Four standard deviations: √(0.3 · 0.7 / 4000) is 0.0072.
        if (Math.abs(share - 0.3) > 0.029)
          throw new Error(`a mask with p = 0.3 is true for ${share} of 4000 elements`);
        a.dispose();
        b.dispose();
      },
    },
    {
      name: "in-place writes",
      needs: ["float32"],
      async run(device) {
        const t = T.tensor([1, 2, 3, 4], { device });
        scope(() => {
          t.add_(1).mul_(2);
          t.narrow(0, 1, 2).fill_(0);
          t.copy_(t.flip(0));
        });
        expectClose(await t.data(), [10, 0, 0, 4], TOLERANCE.float32, "the tensor");
        scope(() => void t.add_(6).sqrt_().remainder_(2).eq_(0));
        expectClose(await t.data(), [1, 0, 0, 0], TOLERANCE.float32, "the changed tensor");
        t.dispose();
      },
    },
  ];
}
