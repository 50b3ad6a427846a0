/** Brightness, contrast, saturation and hue; colours to grey; bits. Factors may differ from image to image. */
import {
  defineMap,
  expr as E,
  type Expr,
  expand,
  indexSelect,
  mean as meanOf,
  type Operand,
  repeat,
  type Tensor,
} from "@dl/tensor/core";
import { toDtype } from "./dtype.ts";
import {
  asFloat,
  column,
  constants,
  fused,
  isInteger,
  maxValue,
  numbersOf,
  onBatch,
  type PerImage,
  parts,
  pixelMap,
  requireChannels,
  requireThat,
  whole,
} from "./image.ts";

const clamped = (x: Expr, bound: Expr): Expr => E.min(E.max(x, 0), bound);
const greyOf = (r: Expr, g: Expr, b: Expr): Expr =>
  E.add(E.add(E.mul(r, 0.2989), E.mul(g, 0.587)), E.mul(b, 0.114));

const grey = defineMap<[Tensor, Tensor, Tensor]>("rgbToGrayscale", greyOf, { result: "float32" });
const greyWhole = defineMap<[Tensor, Tensor, Tensor]>(
  "rgbToGrayscale",
  (r, g, b) => E.floor(greyOf(r, g, b)),
  { result: "float32" },
);
const channelsOf = (x: Tensor): [Tensor, Tensor, Tensor] => {
  const floats = asFloat(x);
  return [floats.narrow(1, 0, 1), floats.narrow(1, 1, 1), floats.narrow(1, 2, 1)];
};

/**
 * Luminance, `0.2989 r + 0.587 g + 0.114 b`, in one channel or three equal ones.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.rgb_to_grayscale.html
 *
 * @example
 * rgbToGrayscale(tensor([[[1]], [[0.5]], [[0]]])) // => [[[0.5924]]]
 */
export function rgbToGrayscale(image: Tensor, { numOutputChannels = 1 } = {}): Tensor {
  requireThat(
    numOutputChannels === 1 || numOutputChannels === 3,
    "rgbToGrayscale",
    `numOutputChannels is 1 or 3, got ${numOutputChannels}`,
  );
  return onBatch("rgbToGrayscale", image, (x) => {
    requireChannels("rgbToGrayscale", x);
    const [n, c, h, w] = x.shape;
    const plane = c === 1 ? x : grey(...channelsOf(x)).to(x.dtype);
    if (numOutputChannels === 3) return expand(plane, [n, 3, h, w]).clone();
    return c === 1 ? x.clone() : plane;
  });
}

/** Three equal channels for images of one; others stay. */
export const grayscaleToRgb = (image: Tensor): Tensor =>
  image.shape.at(-3)! >= 3
    ? image
    : onBatch("grayscaleToRgb", image, (x) => repeat(x, [1, 3, 1, 1]));

const brightness = pixelMap<[Tensor, Operand, number]>("adjustBrightness", (x, factor, bound) =>
  clamped(E.mul(x, factor), bound),
);
// With images of whole numbers; 1 − factor comes from the host, rounded once.
const blend = pixelMap<[Tensor, Tensor, Operand, Operand, Operand, number]>(
  "blend",
  (x, y, factor, high, low, bound) =>
    clamped(fused(E.mul(x, factor), E.mul(y, high), E.mul(y, low)), bound),
);
// With one number for each image, of any digits: Dekker's exact product, of halves of twelve bits.
const halves = (x: Expr): [Expr, Expr] => {
  const far = E.mul(x, 4097);
  const high = E.sub(far, E.sub(far, x));
  return [high, E.sub(x, high)];
};
const blendMean = pixelMap<[Tensor, Tensor, Operand, Operand, number]>(
  "blend",
  (x, y, factor, rest, bound) => {
    const product = E.mul(y, rest);
    const [a, b] = halves(y);
    const [c, d] = halves(rest);
    const error = E.add(
      E.add(E.add(E.sub(E.mul(a, c), product), E.mul(a, d)), E.mul(b, c)),
      E.mul(b, d),
    );
    return clamped(fused(E.mul(x, factor), product, error), bound);
  },
);

function factorsOf(name: string, factor: PerImage, images: Tensor): number[] {
  requireChannels(name, images);
  const factors = numbersOf(name, factor, images);
  requireThat(
    factors.every((f) => f >= 0),
    name,
    `the factor is at least 0, got ${factors.join(", ")}`,
  );
  return factors;
}

/**
 * Times a factor, cut off at white: 0 is black, 1 the image.
 *
 * @param factor from 0, for all images or one each
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_brightness.html
 *
 * @example
 * adjustBrightness(tensor([[[0.2, 0.6]]]), 2) // => [[[0.4, 1]]]
 */
