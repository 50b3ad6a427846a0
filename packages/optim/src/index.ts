// Optimizers.
export { SGD, type SGDOptions } from "./sgd.ts";
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { Adamax, type AdamaxOptions } from "./adamax.ts";
export { NAdam, type NAdamOptions } from "./nadam.ts";
export { RAdam, type RAdamOptions } from "./radam.ts";
export { SparseAdam, type SparseAdamOptions } from "./sparseAdam.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adadelta, type AdadeltaOptions } from "./adadelta.ts";
export { Adafactor, type AdafactorOptions } from "./adafactor.ts";
export { ASGD, type ASGDOptions } from "./asgd.ts";
export { Rprop, type RpropOptions } from "./rprop.ts";
export { Muon, type MuonOptions } from "./muon.ts";
export { LBFGS, type LBFGSOptions } from "./lbfgs.ts";
// Learning rates.
export { LambdaLR, type LrLambda, MultiplicativeLR } from "./scheduler/lambda.ts";
export { MultiStepLR, StepLR } from "./scheduler/step.ts";
export {
  ConstantLR,
  type ConstantLROptions,
  LinearLR,
  type LinearLROptions,
} from "./scheduler/factor.ts";
export { ExponentialLR } from "./scheduler/exponential.ts";
export { PolynomialLR, type PolynomialLROptions } from "./scheduler/polynomial.ts";
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from "./scheduler/cosine.ts";
export { CyclicLR, type CyclicLROptions, type CyclicMode } from "./scheduler/cyclic.ts";
export { OneCycleLR, type OneCycleLROptions } from "./scheduler/oneCycle.ts";
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from "./scheduler/plateau.ts";
export { SWALR, type SWALROptions } from "./scheduler/swa.ts";
export { ChainedScheduler, SequentialLR } from "./scheduler/combined.ts";
export { type EpochArgument, LRScheduler, type SchedulerOptions } from "./scheduler/scheduler.ts";
// Penalties.
export { l1Penalty, l2Penalty } from "./penalty.ts";
export { type WeightNoiseOptions, withWeightNoise } from "./weightNoise.ts";
// Averages of weights.
export {
  AveragedModel,
  type AveragedModelOptions,
  type AveragedModule,
  type AvgFn,
  getEmaAvgFn,
  getEmaMultiAvgFn,
  getSwaAvgFn,
  getSwaMultiAvgFn,
  type MultiAvgFn,
} from "./averaging.ts";
export { type NormalizedModule, updateBn } from "./updateBn.ts";
// Your own.
export { ElementwiseOptimizer, type Update } from "./elementwise.ts";
export type { HookHandle, HookOptions } from "@dl/tensor/core";
export {
  type Group,
  Optimizer,
  type OptimizerHook,
  type OptimizerStateDictHook,
  type OptimizerStateDict,
  type ParameterState,
  type ParamsArgument,
  type StateEntry,
  type StepPostHook,
  type StepPreHook,
  type WithGradient,
} from "./optimizer.ts";
