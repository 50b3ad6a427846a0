/** What a loader reads from: samples by index, or one after the other. */
import {
  adoptArray,
  type Backend,
  DlError,
  formatShape,
  indexSelect,
  type Tensor,
  type TypedArray,
  tensor,
  typedArrayFor,
} from "@dl/tensor/core";
import { type Collated, hostOf, moved } from "./collate.ts";

/**
 * Samples by index. Extend it, implement it, or pass any object of this form; an array of samples is one, too.
 *
 *     class Squares extends Dataset<[number, number]> {
 *       length = 100;
 *       get(i: number): [number, number] { return [i, i * i]; }
 *     }
 */
export abstract class Dataset<T> {
  abstract readonly length: number;
  /**
   * Sample `index`, from 0. May be a promise: the loader then asks for all samples of a batch at once.
   *
   * `seed` is the sample's own in this epoch, for whoever draws at random and cannot use the default generator
   * because samples are made in no certain order.
   */
  abstract get(index: number, seed?: number): T | Promise<T>;
  /** A whole batch, already stacked, where that is faster than one by one. `seed` is the batch's own. */
  getBatch?(
    indices: ArrayLike<number>,
    device?: Backend,
    seed?: number,
  ): Collated<T> | undefined | Promise<Collated<T>>;
  /** How many batches it makes at the same time: on how many threads. The loader asks for some ahead. */
  readonly parallel?: number;
}

/** Samples in their own order, perhaps without end: implement `[Symbol.iterator]` or `[Symbol.asyncIterator]`. */
export abstract class IterableDataset<T> {
  /** If it is known. */
  readonly length?: number;
  [Symbol.iterator]?(): Iterator<T>;
  [Symbol.asyncIterator]?(): AsyncIterator<T>;
}

export type AnyDataset<T> = Dataset<T> | readonly T[] | IterableDataset<T>;

/** @internal `index` is one of `length`, or an error says so. */
export function requireIndex(index: number, length: number, name: string): void {
  if (!Number.isInteger(index) || index < 0 || index >= length)
    throw new DlError("index", `${name}: index ${index} is out of range: it has ${length} samples`);
}

/**
 * Rows of tensors of equal length: sample `i` is `[tensors[0][i], tensors[1][i], …]`.
 *
 * Tensors made from JavaScript data are gathered from there, a batch in one pass into one array.
 *
 * @example
 * const data = new TensorDataset(tensor([[1, 2], [3, 4]]), tensor([0, 1]));
 * data.get(1) // => [[3, 4], 1]
 */
export class TensorDataset<T extends readonly Tensor[] = Tensor[]> extends Dataset<T> {
  readonly tensors: T;
  readonly length: number;

  constructor(...tensors: T) {
    super();
    if (tensors.length === 0) throw new DlError("value", "TensorDataset: it needs a tensor");
    for (const [k, t] of tensors.entries()) {
      if (t.rank === 0)
        throw new DlError("shape", `TensorDataset: tensor ${k} has no dimensions, so no rows`);
      if (t.shape[0] !== tensors[0].shape[0])
        throw new DlError(
          "shape",
          `TensorDataset: tensors have as many rows each: tensor 0 is ${formatShape(tensors[0].shape)}, tensor ${k} is ${formatShape(t.shape)}`,
        );
    }
    this.length = tensors[0].shape[0];
    // A transposed or expanded one would have to be put in order for each batch.
    this.tensors = tensors.map((t) =>
      t.memory.storage.host && !t.memory.contiguous ? moved(t, t.device) : t,
    ) as unknown as T;
  }

  get(index: number): T {
    requireIndex(index, this.length, "TensorDataset");
    return this.tensors.map((t) => {
      const host = hostOf(t);
      if (!host) return t.select(0, index);
      const row = host.length / this.length;
      return adoptArray(
        host.slice(index * row, (index + 1) * row),
        t.dtype,
        t.shape.slice(1),
        t.device,
      );
    }) as unknown as T;
  }

  override getBatch(indices: ArrayLike<number>, device?: Backend): Collated<T> {
    for (let i = 0; i < indices.length; i++) requireIndex(indices[i], this.length, "TensorDataset");
    return this.tensors.map((t) =>
      gatherRows(t, indices, device ?? t.device),
    ) as unknown as Collated<T>;
  }
}

function gatherRows(t: Tensor, indices: ArrayLike<number>, device: Backend): Tensor {
  const host = hostOf(t);
  if (!host) {
    const index = tensor(Int32Array.from(indices), { device: t.device });
    const rows = indexSelect(t, 0, index);
    index.dispose();
    return device === rows.device ? rows : moved(rows, device);
  }
  const row = t.numel / t.shape[0];
  const out = new (typedArrayFor(t.dtype))(indices.length * row);
  copyRows(host, indices, row, out);
  return adoptArray(out, t.dtype, [indices.length, ...t.shape.slice(1)], device);
}

function copyRows(from: TypedArray, indices: ArrayLike<number>, row: number, to: TypedArray): void {
  // Below some tens of elements a call of `set` costs more than the copying.
  if (row > 32) {
    for (let i = 0; i < indices.length; i++) {
      const at = indices[i] * row;
      to.set(from.subarray(at, at + row), i * row);
    }
    return;
  }
  for (let i = 0, k = 0; i < indices.length; i++)
    for (let j = indices[i] * row, end = j + row; j < end; j++) to[k++] = from[j];
}

/**
 * Part of a dataset: the samples at `indices`, in that order.
 *
 * @example
 * new Subset(["a", "b", "c"], [2, 0]).get(0) // => "c"
 */
export class Subset<T> extends Dataset<T> {
  readonly dataset: Dataset<T>;
  readonly indices: ArrayLike<number>;
  override readonly parallel?: number;

  constructor(dataset: Dataset<T> | readonly T[], indices: ArrayLike<number>) {
    super();
    this.dataset = asDataset(dataset);
    this.parallel = this.dataset.parallel;
    this.indices = indices;
  }
  get length(): number {
    return this.indices.length;
  }
  get(index: number, seed?: number): T | Promise<T> {
    requireIndex(index, this.length, "Subset");
    return this.dataset.get(this.indices[index], seed);
  }
  override getBatch(
    indices: ArrayLike<number>,
    device?: Backend,
    seed?: number,
  ): Collated<T> | undefined | Promise<Collated<T>> {
    return this.dataset.getBatch?.(
      Int32Array.from(indices, (i) => {
        requireIndex(i, this.length, "Subset");
        return this.indices[i];
      }),
      device,
      seed,
    );
  }
}

/** Datasets one after the other. */
export class ConcatDataset<T> extends Dataset<T> {
  readonly datasets: readonly Dataset<T>[];
  constructor(datasets: readonly (Dataset<T> | readonly T[])[]) {
    super();
    this.datasets = datasets.map(asDataset);
  }
  get length(): number {
    return this.datasets.reduce((sum, d) => sum + d.length, 0);
  }
  get(index: number, seed?: number): T | Promise<T> {
    requireIndex(index, this.length, "ConcatDataset");
    let at = index;
    const home = this.datasets.find((d) => {
      if (at < d.length) return true;
      at -= d.length;
      return false;
    })!;
    return home.get(at, seed);
  }
}

/** @internal */
export function asDataset<T>(dataset: Dataset<T> | readonly T[]): Dataset<T> {
  if (!Array.isArray(dataset)) return dataset as Dataset<T>;
  return {
    get length() {
      return dataset.length;
    },
    get: (i) => dataset[i],
  };
}
