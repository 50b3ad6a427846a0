/** Any number of labels for each sample: what a piece of music feels like, what a gene of yeast does. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";
import { percent, table } from "../../shared/src/table.ts";
import { load } from "./data.ts";
import { createModel, evaluate, type Scores, train } from "./learn.ts";

setBackend(cpu());
manualSeed(0);
const cells = ({ hamming, subset, microF1, macroF1 }: Scores): string[] => [
  hamming.toFixed(4),
  percent(subset),
  microF1.toFixed(4),
  macroF1.toFixed(4),
];

for (const problem of load()) {
  const { name, labels, xTrain, xTest, yTrain } = problem;
  const [samples, features] = xTrain.shape;
  const perSample = (await yTrain.sum().item()) / samples;
  console.log(
    `${name}: ${samples} samples to train on, ${xTest.shape[0]} to test on; ${features} features, ${labels.length} labels, ${perSample.toFixed(2)} of them per sample`,
  );
  manualSeed(0);
  const model = createModel(features, labels.length);
  await train(model, problem, {
    onEpoch: (epoch, loss) => {
      if ((epoch + 1) % 10 === 0) console.log(`epoch ${epoch + 1}   loss ${loss.toFixed(4)}`);
    },
  });
  const result = await evaluate(model, problem);
  console.log(`\n${result.report}`);
  console.log(
    table(
      ["", "Hamming loss", "all labels right", "micro F1", "macro F1"],
      [
        ["the usual labels", ...cells(result.baseline)],
        ["model, test part", ...cells(result.model)],
        ["model, training part", ...cells(result.seen)],
      ],
    ),
  );
  console.log(`mean average precision ${(result.meanAveragePrecision as number).toFixed(4)}\n`);
}
