import { type Backend, type Tensor, unscoped, zeros } from "@dl/tensor";

/**
 * A number about many batches, without keeping them: `update` adds a batch, `compute` answers, `reset` starts anew.
 * Counts stay on the device of the predictions, so that updating never waits for it.
 */
export abstract class Metric<T> {
  private counts: Tensor | null = null;
  private readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  abstract update(prediction: Tensor, target: Tensor): void;
  /** What the counts mean. */
  protected abstract result(counts: ArrayLike<number>): T;

  /** Adds int32 counts `[size]`. */
  protected add(batch: Tensor): void {
    this.counts ??= unscoped(() =>
      zeros([this.size], { dtype: "int32", device: batch.device as Backend }),
    );
    this.counts.add_(batch);
  }

  async compute(): Promise<T> {
    return this.result(this.counts ? await this.counts.data() : new Int32Array(this.size));
  }
  /** The same at once, on a backend that can be waited for. */
  computeSync(): T {
    return this.result(this.counts ? this.counts.dataSync() : new Int32Array(this.size));
  }
  reset(): void {
    this.counts?.dispose();
    this.counts = null;
  }
  /** Takes another's batches in: those of another worker, or of another part of the data. */
  merge(other: this): this {
    if (other.counts) this.add(other.counts.to(this.counts?.device ?? other.counts.device));
    return this;
  }
}
