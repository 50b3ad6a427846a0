import type { Generator, Tensor } from "@dl/tensor";
import { checkProbability, dropout } from "./functional.ts";
import { Module } from "./module.ts";
import { bool, float } from "./python.ts";
import { warnIfNotRecording } from "./where.ts";

/**
 * In training, each element becomes 0 with probability p, and the others are divided by 1 − p; in evaluation everything
 * passes.
 *
 *     y = x · mask / (1 − p)
 *
 * The mask comes from a counter-based generator on the device, the same on each of our backends for one seed.
 *
 * @param p how likely an element is dropped. Default 0.5.
 * @throws DlError "value" when p is outside 0 … 1.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 *
 * @example
 * new Dropout({ p: 0.5 }).eval()(tensor([1, 2, 3])) // => [1, 2, 3]
 */
export class Dropout extends Module {
  readonly p: number;
  readonly inplace: boolean;
  readonly #generator: Generator | undefined;

  constructor(options: number | { p?: number; inplace?: boolean; generator?: Generator } = {}) {
    super();
    const {
      p = 0.5,
      inplace = false,
      generator,
    } = typeof options === "number" ? { p: options } : options;
    checkProbability(p, "Dropout");
    this.p = p;
    this.inplace = inplace;
    this.#generator = generator;
  }

  forward(x: Tensor): Tensor {
    const { p, training, inplace } = this;
    if (training && p > 0) warnIfNotRecording(this);
    return dropout(x, { p, training, inplace, generator: this.#generator });
  }

  override extraRepr(): string {
    return `p=${float(this.p)}, inplace=${bool(this.inplace)}`;
  }
}
