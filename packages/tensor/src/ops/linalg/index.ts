/** `linalg`: PyTorch's torch.linalg. */

export { matmul } from "../matmul.ts";
export { multiDot } from "../products.ts";
export { eigh, eigvalsh, pinv, type SvdOptions, svd, svdvals } from "./eigen.ts";
export { matrixExp } from "./exponential.ts";
export { ldlFactor, ldlSolve } from "./ldl.ts";
export { type LeastSquares, type LstsqOptions, lstsq } from "./lstsq.ts";
export { det, inv, slogdet, solve } from "./lu.ts";
export {
  type LuFactors,
  type LuSolveOptions,
  lu,
  luFactor,
  luSolve,
  type PivotOptions,
} from "./luFactors.ts";
export {
  type LinalgNormOptions,
  type MatrixNormOptions,
  type MatrixOrder,
  matrixNorm,
  norm,
  type VectorNormOptions,
  vectorNorm,
} from "./norms.ts";
export { matrixPower } from "./power.ts";
export { type QrOptions, qr } from "./qr.ts";
export { cond, type MatrixRankOptions, matrixRank } from "./rank.ts";
export { householderProduct } from "./reflections.ts";
export { tensorinv, tensorsolve } from "./tensorSystems.ts";
export { cholesky, type SolveTriangularOptions, solveTriangular } from "./triangular.ts";
export { cross, diagonal, vander, vecdot } from "./variants.ts";
