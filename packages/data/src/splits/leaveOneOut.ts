import { DlError } from "@dl/tensor/core";
import type { Sized } from "../sampler.ts";
import { divide, type Fold, samplesOf } from "./fold.ts";

/**
 * As many folds as samples, each of which is tested on once, alone.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.LeaveOneOut.html
 *
 * @example
 * [...new LeaveOneOut().split(3)][1] // => { train: [0, 2], test: [1] }
 */
export class LeaveOneOut {
  /** @param x the dataset, or how many samples it has. */
  *split(x: Sized | number): IterableIterator<Fold> {
    const n = samplesOf(x, "LeaveOneOut");
    if (n < 2) throw new DlError("value", "LeaveOneOut: of one sample none is left to train on");
    for (let k = 0; k < n; k++) yield divide(n, (i) => i === k);
  }
}
