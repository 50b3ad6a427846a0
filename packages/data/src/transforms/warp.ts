/** Transforms that turn and bend. */
import {
  adoptArray,
  defineMap,
  expr as E,
  type Generator,
  stack,
  type Tensor,
} from "@dl/tensor/core";
import { integer, uniform } from "./draw.ts";
import { gaussianBlur } from "./functional/blur.ts";
import { roundEven } from "./functional/geometry.ts";
import { type Fill, type Pair, pairOf, requireThat } from "./functional/image.ts";
import {
  affine,
  type Coefficients,
  elastic,
  perspective,
  perspectiveCoefficients,
  rotate,
} from "./functional/warp.ts";
import { fields, float, list, tuple } from "./print.ts";
import {
  type GeneratorOption,
  type ImageSize,
  type ProbabilityOptions,
  RandomTransform,
  Transform,
} from "./transform.ts";

interface WarpOptions extends GeneratorOption {
  /** "nearest" or "bilinear". */
  interpolation?: "nearest" | "bilinear";
  /** What stands where the image does not reach, one number or one per channel. Default 0. */
  fill?: Fill;
}
interface CenterOption {
  /** The point that stays, `[x, y]` from the upper left corner. Default null: the middle. */
  center?: Pair | null;
}

/** ±degrees, or from and to. */
function rangeOf(name: string, degrees: number | readonly number[]): number[] {
  if (typeof degrees !== "number") return [...degrees];
  requireThat(degrees >= 0, name, `one angle means from −angle to angle, got ${degrees}`);
  return [-degrees, degrees];
}

/**
 * Rotated by an angle between −degrees and degrees, or on `[from, to]`, counter-clockwise.
 *
 * @param options.interpolation default "nearest"
 * @param options.expand enlarge the result until the rotated image fits; for single images. Default false.
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomRotation.html
 *
 * @example
 * new transforms.RandomRotation([90, 90])(tensor([[[1, 2], [3, 4]]])) // => [[[2, 4], [1, 3]]]
 */
export class RandomRotation extends Transform<number> {
  readonly degrees: readonly number[];
  readonly interpolation: "nearest" | "bilinear";
  readonly expand: boolean;
  readonly center: Pair | null;
  readonly fill: Fill;

  constructor(
    degrees: number | Pair,
    {
      interpolation = "nearest",
      expand = false,
      center = null,
      fill = 0,
      generator,
    }: WarpOptions & CenterOption & { expand?: boolean } = {},
  ) {
    super({ generator });
    this.degrees = rangeOf("RandomRotation", degrees);
    this.interpolation = interpolation;
    this.expand = expand;
    this.center = center;
    this.fill = fill;
  }
  override makeParams(): number {
    return uniform(this.random, this.degrees[0], this.degrees[1]);
  }
  transform(images: Tensor, angles: readonly number[]): Tensor {
    const { interpolation, expand, center, fill } = this;
    return rotate(images, angles, { interpolation, expand, center, fill });
  }
  override extraRepr(): string {
    const { degrees, interpolation, expand, fill, center } = this;
    return fields({ degrees: list(degrees, float), interpolation, expand, fill, center });
  }
}

export interface RandomAffineOptions extends WarpOptions, CenterOption {
  /** At most this part of the width and of the height. Default null: not moved. */
  translate?: Pair | null;
  /** From and to. Default null: 1. */
  scale?: Pair | null;
  /** Degrees along x: ±number, `[from, to]`, or `[from, to, from, to]` with those along y. Default null. */
  shear?: number | readonly number[] | null;
}
interface AffineParams {
  readonly angle: number;
  readonly translate: Pair;
  readonly scale: number;
  readonly shear: Pair;
}

/**
 * Rotated clockwise, moved, scaled and sheared at random about the middle.
 *
 * @param degrees ±degrees, or `[from, to]`
 * @param options.interpolation default "nearest"
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomAffine.html
 *
 * @example
 * new transforms.RandomAffine(0, { scale: [2, 2] })(tensor([[[1, 2], [3, 4]]])) // => [[[1, 2], [3, 4]]]
 */
