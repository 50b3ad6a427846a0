import type { Shape, Tensor } from "@dl/tensor/core";
import { Module } from "./module.ts";
import { tuple } from "./python.ts";

/**
 * Dimensions `startDim … endDim` as one; by default all but the batch's.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 *
 * @example
 * new Flatten()(zeros(2, 3, 4, 5)).shape // => [2, 60]
 */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;
  constructor({ startDim = 1, endDim = -1 }: { startDim?: number; endDim?: number } = {}) {
    super();
    this.startDim = startDim;
    this.endDim = endDim;
  }
  forward(x: Tensor): Tensor {
    return x.flatten({ startDim: this.startDim, endDim: this.endDim });
  }
  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`;
  }
}

/**
 * One dimension as several; one of their sizes may be −1.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
 *
 * @example
 * new Unflatten(1, [1, 28, 28])(zeros(2, 784)).shape // => [2, 1, 28, 28]
 */
export class Unflatten extends Module {
  readonly dim: number;
  readonly unflattenedSize: Shape;
  constructor(dim: number, unflattenedSize: Shape) {
    super();
    this.dim = dim;
    this.unflattenedSize = unflattenedSize;
  }
  forward(x: Tensor): Tensor {
    return x.unflatten(this.dim, this.unflattenedSize);
  }
  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${tuple(this.unflattenedSize)}`;
  }
}

/**
 * What it is given, whatever it was made with: a place for a layer that is not there.
 *
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Identity.html
 */
export class Identity extends Module {
  constructor(..._ignored: readonly unknown[]) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x;
  }
}
