import {
  DlError,
  defaultGenerator,
  type Generator,
  indexSelect,
  isTensor,
  type Tensor,
  tensor,
} from "@dl/tensor/core";
import type { BatchSource } from "./interfaces.ts";

/** Data by index: tensors with as many rows each, or a dataset of @dl/data, which can gather a batch. */
export type Rows<B = any> =
  | readonly Tensor[]
  | { readonly length: number; getBatch?(indices: ArrayLike<number>): B };
/** Batches of some of the data: `(indices) => new DataLoader(new Subset(data, indices), …)`. */
export type RowsOf<B> = (indices: ArrayLike<number>, part: "train" | "test") => BatchSource<B>;

export interface RowOptions {
  /** Default 32. */
  batchSize?: number;
  /** A new order every epoch. Default: in training. */
  shuffle?: boolean;
  /** Of that order. Default: the stream that `manualSeed` starts. */
  generator?: Generator;
}

/** How many examples there are. */
export function countRows(data: Rows, what: string): number {
  if (!isTensors(data)) return (data as { length: number }).length;
  const counts = data.map((t) => t.shape[0]);
  if (data.length === 0 || counts.some((n) => n === undefined || n !== counts[0]))
    throw new DlError(
      "shape",
      `${what}: data are tensors with as many rows each, got ${counts.join(", ") || "none"}`,
    );
  return counts[0];
}
const isTensors = (data: Rows): data is readonly Tensor[] =>
  Array.isArray(data) && data.every(isTensor);

/** Some rows, in this order. */
export function rowsAt(data: Rows, indices: ArrayLike<number>, what: string): any {
  if (isTensors(data)) {
    const at = tensor(Int32Array.from(indices), { device: data[0].device });
    const batch = data.map((t) => indexSelect(t, 0, at));
    at.dispose();
    return batch;
  }
  const batch = (data as { getBatch?(indices: ArrayLike<number>): unknown }).getBatch?.(indices);
  if (batch === undefined)
    throw new DlError(
      "value",
      `${what}: these data cannot gather rows: give tensors [input, target], or (indices) => new DataLoader(new Subset(data, indices), { batchSize })`,
    );
  return batch;
}

/** @internal Batches of some rows, anew for every epoch. */
export function batchesOf<B>(
  data: Rows<B> | RowsOf<B>,
  indices: ArrayLike<number>,
  part: "train" | "test",
  { batchSize = 32, shuffle = part === "train", generator = defaultGenerator }: RowOptions,
  what: string,
): BatchSource<B> {
  if (typeof data === "function") return data(indices, part);
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new DlError("value", `${what}: batchSize is a whole number from 1, got ${batchSize}`);
  return {
    length: Math.ceil(indices.length / batchSize),
    *[Symbol.iterator]() {
      const n = indices.length;
      const order = shuffle
        ? generator.permutation(n)
        : Int32Array.from({ length: n }, (_, i) => i);
      for (let from = 0; from < n; from += batchSize)
        yield rowsAt(
          data,
          order.subarray(from, from + batchSize).map((i) => indices[i]),
          what,
        );
    },
  } as BatchSource<B>;
}
