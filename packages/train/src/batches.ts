import { DlError, eachTensor, formatShape, isTensor, type Tensor } from "@dl/tensor/core";
import type { Batches, BatchSource } from "./interfaces.ts";

/** The batches of one epoch. */
export function epochOf<B>(source: BatchSource<B>, what: string): Batches<B> {
  const batches = typeof source === "function" ? source() : source;
  const kind = batches as Partial<Iterable<B> & AsyncIterable<B>> | null | undefined;
  if (kind?.[Symbol.asyncIterator] === undefined && kind?.[Symbol.iterator] === undefined)
    throw new DlError(
      "value",
      `${what}: batches are wanted: an array of them, a loader, or a function that gives either for each epoch; got ${describe(batches)}`,
    );
  return batches;
}

/** How many batches an epoch has, if that is known. */
export function lengthOf(batches: unknown): number | null {
  try {
    const { length } = batches as { length?: unknown };
    return typeof length === "number" ? length : null;
  } catch {
    // A loader of a stream, which has no length.
    return null;
  }
}

/** `[input, target]` */
export function pairOf(batch: unknown, what: string): [input: unknown, target: unknown] {
  if (Array.isArray(batch) && batch.length === 2) return batch as [unknown, unknown];
  const hint = isTensor(batch)
    ? ". If this was one batch and not a list of them, write [[input, target]]"
    : "";
  throw new DlError(
    "value",
    `${what}: a batch is [input, target], got ${describe(batch)}. For other batches give step: (model, batch) => loss${hint}`,
  );
}

/** How many examples a batch has: the first dimension of its first tensor. */
export function sizeOf(batch: unknown): number {
  let size: number | null = null;
  eachTensor(batch, (t) => {
    size ??= t.rank > 0 ? t.shape[0] : 1;
  });
  return size ?? 1;
}

/** Throws unless it is one number. */
export function requireLoss(loss: unknown, what: string): asserts loss is Tensor {
  if (!isTensor(loss))
    throw new DlError(
      "value",
      `${what}: the loss has to be a tensor, got ${describe(loss)}: return the tensor itself, not its item()`,
    );
  if (loss.numel !== 1)
    throw new DlError(
      "shape",
      `${what}: the loss has to be one number, it has shape ${formatShape(loss.shape)}: use reduction "mean", or take its mean`,
    );
}

export function describe(x: unknown): string {
  if (isTensor(x)) return `a tensor ${formatShape(x.shape)}`;
  if (Array.isArray(x)) return `an array of ${x.length}`;
  if (typeof x === "object" && x !== null) {
    const keys = Object.keys(x).slice(0, 5).join(", ");
    return keys ? `an object with ${keys}` : `an object of class ${x.constructor?.name ?? "none"}`;
  }
  return x === undefined || x === null ? String(x) : `a ${typeof x}`;
}
