// Suites.
export {
  type BackendSuiteOptions,
  type Case,
  testBackend,
  withoutOverrides,
  withoutSyncReads,
} from "./suite.ts";
export { type LayerLike, type LayerSuiteOptions, testLayer } from "./kinds/layer.ts";
export { type Criterion, type LossSuiteOptions, testLoss } from "./kinds/loss.ts";
export {
  type OptimizerLike,
  type OptimizerParams,
  type OptimizerSuiteOptions,
  testOptimizer,
} from "./kinds/optimizer.ts";
export {
  type SchedulerLike,
  type SchedulerSuiteOptions,
  testScheduler,
} from "./kinds/scheduler.ts";
export {
  type ActivationLike,
  type ActivationSuiteOptions,
  testActivation,
} from "./kinds/activation.ts";
export type { Runner, SuiteOptions } from "./runner.ts";
// For tests of backends.
export { oracle } from "./oracle.ts";
export { expectClose, isClose, TOLERANCE, type Tolerance } from "./compare.ts";
