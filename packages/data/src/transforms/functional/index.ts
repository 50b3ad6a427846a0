// Colours.

// Sharpness, noise, holes.
export { adjustSharpness, erase, gaussianBlur, gaussianNoise } from "./blur.ts";
export {
  adjustBrightness,
  adjustContrast,
  adjustGamma,
  adjustHue,
  adjustSaturation,
  grayscaleToRgb,
  invert,
  permuteChannels,
  posterize,
  rgbToGrayscale,
  solarize,
} from "./color.ts";
// Numbers.
export { normalize, toDtype } from "./dtype.ts";
export type { Interpolation } from "./filter.ts";
// Sizes.
export {
  centerCrop,
  crop,
  horizontalFlip,
  horizontalFlip as hflip,
  type Padding,
  type PadOptions,
  pad,
  type ResizeOptions,
  resize,
  resizedCrop,
  verticalFlip,
  verticalFlip as vflip,
} from "./geometry.ts";
export { autocontrast, equalize } from "./histogram.ts";
export type { Fill, Pair, PerImage } from "./image.ts";
export type { PaddingMode } from "./pick.ts";
// Positions.
export {
  type AffineOptions,
  affine,
  elastic,
  type PerspectiveOptions,
  perspective,
  type RotateOptions,
  rotate,
  type WarpOptions,
} from "./warp.ts";
