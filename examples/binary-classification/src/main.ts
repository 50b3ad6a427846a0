/** Yes or no: sigmoid, binary cross-entropy, and what a boundary with and without a hidden layer looks like. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { rocChart } from "@dl/io/plot";
import type { ROC } from "@dl/metrics";
import { manualSeed, setBackend } from "@dl/tensor";
import { writePicture } from "../../shared/src/files.ts";
import { percent, table } from "../../shared/src/table.ts";
import { boundaryPicture } from "./boundary.ts";
import { load } from "./data.ts";
import { evaluate, models, picture, surface, train } from "./learn.ts";
import { compare } from "./withLogits.ts";

setBackend(cpu());
manualSeed(0);

console.log("Why BCEWithLogitsLoss: the target is 0, the prediction is ever more sure of 1\n");
const short = (x: number): string => String(Number(x.toPrecision(4)));
console.log(
  table(
    ["logit", "BCE(sigmoid)", "gradient", "BCEWithLogits", "gradient"],
    compare([0, 5, 10, 15, 20, 100, 200]).map(({ logit, bce, withLogits }) => [
      logit,
      ...bce.map(short),
      ...withLogits.map(short),
    ]),
  ),
);

console.log();
const problem = load();
const { name, classes, axes, xTrain, xTest } = problem;
console.log(`${name}: ${xTrain.shape[0]} samples to train on, ${xTest.shape[0]} to test on`);
console.log(`class 0 is ${classes[0]}, class 1 is ${classes[1]}\n`);

const points = (await xTrain.tolist()) as number[][];
const labels = (await problem.yTrain.tolist()) as number[];
const range = (d: number): [number, number] => [
  Math.min(...points.map((p) => p[d])) - 0.3,
  Math.max(...points.map((p) => p[d])) + 0.3,
];
const [xs, ys] = [range(0), range(1)];
const samples = points.map(([x, y], i) => ({ x, y, class: classes[labels[i]] }));

const rows: string[][] = [];
const curves: Record<string, ROC> = {};
for (const [title, create] of Object.entries(models)) {
  manualSeed(0);
  const model = create();
  const losses = await train(model, problem);
  const { accuracy, auc, roc, matrix } = await evaluate(model, problem);
  rows.push([
    title,
    losses[0].toFixed(4),
    losses.at(-1)!.toFixed(4),
    percent(accuracy),
    auc.toFixed(4),
  ]);
  curves[title] = roc;

  const right = matrix.map((row, c) => `${row[c]} of ${row[0] + row[1]} ${classes[c]}`);
  console.log(
    `${title}: class 1 is likely where it is dark; right on the test part: ${right.join(", ")}`,
  );
  console.log(`${picture(await surface(model, xs, ys, 60, 20))}\n`);
  await writePicture(
    "binary-classification",
    `${title.replaceAll(" ", "-")}.svg`,
    boundaryPicture({
      title: `${name}: ${title}`,
      axes,
      classes,
      ranges: [xs, ys],
      surface: await surface(model, xs, ys, 60, 60),
      points: samples,
    }),
  );
}
await writePicture("binary-classification", "roc.svg", rocChart(curves));
console.log(`\n${table(["model", "first loss", "last loss", "test accuracy", "ROC AUC"], rows)}`);