export class RandomAffine extends Transform<AffineParams> {
  readonly degrees: readonly number[];
  readonly translate: Pair | null;
  readonly scale: Pair | null;
  readonly shear: readonly number[] | null;
  readonly interpolation: "nearest" | "bilinear";
  readonly fill: Fill;
  readonly center: Pair | null;

  constructor(
    degrees: number | Pair,
    {
      translate = null,
      scale = null,
      shear = null,
      interpolation = "nearest",
      fill = 0,
      center = null,
      generator,
    }: RandomAffineOptions = {},
  ) {
    super({ generator });
    requireThat(
      translate === null || translate.every((t) => t >= 0 && t <= 1),
      "RandomAffine",
      `translate is parts of width and height from 0 to 1, got ${translate}`,
    );
    requireThat(
      scale === null || scale.every((s) => s > 0),
      "RandomAffine",
      `scale is above 0, got ${scale}`,
    );
    this.degrees = rangeOf("RandomAffine", degrees);
    this.translate = translate;
    this.scale = scale;
    this.shear = shear === null ? null : rangeOf("RandomAffine", shear);
    this.interpolation = interpolation;
    this.fill = fill;
    this.center = center;
  }
  override makeParams([, h, w]: ImageSize): AffineParams {
    const { random, degrees, translate, scale, shear } = this;
    const within = (from: number, to: number): number => uniform(random, from, to);
    // An object's members are computed in this order, which is that of the draws.
    return {
      angle: within(degrees[0], degrees[1]),
      translate: translate
        ? [
            roundEven(within(-translate[0] * w, translate[0] * w)),
            roundEven(within(-translate[1] * h, translate[1] * h)),
          ]
        : [0, 0],
      scale: scale ? within(scale[0], scale[1]) : 1,
      shear: shear
        ? [within(shear[0], shear[1]), shear.length === 4 ? within(shear[2], shear[3]) : 0]
        : [0, 0],
    };
  }
  transform(images: Tensor, params: readonly AffineParams[]): Tensor {
    const { interpolation, fill, center } = this;
    return affine(
      images,
      params.map((p) => p.angle),
      params.map((p) => p.translate),
      params.map((p) => p.scale),
      params.map((p) => p.shear),
      { interpolation, fill, center },
    );
  }
  override extraRepr(): string {
    const { degrees, translate, scale, shear, interpolation, fill, center } = this;
    return fields({
      degrees: list(degrees, float),
      translate: translate && tuple(translate),
      scale: scale && tuple(scale),
      shear: shear && list(shear, float),
      interpolation,
      fill,
      center,
    });
  }
}

/**
 * Seen from elsewhere: every corner moves inwards by up to `distortionScale` of half the image.
 *
 * @param options.distortionScale 0 … 1, default 0.5
 * @param options.interpolation default "bilinear"
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomPerspective.html
 *
 * @example
 * new transforms.RandomPerspective({ p: 1 })(zeros(2, 3, 8, 8)).shape // => [2, 3, 8, 8]
 */
export class RandomPerspective extends RandomTransform<Coefficients> {
  readonly distortionScale: number;
  readonly interpolation: "nearest" | "bilinear";
  readonly fill: Fill;

