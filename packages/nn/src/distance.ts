/** Distances as layers of two inputs. */
import type { Tensor } from "@dl/tensor/core";
import { cosineSimilarity, pairwiseDistance } from "./functional/distance.ts";
import { Module } from "./module.ts";

/**
 * Σ a·b / (max(‖a‖, eps) · max(‖b‖, eps)) along `dim`.
 *
 *     x1, x2 [..., D, ...], broadcast together → y [..., ...]
 *
 * @param options `dim` 1, `eps` 1e-8
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html
 *
 * @example
 * new CosineSimilarity()(tensor([[1, 0]]), tensor([[1, 1]])) // => [0.707107]
 */
export class CosineSimilarity extends Module {
  readonly dim: number;
  readonly eps: number;
  constructor({ dim = 1, eps = 1e-8 }: { dim?: number; eps?: number } = {}) {
    super();
    this.dim = dim;
    this.eps = eps;
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, { dim: this.dim, eps: this.eps });
  }
}

/**
 * ‖x1 − x2 + eps‖ₚ over the last dimension.
 *
 *     x1, x2 [..., D], broadcast together → y [...]
 *
 * @param options `p` 2, `eps` 1e-6, `keepdim` false
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html
 *
 * @example
 * new PairwiseDistance()(tensor([[0, 0]]), tensor([[3, 4]])) // => [5]
 */
export class PairwiseDistance extends Module {
  readonly norm: number;
  readonly eps: number;
  readonly keepdim: boolean;
  constructor({
    p = 2,
    eps = 1e-6,
    keepdim = false,
  }: { p?: number; eps?: number; keepdim?: boolean } = {}) {
    super();
    this.norm = p;
    this.eps = eps;
    this.keepdim = keepdim;
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, { p: this.norm, eps: this.eps, keepdim: this.keepdim });
  }
}
