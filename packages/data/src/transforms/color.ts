/** Transforms of colours. */
import type { Tensor } from "@dl/tensor/core";
import { uniform } from "./draw.ts";
import { adjustSharpness } from "./functional/blur.ts";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  invert,
  posterize,
  rgbToGrayscale,
  solarize,
} from "./functional/color.ts";
import { autocontrast, equalize } from "./functional/histogram.ts";
import { type Pair, requireThat } from "./functional/image.ts";
import { fields, float, tuple } from "./print.ts";
import { grouped } from "./rows.ts";
import {
  type GeneratorOption,
  type ProbabilityOptions,
  RandomTransform,
  Transform,
} from "./transform.ts";

export interface ColorJitterOptions extends GeneratorOption {
  /** A factor on `[max(0, 1 − b), 1 + b]`, or on `[from, to]`. Default null: unchanged. */
  brightness?: number | Pair | null;
  contrast?: number | Pair | null;
  saturation?: number | Pair | null;
  /** A part of the colour circle on `[−h, h]`, at most 0.5, or on `[from, to]`. */
  hue?: number | Pair | null;
}
const ADJUST = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  hue: adjustHue,
};
type Adjustment = keyof typeof ADJUST;
const ADJUSTMENTS = Object.keys(ADJUST) as Adjustment[];
interface Jitter {
  /** Which adjustment comes first, and so on; only those that are made. */
  readonly order: readonly Adjustment[];
  readonly factors: Partial<Record<Adjustment, number>>;
}

/**
 * Brightness, contrast, saturation and hue changed at random, in random order.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ColorJitter.html
 *
 * @example
 * `${new transforms.ColorJitter({ brightness: 0.5, hue: 0.1 })}` // => "ColorJitter(brightness=(0.5, 1.5), hue=(-0.1, 0.1))"
 */
export class ColorJitter extends Transform<Jitter> {
  readonly brightness: Pair | null;
  readonly contrast: Pair | null;
  readonly saturation: Pair | null;
  readonly hue: Pair | null;

  constructor({
    brightness = null,
    contrast = null,
    saturation = null,
    hue = null,
    generator,
  }: ColorJitterOptions = {}) {
    super({ generator });
    this.brightness = factorRange("brightness", brightness);
    this.contrast = factorRange("contrast", contrast);
    this.saturation = factorRange("saturation", saturation);
    this.hue = factorRange("hue", hue, 0, [-0.5, 0.5]);
  }
  override makeParams(): Jitter {
    const { random } = this;
    const order = Array.from(random.permutation(4), (k) => ADJUSTMENTS[k]);
    const factors: Jitter["factors"] = {};
    for (const name of ADJUSTMENTS) {
      const range = this[name];
      if (range) factors[name] = uniform(random, ...range);
    }
    return { order: order.filter((name) => factors[name] !== undefined), factors };
  }
  transform(images: Tensor, params: readonly Jitter[]): Tensor {
    let y = images;
    for (let k = 0; k < params[0]?.order.length; k++)
      y = grouped(
        "ColorJitter",
        y,
        params.map((p) => p.order[k]),
        (name, rows, indices) =>
          ADJUST[name](
            rows,
            indices.map((i) => params[i].factors[name]!),
          ),
      );
    return y;
  }
  override extraRepr(): string {
    const ranges = ADJUSTMENTS.map((name) => [name, this[name] && tuple(this[name], float)]);
    return fields(Object.fromEntries(ranges));
  }
}

function factorRange(
  name: string,
  value: number | Pair | null,
  center = 1,
  [low, high]: Pair = [0, Infinity],
): Pair | null {
  if (value === null) return null;
  requireThat(
    typeof value !== "number" || value >= 0,
    "ColorJitter",
    `${name} as one number is at least 0, got ${value}`,
  );
  const from = typeof value === "number" ? center - value : value[0];
  const range: Pair =
    typeof value === "number"
      ? [center === 1 ? Math.max(from, 0) : from, center + value]
      : [from, value[1]];
  requireThat(
    low <= range[0] && range[0] <= range[1] && range[1] <= high,
    "ColorJitter",
    `${name} is on [${low}, ${high}], got [${range.join(", ")}]`,
  );
  return range[0] === center && range[1] === center ? null : range;
}

/**
 * Grey, in one channel or three equal ones.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Grayscale.html
 *
 * @example
 * new transforms.Grayscale()(tensor([[[1]], [[0.5]], [[0]]])) // => [[[0.5924]]]
 */
