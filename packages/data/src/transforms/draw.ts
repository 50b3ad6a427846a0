/** One number at a time, drawn as PyTorch draws tensors of one element. */
import type { Generator } from "@dl/tensor/core";

const one = new Float32Array(1);
const whole = new Int32Array(1);

/** Uniform on [from, to), in float32: `torch.empty(1).uniform_(from, to)`. */
export function uniform(generator: Generator, from: number, to: number): number {
  generator.fillUniform(one, from, to);
  return one[0];
}
/** A whole number on [low, high): `torch.randint(low, high, (1,))`. */
export function integer(generator: Generator, low: number, high: number): number {
  generator.fillInt(whole, low, high);
  return whole[0];
}
/** True with probability p: `torch.rand(1) < p`. */
export const coin = (generator: Generator, p: number): boolean =>
  generator.uniform32() < Math.fround(p);

/** Marsaglia and Tsang, A simple method for generating gamma variables (2000). */
function gamma(generator: Generator, shape: number): number {
  // For shapes below 1: that of one more, times a power of a uniform number.
  if (shape < 1) {
    const factor = (1 - generator.uniform64()) ** (1 / shape);
    return factor * gamma(generator, shape + 1);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    let x = 0;
    let root = 0;
    do {
      x = generator.normal();
      root = 1 + c * x;
    } while (root <= 0);
    const v = root ** 3;
    const u = 1 - generator.uniform64();
    const squared = x * x;
    if (u < 1 - 0.0331 * squared * squared) return d * v;
    if (Math.log(u) < 0.5 * squared + d * (1 - v + Math.log(v))) return d * v;
  }
}
/** Beta(α, α): how much the one of two gets. */
export function beta(generator: Generator, alpha: number): number {
  const first = gamma(generator, alpha);
  return Math.fround(first / (first + gamma(generator, alpha)));
}
