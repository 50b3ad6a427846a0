/**
 * Filling tensors with starting values, in place and unrecorded. After `manualSeed(n)` the numbers are those of PyTorch
 * after `torch.manual_seed(n)`: they are drawn on the host from the same stream, in row-major order.
 *
 * @see https://docs.pytorch.org/docs/stable/nn.init.html
 */
import {
  adoptArray,
  bytesPerElement,
  DlError,
  defaultGenerator,
  formatShape,
  type Generator,
  isFloating,
  numelOf,
  ShapeError,
  type Tensor,
  typedArrayFor,
} from "@dl/tensor";
import { quietly } from "./quiet.ts";

type Floats = Float32Array | Float64Array;

export type Nonlinearity =
  | "linear"
  | "conv1d"
  | "conv2d"
  | "conv3d"
  | "conv_transpose1d"
  | "conv_transpose2d"
  | "conv_transpose3d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu";
export type FanMode = "fan_in" | "fan_out";

export interface RandomInit {
  /** Default: the one that `manualSeed` starts. */
  generator?: Generator;
}
export interface GainOptions extends RandomInit {
  /** Scales the spread. Default 1. */
  gain?: number;
}
export interface KaimingOptions extends RandomInit {
  /** Negative slope of the leaky ReLU that follows. Default 0. */
  a?: number;
  /** Keep the variance of the forward pass (`"fan_in"`, the default) or of the backward pass (`"fan_out"`). */
  mode?: FanMode;
  /** What follows. Default `"leaky_relu"`. */
  nonlinearity?: Nonlinearity;
}

// ---- spread --------------------------------------------------------------------------------------------------------

const SQRT_2 = Math.sqrt(2);
const GAINS: Record<Nonlinearity, (param: number) => number> = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  conv_transpose1d: () => 1,
  conv_transpose2d: () => 1,
  conv_transpose3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => SQRT_2,
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
};

/**
 * By how much the standard deviation of weights is to be scaled for what follows them.
 *
 * @param options `param`: negative slope of `"leaky_relu"`. Default 0.01.
 *
 * @example
 * calculateGain("tanh") // => 1.666667
 */
export function calculateGain(
  nonlinearity: Nonlinearity,
  { param = 0.01 }: { param?: number } = {},
): number {
  const gain = GAINS[nonlinearity];
  if (!gain) {
    throw new DlError(
      "value",
      `calculateGain: "${nonlinearity}" is not one of ${Object.keys(GAINS).join(", ")}`,
    );
  }
  return gain(param);
}

/**
 * How many inputs an output element sees and how many outputs an input element reaches, of a weight
 * `[out, in, ...window]`.
 *
 * @example
 * calculateFanInAndFanOut(zeros(8, 4, 3, 3)) // => [36, 72]
 */
export function calculateFanInAndFanOut(t: Tensor): [fanIn: number, fanOut: number] {
  const { shape } = t;
  if (shape.length < 2) {
    throw new ShapeError(
      `init: the fans of ${formatShape(shape)} are not defined: a weight has at least 2 dimensions, [out, in, ...]`,
    );
  }
  const window = numelOf(shape.slice(2));
  return [shape[1] * window, shape[0] * window];
}

function fanOf(t: Tensor, mode: FanMode): number {
  if (mode !== "fan_in" && mode !== "fan_out") {
    throw new DlError("value", `init: mode is "fan_in" or "fan_out", got ${JSON.stringify(mode)}`);
  }
  return calculateFanInAndFanOut(t)[mode === "fan_in" ? 0 : 1];
}

// ---- fillings ------------------------------------------------------------------------------------------------------

/** Uniform on [a, b): by default [0, 1). */
export const uniform_ = <T extends Tensor>(
  t: T,
  { a = 0, b = 1, generator = defaultGenerator }: RandomInit & { a?: number; b?: number } = {},
): T => drawn(t, "uniform_", (out) => generator.fillUniform(out, a, b));

/** Normal with the given mean (0) and standard deviation (1). */
export const normal_ = <T extends Tensor>(
  t: T,
  {
    mean = 0,
    std = 1,
    generator = defaultGenerator,
  }: RandomInit & { mean?: number; std?: number } = {},
): T => drawn(t, "normal_", (out) => generator.fillNormal(out, mean, std));

/** One number everywhere. */
export const constant_ = <T extends Tensor>(t: T, value: number): T =>
  quietly(() => t.fill_(value));
