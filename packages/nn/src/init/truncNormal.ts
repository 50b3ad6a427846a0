import { DlError, defaultGenerator, type Generator, type Tensor } from "@dl/tensor/core";
import { warnOnce } from "../quiet.ts";
import type { RandomInit } from "./options.ts";
import { drawn, type Floats } from "./write.ts";

/**
 * Normal, with numbers outside [a, b] drawn again.
 *
 * @throws DlError "value" unless a is below b.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_
 *
 * @example
 * truncNormal_(zeros(100), { a: -1, b: 0.5 }).max().itemSync() <= 0.5 // => true
 */
export function truncNormal_<X extends Tensor>(
  t: X,
  {
    mean = 0,
    std = 1,
    a = -2,
    b = 2,
    generator = defaultGenerator,
  }: RandomInit & { mean?: number; std?: number; a?: number; b?: number } = {},
): X {
  if (!(a < b))
    throw new DlError("value", `truncNormal_: there is nothing between a = ${a} and b = ${b}`);
  if (mean < a - 2 * std || mean > b + 2 * std)
    warnOnce(
      "truncNormal_",
      () =>
        `truncNormal_: mean ${mean} is more than two standard deviations away from ${a} … ${b}: the distribution may be off`,
    );
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

/**
 * Far from the mean: uniform candidates, each accepted with probability density / greatest density. Every step is rounded
 * as PyTorch's tensors round it, so that the same candidates are accepted.
 */
function rejectByDensity(
  out: Floats,
  mean: number,
  std: number,
  a: number,
  b: number,
  generator: Generator,
): void {
  const round: (x: number) => number = out instanceof Float64Array ? (x) => x : Math.fround;
  const peak = -0.5 * ((Math.max(a, Math.min(mean, b)) - mean) / std) ** 2;
  const logDensity = (x: number) => {
    const z = round(round(x - round(mean)) / round(std));
    return round(round(round(z * z) * -0.5) - round(peak));
  };
  const candidates = out.slice();
  const chances = out.slice();
  const pending = new Uint8Array(out.length).fill(1);
  while (pending.includes(1)) {
    generator.fillUniform(candidates, a, b);
    generator.fillUniform(chances);
    for (let i = 0; i < out.length; i++) {
      if (!pending[i]) continue;
      out[i] = candidates[i];
      if (round(Math.log(chances[i])) <= logDensity(candidates[i])) pending[i] = 0;
    }
  }
}

/** Numbers rounded as the array's elements are. */
const likeElements = (out: Floats, numbers: number[]): Floats =>
  out instanceof Float64Array ? Float64Array.from(numbers) : Float32Array.from(numbers);

const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;
/** Abramowitz and Stegun 7.1.26, to 1.5e-7: only the choice between two ways of drawing depends on it. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const y = 1 - poly * Math.exp(-x * x);
  return x < 0 ? -y : y;
}
