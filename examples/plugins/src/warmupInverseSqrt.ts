import { LRScheduler, type Optimizer } from "@dl/optim";
import { DlError } from "@dl/tensor";

/**
 * Rises in a line to the optimizer's learning rate, and falls with the root of the number of steps from there: the
 * schedule that transformers were first trained with (Vaswani et al., Attention is all you need, 2017).
 *
 *     lr = initial · min(n / w, √(w / n))        n = steps + 1, w = warmupSteps
 *
 * For `step()` after every batch.
 */
export class WarmupInverseSqrt extends LRScheduler {
  // Numbers in fields are saved in the state dictionary.
  readonly warmupSteps: number;

  constructor(optimizer: Optimizer, { warmupSteps = 100 }: { warmupSteps?: number } = {}) {
    super(optimizer);
    if (!(Number.isInteger(warmupSteps) && warmupSteps >= 1))
      throw new DlError(
        "value",
        `WarmupInverseSqrt: warmupSteps is ${warmupSteps}, at least 1 is wanted`,
      );
    this.warmupSteps = warmupSteps;
    this.begin(); // asks for the first rates, so it comes last
  }
  getLr(): number[] {
    const n = this.lastEpoch + 1;
    const factor = Math.min(n / this.warmupSteps, Math.sqrt(this.warmupSteps / n));
    return this.baseLrs.map((lr) => lr * factor);
  }
}
