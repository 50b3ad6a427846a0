// Tensors and how they are made.
export { isTensor, type NestedNumbers, Tensor } from "./tensor.ts";
export {
  adoptArray,
  arange,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  getBackend,
  linspace,
  type NestedArray,
  normal,
  ones,
  onesLike,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randomMask,
  type RandomOptions,
  randperm,
  setBackend,
  tensor,
  type TensorData,
  type TensorOptions,
  uniform,
  zeros,
  zerosLike,
} from "./create.ts";
export {
  bytesPerElement,
  type ComputeType,
  computeType,
  type DType,
  DTYPES,
  dtypeCategory,
  dtypeOfArray,
  isFloating,
  promoteTypes,
  type TypedArray,
  toFloating,
  typedArrayFor,
} from "./dtype.ts";
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
export { bernoulli, multinomial, type MultinomialOptions, poisson } from "./random/sample.ts";

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
  log10,
  log1p,
  log2,
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
  add,
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
  pow,
  remainder,
  sub,
  subtract,
  trueDivide,
} from "./ops/binary.ts";
export {
  clamp,
  clampMax,
  clampMin,
  clip,
  maskedFill,
  nanToNum,
  type NanToNumOptions,
  where,
} from "./ops/select.ts";
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
  norm,
  type NormOptions,
  type OneDimOptions,
  prod,
  std,
  sum,
  sumOfMap,
  type SumOptions,
  type ValuesAndIndices,
  variance,
  type VarOptions,
} from "./ops/reduce.ts";
export { bmm, dot, matmul, mm } from "./ops/matmul.ts";
export {
  addbmm,
  addmm,
  addmv,
  type AddProductOptions,
  addr,
  baddbmm,
  chainMatmul,
  inner,
  mv,
  outer,
  outer as ger,
  tensordot,
  type TensordotOptions,
  vdot,
} from "./ops/products.ts";
export { einsum } from "./ops/einsum.ts";
export { cdist, type CdistOptions, pdist } from "./ops/distance.ts";
export { cross, kron } from "./ops/cross.ts";
export * as linalg from "./ops/linalg/index.ts";
export { det, inv as inverse, logdet, slogdet } from "./ops/linalg/lu.ts";
export { cholesky, choleskySolve } from "./ops/linalg/triangular.ts";
export { matrixPower } from "./ops/linalg/power.ts";
export { pinv as pinverse } from "./ops/linalg/eigen.ts";
export { logSoftmax, logsumexp, softmax } from "./ops/softmax.ts";
export {
  cat,
  cat as concat,
  cat as concatenate,
  chunk,
  type DimArgument,
  pad,
  type PadMode,
  split,
  stack,
  unbind,
} from "./ops/join.ts";
export {
  columnStack,
  dsplit,
  dstack,
  hsplit,
  hstack,
  tensorSplit,
  vsplit,
  vstack,
} from "./ops/stacks.ts";
export {
  expand,
  flatten,
  flip,
  movedim,
  movedim as moveaxis,
  narrow,
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
  overlapAdd,
  type WindowAttrs,
  windows,
} from "./ops/views.ts";
export {
  adjoint,
  atleast1d,
  atleast2d,
  atleast3d,
  broadcastTensors,
  broadcastTo,
  fliplr,
  flipud,
  ravel,
  roll,
  type RollOptions,
  rot90,
  type Rot90Options,
} from "./ops/rearrange.ts";
export {
  repeat,
  repeatInterleave,
  type RepeatInterleaveOptions,
  tile,
} from "./ops/repeat.ts";
export {
  blockDiag,
  cartesianProd,
  combinations,
  type CombinationsOptions,
  meshgrid,
  type MeshgridOptions,
  unravelIndex,
  vander,
  type VanderOptions,
} from "./ops/grids.ts";
export {
  diag,
  diagEmbed,
  diagflat,
  diagonal,
  type DiagonalOptions,
  trace,
} from "./ops/diagonal.ts";
export {
  tril,
  trilIndices,
  triu,
  triuIndices,
  type TriangleIndicesOptions,
} from "./ops/triangle.ts";
export { gather, oneHot, scatter, scatterAdd } from "./ops/indexing.ts";
export {
  indexAdd,
  indexCopy,
  indexFill,
  indexReduce,
  indexSelect,
} from "./ops/indexAlong.ts";
export {
  scatterReduce,
  type ScatterReduceOptions,
  type ScatterReduction,
} from "./ops/scatterReduce.ts";
export { put, take, takeAlongDim } from "./ops/flatIndex.ts";
export { type AdvancedIndex, index, indexPut } from "./ops/advancedIndex.ts";
export { argwhere, maskedScatter, maskedSelect, nonzero } from "./ops/masked.ts";
export {
  diagonalScatter,
  selectScatter,
  sliceScatter,
  type SliceScatterOptions,
} from "./ops/scatterViews.ts";
export {
  argsort,
  msort,
  sort,
  type SortOptions,
  topk,
  type TopkOptions,
} from "./ops/sort.ts";
export {
  cummax,
  cummin,
  cumprod,
  cumsum,
  logcumsumexp,
  type ScanOptions,
} from "./ops/scan.ts";
export {
  addcdiv,
  addcmul,
  div,
  floatPower,
  floorDivide,
  gcd,
  lcm,
  ldexp,
  type RoundingMode,
} from "./ops/arithmetic.ts";
export {
  deg2rad,
  hypot,
  rad2deg,
  sinc,
} from "./ops/angles.ts";
export {
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
} from "./ops/bitwise.ts";
export {
  allclose,
  type ClosenessOptions,
  equal,
  isclose,
} from "./ops/closeness.ts";
export {
  entr,
  exp2,
  logaddexp,
  logaddexp2,
  logit,
  xlog1py,
  xlogy,
} from "./ops/logarithms.ts";
export {
  copysign,
  heaviside,
  positive,
  sgn,
  signbit,
} from "./ops/signs.ts";
export {
  erfc,
  erfinv,
} from "./ops/special/errorFunction.ts";
export {
  digamma,
  lgamma,
  polygamma,
} from "./ops/special/gamma.ts";
export {
  corrcoef,
  countNonzero,
  cov,
  type CovOptions,
  nanmean,
  nansum,
  renorm,
  stdMean,
  varMean,
} from "./ops/statistics.ts";
export {
  type Interpolation,
  kthvalue,
  median,
  mode,
  nanmedian,
  nanquantile,
  quantile,
  type QuantileOptions,
} from "./ops/order.ts";
export {
  cumulativeTrapezoid,
  diff,
  type DiffOptions,
  trapezoid,
  type TrapezoidOptions,
} from "./ops/integral.ts";
export {
  bucketize,
  isin,
  type SearchOptions,
  searchsorted,
  type SearchsortedOptions,
} from "./ops/search.ts";
export {
  unique,
  uniqueConsecutive,
  type UniqueOptions,
} from "./ops/unique.ts";
export {
  bincount,
  type BincountOptions,
  histc,
} from "./ops/counting.ts";
export { type LayerNormOptions, layerNorm } from "./ops/layerNorm.ts";
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
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type AvgPoolOptions,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
  type MaxPoolOptions,
  type PoolResult,
  type ReturnIndices,
} from "./ops/pool.ts";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type AdaptiveSize,
} from "./ops/adaptivePool.ts";
export { lpPool1d, lpPool2d, lpPool3d, type LPPoolOptions } from "./ops/lpPool.ts";
export {
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  type FractionalMaxPoolOptions,
} from "./ops/fractionalPool.ts";
export {
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  type MaxUnpoolOptions,
} from "./ops/unpool.ts";
export {
  channelShuffle,
  col2im,
  type FoldOptions,
  im2col,
  pixelShuffle,
  pixelUnshuffle,
} from "./ops/fold.ts";
export {
  interpolate,
  type InterpolateMode,
  type InterpolateOptions,
} from "./ops/resample.ts";
export { affineGrid, gridSample, type GridSampleOptions } from "./ops/gridSample.ts";

