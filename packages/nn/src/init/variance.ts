/** Weights that keep the variance of what passes through them. */
import type { Tensor } from "@dl/tensor/core";
import { warnOnce } from "../quiet.ts";
import { normal_, uniform_ } from "./fill.ts";
import { calculateFanInAndFanOut, calculateGain, fanOf } from "./gain.ts";
import type { GainOptions, KaimingOptions } from "./options.ts";

/**
 * Glorot and Bengio (2010): uniform on ±gain · √(6 / (fanIn + fanOut)).
 *
 * @throws ShapeError for fewer than two dimensions.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_uniform_
 *
 * @example
 * xavierUniform_(zeros(2, 3)).abs().max().itemSync() < Math.sqrt(6 / 5) // => true
 */
export function xavierUniform_<X extends Tensor>(
  t: X,
  { gain = 1, generator }: GainOptions = {},
): X {
  const bound = Math.sqrt(3) * xavierStd(t, gain);
  return uniform_(t, { a: -bound, b: bound, generator });
}
/**
 * Normal with standard deviation gain · √(2 / (fanIn + fanOut)).
 *
 * @throws ShapeError for fewer than two dimensions.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_normal_
 */
export const xavierNormal_ = <X extends Tensor>(
  t: X,
  { gain = 1, generator }: GainOptions = {},
): X => normal_(t, { std: xavierStd(t, gain), generator });

function xavierStd(t: Tensor, gain: number): number {
  const [fanIn, fanOut] = calculateFanInAndFanOut(t);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/**
 * He et al. (2015): uniform on ±gain · √(3 / fan). The default weights of `Linear` and `Conv2d` are those of a = √5,
 * which is ±1/√fanIn.
 *
 * @throws ShapeError for fewer than two dimensions.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_uniform_
 *
 * @example
 * const weight = kaimingUniform_(zeros(8, 3), { nonlinearity: "relu" });
 * weight.abs().max().itemSync() < Math.sqrt(2) // => true
 */
export function kaimingUniform_<X extends Tensor>(t: X, options: KaimingOptions = {}): X {
  if (isEmpty(t)) return t;
  const bound = Math.sqrt(3) * kaimingStd(t, options);
  return uniform_(t, { a: -bound, b: bound, generator: options.generator });
}
/**
 * Normal with standard deviation gain / √fan.
 *
 * @throws ShapeError for fewer than two dimensions.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_
 */
export const kaimingNormal_ = <X extends Tensor>(t: X, options: KaimingOptions = {}): X =>
  isEmpty(t) ? t : normal_(t, { std: kaimingStd(t, options), generator: options.generator });

function kaimingStd(
  t: Tensor,
  { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" }: KaimingOptions,
): number {
  return calculateGain(nonlinearity, { param: a }) / Math.sqrt(fanOf(t, mode));
}
function isEmpty(t: Tensor): boolean {
  if (t.numel === 0)
    warnOnce("init: empty", () => "init: a tensor without elements has nothing to initialise");
  return t.numel === 0;
}
