/** Transforms that flip, crop, pad and resize. */
import { defineMap, expr as E, flip, type Tensor } from "@dl/tensor/core";
import { integer, uniform } from "./draw.ts";
import type { Interpolation } from "./functional/filter.ts";
import {
  centerCrop,
  cropTo,
  type Padding,
  type PadOptions,
  pad,
  paddingOf,
  type ResizeOptions,
  resize,
  resizedCrop,
  roundEven,
} from "./functional/geometry.ts";
import {
  constants,
  type Fill,
  fillOperand,
  type Pair,
  pairOf,
  requireThat,
} from "./functional/image.ts";
import type { PaddingMode } from "./functional/pick.ts";
import { fields, list, tuple } from "./print.ts";
import { type GeneratorOption, type ImageSize, RandomTransform, Transform } from "./transform.ts";

/**
 * Resized to `[height, width]`, or to a shorter side of `size` with the aspect ratio kept.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Resize.html
 *
 * @example
 * new transforms.Resize([2, 2])(zeros(3, 4, 6)).shape // => [3, 2, 2]
 */
export class Resize extends Transform {
  readonly size: readonly number[] | null;
  readonly interpolation: Interpolation;
  readonly maxSize: number | null;
  readonly antialias: boolean;

  constructor(
    size: number | readonly number[] | null,
    {
      interpolation = "bilinear",
      maxSize = null,
      antialias = true,
    }: ResizeOptions & { maxSize?: number | null } = {},
  ) {
    super();
    this.size = typeof size === "number" ? [size] : size;
    this.interpolation = interpolation;
    this.maxSize = maxSize;
    this.antialias = antialias ?? false;
    requireThat(
      size !== null || maxSize !== null,
      "Resize",
      "size is null: maxSize, of the longer side, is needed",
    );
  }
  transform(images: Tensor): Tensor {
    const { size, interpolation, maxSize, antialias } = this;
    return resize(images, size, { interpolation, maxSize, antialias });
  }
  override extraRepr(): string {
    const { size, interpolation, maxSize, antialias } = this;
    return fields({ size, interpolation, max_size: maxSize, antialias });
  }
}

/**
 * The middle; with a black border where the image is smaller.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.CenterCrop.html
 *
 * @example
 * new transforms.CenterCrop(2)(zeros(3, 4, 6)).shape // => [3, 2, 2]
 */
export class CenterCrop extends Transform {
  readonly size: Pair;
  constructor(size: number | readonly number[]) {
    super();
    this.size = pairOf(size);
  }
  transform(images: Tensor): Tensor {
    return centerCrop(images, this.size);
  }
  override extraRepr(): string {
    return fields({ size: tuple(this.size) });
  }
}

/**
 * With a border.
 *
 * @param padding one width, `[horizontal, vertical]`, or `[left, top, right, bottom]`
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Pad.html
 *
 * @example
 * new transforms.Pad(1)(zeros(3, 4, 6)).shape // => [3, 6, 8]
 */
export class Pad extends Transform {
  readonly padding: Padding;
  readonly fill: Fill;
  readonly paddingMode: PaddingMode;
  constructor(padding: Padding, { fill = 0, paddingMode = "constant" }: PadOptions = {}) {
    super();
    paddingOf("Pad", padding);
    this.padding = padding;
    this.fill = fill;
    this.paddingMode = paddingMode;
  }
  transform(images: Tensor): Tensor {
    return pad(images, this.padding, { fill: this.fill, paddingMode: this.paddingMode });
  }
  override extraRepr(): string {
    const { padding, fill, paddingMode } = this;
    return fields({ padding, fill, padding_mode: paddingMode });
  }
}

const flipped = defineMap<[Tensor, Tensor, Tensor]>("flip", (x, mirrored, isFlipped) =>
  E.select(E.ne(isFlipped, 0), mirrored, x),
);
/** One kernel for all: of a view from the other side, or of the image. */
abstract class RandomFlip extends RandomTransform {
  protected abstract readonly dim: number;
  transform(images: Tensor): Tensor {
    return flip(images, this.dim).clone();
  }
  protected override some(images: Tensor, chosen: readonly boolean[]): Tensor {
    if (chosen.every((c) => c)) return this.transform(images);
    if (!chosen.includes(true)) return images;
    const mask = constants(chosen.map(Number), [chosen.length, 1, 1, 1], images);
    return flipped(images, flip(images, this.dim), mask).to(images.dtype);
  }
  override extraRepr(): string {
    return fields({ p: this.p });
  }
}
/**
 * Left and right exchanged, with probability `p`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomHorizontalFlip.html
 *
 * @example
 * new transforms.RandomHorizontalFlip({ p: 1 })(tensor([[[1, 2]]])) // => [[[2, 1]]]
 */
