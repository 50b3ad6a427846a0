// The base, and several at once.
export { Metric } from "./metric.ts";
export { MetricCollection } from "./collection.ts";
export { Mean, RunningMean } from "./mean.ts";

// Classes and labels.
export type { ClassOptions, Input, ScoreOptions } from "./inputs.ts";
export type { Average, Averaged, ZeroDivision } from "./average.ts";
export {
  Accuracy,
  type AccuracyOptions,
  accuracy,
  BalancedAccuracy,
  type BalancedAccuracyOptions,
  balancedAccuracy,
  HammingLoss,
  hammingLoss,
  SubsetAccuracy,
  subsetAccuracy,
  type TopKOptions,
  topKAccuracy,
} from "./accuracy.ts";
export {
  type AverageOptions,
  F1Score,
  f1Score,
  type FBetaOptions,
  FBetaScore,
  fbetaScore,
  JaccardIndex,
  jaccardIndex,
  Precision,
  precision,
  Recall,
  recall,
  Specificity,
  specificity,
} from "./precisionRecall.ts";
export {
  ClassificationReport,
  classificationReport,
  Report,
  type ReportOptions,
  type ReportRow,
} from "./report.ts";
export {
  ConfusionMatrix,
  type ConfusionMatrixOptions,
  confusionMatrix,
  MultilabelConfusionMatrix,
  multilabelConfusionMatrix,
  type Normalize,
} from "./confusionMatrix.ts";
export {
  CohenKappa,
  type CohenKappaOptions,
  cohenKappa,
  MatthewsCorrCoef,
  matthewsCorrCoef,
} from "./agreement.ts";

// Scores and probabilities.
export {
  type ROC,
  ROCAUC,
  type ROCAUCOptions,
  ROCCurve,
  type ROCOptions,
  rocAuc,
  rocCurve,
  type ScoreAverage,
} from "./roc.ts";
export {
  AveragePrecision,
  type AveragePrecisionOptions,
  averagePrecision,
  type PrecisionRecall,
  PrecisionRecallCurve,
  type PrecisionRecallOptions,
  precisionRecallCurve,
} from "./precisionRecallCurve.ts";
export {
  BrierScore,
  type BrierScoreOptions,
  brierScore,
  LogLoss,
  logLoss,
} from "./probability.ts";
export {
  CalibrationError,
  type CalibrationErrorOptions,
  type CalibrationOptions,
  calibrationError,
  type Reliability,
  ReliabilityCurve,
  reliabilityCurve,
} from "./calibration.ts";

// Numbers.
export type { Multioutput, PerOutput, RegressionOptions } from "./multioutput.ts";
export {
  MaxError,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MedianAbsoluteError,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  medianAbsoluteError,
  RootMeanSquaredError,
  rootMeanSquaredError,
} from "./regression.ts";
export {
  ExplainedVariance,
  explainedVariance,
  PearsonCorrCoef,
  pearsonCorrCoef,
  R2Score,
  r2Score,
  SpearmanCorrCoef,
  spearmanCorrCoef,
  type VarianceOptions,
} from "./variance.ts";
