// Modules and their parameters.
export {
  type ForwardHook,
  type ForwardPreHook,
  type HookHandle,
  isModule,
  Module,
  type NamedOptions,
  type RegisterOptions,
} from "./module.ts";
export type { LoadResult, StateDict } from "./stateDict.ts";
export { isParameter, type LayerOptions, Parameter } from "./parameter.ts";
export { ModuleDict, ModuleList, Sequential } from "./containers.ts";

// Layers.
export { Linear, type LinearOptions } from "./linear.ts";
export { Conv2d, type Conv2dOptions } from "./conv.ts";
export { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d } from "./pool.ts";
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from "./norm.ts";
export { Dropout } from "./dropout.ts";
export { Flatten, Identity, Unflatten } from "./shape.ts";
export {
  ELU,
  GELU,
  Hardtanh,
  LeakyReLU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "./activation.ts";

// Starting values, and layers as functions.
export * as init from "./init.ts";
export * as functional from "./functional.ts";