export class RandomHorizontalFlip extends RandomFlip {
  protected get dim(): number {
    return -1;
  }
}
/**
 * Top and bottom exchanged, with probability `p`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomVerticalFlip.html
 *
 * @example
 * new transforms.RandomVerticalFlip({ p: 1 })(tensor([[[1], [2]]])) // => [[[2], [1]]]
 */
export class RandomVerticalFlip extends RandomFlip {
  protected get dim(): number {
    return -2;
  }
}

export interface RandomCropOptions extends PadOptions, GeneratorOption {
  /** A border to be put around first. Default null. */
  padding?: Padding | null;
  /** Widen the border until the crop fits. Default false. */
  padIfNeeded?: boolean;
}
type Corner = readonly [top: number, left: number];

/**
 * A part of `[height, width]`, or a square, anywhere in the image; with `padding`, in the image with a border. Border
 * and crop are one kernel.
 *
 * @throws DlError "value" when the image with its border is smaller than the crop.
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomCrop.html
 *
 * @example
 * new transforms.RandomCrop(32, { padding: 4 })(zeros(8, 3, 32, 32)).shape // => [8, 3, 32, 32]
 */
export class RandomCrop extends Transform<Corner> {
  readonly size: Pair;
  readonly padding: readonly [number, number, number, number] | null;
  readonly padIfNeeded: boolean;
  readonly fill: Fill;
  readonly paddingMode: PaddingMode;

  constructor(
    size: number | readonly number[],
    {
      padding = null,
      padIfNeeded = false,
      fill = 0,
      paddingMode = "constant",
      generator,
    }: RandomCropOptions = {},
  ) {
    super({ generator });
    this.size = pairOf(size);
    this.padding = padding === null || padding === 0 ? null : paddingOf("RandomCrop", padding);
    this.padIfNeeded = padIfNeeded;
    this.fill = fill;
    this.paddingMode = paddingMode;
  }
  /** Left, top, right, bottom. */
  #border([, h, w]: ImageSize): [number, number, number, number] {
    const [height, width] = this.size;
    let [left, top, right, bottom] = this.padding ?? [0, 0, 0, 0];
    if (this.padIfNeeded) {
      const high = Math.max(height - (h + top + bottom), 0);
      const wide = Math.max(width - (w + left + right), 0);
      top += high;
      bottom += high;
      left += wide;
      right += wide;
    }
    return [left, top, right, bottom];
  }
  override makeParams(size: ImageSize): Corner {
    const [left, top, right, bottom] = this.#border(size);
    const [height, width] = this.size;
    const [h, w] = [size[1] + top + bottom, size[2] + left + right];
    requireThat(
      h >= height && w >= width,
      "RandomCrop",
      `a crop of ${height} × ${width} is larger than ${this.padding ? "the padded" : "the"} image of ${h} × ${w}: give padding, or padIfNeeded`,
    );
    const { random } = this;
    const at = (n: number): number => (n > 0 ? integer(random, 0, n + 1) : 0);
    return [at(h - height), at(w - width)];
  }
  transform(images: Tensor, corners: readonly Corner[]): Tensor {
    const [, c, h, w] = images.shape;
    const [left, top, right, bottom] = this.#border([c, h, w]);
    const [height, width] = this.size;
    const { fill, paddingMode } = this;
    const isBordered = left + top + right + bottom > 0;
    // Where the border has rules of its own, they are looked up once.
    if (isBordered && paddingMode !== "constant") {
      const wide = pad(images, [left, top, right, bottom], { fill, paddingMode });
      return cropTo(wide, ...columns(corners), height, width, 0);
    }
    const value = isBordered ? fillOperand("RandomCrop", fill, images) : 0;
    return cropTo(images, ...columns(corners), height, width, value, "constant", [top, left]);
  }
  override extraRepr(): string {
    const { size, padding, padIfNeeded, fill, paddingMode } = this;
    const [left, top, right, bottom] = padding ?? [];
    return fields({
      size: tuple(size),
      padding: padding && list([left, right, top, bottom] as number[]),
      pad_if_needed: padIfNeeded,
      fill,
      padding_mode: paddingMode,
    });
  }
}
const columns = (corners: readonly Corner[]): [number[], number[]] => [
  corners.map((c) => c[0]),
  corners.map((c) => c[1]),
];

