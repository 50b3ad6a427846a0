/** Learned and random policies of augmentation. What each image gets is drawn on the host; equal ops are one call. */
import { DlError, type Generator, type Tensor } from "@dl/tensor/core";
import { integer } from "./draw.ts";
import { adjustSharpness } from "./functional/blur.ts";
import {
  adjustBrightness,
  adjustContrast,
  adjustSaturation,
  invert,
  posterize,
  solarize,
} from "./functional/color.ts";
import { roundEven } from "./functional/geometry.ts";
import { autocontrast, equalize } from "./functional/histogram.ts";
import { type Fill, maxValue, requireThat } from "./functional/image.ts";
import { inverseAffine, mapped, type WarpOptions } from "./functional/warp.ts";
import { POLICIES } from "./policies.ts";
import { fields } from "./print.ts";
import { grouped } from "./rows.ts";
import { type GeneratorOption, type ImageSize, Transform } from "./transform.ts";

export type OpName =
  | "Identity"
  | "ShearX"
  | "ShearY"
  | "TranslateX"
  | "TranslateY"
  | "Rotate"
  | "Brightness"
  | "Color"
  | "Contrast"
  | "Sharpness"
  | "Posterize"
  | "Solarize"
  | "AutoContrast"
  | "Equalize"
  | "Invert";

/** What one image gets, in order. */
type Steps = readonly (readonly [op: OpName, magnitude: number])[];

export interface AutoAugmentOptions extends GeneratorOption {
  /** Of what turns and shifts: "nearest" (default) or "bilinear". */
  interpolation?: "nearest" | "bilinear";
  /** What stands where the image does not reach. Default null: black. */
  fill?: Fill;
}

// ---- carrying out ----------------------------------------------------------------------------------------------------

/** Ops that move pixels: all are matrices, so images with different ones are one call. */
const MATRICES: Partial<
  Record<OpName, (m: number, h: number, w: number) => ReturnType<typeof inverseAffine>>
> = {
  // About the upper left corner.
  ShearX: (m, h, w) => inverseAffine([-w / 2, -h / 2], 0, [0, 0], 1, [degrees(m), 0]),
  ShearY: (m, h, w) => inverseAffine([-w / 2, -h / 2], 0, [0, 0], 1, [0, degrees(m)]),
  TranslateX: (m) => inverseAffine([0, 0], 0, [Math.trunc(m), 0], 1, [0, 0]),
  TranslateY: (m) => inverseAffine([0, 0], 0, [0, Math.trunc(m)], 1, [0, 0]),
  Rotate: (m) => inverseAffine([0, 0], -m, [0, 0], 1, [0, 0]),
};
const degrees = (slope: number): number => (Math.atan(slope) * 180) / Math.PI;

type Factors = readonly number[];
const COLOURS: Partial<Record<OpName, (x: Tensor, magnitudes: Factors) => Tensor>> = {
  Brightness: (x, m) => adjustBrightness(x, raised(m)),
  Color: (x, m) => adjustSaturation(x, raised(m)),
  Contrast: (x, m) => adjustContrast(x, raised(m)),
  Sharpness: (x, m) => adjustSharpness(x, raised(m)),
  Posterize: (x, m) => posterize(x, m.map(Math.trunc)),
  Solarize: (x, m) =>
    solarize(
      x,
      m.map((t) => t * maxValue(x.dtype)),
    ),
  AutoContrast: (x) => autocontrast(x),
  Equalize: (x) => equalize(x),
  Invert: (x) => invert(x),
};
const raised = (magnitudes: Factors): number[] => magnitudes.map((m) => 1 + m);

function carryOut(
  name: string,
  images: Tensor,
  steps: readonly Steps[],
  options: WarpOptions,
): Tensor {
  const [, , h, w] = images.shape;
  const most = Math.max(0, ...steps.map((s) => s.length));
  let y = images;
  for (let k = 0; k < most; k++) {
    const keys = steps.map((s) => {
      const op = s[k]?.[0] ?? "Identity";
      return MATRICES[op] ? "warp" : op;
    });
    y = grouped(name, y, keys, (key, rows, indices) => {
      if (key === "Identity") return rows;
      const magnitudes = indices.map((i) => steps[i][k][1]);
      if (key !== "warp") return COLOURS[key]!(rows, magnitudes);
      const matrices = indices.map((i, j) => MATRICES[steps[i][k][0]]!(magnitudes[j], h, w));
      return mapped(name, rows, matrices, options);
    });
  }
  return y;
}