// Memory.
export {
  eachTensor,
  keep,
  letGo,
  type Mark,
  scope,
  scopeTensors,
  type ScopeOptions,
  unscoped,
} from "./scope.ts";
export { macrotask } from "./turn.ts";

// For authors of ops, layers, optimizers and tools.
export {
  type Assignment,
  assign,
  assignEach,
  checkTensor,
  commonBackend,
  type CompositeDefinition,
  defineComposite,
  defineMap,
  defineView,
  type Elementwise,
  type MapAttrs,
  type MapOp,
  makeMapOp,
  type Operand,
  resultType,
  type ResultSpec,
  runMap,
  runReduce,
} from "./define.ts";
export {
  dispatch,
  dispatchAll,
  type GradientContext,
  installLayer,
  type Layer,
  type Op,
  type Run,
} from "./dispatch.ts";
export { derive } from "./derivative.ts";
export * as expr from "./expr.ts";
export type {
  BinaryOp,
  CompareOp,
  Expr,
  ExprLike,
  ExprOp,
  LeafOp,
  MaskOp,
  UnaryOp,
} from "./expr.ts";
export { IDENTITY, type Program, program } from "./program.ts";
export { DlError, type ErrorCode, formatShape, ShapeError } from "./errors.ts";
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
export type { GraphNode } from "./tensor.ts";
export { Storage } from "./storage.ts";
export { allocate, denseLike, View as TensorView } from "./view.ts";

// For authors of backends.
export type {
  Backend,
  BackendMemory,
  MapCall,
  Buffer,
  CompositeKernel,
  RandomKey,
  ReduceOp,
  ScanOp,
  ScatterMode,
  View,
} from "./backend.ts";
