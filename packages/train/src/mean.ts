import { add, keep, mul, scope, type Tensor } from "@dl/tensor/core";
import { unrecorded } from "./modes.ts";

/** A mean that is added up on the device, and read when somebody asks. */
export class RunningMean {
  #sum: Tensor | null = null;
  /** By how much the numbers so far count. */
  weight = 0;

  add(value: Tensor, weight: number): void {
    this.weight += weight;
    const before = this.#sum;
    this.#sum = unrecorded(() =>
      keep(
        scope(() => {
          const x = value.detach().reshape([]);
          // Thousands of batches in float32 would lose digits.
          const wide = x.device.dtypes.has("float64") ? x.to("float64") : x;
          const term = mul(wide, weight);
          return before ? add(before, term) : term;
        }),
      ),
    );
    before?.dispose();
  }
  /** The sum so far. */
  async sum(): Promise<number> {
    return this.#sum ? this.#sum.item() : 0;
  }
  async read(): Promise<number> {
    return (await this.sum()) / this.weight;
  }
  dispose(): void {
    this.#sum?.dispose();
    this.#sum = null;
  }
}
