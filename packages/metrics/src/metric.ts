import {
  any,
  DlError,
  type ErrorCode,
  formatShape,
  keep,
  ShapeError,
  scope,
  type Tensor,
  type TypedArray,
} from "@dl/tensor/core";

/**
 * A number about many batches: `update` adds a batch, `compute` answers, `reset` starts anew, `merge` takes in what
 * another one has seen. What is counted stays on the device of the predictions, so that updating never waits for it.
 *
 * One of your own adds a tensor of sums for each batch, and says what the sums of all batches mean.
 *
 * @example
 * class PositiveRate extends Metric<number> {
 *   update(prediction: Tensor) {
 *     this.add(tensor([prediction.gt(0).sum().itemSync(), prediction.numel]));
 *   }
 *   protected result([positive, all]: number[]) {
 *     return positive / all;
 *   }
 * }
 * const rate = new PositiveRate();
 * rate.update(tensor([1, -2, 3]));
 * rate.update(tensor([4]));
 * await rate.compute() // => 0.75
 */
export abstract class Metric<
  T,
  Input extends readonly unknown[] = readonly [prediction: Tensor, target: Tensor],
> {
  /** The sums, or every batch where they are kept. */
  private parts: Tensor[] = [];
  /** How many values were refused, by message, on a device that cannot be read at once. */
  private faults = new Map<string, Tensor>();
  /** Keep the rows that each batch adds, instead of summing. */
  protected readonly keepsBatches: boolean = false;

  abstract update(...input: Input): void;
  /** What the state means: the sums, or the rows of all batches one after another. */
  protected abstract result(state: ArrayLike<number>, shape: readonly number[]): T;

  /** For messages. */
  get name(): string {
    return this.constructor.name;
  }

  /** Adds what a batch brings. */
  protected add(batch: Tensor): void {
    if (this.keepsBatches || this.parts.length === 0) {
      this.requireWidth(batch);
      this.parts.push(keep(batch.detach().clone()));
      return;
    }
    const [sums] = this.parts;
    if (batch.shape.join() !== sums.shape.join())
      throw new ShapeError(
        `${this.name}: a batch with a state of ${formatShape(batch.shape)} after one of ${formatShape(sums.shape)}: both need the same number of classes or outputs`,
      );
    this.parts = [keep(scope(() => this.combine(sums, batch.detach())))];
    sums.dispose();
  }
  /** Of the batches that are kept, only so many. */
  protected keepLast(count: number): void {
    while (this.parts.length > count) this.parts.shift()!.dispose();
  }
  /** The state of two parts of the data together: by default their sum. */
  protected combine(a: Tensor, b: Tensor): Tensor {
    return a.add(b);
  }
  private requireWidth(batch: Tensor): void {
    const [first] = this.parts;
    if (first && first.shape[1] !== batch.shape[1])
      throw new ShapeError(
        `${this.name}: a batch with ${batch.shape[1]} numbers per sample after one with ${first.shape[1]}: both need the same number of classes or outputs`,
      );
  }

  /**
   * @internal Refuses the values at which `wrong` holds: now where the device can be read, else when the result is
   * asked for.
   */
  refuse(what: string, values: Tensor, wrong: Tensor, why: string, code: ErrorCode): void {
    const message = (shown: string) => `${this.name}: ${what} ${shown} ${why}`;
    if (values.device.readSync) {
      if (wrong.numel === 0 || !any(wrong).itemSync()) return;
      const at = wrong.dataSync().indexOf(1);
      throw new DlError(code, message(shown(values.detach().dataSync()[at])));
    }
    const text = `${code}|${message("of some batch")}`;
    const before = this.faults.get(text);
    const count = keep(
      scope(() => (before ? wrong.sum().add(before) : wrong.sum().add(0)).reshape([1])),
    );
    this.faults.set(text, count);
    before?.dispose();
  }

  /** The answer for all batches so far. Throws DlError where there was none. */
  async compute(): Promise<T> {
    this.requireBatches();
    for (const [text, count] of this.faults) this.raise(text, await count.item());
    const parts = [...this.parts];
    return this.answer(await Promise.all(parts.map((part) => part.data())), parts);
  }
  /** The same at once, on a backend that can be waited for. */
  computeSync(): T {
    this.requireBatches();
    return this.answer(
      this.parts.map((part) => part.dataSync()),
      this.parts,
    );
  }
  private raise(text: string, count: number): void {
    const [code, message] = text.split(/\|(.*)/s);
    if (count > 0) throw new DlError(code as ErrorCode, message);
  }
  private requireBatches(): void {
    if (this.parts.length === 0)
      throw new DlError(
        "value",
        `${this.name}: there is nothing to compute: call update(…) with at least one sample before`,
      );
  }
  private answer(data: readonly TypedArray[], parts: readonly Tensor[]): T {
    const { shape } = parts[0];
    if (data.length === 1) return this.result(data[0], shape);
    const all = new Float64Array(data.reduce((n, part) => n + part.length, 0));
    let at = 0;
    for (const part of data) {
      all.set(part, at);
      at += part.length;
    }
    return this.result(all, [all.length / shape[1], shape[1]]);
  }

  reset(): void {
    for (const tensor of [...this.parts, ...this.faults.values()]) tensor.dispose();
    this.parts = [];
    this.faults.clear();
  }
  /** Takes another's batches in: those of another worker, or of another part of the data. The other stays as it is. */
  merge(other: this): this {
    scope(() => {
      const device = this.parts[0]?.device;
      for (const part of [...other.parts]) this.add(device ? part.to(device) : part);
      for (const [text, count] of other.faults) {
        const mine = this.faults.get(text);
        const there = device ? count.to(device) : count;
        this.faults.set(text, keep(mine ? mine.add(there) : there.clone()));
        mine?.dispose();
      }
    });
    return this;
  }
}

/** 0.7 rather than 0.699999988079071, which is the float32. */
function shown(x: number): string {
  const short = Number(x.toPrecision(7));
  return String(Math.fround(short) === x ? short : x);
}

/** One answer for data that are at hand: what the functional forms are made of. */
export async function once<T, Input extends readonly unknown[]>(
  metric: Metric<T, Input>,
  ...input: Input
): Promise<T> {
  metric.update(...input);
  try {
    return await metric.compute();
  } finally {
    metric.reset();
  }
}

/** The dtype in which sums are exact enough: float64 where the device has it. */
export const wide = (t: Tensor): "float64" | "float32" =>
  t.device.dtypes.has("float64") ? "float64" : "float32";