export const ones_ = <T extends Tensor>(t: T): T => constant_(t, 1);
export const zeros_ = <T extends Tensor>(t: T): T => constant_(t, 0);

/**
 * A matrix with ones on its diagonal.
 *
 * @example
 * eye_(zeros(2, 3)) // => [[1, 0, 0], [0, 1, 0]]
 */
export function eye_<T extends Tensor>(t: T): T {
  if (t.rank !== 2) throw new ShapeError(`eye_: a matrix is wanted, got ${formatShape(t.shape)}`);
  const [rows, columns] = t.shape;
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return written(t, values);
}

/** A convolution weight `[out, in, ...window]` that passes its input on, channel by channel. */
export function dirac_<T extends Tensor>(t: T, { groups = 1 } = {}): T {
  const [out, channels, ...window] = t.shape;
  if (window.length < 1 || window.length > 3 || out % groups !== 0) {
    throw new ShapeError(
      `dirac_: a weight [out, in, ...window] whose out is a multiple of ${groups} is wanted, got ${formatShape(t.shape)}`,
    );
  }
  const perGroup = out / groups;
  const size = numelOf(window);
  const middle = window.reduce((at, n) => at * n + Math.floor(n / 2), 0);
  const values = new Float32Array(t.numel);
  for (let o = 0; o < out; o++) {
    const c = o % perGroup;
    if (c < channels) values[(o * channels + c) * size + middle] = 1;
  }
  return written(t, values);
}

/** Glorot and Bengio (2010): uniform on ±gain · √(6 / (fanIn + fanOut)). */
export function xavierUniform_<T extends Tensor>(
  t: T,
  { gain = 1, generator }: GainOptions = {},
): T {
  const bound = Math.sqrt(3) * xavierStd(t, gain);
  return uniform_(t, { a: -bound, b: bound, generator });
}
/** Normal with standard deviation gain · √(2 / (fanIn + fanOut)). */
export const xavierNormal_ = <T extends Tensor>(
  t: T,
  { gain = 1, generator }: GainOptions = {},
): T => normal_(t, { std: xavierStd(t, gain), generator });

function xavierStd(t: Tensor, gain: number): number {
  const [fanIn, fanOut] = calculateFanInAndFanOut(t);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/**
 * He et al. (2015): uniform on ±gain · √(3 / fan). The default weights of `Linear` and `Conv2d` are those of a = √5,
 * which is ±1/√fanIn.
 */
export function kaimingUniform_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  if (t.numel === 0) return t;
  const bound = Math.sqrt(3) * kaimingStd(t, options);
  return uniform_(t, { a: -bound, b: bound, generator: options.generator });
}
/** Normal with standard deviation gain / √fan. */
export const kaimingNormal_ = <T extends Tensor>(t: T, options: KaimingOptions = {}): T =>
  t.numel === 0 ? t : normal_(t, { std: kaimingStd(t, options), generator: options.generator });