export interface RandomResizedCropOptions extends ResizeOptions, GeneratorOption {
  /** The part of the area, from and to. Default [0.08, 1]. */
  scale?: Pair;
  /** Width over height, from and to. Default [3/4, 4/3]. */
  ratio?: Pair;
}
type Box = readonly [top: number, left: number, height: number, width: number];

/** Tries ten times to fit a box of a random area and shape in the image. */
export function drawBox(
  { uniform: draw, integer: place }: { uniform: Draw; integer: Draw },
  [h, w]: Pair,
  scale: Pair,
  ratio: Pair,
  fits: (height: number, width: number) => boolean,
  isTall = false,
): Box | undefined {
  for (let i = 0; i < 10; i++) {
    const area = h * w * draw(scale[0], scale[1]);
    const [low, high] = ratio.map((r) => Math.fround(Math.log(Math.fround(r))));
    const aspect = Math.fround(Math.exp(draw(low, high)));
    const [a, b] = [roundEven(Math.sqrt(area * aspect)), roundEven(Math.sqrt(area / aspect))];
    const [height, width] = isTall ? [a, b] : [b, a];
    if (fits(height, width))
      return [place(0, h - height + 1), place(0, w - width + 1), height, width];
  }
  return undefined;
}
type Draw = (low: number, high: number) => number;

/**
 * A part of random area and shape, resized: Inception's augmentation.
 *
 * @param size of the result, `[height, width]` or a square
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomResizedCrop.html
 *
 * @example
 * new transforms.RandomResizedCrop(8)(zeros(2, 3, 20, 30)).shape // => [2, 3, 8, 8]
 */
export class RandomResizedCrop extends Transform<Box> {
  readonly size: Pair;
  readonly scale: Pair;
  readonly ratio: Pair;
  readonly interpolation: Interpolation;
  readonly antialias: boolean;

  constructor(
    size: number | readonly number[],
    {
      scale = [0.08, 1],
      ratio = [3 / 4, 4 / 3],
      interpolation = "bilinear",
      antialias = true,
      generator,
    }: RandomResizedCropOptions = {},
  ) {
    super({ generator });
    this.size = pairOf(size);
    this.scale = scale;
    this.ratio = ratio;
    this.interpolation = interpolation;
    this.antialias = antialias ?? false;
  }
  override makeParams([, h, w]: ImageSize): Box {
    const { random, scale, ratio } = this;
    const draws = {
      uniform: (a: number, b: number) => uniform(random, a, b),
      integer: (a: number, b: number) => integer(random, a, b),
    };
    const box = drawBox(
      draws,
      [h, w],
      scale,
      ratio,
      (height, width) => width > 0 && width <= w && height > 0 && height <= h,
    );
    if (box) return box;
    const [low, high] = [Math.min(...ratio), Math.max(...ratio)];
    const height = w / h < low ? roundEven(w / low) : h;
    const width = w / h > high ? roundEven(h * high) : w;
    return [Math.floor((h - height) / 2), Math.floor((w - width) / 2), height, width];
  }
  transform(images: Tensor, boxes: readonly Box[]): Tensor {
    const { size, interpolation, antialias } = this;
    const options = { interpolation, antialias };
    const [top, left, height, width] = [0, 1, 2, 3].map((k) => boxes.map((box) => box[k]));
    if (boxes.length === 1)
      return resizedCrop(images, top[0], left[0], height[0], width[0], size, options);
    return resizedCrop(images, top, left, height, width, size, options);
  }
  override extraRepr(): string {
    const { size, scale, ratio, interpolation, antialias } = this;
    const short = (x: number): string => (Number.isInteger(x) ? `${x}.0` : String(x));
    return fields({
      size: tuple(size),
      scale: tuple(scale, short),
      ratio: tuple(ratio, short),
      interpolation,
      antialias,
    });
  }
}
