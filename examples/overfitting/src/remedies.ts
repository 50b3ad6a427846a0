import * as nn from "@dl/nn";
import { l1Penalty, l2Penalty } from "@dl/optim";
import type { Tensor } from "@dl/tensor";
import { shifted } from "./data.ts";

export type Model = ((x: Tensor) => Tensor) & nn.Module;

/** What a remedy changes; what it leaves out stays as it is in `plain`. */
export interface Remedy {
  readonly model?: () => Model;
  readonly moreData?: boolean;
  readonly augment?: (x: Tensor) => Tensor;
  /** Added to the loss. */
  readonly penalty?: (weights: Tensor[]) => Tensor;
  readonly labelSmoothing?: number;
  /** Epochs without a better validation loss after which training ends, and the best weights come back. */
  readonly patience?: number;
}

export const plain = (width = 256): Model =>
  new nn.Sequential(
    new nn.Linear(64, width),
    new nn.ReLU(),
    new nn.Linear(width, width),
    new nn.ReLU(),
    new nn.Linear(width, 10),
  );

const withDropout = (): Model =>
  new nn.Sequential(
    new nn.Linear(64, 256),
    new nn.ReLU(),
    new nn.Dropout(0.5),
    new nn.Linear(256, 256),
    new nn.ReLU(),
    new nn.Dropout(0.5),
    new nn.Linear(256, 10),
  );
const withBatchNorm = (): Model =>
  new nn.Sequential(
    new nn.Linear(64, 256),
    new nn.BatchNorm1d(256),
    new nn.ReLU(),
    new nn.Linear(256, 256),
    new nn.BatchNorm1d(256),
    new nn.ReLU(),
    new nn.Linear(256, 10),
  );

export const remedies: Record<string, Remedy> = {
  none: {},
  "more data": { moreData: true },
  augmentation: { augment: shifted },
  "smaller network": { model: () => plain(16) },
  "L1 penalty": { penalty: (weights) => l1Penalty(weights).mul(1e-3) },
  "L2 penalty": { penalty: (weights) => l2Penalty(weights).mul(1e-2) },
  dropout: { model: withDropout },
  "batch norm": { model: withBatchNorm },
  "label smoothing": { labelSmoothing: 0.2 },
  "early stopping": { patience: 8 },
  "augmentation, dropout, early stopping": { augment: shifted, model: withDropout, patience: 15 },
};