function kaimingStd(
  t: Tensor,
  { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" }: KaimingOptions,
): number {
  return calculateGain(nonlinearity, { param: a }) / Math.sqrt(fanOf(t, mode));
}

/** Normal, with numbers outside [a, b] drawn again. */
export function truncNormal_<T extends Tensor>(
  t: T,
  {
    mean = 0,
    std = 1,
    a = -2,
    b = 2,
    generator = defaultGenerator,
  }: RandomInit & { mean?: number; std?: number; a?: number; b?: number } = {},
): T {
  if (!(a < b))
    throw new DlError("value", `truncNormal_: there is nothing between a = ${a} and b = ${b}`);
  const inside = normalCdf((b - mean) / std) - normalCdf((a - mean) / std);
  return drawn(t, "truncNormal_", (out) => {
    if (inside > 0.3) rejectOutside(out, mean, std, a, b, generator);
    else rejectByDensity(out, mean, std, a, b, generator);
  });
}

/** PyTorch draws the whole tensor again for as long as one number is outside, and takes what it needs. */
function rejectOutside(
  out: Floats,
  mean: number,
  std: number,
  a: number,
  b: number,
  generator: Generator,
): void {
  const [low, high] = likeElements(out, [a, b]);
  const isOutside = (x: number) => x < low || x > high;
  generator.fillNormal(out, mean, std);
  const again = out.slice();
  while (out.some(isOutside)) {
    generator.fillNormal(again, mean, std);
    for (let i = 0; i < out.length; i++) if (isOutside(out[i])) out[i] = again[i];
  }
}

/** Far from the mean: uniform candidates, each accepted with probability density / greatest density. */
function rejectByDensity(
  out: Floats,
  mean: number,
  std: number,
  a: number,
  b: number,
  generator: Generator,
): void {
  const peak = -0.5 * ((Math.max(a, Math.min(mean, b)) - mean) / std) ** 2;
  const candidates = out.slice();
  const chances = out.slice();
  const pending = new Uint8Array(out.length).fill(1);
  while (pending.includes(1)) {
    generator.fillUniform(candidates, a, b);
    generator.fillUniform(chances);
    for (let i = 0; i < out.length; i++) {
      if (!pending[i]) continue;
      out[i] = candidates[i];
      if (Math.log(chances[i]) <= -0.5 * ((candidates[i] - mean) / std) ** 2 - peak) pending[i] = 0;
    }
  }
}

/** Saxe et al. (2013): orthonormal rows or columns, whichever are fewer, times `gain`. Trailing dimensions count as one. */
export function orthogonal_<T extends Tensor>(
  t: T,
  { gain = 1, generator = defaultGenerator }: GainOptions = {},
): T {
  if (t.rank < 2)
    throw new ShapeError(
      `orthogonal_: at least 2 dimensions are wanted, got ${formatShape(t.shape)}`,
    );
  const [rows] = t.shape;
  const columns = t.numel / rows;
  return drawn(t, "orthogonal_", (out) => {
    generator.fillNormal(out);
    // Orthonormal columns of the tall one of the matrix and its transpose.
    const isWide = rows < columns;
    const [m, n] = isWide ? [columns, rows] : [rows, columns];
    const at = (i: number, j: number) => (isWide ? j * m + i : i * n + j);
    const basis = Array.from({ length: n }, (_, j) =>
      Float64Array.from({ length: m }, (_, i) => out[at(i, j)]),
    );
    orthonormalize(basis);
    basis.forEach((column, j) => {
      column.forEach((x, i) => {
        out[at(i, j)] = x * gain;
      });
    });
  });
}

/** Gram–Schmidt, twice for accuracy: Q of the QR decomposition whose R has a positive diagonal. */
function orthonormalize(columns: Float64Array[]): void {
  columns.forEach((v, j) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) subtract(v, columns[k], dot(v, columns[k]));
    }
    const norm = Math.sqrt(dot(v, v));
    for (let i = 0; i < v.length; i++) v[i] /= norm;
  });
}
const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);
function subtract(a: Float64Array, b: Float64Array, scale: number): void {
  for (let i = 0; i < a.length; i++) a[i] -= scale * b[i];
}

// ---- writing -------------------------------------------------------------------------------------------------------

/** Draws in float64 for float64 tensors and in float32 for others. */
function drawn<T extends Tensor>(t: T, name: string, draw: (out: Floats) => void): T {
  if (!isFloating(t.dtype)) {
    throw new DlError(
      "dtype",
      `${name}: random numbers need a floating point tensor, this one is ${t.dtype}`,
    );
  }
  const out = t.dtype === "float64" ? new Float64Array(t.numel) : new Float32Array(t.numel);
  draw(out);
  return written(t, out);
}

function written<T extends Tensor>(t: T, values: Floats): T {
  if (t.numel === 0) return t;
  const { memory: view, dtype } = t;
  const data = new (typedArrayFor(dtype))(values);
  if (view.contiguous) {
    view.storage.willWrite();
    t.device.write(view.buffer, data, view.offset * bytesPerElement(dtype));
  } else {
    const source = adoptArray(data, dtype, t.shape, t.device);
    quietly(() => t.copy_(source));
    source.dispose();
  }
  return t;
}

/** Numbers rounded as the array's elements are. */
const likeElements = (out: Floats, numbers: number[]): Floats =>
  out instanceof Float64Array ? Float64Array.from(numbers) : Float32Array.from(numbers);

const normalCdf = (x: number): number => (1 + erf(x / SQRT_2)) / 2;
/** Abramowitz and Stegun 7.1.26, to 1.5e-7: only the choice between two ways of drawing depends on it. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const y = 1 - poly * Math.exp(-x * x);
  return x < 0 ? -y : y;
}
