/** Transforms that blur, add noise, and take parts away; and those of numbers and dtypes. */
import { adoptArray, type DType, isFloating, type Tensor } from "@dl/tensor/core";
import { integer, uniform } from "./draw.ts";
import { erase, gaussianBlur, gaussianNoise } from "./functional/blur.ts";
import { normalize, toDtype } from "./functional/dtype.ts";
import { type Pair, pairOf, requireThat } from "./functional/image.ts";
import { drawBox } from "./geometry.ts";
import { fields, float, list, tuple } from "./print.ts";
import {
  type GeneratorOption,
  type ImageSize,
  type ProbabilityOptions,
  RandomTransform,
  Transform,
} from "./transform.ts";

/**
 * Blurred by a Gaussian of random width.
 *
 * @param kernelSize odd, one number or `[width, height]`
 * @param options.sigma in pixels, one number or `[from, to]`. Default [0.1, 2].
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.GaussianBlur.html
 *
 * @example
 * new transforms.GaussianBlur(3)(zeros(2, 3, 8, 8)).shape // => [2, 3, 8, 8]
 */
export class GaussianBlur extends Transform<number> {
  readonly kernelSize: Pair;
  readonly sigma: Pair;
  constructor(
    kernelSize: number | readonly number[],
    { sigma = [0.1, 2], generator }: GeneratorOption & { sigma?: number | readonly number[] } = {},
  ) {
    super({ generator });
    this.kernelSize = pairOf(kernelSize);
    this.sigma = pairOf(sigma);
    const [low, high] = this.sigma;
    requireThat(
      low > 0 && low <= high,
      "GaussianBlur",
      `sigma is above 0, from and to, got [${low}, ${high}]`,
    );
  }
  override makeParams(): number {
    return uniform(this.random, ...this.sigma);
  }
  transform(images: Tensor, sigmas: readonly number[]): Tensor {
    return gaussianBlur(images, this.kernelSize, { sigma: sigmas.map((s): Pair => [s, s]) });
  }
  override extraRepr(): string {
    return fields({ kernel_size: tuple(this.kernelSize), sigma: list(this.sigma, float) });
  }
}

/**
 * Plus normally distributed noise. `mean` and `sigma` are parts of white.
 *
 * @param options.clip cut off at black and white. Default true.
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.GaussianNoise.html
 *
 * @example
 * manualSeed(0);
 * new transforms.GaussianNoise()(tensor([[[0.5, 0.5]]])) // => [[[0.6541, 0.470657]]]
 */
export class GaussianNoise extends Transform {
  readonly mean: number;
  readonly sigma: number;
  readonly clip: boolean;
  constructor({
    mean = 0,
    sigma = 0.1,
    clip = true,
    generator,
  }: GeneratorOption & { mean?: number; sigma?: number; clip?: boolean } = {}) {
    super({ generator });
    this.mean = mean;
    this.sigma = sigma;
    this.clip = clip;
  }
  transform(images: Tensor): Tensor {
    const { mean, sigma, clip, random } = this;
    return gaussianNoise(images, { mean, sigma, clip, generator: random });
  }
  override extraRepr(): string {
    const { mean, sigma, clip } = this;
    return fields({ mean: float(mean), sigma: float(sigma), clip });
  }
}

export interface RandomErasingOptions extends ProbabilityOptions {
  /** The part of the area, from and to. Default [0.02, 0.33]. */
  scale?: Pair;
  /** Height over width, from and to. Default [0.3, 3.3]. */
  ratio?: Pair;
  /** One number, one for each channel, or "random": normally distributed. Default 0. */
  value?: number | readonly number[] | "random";
}
interface Erasure {
  /** Top, left, height, width; none if ten tries did not fit. */
  readonly box?: readonly [number, number, number, number];
  /** Normal numbers for the box. */
  readonly noise?: Float32Array;
}

/**
 * A rectangle of random area, shape and place replaced (Zhong et al. 2017).
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomErasing.html
 *
 * @example
 * manualSeed(0);
 * new transforms.RandomErasing({ p: 1, scale: [0.25, 0.25], ratio: [1, 1] })(ones(4, 1, 4, 4)).sum() // => 48
 */
export class RandomErasing extends RandomTransform<Erasure> {
  readonly scale: Pair;
  readonly ratio: Pair;
  /** null for random numbers. */
  readonly value: readonly number[] | null;