export const adjustBrightness = (image: Tensor, factor: PerImage): Tensor =>
  onBatch("adjustBrightness", image, (x) =>
    brightness(x, column(factorsOf("adjustBrightness", factor, x), x), maxValue(x.dtype)),
  );

/** In grey, floats; those of bytes are whole. */
function luminance(x: Tensor): Tensor {
  if (x.shape[1] === 1) return asFloat(x);
  return isInteger(x) ? greyWhole(...channelsOf(x)) : grey(...channelsOf(x)).to(x.dtype);
}

/**
 * Between the mean grey (0) and the image (1), and beyond.
 *
 * @param factor from 0, for all images or one each
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_contrast.html
 *
 * @example
 * adjustContrast(tensor([[[0.25, 0.75]]]), 0.5) // => [[[0.375, 0.625]]]
 */
export const adjustContrast = (image: Tensor, factor: PerImage): Tensor =>
  onBatch("adjustContrast", image, (x) => {
    const factors = factorsOf("adjustContrast", factor, x);
    const rest = factors.map((f) => 1 - f);
    const y = meanOf(luminance(x), { dim: [1, 2, 3], keepdim: true });
    return blendMean(x, y, column(factors, x), column(rest, x), maxValue(x.dtype));
  });

/**
 * Between grey (0) and the image (1), and beyond.
 *
 * @param factor from 0, for all images or one each
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_saturation.html
 *
 * @example
 * adjustSaturation(tensor([[[1]], [[1]], [[0]]]), 0) // => [[[0.8859]], [[0.8859]], [[0.8859]]]
 */
export const adjustSaturation = (image: Tensor, factor: PerImage): Tensor =>
  onBatch("adjustSaturation", image, (x) => {
    const factors = factorsOf("adjustSaturation", factor, x);
    if (x.shape[1] === 1) return x;
    const rest = parts(
      factors.map((f) => 1 - f),
      x,
    );
    return blend(x, luminance(x), column(factors, x), ...rest, maxValue(x.dtype));
  });

/**
 * The whole way there and back in one kernel: channel `n` (5 for red, 3 for green, 1 for blue) of the colour with hue,
 * saturation and value `h + shift`, `s`, `v` is `v − v s max(0, min(k, 4 − k, 1))` with `k = (n + 6 h) mod 6`.
 */
const shiftHue = defineMap<[Tensor, Tensor, Tensor, Tensor, Operand]>(
  "adjustHue",
  (r, g, b, n, shift) => {
    const high = E.max(E.max(r, g), b);
    const low = E.min(E.min(r, g), b);
    const isGrey = E.eq(high, low);
    const range = E.select(isGrey, 1, E.sub(high, low));
    const from = (x: Expr): Expr => E.div(E.sub(high, x), range);
    const sixths = E.select(
      E.eq(high, r),
      E.sub(from(b), from(g)),
      E.select(E.eq(high, g), E.sub(E.add(from(r), 2), from(b)), E.sub(E.add(from(g), 4), from(r))),
    );
    const hue = turn(E.add(E.mul(sixths, 1 / 6), 1));
    const moved = E.mul(turn(E.add(hue, shift)), 6);
    const saturation = E.div(E.sub(high, low), E.select(isGrey, 1, high));
    const k = E.rem(E.add(n, moved), 6);
    const part = E.max(E.min(E.min(k, E.sub(4, k)), 1), 0);
    return E.min(E.max(E.sub(high, E.mul(E.mul(high, saturation), part)), 0), 1);
  },
);
const turn = (x: Expr): Expr => E.sub(x, E.floor(x));

/**
 * Turns the colour circle by a part of the whole: 0.5 gives complementary colours.
 *
 * @param factor within −0.5 … 0.5, for all images or one each
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_hue.html
 *
 * @example
 * adjustHue(tensor([[[1]], [[0]], [[0]]]), 0.5) // => [[[0]], [[1]], [[1]]]
 */
export const adjustHue = (image: Tensor, factor: PerImage): Tensor =>
  onBatch("adjustHue", image, (x) => {
    requireChannels("adjustHue", x);
    const factors = numbersOf("adjustHue", factor, x);
    requireThat(
      factors.every((f) => f >= -0.5 && f <= 0.5),
      "adjustHue",
      `the factor is a part of the circle from -0.5 to 0.5, got ${factors.join(", ")}`,
    );
    if (x.shape[1] === 1) return x;
    const floats = isInteger(x) ? toDtype(x, "float32", { scale: true }) : x;
    const channel = constants([5, 3, 1], [1, 3, 1, 1], floats);
    const y = shiftHue(...channelsOf(floats), channel, column(factors, floats));
    return toDtype(y, x.dtype, { scale: true });
  });

