/** How far starting values spread: by what follows them, and by how many numbers they meet. */
import { DlError, formatShape, numelOf, ShapeError, type Tensor } from "@dl/tensor/core";

export type Nonlinearity =
  | "linear"
  | "conv1d"
  | "conv2d"
  | "conv3d"
  | "conv_transpose1d"
  | "conv_transpose2d"
  | "conv_transpose3d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu";
export type FanMode = "fan_in" | "fan_out";

const SQRT_2 = Math.sqrt(2);
const GAINS: Record<Nonlinearity, (param: number) => number> = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  conv_transpose1d: () => 1,
  conv_transpose2d: () => 1,
  conv_transpose3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => SQRT_2,
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
};

/**
 * By how much the standard deviation of weights is to be scaled for what follows them.
 *
 * @param options `param`: negative slope of `"leaky_relu"`. Default 0.01.
 * @throws DlError "value" for a nonlinearity without a known gain.
 * @see https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain
 *
 * @example
 * calculateGain("tanh") // => 1.666667
 */
export function calculateGain(
  nonlinearity: Nonlinearity,
  { param = 0.01 }: { param?: number } = {},
): number {
  const gain = GAINS[nonlinearity];
  if (!gain) {
    throw new DlError(
      "value",
      `calculateGain: "${nonlinearity}" is not one of ${Object.keys(GAINS).join(", ")}`,
    );
  }
  return gain(param);
}

/**
 * How many inputs an output element sees and how many outputs an input element reaches, of a weight
 * `[out, in, ...window]`.
 *
 * @example
 * calculateFanInAndFanOut(zeros(8, 4, 3, 3)) // => [36, 72]
 */
export function calculateFanInAndFanOut(t: Tensor): [fanIn: number, fanOut: number] {
  const { shape } = t;
  if (shape.length < 2) {
    throw new ShapeError(
      `init: the fans of ${formatShape(shape)} are not defined: a weight has at least 2 dimensions, [out, in, ...]`,
    );
  }
  const window = numelOf(shape.slice(2));
  return [shape[1] * window, shape[0] * window];
}

export function fanOf(t: Tensor, mode: FanMode): number {
  if (mode !== "fan_in" && mode !== "fan_out") {
    throw new DlError("value", `init: mode is "fan_in" or "fan_out", got ${JSON.stringify(mode)}`);
  }
  return calculateFanInAndFanOut(t)[mode === "fan_in" ? 0 : 1];
}
