import * as create from "./create.ts";
import type { Operand } from "./define.ts";
import { type DType, isFloating } from "./dtype.ts";
import { addInPlaceMethods, type InPlaceMethods } from "./inPlaceMethods.ts";
import { display } from "./notebook.ts";
import * as activation from "./ops/activation.ts";
import * as advanced from "./ops/advancedIndex.ts";
import * as angles from "./ops/angles.ts";
import * as arithmetic from "./ops/arithmetic.ts";
import * as binary from "./ops/binary.ts";
import * as bitwise from "./ops/bitwise.ts";
import * as closeness from "./ops/closeness.ts";
import * as counting from "./ops/counting.ts";
import * as crosses from "./ops/cross.ts";
import * as describe from "./ops/describe.ts";
import * as diagonals from "./ops/diagonal.ts";
import { dist } from "./ops/distance.ts";
import * as extremes from "./ops/extremes.ts";
import * as flatIndex from "./ops/flatIndex.ts";
import * as floats from "./ops/floats.ts";
import { type HistogramOptions, histogram } from "./ops/histogram.ts";
import * as along from "./ops/indexAlong.ts";
import * as indexing from "./ops/indexing.ts";
import * as inplace from "./ops/inplace.ts";
import * as integral from "./ops/integral.ts";
import * as join from "./ops/join.ts";
import * as pseudo from "./ops/linalg/eigen.ts";
import * as exponential from "./ops/linalg/exponential.ts";
import * as elimination from "./ops/linalg/lu.ts";
import * as older from "./ops/linalg/older.ts";
import * as powers from "./ops/linalg/power.ts";
import * as reflections from "./ops/linalg/reflections.ts";
import * as triangular from "./ops/linalg/triangular.ts";
import * as logarithms from "./ops/logarithms.ts";
import * as masks from "./ops/masked.ts";
import * as products from "./ops/matmul.ts";
import { nonzeroStatic } from "./ops/nonzeroStatic.ts";
import * as order from "./ops/order.ts";
import { prod } from "./ops/prod.ts";
import * as sums from "./ops/products.ts";
import * as rearrange from "./ops/rearrange.ts";
import type {
  DimFirst,
  DimsFirst,
  NormOptions,
  SumOptions,
  ValuesAndIndices,
  VarOptions,
} from "./ops/reduce.ts";
import * as reductions from "./ops/reduce.ts";
import * as repeats from "./ops/repeat.ts";
import * as scans from "./ops/scan.ts";
import * as folding from "./ops/scatterReduce.ts";
import * as scatterViews from "./ops/scatterViews.ts";
import * as search from "./ops/search.ts";
import * as choices from "./ops/select.ts";
import * as signs from "./ops/signs.ts";
import * as soft from "./ops/softmax.ts";
import * as sorting from "./ops/sort.ts";
import * as errorFunction from "./ops/special/errorFunction.ts";
import * as gamma from "./ops/special/gamma.ts";
import { igamma, igammac } from "./ops/special/incompleteGamma.ts";
import { i0 } from "./ops/special/modifiedBessel.ts";
import { mvlgamma } from "./ops/special/multigamma.ts";
import * as stacks from "./ops/stacks.ts";
import * as statistics from "./ops/statistics.ts";
import * as triangles from "./ops/triangle.ts";
import * as unary from "./ops/unary.ts";
import * as distinct from "./ops/unique.ts";
import * as views from "./ops/views.ts";
import type { GeneratorOption, NumberArguments } from "./random/arguments.ts";
import * as random from "./random/inplace.ts";
import * as samples from "./random/sample.ts";
import { type Shape, shapeArgument } from "./shape.ts";
import { state } from "./state.ts";

import { autograd, type NewOptions, Tensor } from "./tensor.ts";

/** The in-place forms are made from a table, see inPlaceMethods.ts. */
export interface TensorMethods extends InPlaceMethods {}