  constructor({
    p,
    scale = [0.02, 0.33],
    ratio = [0.3, 3.3],
    value = 0,
    generator,
  }: RandomErasingOptions = {}) {
    super({ p, generator });
    requireThat(
      scale[0] >= 0 && scale[1] <= 1,
      "RandomErasing",
      `scale is parts of the area from 0 to 1, got [${scale.join(", ")}]`,
    );
    this.scale = scale;
    this.ratio = ratio;
    this.value = value === "random" ? null : typeof value === "number" ? [value] : value;
  }
  override makeParams([c, h, w]: ImageSize): Erasure {
    const { random, scale, ratio } = this;
    let noise: Float32Array | undefined;
    const fits = (height: number, width: number): boolean => {
      if (!(height < h && width < w)) return false;
      if (!this.value) {
        noise = new Float32Array(c * height * width);
        random.fillNormal(noise);
      }
      return true;
    };
    const draws = {
      uniform: (a: number, b: number) => uniform(random, a, b),
      integer: (a: number, b: number) => integer(random, a, b),
    };
    return { box: drawBox(draws, [h, w], scale, ratio, fits, true), noise };
  }
  transform(images: Tensor, params: readonly Erasure[]): Tensor {
    const boxes = params.map((p) => p.box ?? [0, 0, 0, 0]);
    const [top, left, height, width] = [0, 1, 2, 3].map((k) => boxes.map((box) => box[k]));
    const value = this.value ?? patches(images, params);
    return erase(images, top, left, height, width, value);
  }
  override extraRepr(): string {
    const { p, scale, ratio, value } = this;
    return fields({
      p,
      scale: tuple(scale),
      ratio: tuple(ratio),
      value: value && list(value, float),
      inplace: false,
    });
  }
}
/** Images of zeros with each one's random numbers in its box. */
function patches(images: Tensor, params: readonly Erasure[]): Tensor {
  const { shape, dtype, device } = images;
  const [n, c, h, w] = shape;
  const all = new Float32Array(n * c * h * w);
  params.forEach(({ box, noise }, i) => {
    if (!box || !noise) return;
    const [top, left, height, width] = box;
    for (let row = 0; row < c * height; row++) {
      const channel = Math.floor(row / height);
      const to = ((i * c + channel) * h + top + (row % height)) * w + left;
      all.set(noise.subarray(row * width, (row + 1) * width), to);
    }
  });
  const values = adoptArray(all, "float32", shape, device);
  return isFloating(dtype) ? values.to(dtype) : values;
}

export interface CutoutOptions extends ProbabilityOptions {
  /** How many squares. Default 1. */
  nHoles?: number;
  /** One number, or one for each channel. Default 0. */
  fill?: number | readonly number[];
}

/**
 * Squares of side `length` taken away (DeVries and Taylor 2017). Their middles are anywhere in the image, so that those
 * at the border are cut off.
 *
 * @param options.p default 1
 *
 * @example
 * manualSeed(0);
 * new transforms.Cutout(2)(ones(1, 4, 4)).sum() // => 12
 */
export class Cutout extends RandomTransform<readonly Pair[]> {
  override readonly length: number;
  readonly nHoles: number;
  readonly fill: number | readonly number[];
  constructor(length: number, { nHoles = 1, fill = 0, p = 1, generator }: CutoutOptions = {}) {
    super({ p, generator });
    requireThat(
      Number.isInteger(length) && length > 0,
      "Cutout",
      `length is a whole number of pixels, got ${length}`,
    );
    this.length = length;
    this.nHoles = nHoles;
    this.fill = fill;
  }
  /** The middles of the squares. */
  override makeParams([, h, w]: ImageSize): readonly Pair[] {
    const { random } = this;
    return Array.from({ length: this.nHoles }, () => [
      integer(random, 0, h),
      integer(random, 0, w),
    ]);
  }
  transform(images: Tensor, holes: readonly (readonly Pair[])[]): Tensor {
    const half = Math.floor(this.length / 2);
    let y = images;
    for (let k = 0; k < this.nHoles; k++) {
      const [top, left] = [0, 1].map((axis) => holes.map((list) => list[k][axis] - half));
      y = erase(y, top, left, this.length, this.length, this.fill);
    }
    return y;
  }
  override extraRepr(): string {
    const { p, length, nHoles, fill } = this;
    return fields({ p, length, n_holes: nHoles, fill });
  }
}

/**
 * `(x − mean) / std`, channel by channel.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Normalize.html
 *
 * @example
 * new transforms.Normalize([0.5], [0.25])(tensor([[[0, 1]]])) // => [[[-2, 2]]]
 */
export class Normalize extends Transform {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  constructor(mean: readonly number[], std: readonly number[]) {
    super();
    this.mean = mean;
    this.std = std;
  }
  transform(images: Tensor): Tensor {
    return normalize(images, this.mean, this.std);
  }
  override extraRepr(): string {
    return fields({ mean: this.mean, std: this.std, inplace: false });
  }
}

/**
 * In another dtype; with `scale`, bytes 0 … 255 become floats 0 … 1 and the other way round.
 *
 * @param options.scale default false
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToDtype.html
 *
 * @example
 * new transforms.ToDtype("float32", { scale: true })(tensor([[[51]]], { dtype: "uint8" })) // => [[[0.2]]]
 */
export class ToDtype extends Transform {
  readonly dtype: DType;
  readonly scale: boolean;
  constructor(dtype: DType, { scale = false } = {}) {
    super();
    this.dtype = dtype;
    this.scale = scale;
  }
  transform(images: Tensor): Tensor {
    return toDtype(images, this.dtype, { scale: this.scale });
  }
  override extraRepr(): string {
    return fields({ scale: this.scale });
  }
}
