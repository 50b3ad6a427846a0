import type { Generator } from "@dl/tensor/core";
import type { FanMode, Nonlinearity } from "./gain.ts";

export interface RandomInit {
  /** Default: the one that `manualSeed` starts. */
  generator?: Generator;
}
export interface GainOptions extends RandomInit {
  /** Scales the spread. Default 1. */
  gain?: number;
}
export interface KaimingOptions extends RandomInit {
  /** Negative slope of the leaky ReLU that follows. Default 0. */
  a?: number;
  /** Keep the variance of the forward pass (`"fan_in"`, the default) or of the backward pass (`"fan_out"`). */
  mode?: FanMode;
  /** What follows. Default `"leaky_relu"`. */
  nonlinearity?: Nonlinearity;
}
