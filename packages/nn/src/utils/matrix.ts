/** What normalisations of weights share. */
import { scope, type Tensor } from "@dl/tensor/core";
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "../convTranspose.ts";
import { normalize } from "../functional/distance.ts";
import type { Module } from "../module.ts";
import { quietly } from "../quiet.ts";

/** The dimension of a weight that counts outputs. */
export const outputDim = (module: Module): number =>
  [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some((Layer) => module instanceof Layer)
    ? 1
    : 0;

/** A weight as a matrix, `dim` first and all else as one. */
export function asMatrix(weight: Tensor, dim: number): Tensor {
  const order = [dim, ...weight.shape.map((_, d) => d).filter((d) => d !== dim)];
  return (dim === 0 ? weight : weight.permute(...order)).flatten({ startDim: 1 });
}

const product = (matrix: Tensor, vector: Tensor): Tensor =>
  matrix.matmul(vector.unsqueeze(1)).squeeze(1);

/** Improves estimates of the first singular vectors, in place: `u` left, `v` right. */
export function powerIterations(
  matrix: Tensor,
  u: Tensor,
  v: Tensor,
  { steps, eps, first }: { steps: number; eps: number; first: "u" | "v" },
): void {
  const unit = (x: Tensor) => normalize(x, { dim: 0, eps });
  const update = {
    u: () => u.copy_(unit(product(matrix, v))),
    v: () => v.copy_(unit(product(matrix.t(), u))),
  };
  const order = first === "u" ? [update.u, update.v] : [update.v, update.u];
  quietly(() => {
    for (let step = 0; step < steps; step++) {
      for (const improve of order) scope(() => void improve());
    }
  });
}

/** uᵀ W v with copies of both: the next iteration changes them in place, and the gradient looks back at them. */
export function spectralNormOf(matrix: Tensor, u: Tensor, v: Tensor): Tensor {
  const [left, right] = quietly(() => [u.detach().clone(), v.detach().clone()]);
  return left.mul(product(matrix, right)).sum();
}
