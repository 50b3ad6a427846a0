import type { Fold } from "@dl/data";
import { binaryCrossEntropyWithLogits } from "@dl/losses";
import { Accuracy, ROCAUC } from "@dl/metrics";
import { Adam } from "@dl/optim";
import { manualSeed } from "@dl/tensor";
import { crossValidate } from "@dl/train";
import { batchesOf } from "./folds.ts";
import type { Model } from "./models.ts";
import type { Wines } from "./wine.ts";

/** The same, with the loop in `@dl/train`. */
export const crossValidateWithTrain = (
  create: () => Model,
  wines: Wines,
  folds: readonly Fold[],
  epochs: number,
) =>
  crossValidate(
    (fold) => {
      manualSeed(fold);
      const model = create();
      return { model, optimizer: new Adam(model.parameters(), { lr: 0.005 }) };
    },
    batchesOf(wines),
    folds,
    {
      loss: binaryCrossEntropyWithLogits,
      metrics: {
        accuracy: new Accuracy({ input: "logits" }),
        auc: new ROCAUC({ input: "logits" }),
      },
      trainMetrics: false,
      epochs,
    },
  );
