/** Gradients and gradients of gradients against difference quotients, in float64, of everything that has both. */
import { grad, gradcheck } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { Generator, setBackend, type Tensor, tensor } from "@dl/tensor";
import { describe, test } from "vitest";

setBackend(cpu());

const generator = new Generator(3);
/** Numbers between `low` and `high` that differ by more than the step of a difference quotient. */
function between(low: number, high: number, ...shape: number[]): Tensor {
  const data = Float64Array.from(
    { length: T.numelOf(shape) },
    () => low + (high - low) * generator.uniform32(),
  );
  return tensor(data, { shape, requiresGrad: true });
}
const given = (...data: number[]) => tensor(Float64Array.from(data), { requiresGrad: true });

type Case = [name: string, fn: (...x: Tensor[]) => Tensor | Tensor[], inputs: Tensor[]];
const pair = () => [between(0.3, 2, 2, 3), between(0.3, 2, 3)];

const pointwise: Case[] = [
  ["erfc", T.erfc, [between(-2, 3, 6)]],
  ["erfinv", T.erfinv, [between(-0.9, 0.9, 6)]],
  ["lgamma", T.lgamma, [given(0.2, 0.7, 1.9, 4.3, 9.1, -0.3, -1.6, -4.4)]],
  ["digamma", T.digamma, [given(0.2, 0.7, 1.9, 4.3, 9.1, -0.3, -1.6, -4.4)]],
  ["polygamma(2)", (x) => T.polygamma(2, x), [given(0.6, 1.9, 4.3, 9.1)]],
  ["sinc", T.sinc, [given(0.05, -0.3, 0.45, 0.7, -1.3, 3.2)]],
  ["exp2", T.exp2, [between(-2, 2, 4)]],
  ["entr", T.entr, [between(0.2, 2, 4)]],
  ["logit", (x) => T.logit(x), [between(0.1, 0.9, 4)]],
  ["logit with eps", (x) => T.logit(x, { eps: 0.2 }), [given(0.1, 0.3, 0.6, 0.9)]],
  ["frac", T.frac, [between(-2.4, 2.4, 4)]],
  ["rad2deg", (x) => T.deg2rad(T.rad2deg(x)), [between(-2, 2, 3)]],
  ["asin, acos, atan", (x) => [x.asin(), x.acos(), x.atan()], [between(-0.8, 0.8, 4)]],
  ["sinh, cosh, asinh", (x) => [x.sinh(), x.cosh(), x.asinh()], [between(-2, 2, 4)]],
  ["acosh, atanh", (x) => [x.acosh(), x.sub(1.4).atanh()], [between(1.2, 2, 4)]],
  ["hypot", T.hypot, pair()],
  ["copysign", (a, b) => T.copysign(a, b), [between(-2, 2, 2, 3), between(-2, 2, 3)]],
  ["logaddexp", T.logaddexp, pair()],
  ["logaddexp2", T.logaddexp2, pair()],
  ["xlogy", T.xlogy, pair()],
  ["xlog1py", T.xlog1py, pair()],
  ["lerp", (a, b, w) => T.lerp(a, b, w), [...pair(), between(0, 1, 3)]],
  ["addcmul", (x, a, b) => T.addcmul(x, a, b, { value: 0.7 }), [...pair(), between(1, 2, 3)]],
  ["addcdiv", (x, a, b) => T.addcdiv(x, a, b, { value: 0.7 }), [...pair(), between(1, 2, 3)]],
  ["ldexp", (x) => T.ldexp(x, 3), [between(-2, 2, 3)]],
  ["floatPower", (a, b) => T.floatPower(a, b), pair()],
  ["pow of a number", (x) => T.pow(2, x), [between(-1, 2, 3)]],
  ["remainder", (a, b) => T.remainder(a, b), [given(5.3, -4.7, 2.2), given(2.1, 1.3, -0.9)]],
  ["fmod", (a, b) => T.fmod(a, b), [given(5.3, -4.7, 2.2), given(2.1, 1.3, -0.9)]],
  ["clamp by tensors", (x, a) => x.clamp({ min: a, max: 1.2 }), pair()],
  ["nanToNum", (x) => T.nanToNum(x), [between(-1, 1, 3)]],
  ["where", (a, b) => T.where(a.gt(1), a, b), pair()],
];