/** Every op as a method, but for those that `Tensor` itself has. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: addMethods adds them
export class TensorMethods {
  lerp(this: Tensor, end: Tensor, weight: Operand): Tensor {
    return binary.lerp(this, end, weight);
  }
  dot(this: Tensor, other: Tensor): Tensor {
    return products.dot(this, other);
  }
  /** The greatest element; along a dimension, with positions; or of this and another tensor. */
  max(this: Tensor): Tensor;
  max(this: Tensor, other: Tensor): Tensor;
  max(this: Tensor, dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  max(this: Tensor, options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  max(this: Tensor, ...args: unknown[]): Tensor | ValuesAndIndices {
    return reductions.max(this, ...(args as [number]));
  }
  /** The least element; along a dimension, with positions; or of this and another tensor. */
  min(this: Tensor): Tensor;
  min(this: Tensor, other: Tensor): Tensor;
  min(this: Tensor, dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  min(this: Tensor, options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  min(this: Tensor, ...args: unknown[]): Tensor | ValuesAndIndices {
    return reductions.min(this, ...(args as [number]));
  }
  argmin(this: Tensor, ...args: DimFirst): Tensor {
    return reductions.argmin(this, ...args);
  }
  any(this: Tensor, ...args: DimsFirst): Tensor {
    return reductions.any(this, ...args);
  }
  var(this: Tensor, ...args: DimsFirst<VarOptions>): Tensor {
    return reductions.variance(this, ...args);
  }
  std(this: Tensor, ...args: DimsFirst<VarOptions>): Tensor {
    return reductions.std(this, ...args);
  }
  norm(this: Tensor, options: NormOptions = {}): Tensor {
    return reductions.norm(this, options);
  }
  scatter(
    this: Tensor,
    dim: number,
    index: Tensor,
    source: Operand,
    options?: { reduce?: "add" | "multiply" },
  ): Tensor {
    return indexing.scatter(this, dim, index, source, options);
  }
  indexSelect(this: Tensor, dim: number, index: Tensor): Tensor {
    return along.indexSelect(this, dim, index);
  }
  unbind(this: Tensor, dim?: join.DimArgument): Tensor[] {
    return join.unbind(this, dim);
  }

  viewAs(this: Tensor, other: Tensor): Tensor {
    return views.reshape(this, other.shape, true);
  }
  /** The last two dimensions exchanged. */
  adjoint(this: Tensor): Tensor {
    return this.mT;
  }
  swapaxes(this: Tensor, dim0: number, dim1: number): Tensor {
    return views.transpose(this, dim0, dim1);
  }
  swapdims(this: Tensor, dim0: number, dim1: number): Tensor {
    return views.transpose(this, dim0, dim1);
  }
  ravel(this: Tensor): Tensor {
    return rearrange.ravel(this);
  }
  moveaxis(
    this: Tensor,
    source: number | readonly number[],
    destination: number | readonly number[],
  ): Tensor {
    return views.movedim(this, source, destination);
  }
  broadcastTo(this: Tensor, ...shape: readonly number[] | readonly [Shape]): Tensor {
    return views.expand(this, shapeArgument(shape));
  }
  /** x[i], x[i][j], …: positions of the leading dimensions. */
  at(this: Tensor, ...indices: readonly number[]): Tensor {
    return indices.reduce<Tensor>((t, i) => views.select(t, 0, i), this);
  }
  fliplr(this: Tensor): Tensor {
    return rearrange.fliplr(this);
  }
  flipud(this: Tensor): Tensor {
    return rearrange.flipud(this);
  }
  roll(
    this: Tensor,
    shifts: number | readonly number[],
    options?: number | readonly number[] | rearrange.RollOptions,
  ): Tensor {
    return rearrange.roll(this, shifts, options);
  }
  rot90(this: Tensor, options?: rearrange.Rot90Options): Tensor {
    return rearrange.rot90(this, options);
  }
  repeat(this: Tensor, ...sizes: readonly number[] | readonly [Shape]): Tensor {
    return repeats.repeat(this, shapeArgument(sizes));
  }
  tile(this: Tensor, ...dims: readonly number[] | readonly [Shape]): Tensor {
    return repeats.tile(this, shapeArgument(dims));
  }
  repeatInterleave(
    this: Tensor,
    repeat: number | Tensor,
    options?: repeats.RepeatInterleaveOptions,
  ): Tensor {
    return repeats.repeatInterleave(this, repeat, options);
  }
  diagonal(this: Tensor, options?: diagonals.DiagonalOptions): Tensor {
    return diagonals.diagonal(this, options);
  }
  diag(this: Tensor, options?: { diagonal?: number }): Tensor {
    return diagonals.diag(this, options);
  }
  diagEmbed(this: Tensor, options?: diagonals.DiagonalOptions): Tensor {
    return diagonals.diagEmbed(this, options);
  }
  diagflat(this: Tensor, options?: { offset?: number }): Tensor {
    return diagonals.diagflat(this, options);
  }
  trace(this: Tensor): Tensor {
    return diagonals.trace(this);
  }
  unfold(this: Tensor, dim: number, size: number, step: number): Tensor {
    return views.unfold(this, dim, size, step);
  }
  remainder(this: Tensor, other: Operand): Tensor {
    return binary.remainder(this, other);
  }
  fmod(this: Tensor, other: Operand): Tensor {
    return binary.fmod(this, other);
  }
  atan2(this: Tensor, other: Operand): Tensor {
    return binary.atan2(this, other);
  }
  trueDivide(this: Tensor, other: Operand): Tensor {
    return binary.trueDivide(this, other);
  }
  floorDivide(this: Tensor, other: Operand): Tensor {
    return arithmetic.floorDivide(this, other);
  }
  divide(
    this: Tensor,
    other: Operand,
    options: { roundingMode?: arithmetic.RoundingMode } = {},
  ): Tensor {
    return arithmetic.div(this, other, options);
  }
  multiply(this: Tensor, other: Operand): Tensor {
    return binary.mul(this, other);
  }
  subtract(this: Tensor, other: Operand, options: { alpha?: number } = {}): Tensor {
    return this.sub(other, options);
  }
  /** this + value · a · b */
  addcmul(this: Tensor, a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor {
    return arithmetic.addcmul(this, a, b, options);
  }
  /** this + value · a / b */
  addcdiv(this: Tensor, a: Tensor, b: Tensor, options: { value?: number } = {}): Tensor {
    return arithmetic.addcdiv(this, a, b, options);
  }
  floatPower(this: Tensor, other: Operand): Tensor {
    return arithmetic.floatPower(this, other);
  }
  ldexp(this: Tensor, other: Operand): Tensor {
    return arithmetic.ldexp(this, other);
  }
  gcd(this: Tensor, other: Operand): Tensor {
    return arithmetic.gcd(this, other);
  }
  lcm(this: Tensor, other: Operand): Tensor {
    return arithmetic.lcm(this, other);
  }
  arctan2(this: Tensor, other: Operand): Tensor {
    return binary.atan2(this, other);
  }
  hypot(this: Tensor, other: Operand): Tensor {
    return angles.hypot(this, other);
  }
  copysign(this: Tensor, other: Operand): Tensor {
    return signs.copysign(this, other);
  }
  heaviside(this: Tensor, values: Tensor): Tensor {
    return signs.heaviside(this, values);
  }
  xlogy(this: Tensor, other: Operand): Tensor {
    return logarithms.xlogy(this, other);
  }
  logaddexp(this: Tensor, other: Operand): Tensor {
    return logarithms.logaddexp(this, other);
  }
  logaddexp2(this: Tensor, other: Operand): Tensor {
    return logarithms.logaddexp2(this, other);
  }
  bitwiseAnd(this: Tensor, other: Operand): Tensor {
    return bitwise.bitwiseAnd(this, other);
  }
  bitwiseOr(this: Tensor, other: Operand): Tensor {
    return bitwise.bitwiseOr(this, other);
  }
  bitwiseXor(this: Tensor, other: Operand): Tensor {
    return bitwise.bitwiseXor(this, other);
  }
  bitwiseNot(this: Tensor): Tensor {
    return bitwise.bitwiseNot(this);
  }
  bitwiseLeftShift(this: Tensor, other: Operand): Tensor {
    return bitwise.bitwiseLeftShift(this, other);
  }
  bitwiseRightShift(this: Tensor, other: Operand): Tensor {
    return bitwise.bitwiseRightShift(this, other);
  }
  mm(this: Tensor, other: Tensor): Tensor {
    return products.mm(this, other);
  }
  bmm(this: Tensor, other: Tensor): Tensor {
    return products.bmm(this, other);
  }
  vdot(this: Tensor, other: Tensor): Tensor {
    return sums.vdot(this, other);
  }
  inner(this: Tensor, other: Tensor): Tensor {
    return sums.inner(this, other);
  }
  outer(this: Tensor, other: Tensor): Tensor {
    return sums.outer(this, other);
  }
  ger(this: Tensor, other: Tensor): Tensor {
    return sums.outer(this, other);
  }
  mv(this: Tensor, vector: Tensor): Tensor {
    return sums.mv(this, vector);
  }
  /** beta · this + alpha · (mat1 · mat2) */
  addmm(this: Tensor, mat1: Tensor, mat2: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.addmm(this, mat1, mat2, options);
  }
  addmv(this: Tensor, mat: Tensor, vec: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.addmv(this, mat, vec, options);
  }
  addr(this: Tensor, vec1: Tensor, vec2: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.addr(this, vec1, vec2, options);
  }
  addbmm(this: Tensor, batch1: Tensor, batch2: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.addbmm(this, batch1, batch2, options);
  }
  baddbmm(this: Tensor, batch1: Tensor, batch2: Tensor, options?: sums.AddProductOptions): Tensor {
    return sums.baddbmm(this, batch1, batch2, options);
  }
  cross(this: Tensor, other: Tensor, options?: { dim?: number }): Tensor {
    return crosses.cross(this, other, options);
  }
  kron(this: Tensor, other: Tensor): Tensor {
    return crosses.kron(this, other);
  }
  matrixPower(this: Tensor, n: number): Tensor {
    return powers.matrixPower(this, n);
  }
  matrixExp(this: Tensor): Tensor {
    return exponential.matrixExp(this);
  }
  lu(this: Tensor, options?: older.OlderLuOptions) {
    return older.lu(this, options);
  }
  luSolve(this: Tensor, packed: Tensor, pivots: Tensor): Tensor {
    return older.luSolve(this, packed, pivots);
  }
  qr(this: Tensor, options?: { some?: boolean }): { Q: Tensor; R: Tensor } {
    return older.qr(this, options);
  }
  svd(this: Tensor, options?: older.OlderSvdOptions): { U: Tensor; S: Tensor; V: Tensor } {
    return older.svd(this, options);
  }
  triangularSolve(this: Tensor, a: Tensor, options?: older.OlderTriangularOptions) {
    return older.triangularSolve(this, a, options);
  }
  choleskyInverse(this: Tensor, options?: { upper?: boolean }): Tensor {
    return older.choleskyInverse(this, options);
  }
  geqrf(this: Tensor): { a: Tensor; tau: Tensor } {
    return reflections.geqrf(this);
  }
  orgqr(this: Tensor, tau: Tensor): Tensor {
    return reflections.householderProduct(this, tau);
  }
  ormqr(this: Tensor, tau: Tensor, other: Tensor, options?: reflections.OrmqrOptions): Tensor {
    return reflections.ormqr(this, tau, other, options);
  }
  det(this: Tensor): Tensor {
    return elimination.det(this);
  }
  logdet(this: Tensor): Tensor {
    return elimination.logdet(this);
  }
  slogdet(this: Tensor): { sign: Tensor; logabsdet: Tensor } {
    return elimination.slogdet(this);
  }
  inverse(this: Tensor): Tensor {
    return elimination.inv(this);
  }
  pinverse(this: Tensor, options?: { rtol?: number }): Tensor {
    return pseudo.pinv(this, options);
  }
  cholesky(this: Tensor, options?: { upper?: boolean }): Tensor {
    return triangular.cholesky(this, options);
  }
  choleskySolve(this: Tensor, l: Tensor, options?: { upper?: boolean }): Tensor {
    return triangular.choleskySolve(this, l, options);
  }
  greater(this: Tensor, other: Operand): Tensor {
    return binary.gt(this, other);
  }
  greaterEqual(this: Tensor, other: Operand): Tensor {
    return binary.ge(this, other);
  }
  less(this: Tensor, other: Operand): Tensor {
    return binary.lt(this, other);
  }
  lessEqual(this: Tensor, other: Operand): Tensor {
    return binary.le(this, other);
  }
  notEqual(this: Tensor, other: Operand): Tensor {
    return binary.ne(this, other);
  }
  logicalXor(this: Tensor, other: Operand): Tensor {
    return binary.logicalXor(this, other);
  }
  isinf(this: Tensor): Tensor {
    return unary.isinf(this);
  }
  isfinite(this: Tensor): Tensor {
    return unary.isfinite(this);
  }
  isposinf(this: Tensor): Tensor {
    return unary.isposinf(this);
  }
  isneginf(this: Tensor): Tensor {
    return unary.isneginf(this);
  }
  isreal(this: Tensor): Tensor {
    return unary.isreal(this);
  }
  signbit(this: Tensor): Tensor {
    return signs.signbit(this);
  }
  isclose(this: Tensor, other: Tensor, options: closeness.ClosenessOptions = {}): Tensor {
    return closeness.isclose(this, other, options);
  }
  /** Is every element close to that of `other`? Read back at once. */
  allclose(this: Tensor, other: Tensor, options: closeness.ClosenessOptions = {}): boolean {
    return closeness.allclose(this, other, options);
  }
  /** One shape and equal elements? Read back at once. */
  equal(this: Tensor, other: Tensor): boolean {
    return closeness.equal(this, other);
  }
  isin(
    this: Tensor,
    testElements: Operand,
    options: { assumeUnique?: boolean; invert?: boolean } = {},
  ): Tensor {
    return search.isin(this, testElements, options);
  }
  clip(this: Tensor, options: { min?: Operand; max?: Operand }): Tensor;
  clip(this: Tensor, min?: Operand | null, max?: Operand | null): Tensor;
  clip(
    this: Tensor,
    first?: Operand | null | { min?: Operand; max?: Operand },
    max?: Operand | null,
  ): Tensor {
    return this.clamp(first as Operand, max);
  }
  clampMin(this: Tensor, min: Operand): Tensor {
    return choices.clampMin(this, min);
  }
  clampMax(this: Tensor, max: Operand): Tensor {
    return choices.clampMax(this, max);
  }
  nanToNum(this: Tensor, options: choices.NanToNumOptions = {}): Tensor {
    return choices.nanToNum(this, options);
  }
  trunc(this: Tensor): Tensor {
    return isFloating(this.dtype) ? unary.trunc(this) : this.clone();
  }
  expm1(this: Tensor): Tensor {
    return unary.expm1(this);
  }
  log1p(this: Tensor): Tensor {
    return unary.log1p(this);
  }
  log2(this: Tensor): Tensor {
    return unary.log2(this);
  }
  log10(this: Tensor): Tensor {
    return unary.log10(this);
  }
  tan(this: Tensor): Tensor {
    return unary.tan(this);
  }
  erf(this: Tensor): Tensor {
    return unary.erf(this);
  }
  absolute(this: Tensor): Tensor {
    return unary.abs(this);
  }
  negative(this: Tensor): Tensor {
    return unary.neg(this);
  }
  positive(this: Tensor): Tensor {
    return signs.positive(this);
  }
  sgn(this: Tensor): Tensor {
    return unary.sign(this);
  }
  frac(this: Tensor): Tensor {
    return unary.frac(this);
  }
  fix(this: Tensor): Tensor {
    return this.trunc();
  }
  exp2(this: Tensor): Tensor {
    return logarithms.exp2(this);
  }
  asin(this: Tensor): Tensor {
    return unary.asin(this);
  }
  acos(this: Tensor): Tensor {
    return unary.acos(this);
  }
  atan(this: Tensor): Tensor {
    return unary.atan(this);
  }
  sinh(this: Tensor): Tensor {
    return unary.sinh(this);
  }
  cosh(this: Tensor): Tensor {
    return unary.cosh(this);
  }
  asinh(this: Tensor): Tensor {
    return unary.asinh(this);
  }
  acosh(this: Tensor): Tensor {
    return unary.acosh(this);
  }
  atanh(this: Tensor): Tensor {
    return unary.atanh(this);
  }
  arcsin(this: Tensor): Tensor {
    return unary.asin(this);
  }
  arccos(this: Tensor): Tensor {
    return unary.acos(this);
  }
  arctan(this: Tensor): Tensor {
    return unary.atan(this);
  }
  arcsinh(this: Tensor): Tensor {
    return unary.asinh(this);
  }
  arccosh(this: Tensor): Tensor {
    return unary.acosh(this);
  }
  arctanh(this: Tensor): Tensor {
    return unary.atanh(this);
  }
  sinc(this: Tensor): Tensor {
    return angles.sinc(this);
  }
  rad2deg(this: Tensor): Tensor {
    return angles.rad2deg(this);
  }
  deg2rad(this: Tensor): Tensor {
    return angles.deg2rad(this);
  }
  erfc(this: Tensor): Tensor {
    return errorFunction.erfc(this);
  }
  erfinv(this: Tensor): Tensor {
    return errorFunction.erfinv(this);
  }
  lgamma(this: Tensor): Tensor {
    return gamma.lgamma(this);
  }
  digamma(this: Tensor): Tensor {
    return gamma.digamma(this);
  }
  polygamma(this: Tensor, n: number): Tensor {
    return gamma.polygamma(n, this);
  }
  logit(this: Tensor, options: { eps?: number | null } = {}): Tensor {
    return logarithms.logit(this, options);
  }
  prod(this: Tensor, ...args: DimsFirst<SumOptions>): Tensor {
    return prod(this, ...args);
  }
  aminmax(this: Tensor, ...args: DimsFirst): { min: Tensor; max: Tensor } {
    return reductions.aminmax(this, ...args);
  }
  logsumexp(this: Tensor, ...args: DimsFirst): Tensor {
    return soft.logsumexp(this, ...args);
  }
  nansum(this: Tensor, ...args: DimsFirst<SumOptions>): Tensor {
    return statistics.nansum(this, ...args);
  }
  nanmean(this: Tensor, ...args: DimsFirst<SumOptions>): Tensor {
    return statistics.nanmean(this, ...args);
  }
  countNonzero(this: Tensor, ...args: DimsFirst): Tensor {
    return statistics.countNonzero(this, ...args);
  }
  /** The lower median of all elements; along a dimension, with positions. */
  median(this: Tensor): Tensor;
  median(this: Tensor, dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  median(this: Tensor, options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  median(this: Tensor, ...args: unknown[]): Tensor | ValuesAndIndices {
    return order.median(this, ...(args as [number]));
  }
  nanmedian(this: Tensor): Tensor;
  nanmedian(this: Tensor, dim: number, options?: { keepdim?: boolean }): ValuesAndIndices;
  nanmedian(this: Tensor, options: { dim: number; keepdim?: boolean }): ValuesAndIndices;
  nanmedian(this: Tensor, ...args: unknown[]): Tensor | ValuesAndIndices {
    return order.nanmedian(this, ...(args as [number]));
  }
  mode(this: Tensor, ...args: DimFirst): ValuesAndIndices {
    return order.mode(this, ...args);
  }
  kthvalue(this: Tensor, k: number, ...args: DimFirst): ValuesAndIndices {
    return order.kthvalue(this, k, ...args);
  }
  quantile(this: Tensor, q: Operand, ...args: DimFirst<order.QuantileOptions>): Tensor {
    return order.quantile(this, q, ...args);
  }
  nanquantile(this: Tensor, q: Operand, ...args: DimFirst<order.QuantileOptions>): Tensor {
    return order.nanquantile(this, q, ...args);
  }
  cov(this: Tensor, options: statistics.CovOptions = {}): Tensor {
    return statistics.cov(this, options);
  }
  corrcoef(this: Tensor): Tensor {
    return statistics.corrcoef(this);
  }
  renorm(this: Tensor, p: number, dim: number, maxnorm: number): Tensor {
    return statistics.renorm(this, p, dim, maxnorm);
  }
  histc(this: Tensor, options: { bins?: number; min?: number; max?: number } = {}): Tensor {
    return counting.histc(this, options);
  }
  bincount(this: Tensor, options: counting.BincountOptions = {}): Tensor {
    return counting.bincount(this, options);
  }
  diff(this: Tensor, options: integral.DiffOptions = {}): Tensor {
    return integral.diff(this, options);
  }
  cumsum(this: Tensor, dim: number, options: { dtype?: DType } = {}): Tensor {
    return scans.cumsum(this, dim, options);
  }
  cumprod(this: Tensor, dim: number, options: { dtype?: DType } = {}): Tensor {
    return scans.cumprod(this, dim, options);
  }
  cummax(this: Tensor, dim: number): ValuesAndIndices {
    return scans.cummax(this, dim);
  }
  cummin(this: Tensor, dim: number): ValuesAndIndices {
    return scans.cummin(this, dim);
  }
  logcumsumexp(this: Tensor, dim: number): Tensor {
    return scans.logcumsumexp(this, dim);
  }

  // ---- order, positions, parts ---------------------------------------------------------------------------------------

  sort(this: Tensor, ...args: DimFirst<sorting.SortOptions>): ValuesAndIndices {
    return sorting.sort(this, ...args);
  }
  argsort(this: Tensor, ...args: DimFirst<sorting.SortOptions>): Tensor {
    return sorting.argsort(this, ...args);
  }
  msort(this: Tensor): Tensor {
    return sorting.msort(this);
  }
  topk(this: Tensor, k: number, ...args: DimFirst<sorting.TopkOptions>): ValuesAndIndices {
    return sorting.topk(this, k, ...args);
  }
  /** The distinct elements in ascending order; an array if more than they is asked for. */
  unique(this: Tensor, options: distinct.WithMore & { sorted?: boolean }): Tensor[];
  unique(this: Tensor, options?: distinct.UniqueOptions & { sorted?: boolean }): Tensor;
  unique(this: Tensor, options: distinct.UniqueOptions = {}): Tensor | Tensor[] {
    return distinct.unique(this, options);
  }
  uniqueConsecutive(this: Tensor, options: distinct.WithMore): Tensor[];
  uniqueConsecutive(this: Tensor, options?: distinct.UniqueOptions): Tensor;
  uniqueConsecutive(this: Tensor, options: distinct.UniqueOptions = {}): Tensor | Tensor[] {
    return distinct.uniqueConsecutive(this, options);
  }
  scatterReduce(
    this: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: folding.ScatterReduction,
    options?: folding.ScatterReduceOptions,
  ): Tensor {
    return folding.scatterReduce(this, dim, index, source, reduce, options);
  }
  indexAdd(
    this: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    options?: { alpha?: number },
  ): Tensor {
    return along.indexAdd(this, dim, index, source, options);
  }
  indexCopy(this: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
    return along.indexCopy(this, dim, index, source);
  }
  indexFill(this: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
    return along.indexFill(this, dim, index, value);
  }
  indexReduce(
    this: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: "prod" | "mean" | "amax" | "amin",
    options?: folding.ScatterReduceOptions,
  ): Tensor {
    return along.indexReduce(this, dim, index, source, reduce, options);
  }
  /** What PyTorch writes as x[i, :, j]. */
  index(this: Tensor, indices: readonly advanced.AdvancedIndex[]): Tensor {
    return advanced.index(this, indices);
  }
  indexPut(
    this: Tensor,
    indices: readonly advanced.AdvancedIndex[],
    values: Operand,
    options?: { accumulate?: boolean },
  ): Tensor {
    return advanced.indexPut(this, indices, values, options);
  }
  take(this: Tensor, index: Tensor): Tensor {
    return flatIndex.take(this, index);
  }
  put(this: Tensor, index: Tensor, source: Tensor, options?: { accumulate?: boolean }): Tensor {
    return flatIndex.put(this, index, source, options);
  }
  takeAlongDim(this: Tensor, index: Tensor, options?: number | { dim?: number }): Tensor {
    return flatIndex.takeAlongDim(this, index, options);
  }
  maskedSelect(this: Tensor, mask: Tensor): Tensor {
    return masks.maskedSelect(this, mask);
  }
  maskedScatter(this: Tensor, mask: Tensor, source: Tensor): Tensor {
    return masks.maskedScatter(this, mask, source);
  }
  nonzero(this: Tensor, options?: { asTuple?: false }): Tensor;
  nonzero(this: Tensor, options: { asTuple: true }): Tensor[];
  nonzero(this: Tensor, options?: { asTuple?: boolean }): Tensor | Tensor[] {
    return masks.nonzero(this, options);
  }
  argwhere(this: Tensor): Tensor {
    return masks.argwhere(this);
  }
  selectScatter(this: Tensor, source: Tensor, dim: number, index: number): Tensor {
    return scatterViews.selectScatter(this, source, dim, index);
  }
  sliceScatter(this: Tensor, source: Tensor, options?: scatterViews.SliceScatterOptions): Tensor {
    return scatterViews.sliceScatter(this, source, options);
  }
  diagonalScatter(this: Tensor, source: Tensor, options?: diagonals.DiagonalOptions): Tensor {
    return scatterViews.diagonalScatter(this, source, options);
  }
  tril(this: Tensor, options?: { diagonal?: number }): Tensor {
    return triangles.tril(this, options);
  }
  triu(this: Tensor, options?: { diagonal?: number }): Tensor {
    return triangles.triu(this, options);
  }
  split(this: Tensor, size: number | readonly number[], dim?: join.DimArgument): Tensor[] {
    return join.split(this, size, dim);
  }
  chunk(this: Tensor, chunks: number, dim?: join.DimArgument): Tensor[] {
    return join.chunk(this, chunks, dim);
  }
  tensorSplit(
    this: Tensor,
    indicesOrSections: number | readonly number[],
    dim?: join.DimArgument,
  ): Tensor[] {
    return stacks.tensorSplit(this, indicesOrSections, dim);
  }
  hsplit(this: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
    return stacks.hsplit(this, indicesOrSections);
  }
  vsplit(this: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
    return stacks.vsplit(this, indicesOrSections);
  }
  dsplit(this: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
    return stacks.dsplit(this, indicesOrSections);
  }
  pad(
    this: Tensor,
    padding: readonly number[],
    options: { mode?: join.PadMode; value?: number } = {},
  ): Tensor {
    return join.pad(this, padding, options);
  }
  relu_(this: Tensor): Tensor {
    return activation.relu_(this);
  }

  fillDiagonal_(this: Tensor, value: number, options?: { wrap?: boolean }): Tensor {
    return diagonals.fillDiagonal_(this, value, options);
  }
  clip_(this: Tensor, options: { min?: Operand; max?: Operand }): Tensor;
  clip_(this: Tensor, min?: Operand | null, max?: Operand | null): Tensor;
  clip_(
    this: Tensor,
    first?: Operand | null | { min?: Operand; max?: Operand },
    max?: Operand | null,
  ): Tensor {
    return this.clamp_(first as Operand, max);
  }
  /** Only of float64, which its result always is. */
  floatPower_(this: Tensor, other: Operand): Tensor {
    arithmetic.requireDouble(this);
    return inplace.change(this, "floatPower_", (x) => x.floatPower(other), [other]);
  }

  // ---- what it is, and others like it --------------------------------------------------------------------------------

  /** Bytes of one element. */
  get itemsize(): number {
    return (this as unknown as Tensor).elementSize();
  }
  /** Bytes of all elements. */
  get nbytes(): number {
    return this.itemsize * (this as unknown as Tensor).numel;
  }
  isFloatingPoint(this: Tensor): boolean {
    return describe.isFloatingPoint(this);
  }
  isSigned(this: Tensor): boolean {
    return describe.isSigned(this);
  }
  isSameSize(this: Tensor, other: Tensor): boolean {
    return describe.isSameSize(this, other);
  }
  /** As uint8. */
  byte(this: Tensor): Tensor {
    return this.to("uint8");
  }
  /** In the dtype, and on the backend, of another. */
  typeAs(this: Tensor, other: Tensor): Tensor {
    return this.to({ dtype: other.dtype, device: other.device });
  }
  /** Arbitrary contents. */
  newEmpty(this: Tensor, shape: Shape, options?: NewOptions): Tensor {
    return create.empty(shape, { dtype: this.dtype, device: this.device, ...options });
  }
  newOnes(this: Tensor, shape: Shape, options?: NewOptions): Tensor {
    return this.newFull(shape, 1, options);
  }
  newTensor(this: Tensor, data: create.TensorData, options?: NewOptions): Tensor {
    return create.tensor(data, { dtype: this.dtype, device: this.device, ...options });
  }
  /** Does `backward()` leave its gradient in `.grad`, though it is no leaf? */
  get retainsGrad(): boolean {
    return state.autograd?.retainsGrad(this as unknown as Tensor) ?? false;
  }
  /** Calls `hook` with this leaf whenever `backward()` has added to its `.grad`. Returns a function that removes the hook. */
  registerPostAccumulateGradHook(this: Tensor, hook: (leaf: Tensor) => void): () => void {
    return autograd("registerPostAccumulateGradHook()").registerPostAccumulateGradHook(this, hook);
  }
  hardshrink(this: Tensor, { lambd = 0.5 }: { lambd?: number } = {}): Tensor {
    return activation.hardshrink(this, lambd);
  }
  /** This where it is positive, else weight · this; a weight for each channel stands along dimension 1. */
  prelu(this: Tensor, weight: Tensor): Tensor {
    return activation.prelu(this, weight);
  }

  isNonzero(this: Tensor): boolean {
    return describe.isNonzero(this);
  }
  fmax(this: Tensor, other: Tensor): Tensor {
    return extremes.fmax(this, other);
  }
  fmin(this: Tensor, other: Tensor): Tensor {
    return extremes.fmin(this, other);
  }
  frexp(this: Tensor): { mantissa: Tensor; exponent: Tensor } {
    return floats.frexp(this);
  }
  nextafter(this: Tensor, other: Tensor): Tensor {
    return floats.nextafter(this, other);
  }
  i0(this: Tensor): Tensor {
    return i0(this);
  }
  igamma(this: Tensor, other: Tensor): Tensor {
    return igamma(this, other);
  }
  igammac(this: Tensor, other: Tensor): Tensor {
    return igammac(this, other);
  }
  mvlgamma(this: Tensor, p: number): Tensor {
    return mvlgamma(this, p);
  }
  dist(this: Tensor, other: Tensor, options?: { p?: number }): Tensor {
    return dist(this, other, options);
  }
  histogram(
    this: Tensor,
    bins: number | Tensor,
    options?: HistogramOptions,
  ): { hist: Tensor; binEdges: Tensor } {
    return histogram(this, bins, options);
  }
  nonzeroStatic(this: Tensor, size: number, options?: { fillValue?: number }): Tensor {
    return nonzeroStatic(this, size, options);
  }
  reshapeAs(this: Tensor, other: Tensor): Tensor {
    return this.reshape(other.shape);
  }
  /** Summed over the dimensions in which `size`, which it could be broadcast from, is smaller. */
  sumToSize(this: Tensor, ...size: readonly number[] | readonly [Shape]): Tensor {
    return reductions.sumToSize(this, shapeArgument(size));
  }

  // ---- another shape, or no history, of the same tensor --------------------------------------------------------------

  t_(this: Tensor): Tensor {
    return inplace.restride(this, "t_", this.t());
  }
  transpose_(this: Tensor, dim0: number, dim1: number): Tensor {
    return inplace.restride(this, "transpose_", this.transpose(dim0, dim1));
  }
  swapaxes_(this: Tensor, dim0: number, dim1: number): Tensor {
    return inplace.restride(this, "swapaxes_", this.transpose(dim0, dim1));
  }
  swapdims_(this: Tensor, dim0: number, dim1: number): Tensor {
    return inplace.restride(this, "swapdims_", this.transpose(dim0, dim1));
  }
  squeeze_(
    this: Tensor,
    dim?: number | readonly number[] | { dim?: number | readonly number[] },
  ): Tensor {
    return inplace.restride(this, "squeeze_", this.squeeze(dim));
  }
  unsqueeze_(this: Tensor, dim: number): Tensor {
    return inplace.restride(this, "unsqueeze_", this.unsqueeze(dim));
  }
  /** Forgets what it was made from. */
  detach_(this: Tensor): Tensor {
    const { node } = this;
    this.node = null;
    this.requiresGrad = false;
    if (node && --node.owners === 0) node.release();
    return this;
  }

  // ---- random --------------------------------------------------------------------------------------------------------

  /** Uniform on [0, 1); `uniform_(from, to)` on that. */
  uniform_(this: Tensor, ...args: NumberArguments<"from" | "to">): Tensor {
    return random.uniform_(this, ...args);
  }
  /** Normal; `normal_(mean, std)`. */
  normal_(this: Tensor, ...args: NumberArguments<"mean" | "std">): Tensor {
    return random.normal_(this, ...args);
  }
  exponential_(this: Tensor, ...args: NumberArguments<"lambd">): Tensor {
    return random.exponential_(this, ...args);
  }
  cauchy_(this: Tensor, ...args: NumberArguments<"median" | "sigma">): Tensor {
    return random.cauchy_(this, ...args);
  }
  logNormal_(this: Tensor, ...args: NumberArguments<"mean" | "std">): Tensor {
    return random.logNormal_(this, ...args);
  }
  geometric_(this: Tensor, p: number, options?: GeneratorOption): Tensor {
    return random.geometric_(this, p, options);
  }
  /** Whole numbers; `random_(to)`, `random_(from, to)`. */
  random_(this: Tensor, ...args: NumberArguments<"from" | "to">): Tensor {
    return random.random_(this, ...args);
  }
  bernoulli_(
    this: Tensor,
    ...args: readonly (number | Tensor | (GeneratorOption & { p?: number | Tensor }))[]
  ): Tensor {
    return random.bernoulli_(this, ...args);
  }
  bernoulli(
    this: Tensor,
    p?: number | (GeneratorOption & { p?: number }),
    options?: GeneratorOption,
  ): Tensor {
    return samples.bernoulli(this, p, options);
  }
  multinomial(this: Tensor, numSamples: number, options?: samples.MultinomialOptions): Tensor {
    return samples.multinomial(this, numSamples, options);
  }
}

/** Gives every tensor the methods above. */
export function addMethods(): void {
  for (const name of Object.getOwnPropertyNames(TensorMethods.prototype)) {
    if (name === "constructor") continue;
    const method = Object.getOwnPropertyDescriptor(TensorMethods.prototype, name)!;
    Object.defineProperty(Tensor.prototype, name, method);
  }
  Object.defineProperty(Tensor.prototype, Symbol.for("Jupyter.display"), {
    value(this: Tensor) {
      return display(this);
    },
    configurable: true,
  });
  addInPlaceMethods();
}
