import { type Backend, DlError, isTensor, scope } from "@dl/tensor/core";

/** What is asked of a model; modules of @dl/nn and AveragedModel have it. */
export interface NormalizedModule {
  (...args: any[]): unknown;
  modules(): Iterable<object>;
  readonly training: boolean;
  train(mode?: boolean): unknown;
}

interface BatchNorm {
  momentum: number | null;
  resetRunningStats(): void;
}

/**
 * Makes batch norm's running statistics anew, as averages over all batches of a loader: when weights have been averaged,
 * those gathered in training belong to others. The model runs in training mode and is then in the mode that it was in.
 * Without batch norm nothing runs.
 *
 * Batch norm is what has the property `Symbol.for("@dl/nn.BatchNorm")`, as the layers of @dl/nn do; one of your own gets
 * it by `readonly [Symbol.for("@dl/nn.BatchNorm")] = true`, with a `momentum`, which is null meanwhile, and
 * `resetRunningStats()`.
 *
 * @param loader of tensors, or of arrays whose first element is the tensor; async or not
 * @param model called with each batch; an AveragedModel too
 * @param options `device`: where batches are moved first
 * @throws DlError for a batch without a tensor.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.update_bn.html
 */
export async function updateBn(
  loader: Iterable<unknown> | AsyncIterable<unknown>,
  model: NormalizedModule,
  { device }: { device?: Backend } = {},
): Promise<void> {
  const norms = [...model.modules()].filter(isBatchNorm);
  if (norms.length === 0) return;
  for (const norm of norms) norm.resetRunningStats();
  const momenta = norms.map((norm) => norm.momentum);
  const wasTraining = model.training;
  model.train();
  for (const norm of norms) norm.momentum = null;
  try {
    for await (const batch of loader) {
      const x = Array.isArray(batch) ? batch[0] : batch;
      if (!isTensor(x))
        throw new DlError(
          "value",
          "updateBn: a batch has to be a tensor, or an array whose first element is one",
        );
      // Nobody is given the result: the scope lets go of it.
      const result = scope(() => model(device ? x.to(device) : x), { keep: () => {} });
      if (result instanceof Promise) await result;
    }
  } finally {
    norms.forEach((norm, i) => {
      norm.momentum = momenta[i];
    });
    model.train(wasTraining);
  }
}

/** Found on batch norm of @dl/nn, which this package does not know. */
const BATCH_NORM = Symbol.for("@dl/nn.BatchNorm");
const isBatchNorm = (m: object): m is BatchNorm => BATCH_NORM in m;
