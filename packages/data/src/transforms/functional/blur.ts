/** Sharper, softer, noisier, and with holes. */
import {
  conv2d,
  defineMap,
  expr as E,
  type Expr,
  type Generator,
  isTensor,
  type Operand,
  pad,
  randn,
  reshape,
  type Tensor,
} from "@dl/tensor/core";
import { gaussianMatrix, separable } from "./filter.ts";
import {
  asFloat,
  column,
  constants,
  fillOperand,
  fused,
  isInteger,
  listOf,
  maxValue,
  numbersOf,
  onBatch,
  type Pair,
  type PerImage,
  pairOf,
  parts,
  pixelMap,
  requireChannels,
  requireThat,
  whole,
} from "./image.ts";

const isBetween = (at: Expr, from: Expr | number, to: Expr | number): Expr =>
  E.and(E.ge(at, from), E.lt(at, to));

const sharpened = pixelMap<
  [Tensor, Tensor, Tensor, Tensor, Operand, Operand, number, number, number]
>("adjustSharpness", (x, soft, row, column, high, low, bottom, right, bound) => {
  const change = E.sub(soft, x);
  const y = E.min(E.max(fused(x, E.mul(change, high), E.mul(change, low)), 0), bound);
  return E.select(E.and(isBetween(row, 1, bottom), isBetween(column, 1, right)), y, x);
});
const nearestWhole = defineMap<[Tensor]>("round", (x) => E.round(x));
const lines = (x: Tensor): [row: Tensor, column: Tensor] => {
  const [, , h, w] = x.shape;
  const count = (length: number): number[] => Array.from({ length }, (_, i) => i);
  return [whole(count(h), [1, 1, h, 1], x), whole(count(w), [1, 1, 1, w], x)];
};

/**
 * Between a smoothed image (0) and the image (1), and beyond. The outermost pixels stay.
 *
 * @param factor from 0, for all images or one each
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_sharpness.html
 *
 * @example
 * adjustSharpness(tensor([[[0, 0, 0], [0, 0.5, 0], [0, 0, 0]]]), 2).select(1, 1) // => [[0, 0.807692, 0]]
 */
export const adjustSharpness = (image: Tensor, factor: PerImage): Tensor =>
  onBatch("adjustSharpness", image, (x) => {
    requireChannels("adjustSharpness", x);
    const factors = numbersOf("adjustSharpness", factor, x);
    requireThat(
      factors.every((f) => f >= 0),
      "adjustSharpness",
      `the factor is at least 0, got ${factors.join(", ")}`,
    );
    const [n, c, h, w] = x.shape;
    if (x.numel === 0 || h <= 2 || w <= 2) return x;
    const floats = asFloat(x);
    const weights = [1, 1, 1, 1, 5, 1, 1, 1, 1].map((k) => k / 13);
    const kernel = constants(weights, [1, 1, 3, 3], floats);
    const inner = conv2d(reshape(floats, [n * c, 1, h, w]), kernel);
    const soft = reshape(pad(inner, [1, 1, 1, 1]), [n, c, h, w]);
    const rest = parts(
      factors.map((f) => 1 - f),
      floats,
    );
    const target = isInteger(x) ? nearestWhole(soft) : soft;
    return sharpened(x, target, ...lines(x), ...rest, h - 1, w - 1, maxValue(x.dtype));
  });

/** Default of `gaussianBlur`. */
const sigmaFor = (size: number): number => size * 0.15 + 0.35;

/**
 * The mean of `kernelSize` pixels weighted by a Gaussian; the image is reflected at its borders.
 *
 * @param kernelSize odd, one number or `[width, height]`
 * @param options.sigma in pixels: one number, `[x, y]`, or a list of such pairs for each image. Default 0.15 size + 0.35.
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.gaussian_blur.html
 *
 * @example
 * gaussianBlur(tensor([[[0, 1, 0]]]), [3, 1], { sigma: 1 }) // => [[[0.548137, 0.451863, 0.548137]]]
 */
export const gaussianBlur = (
  image: Tensor,
  kernelSize: number | readonly number[],
  { sigma = null }: { sigma?: number | readonly number[] | readonly Pair[] | null } = {},
): Tensor =>
  onBatch("gaussianBlur", image, (x) => {
    const [kx, ky] = pairOf(kernelSize);
    requireThat(
      [kx, ky].every((k) => k > 0 && k % 2 === 1),
      "gaussianBlur",
      `kernelSize is odd and positive, got ${kx} × ${ky}`,
    );
    const [, , h, w] = x.shape;
    requireThat(
      kx >> 1 < w && ky >> 1 < h,
      "gaussianBlur",
      `a kernel of ${kx} × ${ky} reaches beyond what can be reflected in an image of ${h} × ${w}: use a smaller one`,
    );
    const isEach = sigma !== null && typeof sigma !== "number" && typeof sigma[0] !== "number";
    const sigmas = isEach
      ? listOf("gaussianBlur", sigma as readonly Pair[], x, true)
      : [sigma === null ? [sigmaFor(kx), sigmaFor(ky)] : pairOf(sigma as number)];
    requireThat(
      sigmas.every((pair) => pair.every((s) => s > 0)),
      "gaussianBlur",
      `sigma is above 0, got ${sigmas.join(", ")}`,
    );
    const rows = sigmas.map((pair) => gaussianMatrix(h, ky, pair[1]));
    const columns = sigmas.map((pair) => gaussianMatrix(w, kx, pair[0]));
    const y = separable(asFloat(x), rows, columns, [h, w]);
    return isInteger(x) ? nearestWhole(y).to(x.dtype) : y;
  });

