// Modules and their parameters.
export {
  isModule,
  Module,
  type NamedOptions,
  type RegisterOptions,
  type StateDictOptions,
} from "./module.ts";
export type { HookHandle, HookOptions } from "@dl/tensor/core";
export type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardPreHook,
  LoadStateDictPostHook,
  LoadStateDictPreHook,
  StateDictPostHook,
  StateDictPreHook,
} from "./hooks.ts";
export { Buffer, isBuffer } from "./buffer.ts";
export type { LoadResult, StateDict } from "./stateDict.ts";
export { isParameter, type LayerOptions, Parameter } from "./parameter.ts";
export { ModuleDict, ModuleList, Sequential } from "./containers.ts";
export { type NamedParameters, ParameterDict, ParameterList } from "./parameterContainers.ts";

// Layers.
export { Linear, type LinearOptions } from "./linear.ts";
export { Bilinear } from "./bilinear.ts";
export {
  Embedding,
  EmbeddingBag,
  type EmbeddingBagModuleOptions,
  type EmbeddingOptions,
  type PretrainedOptions,
} from "./embedding.ts";
export { CosineSimilarity, PairwiseDistance } from "./distance.ts";
export {
  Conv1d,
  type Conv1dOptions,
  Conv2d,
  type Conv2dOptions,
  Conv3d,
  type Conv3dOptions,
} from "./conv.ts";
export type { ConvLayerOptions, ConvNd } from "./convNd.ts";
export {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeCall,
  type ConvTransposeLayerOptions,
} from "./convTranspose.ts";
export { AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d } from "./pool.ts";
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
} from "./adaptivePool.ts";
export { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d } from "./unpool.ts";
export { LPPool1d, LPPool2d, LPPool3d } from "./lpPool.ts";
export { FractionalMaxPool2d, FractionalMaxPool3d } from "./fractionalPool.ts";
export {
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  type PaddingArgument,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
} from "./padding.ts";
export { Fold, Unfold } from "./fold.ts";
export { ChannelShuffle, PixelShuffle, PixelUnshuffle } from "./shuffle.ts";
export {
  Upsample,
  type UpsampleOptions,
  UpsamplingBilinear2d,
  type Upsampling2dOptions,
  UpsamplingNearest2d,
} from "./upsample.ts";
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from "./norm.ts";
export {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormOptions,
} from "./instanceNorm.ts";
export {
  CrossMapLRN2d,
  GroupNorm,
  type GroupNormOptions,
  LayerNorm,
  type LayerNormModuleOptions,
  LocalResponseNorm,
  RMSNorm,
} from "./sampleNorm.ts";
export {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  type DropoutModuleOptions,
  FeatureAlphaDropout,
} from "./dropout.ts";
export { Flatten, Identity, Unflatten } from "./shape.ts";
export {
  ELU,
  GELU,
  GLU,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmax2d,
  Softmin,
  Softplus,
  Softsign,
  Tanh,
  Tanhshrink,
} from "./activation.ts";
export {
  CELU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  PReLU,
  ReLU6,
  RReLU,
  SELU,
  Softshrink,
  Threshold,
} from "./rectifier.ts";
export {
  AdaptiveLogSoftmaxWithLoss,
  type AdaptiveLogSoftmaxOptions,
  type AdaptiveLogSoftmaxResult,
} from "./adaptiveSoftmax.ts";
export {
  LinearCrossEntropyLoss,
  type LinearCrossEntropyLossOptions,
} from "./linearCrossEntropyLoss.ts";
export { LinearCrossEntropyOptions } from "./functional/linearCrossEntropy.ts";

// Attention and transformers.
export {
  type AttentionCallOptions,
  MultiheadAttention,
  type MultiheadAttentionOptions,
} from "./attention.ts";
export {
  type EncoderCall,
  type EncoderLayerCall,
  type EncoderOptions,
  TransformerEncoder,
  TransformerEncoderLayer,
} from "./transformer/encoder.ts";
export {
  type DecoderCall,
  TransformerDecoder,
  TransformerDecoderLayer,
} from "./transformer/decoder.ts";
export {
  Transformer,
  type TransformerCall,
  type TransformerOptions,
} from "./transformer/transformer.ts";
export type { Activation, TransformerLayerOptions } from "./transformer/layer.ts";

// Sequences: layers, and batches of different lengths.
export { GRU, LSTM, type LSTMOptions, RNN, type RNNOptions } from "./recurrent/layers.ts";
export type { RecurrentOptions } from "./recurrent/recurrent.ts";
export {
  type CellOptions,
  GRUCell,
  LSTMCell,
  RNNCell,
  type RNNCellOptions,
} from "./recurrent/cells.ts";
export {
  invertPermutation,
  PackedSequence,
  type PackedSequenceOptions,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  unpackSequence,
  unpadSequence,
} from "./utils/rnn.ts";

// Starting values, and layers as functions.
export * as init from "./init.ts";
export * as functional from "./functional.ts";
export * as utils from "./utils/index.ts";
