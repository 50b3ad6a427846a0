import { breathe, DlError, isTensor } from "@dl/tensor/core";
import { epochOf } from "./batches.ts";
import type { Measured } from "./history.ts";
import type { BatchSource, Metrics, MetricValues, Predictor } from "./interfaces.ts";
import { RunningMean } from "./mean.ts";
import { savedModes, unrecorded } from "./modes.ts";
import { requireOneOf, runStep, type StepOptions } from "./step.ts";

export interface EvaluateOptions<B, M extends Metrics> extends StepOptions<B> {
  /** By name; each sees every output with its target, and is reset before. */
  metrics?: M;
  /** Ends it early, with an error. */
  signal?: AbortSignal;
}

/**
 * The mean loss of a model over batches, and what metrics make of its outputs; in evaluation mode and unrecorded. The
 * model is then in the modes that it was in.
 *
 *     loss = Σ sizeᵢ · lossᵢ / Σ sizeᵢ       over batches i
 *
 * The loss stays on the device until the end.
 *
 * @throws DlError "value" without batches, or for a batch that is not `[input, target]`; "shape" for a loss that is not
 *   one number.
 *
 * @example
 * const half = (x: Tensor) => x.mul(0.5);
 * const absolute = (output: Tensor, target: Tensor) => output.sub(target).abs().mean();
 * const data = [[tensor([2, 4]), tensor([1, 1])], [tensor([6]), tensor([3])]];
 * (await evaluate(half, data, { loss: absolute })).loss // => 0.33333
 */
export async function evaluate<B, M extends Metrics = Record<never, never>>(
  model: Predictor,
  data: BatchSource<B>,
  options: EvaluateOptions<B, M>,
): Promise<Measured<M>> {
  const what = "evaluate";
  requireOneOf(what, options);
  if (!options.loss && !options.step && !options.metrics)
    throw new DlError("value", `${what}: there is nothing to measure: give a loss or metrics`);
  const restore = savedModes(model);
  try {
    return await measure(model, data, options, what);
  } finally {
    restore();
  }
}

/** The same, without putting modes back. */
export async function measure<B, M extends Metrics>(
  model: Predictor,
  data: BatchSource<B>,
  options: EvaluateOptions<B, M>,
  what: string,
): Promise<Measured<M>> {
  const { metrics = {} as M, signal } = options;
  model.train?.(false);
  resetAll(metrics);
  const mean = new RunningMean();
  const start = performance.now();
  let examples = 0;
  try {
    await unrecorded(async () => {
      for await (const batch of epochOf(data, what)) {
        signal?.throwIfAborted();
        const outcome = await runStep(model, batch as B, options, what);
        const { loss, size } = outcome;
        examples += size;
        if (loss) mean.add(loss, size);
        await updateAll(metrics, outcome);
        const device = loss?.device ?? (isTensor(outcome.output) ? outcome.output.device : null);
        if (device) await breathe(device);
      }
    });
    if (examples === 0) throw noBatches(what, data);
    const loss = mean.weight > 0 ? await mean.read() : null;
    const values = await computeAll(metrics);
    return { loss, metrics: values, examples, seconds: (performance.now() - start) / 1000 };
  } finally {
    mean.dispose();
  }
}

export function noBatches(what: string, source: unknown, epoch = 1): DlError {
  const usedUp =
    epoch > 1 || (typeof source !== "function" && "next" in (source as object))
      ? ": an iterator can be gone through once. Give an array, a loader, or the generator function itself"
      : ": see that the data are not empty, and that batchSize and dropLast leave some";
  return new DlError(
    "data",
    `${what}: there were no batches${epoch > 1 ? ` in epoch ${epoch}` : ""}${usedUp}`,
  );
}

export function resetAll(metrics: Metrics): void {
  for (const metric of Object.values(metrics)) metric.reset();
}
export async function updateAll(
  metrics: Metrics,
  { output, target }: { output: unknown; target: unknown },
): Promise<void> {
  const list = Object.values(metrics);
  if (list.length === 0) return;
  if (output === undefined)
    throw new DlError(
      "value",
      "metrics need an output: return { loss, output, target } from step, or leave metrics out",
    );
  const plain = isTensor(output) ? output.detach() : output;
  for (const metric of list) {
    const done = unrecorded(() => metric.update(plain, target));
    if (done instanceof Promise) await done;
  }
}
export async function computeAll<M extends Metrics>(metrics: M): Promise<MetricValues<M>> {
  const values: Record<string, unknown> = {};
  for (const [name, metric] of Object.entries(metrics)) values[name] = await metric.compute();
  return values as MetricValues<M>;
}
