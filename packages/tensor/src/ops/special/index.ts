/** `torch.special`: what it has under its own names, and second names of functions of `torch`. */
export { sigmoid as expit } from "../activation.ts";
export { sinc } from "../angles.ts";
export { entr, exp2, logit, xlog1py, xlogy } from "../logarithms.ts";
export { logSoftmax, logsumexp, softmax } from "../softmax.ts";
export { erf, expm1, log1p, round } from "../unary.ts";
export { airyAi } from "./airy.ts";
export { besselJ0, besselJ1, besselY0, besselY1, sphericalBesselJ0 } from "./bessel.ts";
export { erfc, erfinv } from "./errorFunction.ts";
export { digamma, digamma as psi, lgamma as gammaln, polygamma } from "./gamma.ts";
export { igamma as gammainc, igammac as gammaincc } from "./incompleteGamma.ts";
export {
  i0,
  i0 as modifiedBesselI0,
  i0e,
  i1,
  i1 as modifiedBesselI1,
  i1e,
  modifiedBesselK0,
  modifiedBesselK1,
  scaledModifiedBesselK0,
  scaledModifiedBesselK1,
} from "./modifiedBessel.ts";
export { mvlgamma as multigammaln } from "./multigamma.ts";
export { erfcx, logNdtr, ndtr, ndtri } from "./normal.ts";
export {
  chebyshevPolynomialT,
  chebyshevPolynomialU,
  chebyshevPolynomialV,
  chebyshevPolynomialW,
  hermitePolynomialH,
  hermitePolynomialHe,
  laguerrePolynomialL,
  legendrePolynomialP,
  shiftedChebyshevPolynomialT,
  shiftedChebyshevPolynomialU,
  shiftedChebyshevPolynomialV,
  shiftedChebyshevPolynomialW,
} from "./orthogonal.ts";
export { zeta } from "./zeta.ts";
