import { DlError } from "../../errors.ts";
import { scope } from "../../scope.ts";
import type { Tensor } from "../../tensor.ts";
import { lgamma } from "./gamma.ts";

/**
 * The logarithm of the multivariate gamma function of dimension p.
 *
 *     p (p − 1) / 4 · log π + Σ lgamma(x − j/2),   j = 0 … p − 1
 *
 * @param x above (p − 1) / 2; integers become float32.
 * @param p 1, 2, …
 * @throws DlError for another p.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.multigammaln
 *
 * @example
 * mvlgamma(tensor([2, 3]), 2) // => [0.451583, 1.5502]
 */
export function mvlgamma(x: Tensor, p: number): Tensor {
  if (!(Number.isInteger(p) && p > 0))
    throw new DlError("value", `mvlgamma: the dimension ${p} is not one of 1, 2, …`);
  return scope(() => {
    let sum = lgamma(x);
    for (let j = 1; j < p; j++) sum = sum.add(lgamma(x.sub(j / 2)));
    return p === 1 ? sum : sum.add((p * (p - 1) * Math.log(Math.PI)) / 4);
  });
}