  constructor({
    distortionScale = 0.5,
    p,
    interpolation = "bilinear",
    fill = 0,
    generator,
  }: WarpOptions & ProbabilityOptions & { distortionScale?: number } = {}) {
    super({ p, generator });
    requireThat(
      distortionScale >= 0 && distortionScale <= 1,
      "RandomPerspective",
      `distortionScale is from 0 to 1, got ${distortionScale}`,
    );
    this.distortionScale = distortionScale;
    this.interpolation = interpolation;
    this.fill = fill;
  }
  override makeParams([, h, w]: ImageSize): Coefficients {
    const { random, distortionScale } = this;
    const bound = (n: number): number => Math.trunc(distortionScale * Math.floor(n / 2)) + 1;
    const [high, wide] = [bound(h), bound(w)];
    const [left, right, top, bottom] = [
      () => integer(random, 0, wide),
      () => integer(random, w - wide, w),
      () => integer(random, 0, high),
      () => integer(random, h - high, h),
    ];
    const corners: Pair[] = [
      [0, 0],
      [w - 1, 0],
      [w - 1, h - 1],
      [0, h - 1],
    ];
    const to: Pair[] = [
      [left(), top()],
      [right(), top()],
      [right(), bottom()],
      [left(), bottom()],
    ];
    return perspectiveCoefficients(corners, to);
  }
  transform(images: Tensor, coefficients: readonly Coefficients[]): Tensor {
    const { interpolation, fill } = this;
    return perspective(images, null, null, { interpolation, fill, coefficients });
  }
  override extraRepr(): string {
    const { p, distortionScale, interpolation, fill } = this;
    return fields({ p, distortion_scale: distortionScale, interpolation, fill });
  }
}

export interface ElasticTransformOptions extends WarpOptions {
  /** How far pixels move, in x and y. Default 50. */
  alpha?: number | readonly number[];
  /** How smoothly, in x and y: of the Gaussian that averages the displacements, in pixels. Default 5. */
  sigma?: number | readonly number[];
}
const centred = defineMap<[Tensor]>("elastic", (x) => E.sub(E.mul(x, 2), 1));
const scaled = defineMap<[Tensor, number, number]>("elastic", (x, alpha, size) =>
  E.div(E.mul(x, alpha), size),
);

/**
 * Bent as if under water (Simard et al. 2003): a smooth random displacement of every pixel.
 *
 * @param options.interpolation default "bilinear"
 * @throws DlError "value" for images that are not larger than 4 sigma, which is how far the smoothing looks.
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ElasticTransform.html
 *
 * @example
 * new transforms.ElasticTransform({ sigma: 1 })(zeros(2, 1, 8, 8)).shape // => [2, 1, 8, 8]
 */
export class ElasticTransform extends Transform<[dx: Float32Array, dy: Float32Array]> {
  readonly alpha: Pair;
  readonly sigma: Pair;
  readonly interpolation: "nearest" | "bilinear";
  readonly fill: Fill;

  constructor({
    alpha = 50,
    sigma = 5,
    interpolation = "bilinear",
    fill = 0,
    generator,
  }: ElasticTransformOptions = {}) {
    super({ generator });
    this.alpha = pairOf(alpha);
    this.sigma = pairOf(sigma);
    this.interpolation = interpolation;
    this.fill = fill;
  }
  override makeParams([, h, w]: ImageSize): [dx: Float32Array, dy: Float32Array] {
    return [noise(this.random, h * w), noise(this.random, h * w)];
  }
  transform(images: Tensor, params: readonly (readonly Float32Array[])[]): Tensor {
    const [n, , h, w] = images.shape;
    const { alpha, sigma, interpolation, fill } = this;
    const along = (k: 0 | 1, size: number): Tensor => {
      const all = new Float32Array(n * h * w);
      params.forEach((p, i) => {
        all.set(p[k], i * h * w);
      });
      let d = centred(adoptArray(all, "float32", [n, 1, h, w], images.device));
      if (sigma[k] > 0) {
        const kernel = Math.trunc(8 * sigma[k] + 1);
        const odd = kernel + 1 - (kernel % 2);
        d = gaussianBlur(d, [odd, odd], { sigma });
      }
      return scaled(d, alpha[k], size).select(1, 0);
    };
    const displacement = stack([along(0, w), along(1, h)], -1);
    return elastic(images, displacement, { interpolation, fill });
  }
  override extraRepr(): string {
    const { alpha, sigma, interpolation, fill } = this;
    return fields({ alpha: list(alpha, float), sigma: list(sigma, float), interpolation, fill });
  }
}
function noise(generator: Generator, length: number): Float32Array {
  const out = new Float32Array(length);
  generator.fillUniform(out);
  return out;
}
