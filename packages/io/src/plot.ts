/** `@dl/io/plot`: pictures as Vega-Lite specifications, which are plain JSON, and as SVG. */

// Specifications.
export { type ConfusionMatrixChartOptions, confusionMatrixChart } from "./plot/confusionMatrix.ts";
export { type ContourChartOptions, contourChart, type Path } from "./plot/contour.ts";
export { type HistogramChartOptions, histogramChart } from "./plot/histogram.ts";
export { type ImageFormats, type ImageSheetOptions, imageSheet } from "./plot/imageSheet.ts";
export { type Curve, type LineChartOptions, lineChart } from "./plot/lines.ts";
export type { OneOrSeveral, Picture, PictureOptions } from "./plot/picture.ts";
export {
  type ReliabilityBins,
  type ReliabilityChartOptions,
  reliabilityChart,
} from "./plot/reliability.ts";
// SVG.
export { renderSvg } from "./plot/render.ts";
export {
  type PrecisionRecallPoints,
  precisionRecallChart,
  type ROCPoints,
  rocChart,
} from "./plot/scores.ts";
