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
  manualSeed,
} from "./random/generator.ts";

// Ops.
export {
  acos,
  acosh,
  abs,
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
  floor,
  isfinite,
  isinf,
  isnan,
  log,
  log10,
  log1p,
  log2,
  logicalNot,
  neg,
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
  elu,
  gelu,
  geluTanh,
  hardtanh,
  leakyRelu,
  logSigmoid,
  relu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "./ops/activation.ts";
export {
  add,
  atan2,
  div,
  eq,
  fmod,
  ge,
  gt,
  le,
  lerp,
  logicalAnd,
  logicalOr,
  logicalXor,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  pow,
  remainder,
  sub,
} from "./ops/binary.ts";
export { clamp, maskedFill, nanToNum, where } from "./ops/select.ts";
export {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  type DimOptions,
  type Dims,
  mean,
  norm,
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
export { logSoftmax, logsumexp, softmax } from "./ops/softmax.ts";
export { cat, chunk, pad, type PadMode, split, stack, unbind } from "./ops/join.ts";
export {
  diagonal,
  expand,
  flatten,
  flip,
  movedim,
  narrow,
  permute,
  reshape,
  select,
  slice,
  squeeze,
  t,
  transpose,
  unflatten,
  unfold,
  unsqueeze,
  overlapAdd,
  type WindowAttrs,
  windows,
} from "./ops/views.ts";
export { gather, indexSelect, oneHot, scatter, scatterAdd, tril, triu } from "./ops/indexing.ts";
export { argsort, sort, topk } from "./ops/sort.ts";
export { cumsum } from "./ops/scan.ts";
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
  adaptiveAvgPool2d,
  avgPool2d,
  type AvgPoolOptions,
  maxPool2d,
  type MaxPoolOptions,
  maxPool2dWithIndices,
} from "./ops/pool.ts";

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
