export { Accuracy, type AccuracyOptions } from "./accuracy.ts";
export { ConfusionMatrix, type ConfusionMatrixOptions } from "./confusionMatrix.ts";
export { Metric } from "./metric.ts";
