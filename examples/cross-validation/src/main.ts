/** How good is a model really? Each wine is tested on once, by a model that has not seen it. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { percent, table } from "../../shared/src/table.ts";
import { crossValidateByHand, deviation, mean } from "./byHand.ts";
import { foldsOf } from "./folds.ts";
import { models } from "./models.ts";
import { load } from "./wine.ts";
import { crossValidateWithTrain } from "./withTrain.ts";

setBackend(cpu());
manualSeed(0);
const EPOCHS = 15;
const wines = load();
const folds = foldsOf(wines);
const good = await wines.y.to("float32").mean().item();
console.log(
  `${wines.y.numel} wines, ${percent(good)} of them good; ${folds.length} folds, ${EPOCHS} epochs each\n`,
);

console.log("by hand, accuracy of each fold:");
const rows = [];
for (const [name, create] of Object.entries(models)) {
  const accuracies = (await crossValidateByHand(create, wines, folds, EPOCHS)).map(
    (s) => s.accuracy,
  );
  rows.push([
    name,
    ...accuracies.map(percent),
    `${percent(mean(accuracies))} ± ${(100 * deviation(accuracies)).toFixed(1)}`,
  ]);
}
console.log(table(["model", ...folds.map((_, k) => `fold ${k + 1}`), "mean"], rows));

console.log("\nwith crossValidate of @dl/train:");
const others = [];
for (const [name, create] of Object.entries(models)) {
  const { mean, std } = await crossValidateWithTrain(create, wines, folds, EPOCHS);
  others.push([
    name,
    ...["loss", "accuracy", "auc"].map((key) => `${mean[key].toFixed(4)} ± ${std[key].toFixed(4)}`),
  ]);
}
console.log(table(["model", "loss", "accuracy", "ROC AUC"], others));
