// What PyTorch has under torch.nn.utils.
export {
  clipGradNorm_,
  clipGradsWithNorm_,
  clipGradValue_,
  getTotalNorm,
  type TotalNormOptions,
} from "./clipGrad.ts";
export { type FunctionalCallOptions, functionalCall } from "./functionalCall.ts";
export {
  fuseConvBnEval,
  fuseConvBnWeights,
  fuseLinearBnEval,
  fuseLinearBnWeights,
} from "./fusion.ts";
export { parametersToVector, vectorToParameters } from "./parametersToVector.ts";
export * as parametrizations from "./parametrizations.ts";
export * as parametrize from "./parametrize.ts";
export * as prune from "./prune/index.ts";
export * as rnn from "./rnn.ts";
export { skipInit } from "./skipInit.ts";
export { removeSpectralNorm, type SpectralNormOptions, spectralNorm } from "./spectralNorm.ts";
export { removeWeightNorm, weightNorm } from "./weightNorm.ts";