const reductions: Case[] = [
  ["prod", (x) => [x.prod(), x.prod(0), x.prod([0, 1])], [between(0.5, 2, 2, 3)]],
  ["prod with a zero", (x) => x.prod(0), [given(2, 0, 3)]],
  ["prod with two zeros", (x) => x.prod(0), [given(0, 2, 0)]],
  ["amax and amin", (x) => [x.amax(1), x.amin(0)], [between(-2, 2, 3, 4)]],
  ["aminmax", (x) => Object.values(T.aminmax(x, 1)), [between(-2, 2, 3, 4)]],
  ["max and min along", (x) => [x.max(1).values, x.min(0).values], [between(-2, 2, 3, 4)]],
  [
    "norm",
    (x) => [0.5, 1, 1.5, 2, 3, Infinity, -Infinity].map((p) => x.norm({ p, dim: 1 })),
    [between(0.3, 2, 2, 3)],
  ],
  ["renorm", (x) => T.renorm(x, 2, 0, 1.5), [between(0.3, 2, 3, 3)]],
  ["var and std", (x) => [...T.varMean(x, 1), ...T.stdMean(x)], [between(-2, 2, 2, 3)]],
  ["nansum and nanmean", (x) => [T.nansum(x, 1), T.nanmean(x)], [between(-2, 2, 2, 3)]],
  ["logsumexp", (x) => x.logsumexp(1), [between(-2, 2, 2, 3)]],
  [
    "median",
    (x) => [x.median(), x.median(1).values, x.nanmedian(0).values],
    [between(-2, 2, 3, 4)],
  ],
  ["kthvalue", (x) => x.kthvalue(2, 1).values, [between(-2, 2, 3, 4)]],
  ["mode", (x) => x.mode(1).values, [between(-2, 2, 2, 3)]],
  [
    "quantile",
    (x) => [x.quantile(0.3), x.quantile(0.7, 1), x.nanquantile(0.4, { interpolation: "midpoint" })],
    [between(-2, 2, 3, 4)],
  ],
  ["quantile by q", (x, q) => x.quantile(q, 1), [between(-2, 2, 3, 4), given(0.2, 0.55)]],
  ["cov", (x) => T.cov(x), [between(-2, 2, 2, 4)]],
  ["corrcoef", (x) => T.corrcoef(x).narrow(0, 0, 1).narrow(1, 1, 1), [between(-2, 2, 2, 4)]],
  ["diff", (x) => T.diff(x, { n: 2 }), [between(-2, 2, 2, 4)]],
  ["trapezoid", (y, x) => T.trapezoid(y, { x }), [between(-2, 2, 2, 4), given(0, 1, 1.5, 3)]],
  ["cumulativeTrapezoid", (y) => T.cumulativeTrapezoid(y, { dim: 0 }), [between(-2, 2, 3, 2)]],
  ["cumsum", (x) => x.cumsum(0), [between(-2, 2, 3, 2)]],
  ["cumprod", (x) => x.cumprod(0), [between(0.5, 2, 3, 2)]],
  ["cumprod with a zero", (x) => x.cumprod(0), [given(2, 0, 3, 1.5)]],
  ["cumprod with two zeros", (x) => x.cumprod(0), [given(0, 2, 0, 1.5)]],
  ["cummax and cummin", (x) => [x.cummax(1).values, x.cummin(0).values], [between(-2, 2, 3, 4)]],
  ["logcumsumexp", (x) => x.logcumsumexp(1), [between(-2, 2, 2, 5)]],
  ["sort and topk", (x) => [x.sort(0).values, x.topk(2).values, x.msort()], [between(-2, 2, 3, 4)]],
];

describe.each([
  ["pointwise", pointwise],
  ["reductions, scans and order", reductions],
])("%s", (_, cases) => {
  test.each(cases)("%s", (_, fn, inputs) => {
    gradcheck(fn, inputs);
    const first = (...x: Tensor[]) => {
      // Squared, so that the gradient depends on the inputs also where fn is linear.
      const total = [fn(...x)].flat().map((y) => y.square().sum());
      return grad(
        total.reduce((a, b) => a.add(b)),
        x,
        { createGraph: true },
      );
    };
    gradcheck(first, inputs);
  });
});
