import { cat, DlError, getBackend, isTensor, scope, type Tensor, tensor } from "@dl/tensor/core";
import { requireCount } from "./inputs.ts";
import { Metric, wide } from "./metric.ts";

/** Elements of a tensor, or a number, in the dtype of sums. */
const numbersOf = (value: Tensor | number): Tensor =>
  isTensor(value) ? value.detach().to(wide(value)).flatten() : tensor([value], { dtype: widest() });
const widest = () => (getBackend().dtypes.has("float64") ? "float64" : "float32");

/**
 * The mean of a number that each step gives, such as a loss. Nothing is read back until it is asked for.
 *
 * @example
 * const mean = new Mean();
 * mean.update(tensor(0.5), { weight: 32 });
 * mean.update(tensor(0.2), { weight: 16 });
 * await mean.compute() // => 0.4
 */
export class Mean extends Metric<number, [value: Tensor | number, options?: { weight?: number }]> {
  /**
   * @param value a number, or a tensor, each element of which counts
   * @param options.weight how much it counts, such as the samples in the batch. Default 1.
   */
  update(value: Tensor | number, { weight = 1 }: { weight?: number } = {}): void {
    if (!(weight >= 0))
      throw new DlError("value", `${this.name}: weight ${weight} must not be negative`);
    scope(() => {
      const numbers = numbersOf(value);
      if (numbers.numel === 0) return;
      const sum = numbers.sum().mul(weight).reshape([1]);
      this.add(cat([sum, sum.newFull([1], weight * numbers.numel)]));
    });
  }
  protected result([sum, weight]: ArrayLike<number> & Iterable<number>): number {
    return sum / weight;
  }
}

/**
 * The mean of the last values, each of which may be a tensor: of its elements.
 *
 * @example
 * const recent = new RunningMean(2);
 * for (const loss of [9, 3, 1]) recent.update(loss);
 * await recent.compute() // => 2
 */
export class RunningMean extends Metric<number, [value: Tensor | number]> {
  protected override readonly keepsBatches = true;
  readonly window: number;

  /** @param window how many of the last values count */
  constructor(window: number) {
    super();
    requireCount(this.name, "window", window, 1);
    this.window = window;
  }
  update(value: Tensor | number): void {
    scope(() => {
      const numbers = numbersOf(value);
      if (numbers.numel > 0) this.add(numbers.mean().reshape([1, 1]));
      this.keepLast(this.window);
    });
  }
  protected result(values: ArrayLike<number>): number {
    const last = Array.from(values).slice(-this.window);
    return last.reduce((a, b) => a + b, 0) / last.length;
  }
}
