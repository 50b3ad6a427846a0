// Numbers.
export {
  HuberLoss,
  type HuberLossOptions,
  type HuberOptions,
  huberLoss,
  L1Loss,
  l1Loss,
  MSELoss,
  mseLoss,
  type RegressionOptions,
  SmoothL1Loss,
  type SmoothL1Options,
  smoothL1Loss,
} from "./regression.ts";
// Classes.
export {
  CrossEntropyLoss,
  type CrossEntropyOptions,
  crossEntropy,
  NLLLoss,
  type NLLOptions,
  nllLoss,
} from "./crossEntropy.ts";
export {
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  type MultiMarginOptions,
  type MultilabelSoftMarginOptions,
  multiMarginLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
} from "./classMargin.ts";
// Yes and no.
export {
  BCELoss,
  type BCEOptions,
  BCEWithLogitsLoss,
  type BCEWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from "./binary.ts";
export { FocalLoss, type FocalOptions, sigmoidFocalLoss } from "./focal.ts";
export {
  HingeEmbeddingLoss,
  hingeEmbeddingLoss,
  type MarginOptions,
  MarginRankingLoss,
  marginRankingLoss,
  SoftMarginLoss,
  softMarginLoss,
} from "./margin.ts";
// Distributions.
export {
  GaussianNLLLoss,
  type GaussianNLLOptions,
  gaussianNllLoss,
  KLDivLoss,
  type KLDivOptions,
  klDiv,
  PoissonNLLLoss,
  type PoissonNLLOptions,
  poissonNllLoss,
} from "./distribution.ts";
// Vectors.
export {
  CosineEmbeddingLoss,
  cosineEmbeddingLoss,
  type DistanceFunction,
  TripletMarginLoss,
  type TripletMarginOptions,
  TripletMarginWithDistanceLoss,
  type TripletMarginWithDistanceOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from "./embedding.ts";
// Sequences.
export { CTCLoss, type CTCOptions, ctcLoss, type Lengths } from "./ctc.ts";
// Regions.
export { DiceLoss, type DiceOptions, diceLoss } from "./dice.ts";
// Your own.
export { Loss } from "./loss.ts";
export type { Reduction, ReductionOptions } from "./reduction.ts";
