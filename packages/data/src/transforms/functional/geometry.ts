/** Sizes: flips, borders, crops, and resizing. Nothing here turns or bends an image. */
import {
  flip,
  interpolate,
  type Operand,
  pad as padTensor,
  slice,
  type Tensor,
} from "@dl/tensor/core";
import { type Interpolation, resizeMatrix, separable } from "./filter.ts";
import {
  asFloat,
  type Fill,
  fillOperand,
  isInteger,
  maxValue,
  numbersOf,
  onBatch,
  type PerImage,
  pairOf,
  requireThat,
} from "./image.ts";
import { BORDERS, type PaddingMode, pick, stretch } from "./pick.ts";

/**
 * Left and right exchanged.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.horizontal_flip.html
 *
 * @example
 * horizontalFlip(tensor([[[1, 2]]])) // => [[[2, 1]]]
 */
export const horizontalFlip = (image: Tensor): Tensor => flip(image, -1).clone();
/**
 * Top and bottom exchanged.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.vertical_flip.html
 *
 * @example
 * verticalFlip(tensor([[[1], [2]]])) // => [[[2], [1]]]
 */
export const verticalFlip = (image: Tensor): Tensor => flip(image, -2).clone();

export interface PadOptions {
  /** What the border is made of with "constant": one number or one for each channel. Default 0. */
  fill?: Fill;
  /** "constant" (default), "edge", "reflect" (the edge once) or "symmetric" (the edge twice). */
  paddingMode?: PaddingMode;
}
/** All around; left and right, top and bottom; or left, top, right, bottom. */
export type Padding = number | readonly number[];

export function paddingOf(name: string, padding: Padding): [number, number, number, number] {
  const list = typeof padding === "number" ? [padding] : padding;
  requireThat(
    [1, 2, 4].includes(list.length) && list.every(Number.isInteger),
    name,
    `padding is a whole number, or 1, 2 or 4 of them (left, top, right, bottom), got [${list.join(", ")}]`,
  );
  const [left, top = left, right = left, bottom = top] = list;
  return [left, top, right, bottom];
}

/**
 * With a border.
 *
 * @param padding one width, `[horizontal, vertical]`, or `[left, top, right, bottom]`; negative ones crop
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.pad.html
 *
 * @example
 * pad(tensor([[[1, 2]]]), [1, 0], { paddingMode: "edge" }) // => [[[1, 1, 2, 2]]]
 */
export function pad(image: Tensor, padding: Padding, options: PadOptions = {}): Tensor {
  const { fill = 0, paddingMode = "constant" } = options;
  const [left, top, right, bottom] = paddingOf("pad", padding);
  requireThat(
    paddingMode in BORDERS,
    "pad",
    `paddingMode is one of ${Object.keys(BORDERS).join(", ")}, got ${JSON.stringify(paddingMode)}`,
  );
  return onBatch("pad", image, (x) => {
    const [, , h, w] = x.shape;
    const value = fillOperand("pad", fill, x);
    if (paddingMode === "constant" && typeof value === "number")
      return padTensor(x, [left, right, top, bottom], { value });
    requireThat(
      paddingMode === "constant" || typeof value === "number",
      "pad",
      `a fill for each channel goes with paddingMode "constant", not with "${paddingMode}"`,
    );
    const mirrored = { constant: Infinity, edge: Infinity, reflect: -1, symmetric: 0 }[paddingMode];
    requireThat(
      Math.max(left, right) <= w + mirrored && Math.max(top, bottom) <= h + mirrored,
      "pad",
      `borders [${[left, top, right, bottom].join(", ")}] are wider than what "${paddingMode}" finds in an image of ${h} × ${w}`,
    );
    const line = (before: number, n: number, after: number): Int32Array =>
      Int32Array.from({ length: before + n + after }, (_, i) =>
        BORDERS[paddingMode](i - before, n),
      );
    return pick(x, [line(top, h, bottom)], [line(left, w, right)], value);
  });
}

/**
 * `height` × `width` pixels from row `top` and column `left` on; black where that is outside. Above and to the left of the
 * whole image too, where torchvision gives another shape.
 *
 * @param top for all images, or one each; so is `left`
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.crop.html
 *
 * @example
 * crop(tensor([[[1, 2, 3], [4, 5, 6]]]), 1, 1, 1, 2) // => [[[5, 6]]]
 */
export const crop = (
  image: Tensor,
  top: PerImage,
  left: PerImage,
  height: number,
  width: number,
): Tensor => onBatch("crop", image, (x) => cropTo(x, top, left, height, width, 0));

/** The same with pixels of another value outside. */
export function cropTo(
  x: Tensor,
  top: PerImage,
  left: PerImage,
  height: number,
  width: number,
  fill: Operand,
  borders: PaddingMode = "constant",
  offset: readonly [top: number, left: number] = [0, 0],
): Tensor {
  const [, , h, w] = x.shape;
  const isWithin = (at: PerImage, length: number, size: number): at is number =>
    typeof at === "number" && at >= 0 && at + length <= size;
  if (offset[0] === 0 && offset[1] === 0)
    if (isWithin(top, height, h) && isWithin(left, width, w))
      return slice(slice(x, 2, top, top + height), 3, left, left + width).clone();
  const lines = (starts: PerImage, shift: number, length: number, n: number): Int32Array[] =>
    numbersOf("crop", starts, x).map((start) =>
      borders === "constant"
        ? stretch(start - shift, length, n)
        : Int32Array.from({ length }, (_, i) => BORDERS[borders](start - shift + i, n)),
    );
  return pick(x, lines(top, offset[0], height, h), lines(left, offset[1], width, w), fill);
}