// ---- magnitudes ------------------------------------------------------------------------------------------------------

/** From nothing to the most, and whether a coin decides on the sign. */
type Space = Partial<Record<OpName, readonly [magnitude: Magnitude | null, isSigned: boolean]>>;
/** Number `bin` of `bins`. */
type Magnitude = (bin: number, bins: number, height: number, width: number) => number;

const f32 = Math.fround;
/** Number `bin` of `torch.linspace(from, to, bins)`, which is computed from both ends. */
function between(from: number, to: number): Magnitude {
  return (bin, bins) => {
    const [start, end] = [f32(from), f32(to)];
    const step = f32(f32(end - start) / (bins - 1));
    return bin < Math.floor(bins / 2)
      ? f32(start + step * bin)
      : f32(end - step * (bins - bin - 1));
  };
}
const bitsDown = (range: number): Magnitude => {
  return (bin, bins) => roundEven(f32(8 - f32(bin / f32((bins - 1) / range))));
};

function space(
  {
    shear,
    translate,
    rotate,
    factor,
    bits,
  }: Record<"shear" | "rotate" | "factor" | "bits", number> & {
    translate: number | null;
  },
  extremes: readonly OpName[],
): Space {
  const shift =
    (isWide: boolean): Magnitude =>
    (bin, bins, h, w) =>
      between(0, translate ?? (150 / 331) * (isWide ? w : h))(bin, bins, h, w);
  const all: Space = {
    Identity: [null, false],
    ShearX: [between(0, shear), true],
    ShearY: [between(0, shear), true],
    TranslateX: [shift(true), true],
    TranslateY: [shift(false), true],
    Rotate: [between(0, rotate), true],
    Brightness: [between(0, factor), true],
    Color: [between(0, factor), true],
    Contrast: [between(0, factor), true],
    Sharpness: [between(0, factor), true],
    Posterize: [bitsDown(bits), false],
    Solarize: [between(1, 0), false],
    AutoContrast: [null, false],
    Equalize: [null, false],
    Invert: [null, false],
  };
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !extremes.includes(name as OpName)),
  );
}
const MODERATE = { shear: 0.3, translate: null, rotate: 30, factor: 0.9, bits: 4 };
const WIDE = { shear: 0.99, translate: 32, rotate: 135, factor: 0.99, bits: 6 };
const LEARNED = space(MODERATE, ["Identity"]);
const RANDOM = space(MODERATE, ["Invert"]);
const TRIVIAL = space(WIDE, ["Invert"]);

/** An op of a space with a magnitude: `bin` is asked for only where there is one. */
function step(
  random: Generator,
  from: Space,
  op: OpName,
  bin: () => number,
  bins: number,
  [, h, w]: ImageSize,
): readonly [OpName, number] {
  const [magnitude, isSigned] = from[op]!;
  if (!magnitude) return [op, 0];
  const m = magnitude(bin(), bins, h, w);
  return [op, isSigned && random.uniform32() <= 0.5 ? -m : m];
}
function anyOf(random: Generator, from: Space): OpName {
  const names = Object.keys(from) as OpName[];
  return names[integer(random, 0, names.length)];
}

abstract class Augment extends Transform<Steps> {
  readonly interpolation: "nearest" | "bilinear";
  readonly fill: Fill;
  constructor({ interpolation = "nearest", fill = null, generator }: AutoAugmentOptions = {}) {
    super({ generator });
    this.interpolation = interpolation;
    this.fill = fill;
  }
  transform(images: Tensor, steps: readonly Steps[]): Tensor {
    const { interpolation, fill } = this;
    return carryOut(this.constructor.name, images, steps, { interpolation, fill });
  }
}

export type AutoAugmentPolicy = keyof typeof POLICIES;

/**
 * One of 25 pairs of ops, each with a probability and a magnitude, that were found by search on ImageNet, CIFAR-10 or
 * SVHN (Cubuk et al. 2018).
 *
 * @param options.policy "imagenet" (default), "cifar10" or "svhn"
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.AutoAugment.html
 *
 * @example
 * new transforms.AutoAugment({ policy: "cifar10" })(zeros(4, 3, 8, 8)).shape // => [4, 3, 8, 8]
 */