export class Grayscale extends Transform {
  readonly numOutputChannels: number;
  constructor({ numOutputChannels = 1 } = {}) {
    super();
    this.numOutputChannels = numOutputChannels;
  }
  transform(images: Tensor): Tensor {
    return rgbToGrayscale(images, { numOutputChannels: this.numOutputChannels });
  }
  override extraRepr(): string {
    return fields({ num_output_channels: this.numOutputChannels });
  }
}
/**
 * Grey with probability `p`, in as many channels as before.
 *
 * @param options.p default 0.1
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomGrayscale.html
 *
 * @example
 * new transforms.RandomGrayscale({ p: 1 })(tensor([[[1]], [[0]], [[0]]])).flatten() // => [0.2989, 0.2989, 0.2989]
 */
export class RandomGrayscale extends RandomTransform {
  constructor({ p = 0.1, generator }: ProbabilityOptions = {}) {
    super({ p, generator });
  }
  transform(images: Tensor): Tensor {
    return rgbToGrayscale(images, { numOutputChannels: images.shape[1] });
  }
  override extraRepr(): string {
    return fields({ p: this.p });
  }
}

/**
 * White minus the image, with probability `p`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomInvert.html
 *
 * @example
 * new transforms.RandomInvert({ p: 1 })(tensor([[[0.25]]])) // => [[[0.75]]]
 */
export class RandomInvert extends RandomTransform {
  transform(images: Tensor): Tensor {
    return invert(images);
  }
  override extraRepr(): string {
    return fields({ p: this.p });
  }
}
/**
 * `bits` bits of every byte, with probability `p`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomPosterize.html
 *
 * @example
 * new transforms.RandomPosterize(1, { p: 1 })(tensor([[[0.25, 0.75]]])) // => [[[0, 0.5]]]
 */
export class RandomPosterize extends RandomTransform {
  readonly bits: number;
  constructor(bits: number, { p, generator }: ProbabilityOptions = {}) {
    super({ p, generator });
    this.bits = bits;
  }
  transform(images: Tensor): Tensor {
    return posterize(images, this.bits);
  }
  override extraRepr(): string {
    return fields({ p: this.p, bits: this.bits });
  }
}
/**
 * What is at least `threshold` inverted, with probability `p`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomSolarize.html
 *
 * @example
 * new transforms.RandomSolarize(0.5, { p: 1 })(tensor([[[0.25, 0.75]]])) // => [[[0.25, 0.25]]]
 */
export class RandomSolarize extends RandomTransform {
  readonly threshold: number;
  constructor(threshold: number, { p, generator }: ProbabilityOptions = {}) {
    super({ p, generator });
    this.threshold = threshold;
  }
  transform(images: Tensor): Tensor {
    return solarize(images, this.threshold);
  }
  override extraRepr(): string {
    return fields({ p: this.p, threshold: this.threshold });
  }
}
/**
 * Channels stretched from black to white, with probability `p`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomAutocontrast.html
 *
 * @example
 * new transforms.RandomAutocontrast({ p: 1 })(tensor([[[0.25, 0.5]]])) // => [[[0, 1]]]
 */
export class RandomAutocontrast extends RandomTransform {
  transform(images: Tensor): Tensor {
    return autocontrast(images);
  }
  override extraRepr(): string {
    return fields({ p: this.p });
  }
}
/**
 * Histograms flattened, with probability `p`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomEqualize.html
 *
 * @example
 * new transforms.RandomEqualize({ p: 1 })(zeros(3, 2, 2)).shape // => [3, 2, 2]
 */
export class RandomEqualize extends RandomTransform {
  transform(images: Tensor): Tensor {
    return equalize(images);
  }
  override extraRepr(): string {
    return fields({ p: this.p });
  }
}
/**
 * Sharper (above 1) or softer (below), with probability `p`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomAdjustSharpness.html
 *
 * @example
 * new transforms.RandomAdjustSharpness(2, { p: 1 })(zeros(3, 4, 4)).shape // => [3, 4, 4]
 */
export class RandomAdjustSharpness extends RandomTransform {
  readonly sharpnessFactor: number;
  constructor(sharpnessFactor: number, { p, generator }: ProbabilityOptions = {}) {
    super({ p, generator });
    this.sharpnessFactor = sharpnessFactor;
  }
  transform(images: Tensor): Tensor {
    return adjustSharpness(images, this.sharpnessFactor);
  }
  override extraRepr(): string {
    return fields({ p: this.p, sharpness_factor: this.sharpnessFactor });
  }
}