const noisy = defineMap<[Tensor, Tensor, number, number, number, number]>(
  "gaussianNoise",
  (x, noise, mean, sigma, low, high) =>
    E.min(E.max(E.add(x, E.add(mean, E.mul(noise, sigma))), low), high),
);
const noisyBytes = defineMap<[Tensor, Tensor, number, number]>(
  "gaussianNoise",
  (x, noise, mean, sigma) => E.add(x, E.trunc(E.add(mean, E.mul(noise, sigma)))),
  { result: "int32" },
);

/**
 * Plus normally distributed noise. `mean` and `sigma` are parts of white.
 *
 * @param options.clip cut off at black and white, default true; without it bytes wrap around
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.gaussian_noise.html
 *
 * @example
 * manualSeed(0);
 * gaussianNoise(tensor([[[0.5, 0.5]]])) // => [[[0.6541, 0.470657]]]
 */
export const gaussianNoise = (
  image: Tensor,
  {
    mean = 0,
    sigma = 0.1,
    clip = true,
    generator,
  }: { mean?: number; sigma?: number; clip?: boolean; generator?: Generator } = {},
): Tensor =>
  onBatch("gaussianNoise", image, (x) => {
    requireThat(sigma >= 0, "gaussianNoise", `sigma is at least 0, got ${sigma}`);
    requireThat(
      !isInteger(x) || x.dtype === "uint8",
      "gaussianNoise",
      `images are floats or bytes, got ${x.dtype}`,
    );
    const dtype = isInteger(x) ? "float32" : x.dtype;
    const noise = randn(x.shape, { dtype, device: x.device, generator });
    if (!isInteger(x)) {
      const [low, high] = clip ? [0, 1] : [-Infinity, Infinity];
      return noisy(x, noise, mean, sigma, low, high);
    }
    const y = noisyBytes(x, noise, mean * 255, sigma * 255);
    return clip ? y.clamp({ min: 0, max: 255 }).to("uint8") : wrapped(y);
  });
/** Modulo 256. */
const wrapped = defineMap<[Tensor]>("gaussianNoise", (x) => E.rem(E.add(E.rem(x, 256), 256), 256), {
  result: "uint8",
});

const replaced = pixelMap<[Tensor, Operand, Tensor, Tensor, Operand, Operand, Operand, Operand]>(
  "erase",
  (x, value, row, column, top, left, bottom, right) =>
    E.select(E.and(isBetween(row, top, bottom), isBetween(column, left, right)), value, x),
);

/**
 * A rectangle of `h` × `w` pixels at row `i` and column `j` replaced by `v`.
 *
 * @param i for all images, or one each; so are `j`, `h` and `w`
 * @param v a number, one for each channel, or a tensor that broadcasts with the images, or with one rectangle for all
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.erase.html
 *
 * @example
 * erase(tensor([[[1, 2, 3]]]), 0, 1, 1, 2, 0) // => [[[1, 0, 0]]]
 */
export const erase = (
  image: Tensor,
  i: PerImage,
  j: PerImage,
  h: PerImage,
  w: PerImage,
  v: number | readonly number[] | Tensor,
): Tensor =>
  onBatch("erase", image, (x) => {
    if (x.numel === 0) return x.clone();
    const [top, left, height, width] = [i, j, h, w].map((p) => numbersOf("erase", p, x));
    const one = [top, left, height, width].every((p) => p.length === 1);
    const isPatch =
      isTensor(v) && one && v.shape.at(-2) === height[0] && v.shape.at(-1) === width[0];
    const value = isPatch
      ? placed(v, x, top[0], left[0])
      : isTensor(v)
        ? v
        : fillOperand("erase", v, x);
    const end = (from: number[], length: number[]): number[] =>
      Array.from(
        { length: Math.max(from.length, length.length) },
        (_, k) => from[k % from.length] + length[k % length.length],
      );
    const box = [top, left, end(top, height), end(left, width)].map((p) => column(p, x));
    const [top1, left1, bottom1, right1] = box;
    return replaced(x, value, ...lines(x), top1, left1, bottom1, right1);
  });

/** A patch at its place, among zeros. */
function placed(patch: Tensor, x: Tensor, top: number, left: number): Tensor {
  const [, , height, width] = x.shape;
  const [h, w] = patch.shape.slice(-2);
  return pad(patch, [left, width - left - w, top, height - top - h]);
}