export class AutoAugment extends Augment {
  readonly policy: AutoAugmentPolicy;
  constructor({
    policy = "imagenet",
    ...options
  }: AutoAugmentOptions & { policy?: AutoAugmentPolicy } = {}) {
    super(options);
    if (!(policy in POLICIES))
      throw new DlError(
        "value",
        `AutoAugment: policy is one of ${Object.keys(POLICIES).join(", ")}, got ${JSON.stringify(policy)}`,
      );
    this.policy = policy;
  }
  override makeParams(size: ImageSize): Steps {
    const { random } = this;
    const pairs = POLICIES[this.policy];
    const steps: (readonly [OpName, number])[] = [];
    for (const [op, probability, bin] of pairs[integer(random, 0, pairs.length)])
      if (random.uniform32() <= f32(probability))
        steps.push(step(random, LEARNED, op, () => bin!, 10, size));
    return steps;
  }
  override extraRepr(): string {
    const { interpolation, policy, fill } = this;
    const name = `AutoAugmentPolicy.${policy.toUpperCase()}`;
    return fields({ interpolation, fill, policy: name });
  }
}

/**
 * `numOps` random ops, all of the same magnitude (Cubuk et al. 2019).
 *
 * @param options.numOps default 2
 * @param options.magnitude a bin from 0, default 9
 * @param options.numMagnitudeBins default 31
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandAugment.html
 *
 * @example
 * new transforms.RandAugment()(zeros(4, 3, 8, 8)).shape // => [4, 3, 8, 8]
 */
export class RandAugment extends Augment {
  readonly numOps: number;
  readonly magnitude: number;
  readonly numMagnitudeBins: number;
  constructor({
    numOps = 2,
    magnitude = 9,
    numMagnitudeBins = 31,
    ...options
  }: AutoAugmentOptions & {
    numOps?: number;
    magnitude?: number;
    numMagnitudeBins?: number;
  } = {}) {
    super(options);
    requireThat(
      Number.isInteger(magnitude) && magnitude >= 0 && magnitude < numMagnitudeBins,
      "RandAugment",
      `magnitude is a bin from 0 to ${numMagnitudeBins - 1}, got ${magnitude}`,
    );
    requireThat(
      Number.isInteger(numOps) && numOps >= 0,
      "RandAugment",
      `numOps is a whole number from 0, got ${numOps}`,
    );
    this.numOps = numOps;
    this.magnitude = magnitude;
    this.numMagnitudeBins = numMagnitudeBins;
  }
  override makeParams(size: ImageSize): Steps {
    const { random, magnitude, numMagnitudeBins } = this;
    return Array.from({ length: this.numOps }, () =>
      step(random, RANDOM, anyOf(random, RANDOM), () => magnitude, numMagnitudeBins, size),
    );
  }
  override extraRepr(): string {
    const { interpolation, fill, numOps, magnitude, numMagnitudeBins } = this;
    return fields({
      interpolation,
      fill,
      num_ops: numOps,
      magnitude,
      num_magnitude_bins: numMagnitudeBins,
    });
  }
}

/**
 * One random op of random magnitude, from wide ranges (Müller and Hutter 2021).
 *
 * @param options.numMagnitudeBins default 31
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.TrivialAugmentWide.html
 *
 * @example
 * new transforms.TrivialAugmentWide()(zeros(4, 3, 8, 8)).shape // => [4, 3, 8, 8]
 */
export class TrivialAugmentWide extends Augment {
  readonly numMagnitudeBins: number;
  constructor({
    numMagnitudeBins = 31,
    ...options
  }: AutoAugmentOptions & { numMagnitudeBins?: number } = {}) {
    super(options);
    this.numMagnitudeBins = numMagnitudeBins;
  }
  override makeParams(size: ImageSize): Steps {
    const { random, numMagnitudeBins: bins } = this;
    const op = anyOf(random, TRIVIAL);
    return [step(random, TRIVIAL, op, () => integer(random, 0, bins), bins, size)];
  }
  override extraRepr(): string {
    const { interpolation, fill, numMagnitudeBins } = this;
    return fields({ interpolation, fill, num_magnitude_bins: numMagnitudeBins });
  }
}