const gammaOf = defineMap<[Tensor, Operand, Operand]>("adjustGamma", (x, gamma, gain) =>
  E.mul(E.pow(x, gamma), gain),
);
/**
 * `gain · x^gamma`, of numbers from 0 to 1: above 1 shadows get darker, below 1 lighter.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_gamma.html
 *
 * @example
 * adjustGamma(tensor([[[0.5]]]), 2) // => [[[0.25]]]
 */
export const adjustGamma = (
  image: Tensor,
  gamma: PerImage,
  { gain = 1 }: { gain?: number } = {},
): Tensor =>
  onBatch("adjustGamma", image, (x) => {
    const gammas = numbersOf("adjustGamma", gamma, x);
    requireThat(
      gammas.every((f) => f >= 0),
      "adjustGamma",
      `gamma is at least 0, got ${gammas.join(", ")}`,
    );
    const floats = isInteger(x) ? toDtype(x, "float32", { scale: true }) : x;
    const y = gammaOf(floats, column(gammas, floats), gain);
    return toDtype(gain === 1 ? y : limited(y), x.dtype, { scale: true });
  });
const limited = defineMap<[Tensor]>("clamp", (x) => E.min(E.max(x, 0), 1));

const inverted = pixelMap<[Tensor, number]>("invert", (x, bound) => E.sub(bound, x));
/**
 * White minus the image.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.invert.html
 *
 * @example
 * invert(tensor([[[0, 0.25]]])) // => [[[1, 0.75]]]
 */
export const invert = (image: Tensor): Tensor => inverted(image, maxValue(image.dtype));

const solarized = pixelMap<[Tensor, Operand, number]>("solarize", (x, threshold, bound) =>
  E.select(E.ge(x, threshold), E.sub(bound, x), x),
);
/**
 * What is at least `threshold` is inverted.
 *
 * @param threshold on the scale of the dtype, for all images or one each
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.solarize.html
 *
 * @example
 * solarize(tensor([[[0.25, 0.75]]]), 0.5) // => [[[0.25, 0.25]]]
 */
export const solarize = (image: Tensor, threshold: PerImage): Tensor =>
  onBatch("solarize", image, (x) => {
    const bound = maxValue(x.dtype);
    const thresholds = numbersOf("solarize", threshold, x);
    requireThat(
      thresholds.every((t) => t <= bound),
      "solarize",
      `the threshold is at most white, which is ${bound} for ${x.dtype}, got ${thresholds.join(", ")}`,
    );
    return solarized(x, column(thresholds, x), bound);
  });

const fewerLevels = defineMap<[Tensor, Operand]>("posterize", (x, levels) =>
  E.mul(E.min(E.max(E.floor(E.mul(x, levels)), 0), E.sub(levels, 1)), E.div(1, levels)),
);
const fewerBits = pixelMap<[Tensor, Operand]>("posterize", (x, step) => E.sub(x, E.rem(x, step)));
/**
 * The upper `bits` of every byte, or as many levels of a float.
 *
 * @param bits 0 … 8, for all images or one each
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.posterize.html
 *
 * @example
 * posterize(tensor([[[200, 100]]], { dtype: "uint8" }), 1) // => [[[128, 0]]]
 */
export const posterize = (image: Tensor, bits: PerImage): Tensor =>
  onBatch("posterize", image, (x) => {
    const list = numbersOf("posterize", bits, x);
    requireThat(
      list.every((b) => Number.isInteger(b) && b >= 0 && b <= 8),
      "posterize",
      `bits is a whole number from 0 to 8, got ${list.join(", ")}`,
    );
    if (!isInteger(x))
      return fewerLevels(
        x,
        column(
          list.map((b) => 2 ** b),
          x,
        ),
      );
    const size = x.dtype === "uint8" ? 8 : 31;
    return fewerBits(
      x,
      column(
        list.map((b) => 2 ** Math.max(size - b, 0)),
        x,
      ),
    );
  });

/**
 * Channel `permutation[i]` of the image as channel `i` of the result.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.permute_channels.html
 *
 * @example
 * permuteChannels(tensor([[[1]], [[2]], [[3]]]), [2, 0, 1]) // => [[[3]], [[1]], [[2]]]
 */
export const permuteChannels = (image: Tensor, permutation: readonly number[]): Tensor =>
  onBatch("permuteChannels", image, (x) => {
    requireThat(
      permutation.length === x.shape[1],
      "permuteChannels",
      `${permutation.length} positions for ${x.shape[1]} channels`,
    );
    return indexSelect(x, 1, whole(permutation, [permutation.length], x));
  });
