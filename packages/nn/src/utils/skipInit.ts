import { undrawn } from "../drawing.ts";
import type { Module } from "../module.ts";

/**
 * A module whose initialisers draw no random numbers: for values that are about to come from somewhere else. What its
 * parameters hold is arbitrary.
 *
 * @param args of the class's constructor
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.skip_init.html
 *
 * @example
 * skipInit(Linear, 5, 1).weight.shape // => [1, 5]
 */
export const skipInit = <M extends Module, A extends unknown[]>(
  Class: new (...args: A) => M,
  ...args: A
): M => undrawn(() => new Class(...args));
