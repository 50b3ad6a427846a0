/** Dropping elements or channels at random. Masks come from the device's counter-based stream. */
import * as T from "@dl/tensor/core";
import {
  DlError,
  defineMap,
  expr,
  formatShape,
  type Generator,
  type Shape,
  ShapeError,
  type Tensor,
} from "@dl/tensor/core";
import { applied } from "./inplace.ts";

export interface DropoutOptions {
  /** How likely an element is dropped. Default 0.5. */
  p?: number;
  /** Without it everything passes. Default true. */
  training?: boolean;
  inplace?: boolean;
  generator?: Generator;
}

export function checkProbability(p: number, name: string): void {
  if (!(p >= 0 && p <= 1)) {
    throw new DlError(
      "value",
      `${name}: p = ${p} is the probability that an element is dropped: from 0 to 1`,
    );
  }
}

/** `drop` of x and a mask of the given shape, which holds where x is kept. */
function withMask(
  name: string,
  x: Tensor,
  maskShape: (shape: Shape) => Shape,
  { p = 0.5, training = true, inplace = false, generator }: DropoutOptions,
  drop: (x: Tensor, mask: Tensor, p: number) => Tensor,
): Tensor {
  checkProbability(p, name);
  T.checkTensor(x, name, 0);
  if (!training || p === 0) return x;
  if (!T.isFloating(x.dtype))
    throw new DlError("dtype", `${name}: the input is ${x.dtype}: x.to("float32") converts it`);
  return applied(x, inplace, (source) => {
    const mask = T.randomMask(maskShape(x.shape), 1 - p, {
      device: x.device,
      ...(generator && { generator }),
    });
    const y = drop(source, mask, p);
    mask.dispose();
    return y;
  });
}
const everyElement = (shape: Shape): Shape => shape;

const masked = defineMap<[Tensor, Tensor, number]>("dropout", (x, mask, scale) =>
  expr.select(expr.ne(mask, 0), expr.mul(x, scale), 0),
);
const rescaled = (x: Tensor, mask: Tensor, p: number): Tensor =>
  masked(x, mask, p === 1 ? 0 : 1 / (1 - p));

/** Each element 0 with probability p, or divided by 1 − p. */
export const dropout = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  withMask("dropout", x, everyElement, options, rescaled);

/** Whole channels dropped, of an input of rank `batch`, or `batch − 1` for one sample. */
function channelDropout(
  name: string,
  x: Tensor,
  ranks: readonly number[],
  batchRanks: readonly number[],
  options: DropoutOptions,
): Tensor {
  if (!ranks.includes(x.rank))
    throw new ShapeError(
      `${name}: the input has to have ${ranks.join(" or ")} dimensions, got ${formatShape(x.shape)}`,
    );
  const kept = batchRanks.includes(x.rank) ? 2 : 1;
  const perChannel = (shape: Shape) => shape.map((n, d) => (d < kept ? n : 1));
  return withMask(name, x, perChannel, options, rescaled);
}
/** Each channel of x `[N, C, L]` or `[C, L]` 0 with probability p, or divided by 1 − p. */
export const dropout1d = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  channelDropout("dropout1d", x, [2, 3], [3], options);
/**
 * Each channel of x `[N, C, H, W]` 0 with probability p, or divided by 1 − p. Three dimensions are `[N, C, L]`, as
 * PyTorch has it, not one image.
 */
export const dropout2d = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  channelDropout("dropout2d", x, [3, 4], [3, 4], options);
/** Each channel of x `[N, C, D, H, W]` or `[C, D, H, W]` 0 with probability p, or divided by 1 − p. */
export const dropout3d = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  channelDropout("dropout3d", x, [4, 5], [5], options);

/** What SELU tends to far below zero: −scale · alpha. */
const SATURATED = -1.0507009873554805 * 1.6732632423543772;
const alphaMasked = defineMap<[Tensor, Tensor, number, number, number]>(
  "alphaDropout",
  (x, mask, a, b, dropped) => expr.select(expr.ne(mask, 0), expr.add(expr.mul(x, a), b), dropped),
);
/** Dropped elements become what SELU saturates at; then all are scaled and moved, so that mean 0 and variance 1 stay. */
function selfNormalizing(x: Tensor, mask: Tensor, p: number): Tensor {
  if (p === 1) return masked(x, mask, 0);
  const a = 1 / Math.sqrt((SATURATED ** 2 * p + 1) * (1 - p));
  const b = -a * SATURATED * p;
  return alphaMasked(x, mask, a, b, a * SATURATED + b);
}
/** Dropout that keeps mean 0 and variance 1: for networks of SELU. `training` is false by default, as in PyTorch. */
export const alphaDropout = (
  x: Tensor,
  { training = false, ...options }: DropoutOptions = {},
): Tensor => withMask("alphaDropout", x, everyElement, { training, ...options }, selfNormalizing);
/** The same for whole channels of x `[N, C, ...]`. */
export function featureAlphaDropout(
  x: Tensor,
  { training = false, ...options }: DropoutOptions = {},
): Tensor {
  if (x.rank < 2)
    throw new ShapeError(
      `featureAlphaDropout: the input has to be [N, C, ...], got ${formatShape(x.shape)}`,
    );
  const perChannel = (shape: Shape) => shape.map((n, d) => (d < 2 ? n : 1));
  return withMask("featureAlphaDropout", x, perChannel, { training, ...options }, selfNormalizing);
}
