import { DlError } from "@dl/tensor/core";
import type { Callback, Run } from "../callback.ts";
import { clipNorm, clipValue } from "../clip.ts";

export interface GradientClippingOptions {
  /** All gradients together are shortened to this length, if they are longer. */
  maxNorm?: number;
  /** The order of that norm. Default 2. */
  normType?: number;
  /** Every element is limited to ± this. */
  clipValue?: number;
}

/**
 * Limits gradients before each step of the optimizer, by their length or element by element. Nothing is read back.
 *
 * @example
 * new GradientClipping({ maxNorm: 1 }).maxNorm // => 1
 */
export class GradientClipping implements Callback {
  readonly maxNorm: number | undefined;
  readonly normType: number;
  readonly clipValue: number | undefined;

  constructor({ maxNorm, normType = 2, clipValue }: GradientClippingOptions) {
    const limit = maxNorm ?? clipValue;
    if (limit === undefined || !(limit > 0) || (maxNorm !== undefined && clipValue !== undefined))
      throw new DlError(
        "value",
        "GradientClipping: give maxNorm or clipValue, one of them, and above 0",
      );
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.clipValue = clipValue;
  }
  onGradients({ model }: Run): void {
    if (this.maxNorm !== undefined) clipNorm(model.parameters(), this.maxNorm, this.normType);
    else clipValue(model.parameters(), this.clipValue!);
  }
}

/**
 * Changes how many batches make one step of the optimizer as training goes on: from each of these epochs on. For the same
 * number throughout there is the option `accumulate` of `fit`.
 *
 * @param schedule epoch, from 1, → batches
 *
 * @example
 * new GradientAccumulation({ 1: 1, 5: 4 }).at(6) // => 4
 */
export class GradientAccumulation implements Callback {
  readonly #schedule: readonly (readonly [epoch: number, batches: number])[];

  constructor(schedule: Readonly<Record<number, number>>) {
    this.#schedule = Object.entries(schedule)
      .map(([epoch, batches]) => [Number(epoch), batches] as const)
      .sort(([a], [b]) => a - b);
    for (const [epoch, batches] of this.#schedule)
      if (!(Number.isInteger(epoch) && epoch >= 1 && Number.isInteger(batches) && batches >= 1))
        throw new DlError(
          "value",
          `GradientAccumulation: epochs and batches are whole numbers from 1, got ${epoch}: ${batches}`,
        );
  }
  /** How many batches in this epoch; null where the schedule has not begun. */
  at(epoch: number): number | null {
    return this.#schedule.findLast(([from]) => from <= epoch)?.[1] ?? null;
  }
  onEpochStart(run: Run): void {
    run.accumulate = this.at(run.epoch) ?? run.accumulate;
  }
}
