/** Numbers that depend on nothing but their place, and the two plain distributions. */
import * as T from "@dl/tensor/core";
import { formatShape, numelOf, ShapeError, type Tensor } from "@dl/tensor/core";
import { isDrawingPaused } from "../drawing.ts";
import { quietly } from "../quiet.ts";
import type { RandomInit } from "./options.ts";
import { written } from "./write.ts";

/**
 * Uniform on [a, b): by default [0, 1).
 *
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.uniform_
 *
 * @example
 * uniform_(zeros(3)) // => [0.496257, 0.768222, 0.0884774]
 */
export const uniform_ = <X extends Tensor>(
  t: X,
  { a = 0, b = 1, generator }: RandomInit & { a?: number; b?: number } = {},
): X => (isDrawingPaused() ? t : quietly(() => T.uniform_(t, { from: a, to: b, generator })));

/**
 * Normal with the given mean (0) and standard deviation (1).
 *
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.normal_
 *
 * @example
 * normal_(zeros(3), { std: 0.1 }) // => [0.1541, -0.0293429, -0.217879]
 */
export const normal_ = <X extends Tensor>(
  t: X,
  { mean = 0, std = 1, generator }: RandomInit & { mean?: number; std?: number } = {},
): X => (isDrawingPaused() ? t : quietly(() => T.normal_(t, { mean, std, generator })));

/**
 * One number everywhere.
 *
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.constant_
 */
export const constant_ = <X extends Tensor>(t: X, value: number): X =>
  quietly(() => t.fill_(value));
/** @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.ones_ */
export const ones_ = <X extends Tensor>(t: X): X => constant_(t, 1);
/** @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.zeros_ */
export const zeros_ = <X extends Tensor>(t: X): X => constant_(t, 0);

/**
 * A matrix with ones on its diagonal.
 *
 * @throws ShapeError for anything but a matrix.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.eye_
 *
 * @example
 * eye_(zeros(2, 3)) // => [[1, 0, 0], [0, 1, 0]]
 */
export function eye_<X extends Tensor>(t: X): X {
  if (t.rank !== 2) throw new ShapeError(`eye_: a matrix is wanted, got ${formatShape(t.shape)}`);
  const [rows, columns] = t.shape;
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return written(t, values);
}

/**
 * A convolution weight `[out, in, ...window]` that passes its input on, channel by channel, in each group.
 *
 * @throws ShapeError unless the weight has 3 to 5 dimensions and `groups` divides the first.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.dirac_
 *
 * @example
 * dirac_(zeros(2, 2, 3)) // => [[[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
 */
export function dirac_<X extends Tensor>(t: X, { groups = 1 } = {}): X {
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