/** Rounded to the even neighbour, as Python does. */
export function roundEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/**
 * The middle, `[height, width]` or a square; with a black border where the image is smaller.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.center_crop.html
 *
 * @example
 * centerCrop(tensor([[[1, 2, 3]]]), 1) // => [[[2]]]
 */
export const centerCrop = (image: Tensor, outputSize: number | readonly number[]): Tensor =>
  onBatch("centerCrop", image, (x) => {
    const [height, width] = pairOf(outputSize);
    const start = (size: number, n: number): number =>
      size > n ? -Math.floor((size - n) / 2) : roundEven((n - size) / 2);
    const [, , h, w] = x.shape;
    return cropTo(x, start(height, h), start(width, w), height, width, 0);
  });

export interface ResizeOptions {
  /** Default "bilinear". */
  interpolation?: Interpolation;
  /** Average over what falls into a pixel, where the result is smaller. Default true; without effect on "nearest". */
  antialias?: boolean | null;
}

/**
 * @internal The size of the result: `[height, width]`; or one number for the shorter side, where `maxSize` bounds the
 * longer one; or `null` for a longer side of `maxSize`.
 */
export function resizedSize(
  [h, w]: readonly [number, number],
  size: number | readonly number[] | null,
  maxSize: number | null = null,
): [height: number, width: number] {
  if (Array.isArray(size) && size.length === 2) {
    requireThat(maxSize === null, "resize", "maxSize goes with one number, the shorter side");
    return [size[0], size[1]];
  }
  const [short, long] = w <= h ? [w, h] : [h, w];
  let to: [short: number, long: number];
  if (size === null) {
    requireThat(maxSize !== null, "resize", "size is null: maxSize is needed");
    to = [Math.trunc((maxSize! * short) / long), maxSize!];
  } else {
    const wanted = typeof size === "number" ? size : size[0];
    to = [wanted, Math.trunc((wanted * long) / short)];
    if (maxSize !== null) {
      requireThat(
        maxSize > wanted,
        "resize",
        `maxSize ${maxSize} has to be above size ${wanted}, the shorter side`,
      );
      if (to[1] > maxSize) to = [Math.trunc((maxSize * to[0]) / to[1]), maxSize];
    }
  }
  return w <= h ? [to[1], to[0]] : to;
}

/** Computes in floats; bytes are rounded, and cut off where a cubic filter overshoots. */
function throughFloats(x: Tensor, interpolation: Interpolation, go: (x: Tensor) => Tensor): Tensor {
  if (!isInteger(x)) return go(x);
  const y = go(asFloat(x));
  const inRange = interpolation === "bicubic" ? y.clamp({ min: 0, max: maxValue(x.dtype) }) : y;
  return inRange.round().to(x.dtype);
}

/**
 * Resized to `[height, width]`, or to a shorter side of `size` with the aspect ratio kept.
 *
 * @param options.maxSize for the longer side, where `size` is one number or null
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.resize.html
 *
 * @example
 * resize(tensor([[[1, 3], [1, 3]]]), [1, 1]) // => [[[2]]]
 */
export const resize = (
  image: Tensor,
  size: number | readonly number[] | null,
  {
    interpolation = "bilinear",
    maxSize = null,
    antialias = true,
  }: ResizeOptions & { maxSize?: number | null } = {},
): Tensor =>
  onBatch("resize", image, (x) => {
    const [, , h, w] = x.shape;
    const to = resizedSize([h, w], size, maxSize);
    if (to[0] === h && to[1] === w) return x;
    if (interpolation === "nearest" || interpolation === "nearest-exact")
      return interpolate(x, { size: to, mode: interpolation });
    return throughFloats(x, interpolation, (floats) =>
      interpolate(floats, { size: to, mode: interpolation, antialias: antialias ?? false }),
    );
  });

/**
 * {@link crop}, then {@link resize}. With a crop for each image, all are resized in two products.
 *
 * @param top for all images, or one each; so are `left`, `height` and `width`
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.resized_crop.html
 *
 * @example
 * resizedCrop(tensor([[[1, 3, 9]]]), 0, 0, 1, 2, [1, 1]) // => [[[2]]]
 */
export const resizedCrop = (
  image: Tensor,
  top: PerImage,
  left: PerImage,
  height: PerImage,
  width: PerImage,
  size: number | readonly number[],
  options: ResizeOptions = {},
): Tensor =>
  onBatch("resizedCrop", image, (x) => {
    const { interpolation = "bilinear", antialias = true } = options;
    if (typeof height === "number" && typeof width === "number")
      return resize(crop(x, top, left, height, width), size, options);
    requireThat(
      typeof size !== "number" && size.length === 2,
      "resizedCrop",
      "crops of different sizes want a size [height, width]",
    );
    const [, , h, w] = x.shape;
    const [oh, ow] = size as readonly number[];
    const matrices = (start: PerImage, length: PerImage, n: number, m: number): Float64Array[] => {
      const starts = numbersOf("resizedCrop", start, x);
      const lengths = numbersOf("resizedCrop", length, x);
      return Array.from({ length: x.shape[0] }, (_, i) =>
        resizeMatrix(
          n,
          starts[i % starts.length],
          lengths[i % lengths.length],
          m,
          interpolation,
          antialias ?? false,
        ),
      );
    };
    return throughFloats(x, interpolation, (floats) =>
      separable(floats, matrices(top, height, h, oh), matrices(left, width, w, ow), [oh, ow]),
    );
  });
