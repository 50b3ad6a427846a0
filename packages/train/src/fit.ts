import type { Callback } from "./callback.ts";
import type { History } from "./history.ts";
import type { Awaitable, BatchSource, Metrics, Model, OptimizerLike } from "./interfaces.ts";
import type { TrainingParts } from "./parts.ts";
import type { SchedulerArgument } from "./schedule.ts";
import type { StepOptions } from "./step.ts";
import { Training } from "./training.ts";

export interface FitOptions<B, M extends Metrics = Record<never, never>> extends StepOptions<B> {
  optimizer: OptimizerLike;
  /** Batches `[input, target]`, gone through once an epoch; other batches with `step`. */
  train: BatchSource<B>;
  /** Measured after every epoch, in evaluation mode. */
  validation?: BatchSource<B>;
  /** Default 1. */
  epochs?: number;
  /** Steps after every epoch; as `{ scheduler, interval: "step" }` after every step of the optimizer. Or several. */
  scheduler?: SchedulerArgument;
  /** By name, for training and for validation. */
  metrics?: M;
  /** Whether metrics are computed in training too. Default true. */
  trainMetrics?: boolean;
  callbacks?: readonly Callback[];
  /** How many batches make one step of the optimizer, by the mean of their gradients. Default 1. */
  accumulate?: number;
  /** Shortens all gradients together to this length, if they are longer. */
  clipGradNorm?: number;
  /** For an optimizer that wants a closure, such as LBFGS. */
  closure?: boolean;
  /** After how many batches the loss is read back, for progress. Default 50. */
  readEvery?: number;
  /**
   * Called before training begins, to give its parts the state that a checkpoint has: `(parts) => loadCheckpoint(path,
   * parts)`, with @dl/io. Training then goes on as if it had never stopped; where nothing was loaded it begins.
   */
  resume?: (parts: TrainingParts) => Awaitable<unknown>;
  /** Ends training after the current batch; what there is of the history is returned. */
  signal?: AbortSignal;
}

/**
 * Trains a model: for every batch
 *
 *     optimizer.zeroGrad();
 *     const loss = criterion(model(input), target);
 *     loss.backward();
 *     optimizer.step();
 *
 * in training mode, and with the same numbers to the last bit. The loss stays on the device, and is read every
 * `readEvery` batches and at the end of an epoch. The model is then in the modes that it was in before.
 *
 * An epoch's loss is the mean over its examples. Of a loss that sums over the batch, divide by its size.
 *
 * @throws DlError "value" for a model without parameters, without loss, or for batches that are not `[input, target]`;
 *   "data" when there are no batches; "shape" for a loss that is not one number; "gradient" for one that depends on no
 *   parameter; "no-autograd" without @dl/autograd.
 *
 * @example
 * const weight = tensor([0], { requiresGrad: true });
 * const model = Object.assign((x: Tensor) => x.mul(weight), { parameters: () => [weight] });
 * const optimizer = {
 *   step: () => weight.detach().sub_(weight.grad!.mul(0.1)),
 *   zeroGrad: () => (weight.grad = null),
 * };
 * const loss = (output: Tensor, target: Tensor) => output.sub(target).square().mean();
 * const train = [[tensor([1, 2]), tensor([3, 6])]];
 * const history = await fit(model, { loss, optimizer, train, epochs: 20 });
 * weight // => [3]
 * history.get("loss")[0] // => 22.5
 */
export async function fit<B, M extends Metrics = Record<never, never>>(
  model: Model,
  options: FitOptions<B, M>,
): Promise<History<M>> {
  return new Training(model, options).run();
}
