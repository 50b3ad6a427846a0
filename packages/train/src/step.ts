import { DlError, type Tensor } from "@dl/tensor/core";
import { pairOf, requireLoss, sizeOf } from "./batches.ts";
import type { Awaitable, LossFunction, Predictor, StepFunction, StepResult } from "./interfaces.ts";

/** What came of a batch. */
export interface Outcome {
  readonly loss: Tensor | null;
  readonly output: unknown;
  readonly target: unknown;
  readonly size: number;
}

export interface StepOptions<B> {
  /** From output and target to one number. */
  loss?: LossFunction;
  /** Instead of `loss`, for batches that are not `[input, target]`. */
  step?: StepFunction<B>;
}

const isPromise = <T>(x: Awaitable<T>): x is Promise<T> => x instanceof Promise;

/** Runs `next` with what a promise resolves to, or at once. */
export const after = <T, U>(x: Awaitable<T>, next: (x: T) => U): Awaitable<U> =>
  isPromise(x) ? (x.then(next) as Promise<U>) : next(x);

/** A batch through the model: by the user's own step, or as `loss(model(input), target)`. */
export function runStep<B>(
  model: Predictor,
  batch: B,
  { loss, step }: StepOptions<B>,
  what: string,
): Awaitable<Outcome> {
  if (step)
    return after(step(model, batch), (result) => {
      const { loss, output, target, size } = resultOf(result);
      requireLoss(loss, what);
      return { loss, output, target, size: size ?? sizeOf(batch) };
    });
  const [input, target] = pairOf(batch, what);
  return after(model(input), (output) => {
    const value = loss ? loss(output, target) : null;
    if (loss) requireLoss(value, what);
    return { loss: value, output, target, size: sizeOf(batch) };
  });
}

const resultOf = (result: Tensor | StepResult): StepResult =>
  typeof result === "object" && result !== null && "loss" in result
    ? result
    : { loss: result as Tensor };

/** Throws for options that do not say what the loss is. */
export function requireOneOf(what: string, { loss, step }: StepOptions<any>): void {
  if (loss && step)
    throw new DlError("value", `${what}: loss and step both say what the loss is: give one`);
  const given = loss ?? step;
  if (given !== undefined && typeof given !== "function")
    throw new DlError(
      "value",
      `${what}: ${loss ? "loss" : "step"} has to be a function, got ${typeof given}`,
    );
}
