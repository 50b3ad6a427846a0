// Optimizers.
export { SGD, type SGDOptions } from "./sgd.ts";
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adadelta, type AdadeltaOptions } from "./adadelta.ts";
// Learning rates.
export { ExponentialLR, LRScheduler, StepLR } from "./scheduler.ts";
// Your own.
export {
  type Group,
  Optimizer,
  type OptimizerStateDict,
  type ParameterState,
  type ParamsArgument,
  type Update,
} from "./optimizer.ts";
