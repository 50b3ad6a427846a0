export {
  AutoAugment,
  type AutoAugmentOptions,
  type AutoAugmentPolicy,
  RandAugment,
  TrivialAugmentWide,
} from "./autoAugment.ts";
// Blur, noise, holes; numbers.
export {
  Cutout,
  type CutoutOptions,
  GaussianBlur,
  GaussianNoise,
  Normalize,
  RandomErasing,
  type RandomErasingOptions,
  ToDtype,
} from "./blur.ts";
// Colours.
export {
  ColorJitter,
  type ColorJitterOptions,
  Grayscale,
  RandomAdjustSharpness,
  RandomAutocontrast,
  RandomEqualize,
  RandomGrayscale,
  RandomInvert,
  RandomPosterize,
  RandomSolarize,
} from "./color.ts";
// Transforms of transforms.
export {
  Compose,
  Identity,
  Lambda,
  RandomApply,
  RandomChoice,
  RandomOrder,
} from "./containers.ts";
export * as functional from "./functional/index.ts";
// Sizes and flips.
export {
  CenterCrop,
  Pad,
  RandomCrop,
  type RandomCropOptions,
  RandomHorizontalFlip,
  RandomResizedCrop,
  type RandomResizedCropOptions,
  RandomVerticalFlip,
  Resize,
} from "./geometry.ts";
// Labels.
export { LabelSmoothing, type LabelsGetter, OneHot } from "./labels.ts";
export { CutMix, type MixOptions, MixUp } from "./mix.ts";
// Your own.
export {
  type AnyTransform,
  type GeneratorOption,
  type ImageSize,
  type ProbabilityOptions,
  RandomTransform,
  Transform,
} from "./transform.ts";
// Turned and bent.
export {
  ElasticTransform,
  type ElasticTransformOptions,
  RandomAffine,
  type RandomAffineOptions,
  RandomPerspective,
  RandomRotation,
} from "./warp.ts";
