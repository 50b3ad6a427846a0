import { Module, Parameter } from "@dl/nn";
import {
  DlError,
  defineMap,
  expr as E,
  formatShape,
  full,
  ShapeError,
  type Tensor,
} from "@dl/tensor";

/**
 * One kernel forward, and one backward for each operand: their expressions are the derivatives of this one. Where a
 * derivative is better written another way, `defineMap` takes it as `gradient`.
 */
export const snake = defineMap<[Tensor, Tensor]>("snake", (x, alpha) => {
  const wave = E.sin(E.mul(alpha, x));
  return E.add(x, E.div(E.mul(wave, wave), alpha));
});

/**
 * An activation for what repeats itself: it goes on waving outside of what was seen in training (Ziyin et al., Neural
 * networks fail to learn periodic functions and how to fix it, 2020).
 *
 *     y = x + sin²(α x) / α        α learnt: one, or one for each channel (dimension 1)
 *
 * @param options `numParameters` 1, or the number of channels; `init` 1, the first α, not 0
 * @throws ShapeError when the input has another number of channels
 */
export class Snake extends Module {
  readonly numParameters: number;
  alpha: Parameter;

  constructor({ numParameters = 1, init = 1 }: { numParameters?: number; init?: number } = {}) {
    super();
    if (init === 0) throw new DlError("value", "Snake: init is 0, which it is divided by");
    this.numParameters = numParameters;
    this.alpha = new Parameter(full([numParameters], init));
  }

  forward(x: Tensor): Tensor {
    if (this.numParameters === 1) return snake(x, this.alpha.reshape([]));
    if (x.shape[1] !== this.numParameters)
      throw new ShapeError(
        `Snake: the input is ${formatShape(x.shape)}, ${this.numParameters} channels are wanted in dimension 1`,
      );
    const along = x.shape.map((_, d) => (d === 1 ? this.numParameters : 1));
    return snake(x, this.alpha.reshape(along));
  }

  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`;
  }
}
