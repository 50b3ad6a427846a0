/** Which of three irises is it? One linear layer and a softmax. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { confusionMatrixChart, lineChart } from "@dl/io/plot";
import { manualSeed, setBackend } from "@dl/tensor";
import { writePicture } from "../../shared/src/files.ts";
import { percent, table } from "../../shared/src/table.ts";
import { prepare } from "../../shared/src/tabular.ts";
import { load } from "./iris.ts";
import { createModel, evaluate, train } from "./learn.ts";

setBackend(cpu());
manualSeed(0);
const data = load();
const split = prepare(data, 0.3);
console.log(
  `${split.xTrain.shape[0]} flowers to train on, ${split.xTest.shape[0]} to test on, as many of each species`,
);
manualSeed(0);
const model = createModel(data.features.length, data.classes.length);
const losses = await train(model, split);
for (let epoch = 0; epoch < losses.length; epoch += 25)
  console.log(`epoch ${String(epoch).padStart(3)}   loss ${losses[epoch].toFixed(4)}`);
console.log(`epoch ${losses.length}   loss ${losses.at(-1)!.toFixed(4)}`);

const result = await evaluate(model, split, data.classes);
console.log(
  `\naccuracy ${percent(result.train)} on the training part, ${percent(result.test)} on the test part\n`,
);
console.log(
  table(
    ["true \\ predicted", ...data.classes],
    result.matrix.map((row, c) => [data.classes[c], ...row]),
  ),
);
console.log(`\n${result.report}`);

const weights = (await model.weight.tolist()) as number[][];
console.log("weights: how each standardised length speaks for each species");
console.log(
  table(
    ["", ...data.features],
    weights.map((row, c) => [data.classes[c], ...row.map((w) => w.toFixed(2))]),
  ),
);
await writePicture("softmax-regression", "loss.svg", lineChart(losses, { xLabel: "epoch" }));
await writePicture(
  "softmax-regression",
  "confusion.svg",
  confusionMatrixChart(result.matrix, { labels: data.classes }),
);
