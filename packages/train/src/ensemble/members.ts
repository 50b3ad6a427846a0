import {
  argmax,
  DlError,
  formatShape,
  isFloating,
  isTensor,
  oneHot,
  scope,
  softmax,
  type Tensor,
} from "@dl/tensor/core";
import { describe } from "../batches.ts";
import type { Predictor } from "../interfaces.ts";
import { savedModes, unrecorded } from "../modes.ts";

/** What a model's scores `[N, C]` are. */
export type Outputs = "logits" | "probabilities";

/** Runs `fn` with all models in evaluation mode, unrecorded, and lets go of what it does not return. */
export function predicting<T>(models: readonly Predictor[], fn: () => T): T {
  const restores = models.map(savedModes);
  for (const model of models) model.train?.(false);
  try {
    return unrecorded(() => scope(fn));
  } finally {
    for (const restore of restores) restore();
  }
}

export function outputOf(model: Predictor, x: unknown, what: string): Tensor {
  const output: unknown = model(x);
  if (isTensor(output)) return output;
  throw new DlError("value", `${what}: a model has to return a tensor, got ${describe(output)}`);
}

/** Sums of many weights are compared: in float64 where the device has it. */
export const precise = (t: Tensor): Tensor =>
  t.device.dtypes.has("float64") ? t.to("float64") : t.to("float32");

/** `[N, C]`: 1 at the class that each example is given, by scores `[N, C]` or by class numbers `[N]`. */
export function votes(output: Tensor, classes: number | null, what: string): Tensor {
  const isScores =
    output.rank === 2 && (classes === null ? output.shape[1] > 1 : output.shape[1] === classes);
  if (isScores) return precise(oneHot(argmax(output, 1), { numClasses: output.shape[1] }));
  const isClasses = output.rank === 1 && !isFloating(output.dtype) && classes !== null;
  if (isClasses) return precise(oneHot(output, { numClasses: classes }));
  throw new DlError(
    "shape",
    `${what}: scores [N, ${classes ?? "C"}] are wanted, or whole class numbers [N]${classes === null ? " together with the option classes" : ""}; a model returned ${output.dtype} ${formatShape(output.shape)}`,
  );
}

export function probabilities(output: Tensor, outputs: Outputs, what: string): Tensor {
  if (output.rank === 2 && output.shape[1] > 1)
    return precise(outputs === "logits" ? softmax(output, 1) : output);
  throw new DlError(
    "shape",
    `${what}: scores [N, C] of two classes or more are wanted, a model returned ${formatShape(output.shape)}`,
  );
}

/** One weight per model, which add up to 1. */
export function shares(
  models: readonly Predictor[],
  weights: readonly number[] | undefined,
  what: string,
): number[] {
  if (models.length === 0) throw new DlError("value", `${what}: there are no models`);
  const given = weights ?? models.map(() => 1);
  const total = given.reduce((a, b) => a + b, 0);
  if (given.length !== models.length || given.some((w) => !(w >= 0)) || !(total > 0))
    throw new DlError(
      "value",
      `${what}: one weight from 0 is wanted for each of ${models.length} models, got [${given.join(", ")}]`,
    );
  return given.map((w) => w / total);
}
