// Tensors and how they are made.

export { afterwards } from "./afterwards.ts";
// For authors of backends.
export type {
  Backend,
  BackendMemory,
  Buffer,
  CompositeKernel,
  MapCall,
  RandomKey,
  ReduceOp,
  ScanOp,
  ScatterMode,
  View,
} from "./backend.ts";
export {
  adoptArray,
  arange,
  asarray,
  asTensor,
  empty,
  emptyLike,
  eye,
  fill,
  full,
  fullLike,
  getBackend,
  linspace,
  logspace,
  type NestedArray,
  normal,
  ones,
  onesLike,
  type RandomOptions,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randomMask,
  randperm,
  scalarTensor,
  setBackend,
  type TensorData,
  type TensorOptions,
  tensor,
  uniform,
  zeros,
  zerosLike,
} from "./create.ts";
// For authors of ops, layers, optimizers and tools.
export {
  type Assignment,
  assign,
  assignEach,
  type CompositeDefinition,
  checkTensor,
  commonBackend,
  defineComposite,
  defineMap,
  defineView,
  type Elementwise,
  type MapAttrs,
  type MapOp,
  makeMapOp,
  type Operand,
  type ResultSpec,
  resultType,
  runMap,
  runReduce,
} from "./define.ts";
export { derive } from "./derivative.ts";
export {
  dispatch,
  dispatchAll,
  type GradientContext,
  installLayer,
  type Layer,
  type Op,
  type Run,
} from "./dispatch.ts";
export {
  bytesPerElement,
  type ComputeType,
  canCast,
  computeType,
  DTYPES,
  type DType,
  dtypeCategory,
  dtypeOfArray,
  type FloatInfo,
  finfo,
  type IntegerInfo,
  iinfo,
  isFloating,
  promoteTypes,
  type TypedArray,
  toFloating,
  typedArrayFor,
} from "./dtype.ts";
export { DlError, type ErrorCode, formatShape, ShapeError } from "./errors.ts";
export type {
  BinaryOp,
  BitOp,
  CompareOp,
  Expr,
  ExprLike,
  ExprOp,
  LeafOp,
  MaskOp,
  UnaryOp,
} from "./expr.ts";
export * as expr from "./expr.ts";
export { type HookHandle, type HookOptions, Hooks } from "./hooks.ts";
// For backends whose memory JavaScript has in arrays, and for tests of others: what kernels are made of.
export { type Evaluation, evaluateProgram } from "./host/evaluate.ts";
export { binaryFunctions, bitFunctions, unaryFunctions } from "./host/functions.ts";
export { type HostKernel, type HostView, hostView } from "./host/hostView.ts";
export { checkIndices } from "./host/indices.ts";
export {
  eachRow,
  elementOffsets,
  type Layout,
  mergeDimensions,
  type Walk,
} from "./host/loops.ts";
export { identityOf, joinFor } from "./host/reduction.ts";
export { fillRandom } from "./host/threefry.ts";
export {
  elementReader,
  elementWriter,
  type Transfer,
  toInt32,
} from "./host/transfer.ts";
export {
  celu,
  elu,
  gelu,
  geluTanh,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  mish,
  prelu,
  relu,
  relu_,
  selu,
  sigmoid,
  silu,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from "./ops/activation.ts";
export {
  type AdaptiveSize,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
} from "./ops/adaptivePool.ts";
export { type AdvancedIndex, index, indexPut } from "./ops/advancedIndex.ts";
export {
  deg2rad,
  hypot,
  rad2deg,
  sinc,
} from "./ops/angles.ts";
export {
  type AlphaOptions,
  add,
  addcdiv,
  addcmul,
  div,
  div as divide,
  floatPower,
  floorDivide,
  gcd,
  lcm,
  ldexp,
  pow,
  type RoundingMode,
  sub,
  subtract,
} from "./ops/arithmetic.ts";
export {
  arctan2,
  atan2,
  eq,
  fmod,
  ge,
  greater,
  greaterEqual,
  gt,
  le,
  lerp,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  logicalXor,
  lt,
  maximum,
  minimum,
  mul,
  multiply,
  ne,
  notEqual,
  remainder,
  trueDivide,
} from "./ops/binary.ts";
export {
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
} from "./ops/bitwise.ts";
export { clone } from "./ops/cast.ts";
export {
  allclose,
  type ClosenessOptions,
  equal,
  isclose,
} from "./ops/closeness.ts";
export {
  type ConvAttrs,
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type PairArgument,
  pair,
} from "./ops/conv.ts";
export {
  type BincountOptions,
  bincount,
  histc,
} from "./ops/counting.ts";
export { cross, kron } from "./ops/cross.ts";
export {
  detach,
  isFloatingPoint,
  isNonzero,
  isSameSize,
  isSigned,
} from "./ops/describe.ts";
export {
  type DiagonalOptions,
  diag,
  diagEmbed,
  diagflat,
  diagonal,
  trace,
} from "./ops/diagonal.ts";
export { type CdistOptions, cdist, dist, pdist } from "./ops/distance.ts";
export { einsum } from "./ops/einsum.ts";
export { fmax, fmin } from "./ops/extremes.ts";
export { put, take, takeAlongDim } from "./ops/flatIndex.ts";
export { frexp, nextafter } from "./ops/floats.ts";
export {
  channelShuffle,
  col2im,
  type FoldOptions,
  im2col,
  pixelShuffle,
  pixelUnshuffle,
} from "./ops/fold.ts";
export {
  type FractionalMaxPoolOptions,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
} from "./ops/fractionalPool.ts";
export { type GradientOptions, gradient } from "./ops/gradient.ts";
export { affineGrid, type GridSampleOptions, gridSample } from "./ops/gridSample.ts";
export {
  blockDiag,
  type CombinationsOptions,
  cartesianProd,
  combinations,
  type MeshgridOptions,
  meshgrid,
  unravelIndex,
  type VanderOptions,
  vander,
} from "./ops/grids.ts";
export { type HistogramOptions, histogram, histogramdd } from "./ops/histogram.ts";
export {
  indexAdd,
  indexCopy,
  indexFill,
  indexReduce,
  indexSelect,
} from "./ops/indexAlong.ts";
export { gather, oneHot, scatter, scatterAdd } from "./ops/indexing.ts";
export {
  cumulativeTrapezoid,
  type DiffOptions,
  diff,
  type TrapezoidOptions,
  trapezoid,
  trapezoid as trapz,
} from "./ops/integral.ts";
export {
  cat,
  cat as concat,
  cat as concatenate,
  chunk,
  type DimArgument,
  type PadMode,
  pad,
  split,
  stack,
  unbind,
} from "./ops/join.ts";
export { type LayerNormOptions, layerNorm } from "./ops/layerNorm.ts";
export { pinv as pinverse } from "./ops/linalg/eigen.ts";
export { matrixExp } from "./ops/linalg/exponential.ts";
export * as linalg from "./ops/linalg/index.ts";
export {
  type LowRank,
  type PcaLowrankOptions,
  pcaLowrank,
  type SvdLowrankOptions,
  svdLowrank,
} from "./ops/linalg/lowRank.ts";
export { det, inv as inverse, logdet, slogdet } from "./ops/linalg/lu.ts";
export { type LuUnpackOptions, luUnpack } from "./ops/linalg/luFactors.ts";
export {
  choleskyInverse,
  lu,
  luSolve,
  type OlderLuOptions,
  type OlderSvdOptions,
  type OlderTriangularOptions,
  qr,
  svd,
  triangularSolve,
} from "./ops/linalg/older.ts";
export { matrixPower } from "./ops/linalg/power.ts";
export {
  geqrf,
  householderProduct as orgqr,
  type OrmqrOptions,
  ormqr,
} from "./ops/linalg/reflections.ts";
export { cholesky, choleskySolve } from "./ops/linalg/triangular.ts";
export {
  entr,
  exp2,
  logaddexp,
  logaddexp2,
  logit,
  xlog1py,
  xlogy,
} from "./ops/logarithms.ts";
export { type LPPoolOptions, lpPool1d, lpPool2d, lpPool3d } from "./ops/lpPool.ts";
export { argwhere, maskedScatter, maskedSelect, nonzero } from "./ops/masked.ts";
export { bmm, dot, matmul, mm } from "./ops/matmul.ts";
export { nonzeroStatic } from "./ops/nonzeroStatic.ts";
export {
  type Interpolation,
  kthvalue,
  median,
  mode,
  nanmedian,
  nanquantile,
  type QuantileOptions,
  quantile,
} from "./ops/order.ts";
export {
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
  type PoolAttrs,
  type PoolResult,
  type ReturnIndices,
} from "./ops/pool.ts";
export { prod } from "./ops/prod.ts";
export {
  type AddProductOptions,
  addbmm,
  addmm,
  addmv,
  addr,
  baddbmm,
  chainMatmul,
  inner,
  mv,
  outer,
  outer as ger,
  type TensordotOptions,
  tensordot,
  vdot,
} from "./ops/products.ts";
export {
  adjoint,
  atleast1d,
  atleast2d,
  atleast3d,
  broadcastTensors,
  broadcastTo,
  fliplr,
  flipud,
  type RollOptions,
  type Rot90Options,
  ravel,
  roll,
  rot90,
} from "./ops/rearrange.ts";
export {
  all,
  amax,
  amin,
  aminmax,
  any,
  argmax,
  argmin,
  type DimFirst,
  type DimOptions,
  type Dims,
  type DimsFirst,
  max,
  mean,
  min,
  type NormOptions,
  norm,
  type OneDimOptions,
  type SumOptions,
  std,
  sum,
  sumOfMap,
  type ValuesAndIndices,
  type VarOptions,
  variance,
} from "./ops/reduce.ts";
export {
  type RepeatInterleaveOptions,
  repeat,
  repeatInterleave,
  tile,
} from "./ops/repeat.ts";
export {
  type InterpolateMode,
  type InterpolateOptions,
  interpolate,
} from "./ops/resample.ts";
export {
  cummax,
  cummin,
  cumprod,
  cumsum,
  logcumsumexp,
  type ScanOptions,
} from "./ops/scan.ts";
export {
  type ScatterReduceOptions,
  type ScatterReduction,
  scatterReduce,
} from "./ops/scatterReduce.ts";
export {
  diagonalScatter,
  type SliceScatterOptions,
  selectScatter,
  sliceScatter,
} from "./ops/scatterViews.ts";
export {
  bucketize,
  isin,
  type SearchOptions,
  type SearchsortedOptions,
  searchsorted,
} from "./ops/search.ts";
export {
  clamp,
  clampMax,
  clampMin,
  clip,
  maskedFill,
  type NanToNumOptions,
  nanToNum,
  where,
} from "./ops/select.ts";
export {
  copysign,
  heaviside,
  positive,
  sgn,
  signbit,
} from "./ops/signs.ts";
export { logSoftmax, logsumexp, softmax } from "./ops/softmax.ts";
export {
  argsort,
  msort,
  type SortOptions,
  sort,
  type TopkOptions,
  topk,
} from "./ops/sort.ts";
export {
  erfc,
  erfinv,
} from "./ops/special/errorFunction.ts";
export {
  digamma,
  lgamma,
  polygamma,
} from "./ops/special/gamma.ts";
export { igamma, igammac } from "./ops/special/incompleteGamma.ts";
export * as special from "./ops/special/index.ts";
export { i0 } from "./ops/special/modifiedBessel.ts";
export { mvlgamma } from "./ops/special/multigamma.ts";
export {
  columnStack,
  dsplit,
  dstack,
  hsplit,
  hstack,
  tensorSplit,
  vsplit,
  vstack,
  vstack as rowStack,
} from "./ops/stacks.ts";
export {
  type CovOptions,
  corrcoef,
  countNonzero,
  cov,
  nanmean,
  nansum,
  renorm,
  stdMean,
  varMean,
} from "./ops/statistics.ts";
export {
  type TriangleIndicesOptions,
  tril,
  trilIndices,
  triu,
  triuIndices,
} from "./ops/triangle.ts";
// Ops.
export {
  abs,
  absolute,
  acos,
  acosh,
  arccos,
  arccosh,
  arcsin,
  arcsinh,
  arctan,
  arctanh,
  asin,
  asinh,
  atan,
  atanh,
  ceil,
  cos,
  cosh,
  erf,
  exp,
  expm1,
  fix,
  floor,
  frac,
  isfinite,
  isinf,
  isnan,
  isneginf,
  isposinf,
  isreal,
  log,
  log1p,
  log2,
  log10,
  logicalNot,
  neg,
  negative,
  reciprocal,
  round,
  rsqrt,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  tan,
  trunc,
} from "./ops/unary.ts";
export {
  type UniqueOptions,
  unique,
  uniqueConsecutive,
} from "./ops/unique.ts";
export {
  type MaxUnpoolOptions,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
} from "./ops/unpool.ts";
export {
  expand,
  flatten,
  flip,
  movedim,
  movedim as moveaxis,
  narrow,
  overlapAdd,
  permute,
  reshape,
  select,
  slice,
  squeeze,
  t,
  transpose,
  transpose as swapaxes,
  transpose as swapdims,
  unflatten,
  unfold,
  unsqueeze,
  type WindowAttrs,
  windows,
} from "./ops/views.ts";
export { IDENTITY, type Program, program } from "./program.ts";
export {
  defaultGenerator,
  Generator,
  type GeneratorState,
  getRngState,
  initialSeed,
  manualSeed,
  seed,
  setRngState,
} from "./random/generator.ts";
export {
  bernoulli_,
  cauchy_,
  exponential_,
  geometric_,
  logNormal_,
  normal_,
  random_,
  uniform_,
} from "./random/inplace.ts";
export {
  bernoulli,
  binomial,
  type MultinomialOptions,
  multinomial,
  poisson,
} from "./random/sample.ts";
// Memory.
export {
  eachTensor,
  keep,
  letGo,
  type Mark,
  type ScopeOptions,
  scope,
  scopeTensors,
  unscoped,
} from "./scope.ts";
export {
  broadcastShapes,
  contiguousStrides,
  numelOf,
  type Shape,
  sameShape,
  wrapDim,
  wrapDims,
} from "./shape.ts";
export {
  type Autograd,
  type BackwardOptions,
  type RunningModule,
  state,
  type TensorHook,
} from "./state.ts";
export { Storage } from "./storage.ts";
export type { GraphNode, ViewOf, ViewStep } from "./tensor.ts";
export { isTensor, type NestedNumbers, type NewOptions, Tensor } from "./tensor.ts";
export { breathe, macrotask } from "./turn.ts";
export { allocate, denseLike, View as TensorView } from "./view.ts";
