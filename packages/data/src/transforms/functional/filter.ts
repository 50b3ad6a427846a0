/**
 * Filters that work on rows and on columns, as products with matrices: `Y = R X Cᵀ`. The matrices are small, written on
 * the host, and may differ from image to image; so crops of different sizes are resized in two products.
 */
import { matmul, reshape, type Tensor, transpose } from "@dl/tensor/core";
import { constants } from "./image.ts";
import { BORDERS } from "./pick.ts";

/** A matrix [m, n], row by row. */
export type Matrix = Float64Array;

export function separable(
  x: Tensor,
  rows: readonly Matrix[],
  columns: readonly Matrix[],
  [oh, ow]: readonly [number, number],
): Tensor {
  const [n, c, h, w] = x.shape;
  const all = (list: readonly Matrix[], m: number, size: number): Tensor => {
    const values = new Float64Array(list.length * m * size);
    list.forEach((matrix, i) => {
      values.set(matrix, i * m * size);
    });
    return constants(values, list.length === 1 ? [m, size] : [list.length, 1, m, size], x);
  };
  const right = transpose(all(columns, ow, w), -2, -1);
  // One matrix for all: one product with all rows of all images.
  const y =
    columns.length === 1
      ? reshape(matmul(reshape(x, [n * c * h, w]), right), [n, c, h, ow])
      : matmul(x, right);
  return matmul(all(rows, oh, h), y);
}

/** Weights of the normal distribution at whole distances from the middle, as torchvision scales them. */
function gaussian(size: number, sigma: number): number[] {
  const limit = (size - 1) / (2 * Math.SQRT2);
  const weights = Array.from({ length: size }, (_, i) => {
    const at = size > 1 ? -limit + (2 * limit * i) / (size - 1) : 0;
    return Math.exp(-((at / sigma) ** 2));
  });
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** A Gaussian of `size` weights along `n` pixels, reflected at the ends. */
export function gaussianMatrix(n: number, size: number, sigma: number): Matrix {
  const weights = gaussian(size, sigma);
  const matrix = new Float64Array(n * n);
  const half = (size - 1) / 2;
  for (let i = 0; i < n; i++)
    weights.forEach((weight, k) => {
      matrix[i * n + BORDERS.reflect(i + k - half, n)] += weight;
    });
  return matrix;
}

export type Interpolation = "nearest" | "nearest-exact" | "bilinear" | "bicubic";

/** Keys' cubic filter at a distance. */
function cubic(distance: number, a: number): number {
  const t = Math.abs(distance);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}
const triangle = (distance: number): number => Math.max(0, 1 - Math.abs(distance));

/**
 * From `length` pixels at `start`, of n, to m: what `interpolate` does, for a part of each line. Positions outside of the
 * part repeat its ends; those outside of the image are black.
 */
export function resizeMatrix(
  n: number,
  start: number,
  length: number,
  m: number,
  interpolation: Interpolation,
  antialias: boolean,
): Matrix {
  const matrix = new Float64Array(m * n);
  const put = (i: number, at: number, weight: number): void => {
    const k = start + Math.min(Math.max(at, 0), length - 1);
    if (k >= 0 && k < n) matrix[i * n + k] += weight;
  };
  const step = length / m;
  for (let i = 0; i < m; i++) {
    if (interpolation === "nearest" || interpolation === "nearest-exact") {
      const shift = interpolation === "nearest" ? 0 : 0.5;
      // In float32, as PyTorch: the floor shows how the product was rounded.
      put(i, Math.floor(Math.fround(Math.fround(i + shift) * Math.fround(step))), 1);
    } else if (antialias) antialiased(i, step, length, interpolation, put);
    else if (length === m) put(i, i, 1);
    else {
      const centre = (i + 0.5) * step - 0.5;
      const reach = interpolation === "bicubic" ? 2 : 1;
      // Between the ends: without overshoot at the first pixel.
      const at = reach === 1 ? Math.max(centre, 0) : centre;
      const first = Math.floor(at) - reach + 1;
      for (let k = first; k < first + 2 * reach; k++)
        put(i, k, reach === 1 ? triangle(k - at) : cubic(k - at, -0.75));
    }
  }
  return matrix;
}

/** The filter widened to the distance of the new pixels, and its weights divided by their sum. */
function antialiased(
  i: number,
  step: number,
  n: number,
  interpolation: "bilinear" | "bicubic",
  put: (i: number, at: number, weight: number) => void,
): void {
  const width = Math.max(step, 1);
  const reach = (interpolation === "bicubic" ? 2 : 1) * width;
  const centre = (i + 0.5) * step;
  const first = Math.max(Math.trunc(centre - reach + 0.5), 0);
  const end = Math.min(Math.trunc(centre + reach + 0.5), n);
  const weights = Array.from({ length: Math.max(end - first, 0) }, (_, k) => {
    const distance = (first + k + 0.5 - centre) / width;
    return interpolation === "bicubic" ? cubic(distance, -0.5) : triangle(distance);
  });
  const total = weights.reduce((a, b) => a + b, 0) || 1;
  weights.forEach((weight, k) => {
    put(i, first + k, weight / total);
  });
}
