// Training and evaluation.
export { type FitOptions, fit } from "./fit.ts";
export type { StepOptions } from "./step.ts";
export { type EvaluateOptions, evaluate } from "./evaluate.ts";
export {
  type EpochRecord,
  History,
  type LossReading,
  type Measured,
  valuesOf,
} from "./history.ts";
export type { SchedulerArgument, SchedulerRule } from "./schedule.ts";
// Your own.
export type { Callback, Run, Step } from "./callback.ts";
export type {
  Awaitable,
  Batches,
  BatchSource,
  LossFunction,
  MetricLike,
  Metrics,
  MetricValues,
  Model,
  OptimizerLike,
  Predictor,
  SchedulerLike,
  StepFunction,
  StepResult,
} from "./interfaces.ts";
export type { HasStateDict, TrainingParts } from "./parts.ts";
// Callbacks.
export { EarlyStopping, type EarlyStoppingOptions } from "./callbacks/earlyStopping.ts";
export {
  ModelCheckpoint,
  type ModelCheckpointOptions,
  type SaveCheckpoint,
} from "./callbacks/modelCheckpoint.ts";
export type { MonitorOptions } from "./callbacks/monitor.ts";
export { TerminateOnNaN, type TerminateOnNaNOptions } from "./callbacks/terminateOnNaN.ts";
export {
  GradientAccumulation,
  GradientClipping,
  type GradientClippingOptions,
} from "./callbacks/gradients.ts";
export {
  type Progress,
  ProgressLogger,
  type ProgressLoggerOptions,
} from "./callbacks/progress.ts";
export {
  CSVLogger,
  JsonLinesLogger,
  type LearningRateEntry,
  LearningRateLogger,
  type Write,
} from "./callbacks/loggers.ts";
export { LambdaCallback } from "./callbacks/lambda.ts";
// Comparing models.
export {
  type Candidate,
  CrossValidation,
  type CrossValidateOptions,
  crossValidate,
  type Fold,
  type FoldResult,
} from "./crossValidate.ts";
export type { RowOptions, Rows, RowsOf } from "./rows.ts";
export {
  type Grid,
  gridSearch,
  randomSearch,
  type SearchOptions,
  type SearchResult,
  type Space,
  sample,
  type Trial,
  type TrialInfo,
} from "./search.ts";
// Models together.
export {
  AveragingEnsemble,
  type EnsembleOptions,
  VotingEnsemble,
  type VotingOptions,
} from "./ensemble/voting.ts";
export {
  Bagging,
  bagging,
  bootstrap,
  type Sample,
  type SampleOptions,
} from "./ensemble/bagging.ts";
export {
  AdaBoost,
  type AdaBoostOptions,
  adaBoost,
  type BoostingRound,
} from "./ensemble/adaBoost.ts";
// Looking at models.
export { Summary, type SummaryOptions, summary } from "./summary/summary.ts";
export type { InspectedModule, LayerSummary } from "./summary/layers.ts";
export type { SummaryColumn, TableOptions } from "./summary/table.ts";
export { type GradientNorms, gradientNorms } from "./gradientNorms.ts";
export { type LrCurve, type LrFinderOptions, lrFinder } from "./lrFinder.ts";
