import type { Tensor } from "@dl/tensor/core";

export interface Inplace {
  /** Write the result into the input. Default false. */
  inplace?: boolean;
}

/** With `inplace`, what the gradient has to look back at is copied first. */
export function applied(x: Tensor, inplace: boolean, fn: (x: Tensor) => Tensor): Tensor {
  if (!inplace) return fn(x);
  return x.copy_(fn(x.requiresGrad ? x.clone() : x));
}
