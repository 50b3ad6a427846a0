/** A network that learns its few samples by heart, and what helps against it. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { lineChart } from "@dl/io/plot";
import { manualSeed, setBackend } from "@dl/tensor";
import { loadDigits8 } from "../../shared/src/digits8.ts";
import { writePicture } from "../../shared/src/files.ts";
import { percent, table } from "../../shared/src/table.ts";
import { parts } from "./data.ts";
import { remedies } from "./remedies.ts";
import { type Outcome, train } from "./train.ts";

setBackend(cpu());
manualSeed(0);
const EPOCHS = 60;
const data = parts(loadDigits8());
console.log(
  `${data.train.x.shape[0]} digits of 8×8 to train on, a fifth of their labels wrong; ${data.test.x.shape[0]} to test on; at most ${EPOCHS} epochs\n`,
);

const outcomes: Record<string, Outcome> = {};
for (const [name, remedy] of Object.entries(remedies)) {
  manualSeed(0);
  const outcome = await train(remedy, data, EPOCHS);
  outcomes[name] = outcome;
  console.log(
    `${name}: ${outcome.epochs} epochs, accuracy ${percent(outcome.train.accuracy)} seen, ${percent(outcome.test.accuracy)} unseen`,
  );
}

console.log(
  `\n${table(
    [
      "remedy",
      "epochs",
      "training loss",
      "training accuracy",
      "test loss",
      "best test loss",
      "test accuracy",
    ],
    Object.entries(outcomes).map(([name, { epochs, train, test, testLoss }]) => [
      name,
      epochs,
      train.loss.toFixed(3),
      percent(train.accuracy),
      test.loss.toFixed(3),
      Math.min(...testLoss).toFixed(3),
      percent(test.accuracy),
    ]),
  )}\n`,
);
const size = { xLabel: "epoch", width: 560, height: 320 };
await writePicture(
  "overfitting",
  "none.svg",
  lineChart(
    { training: outcomes.none.trainLoss, test: outcomes.none.testLoss },
    { title: "Over-fitting: the training loss falls, the test loss rises", ...size },
  ),
);
// In two pictures, so that colours can be told apart.
const pictures = {
  data: ["more data", "augmentation", "smaller network", "early stopping"],
  weights: ["L1 penalty", "L2 penalty", "dropout", "batch norm", "label smoothing"],
};
for (const [file, names] of Object.entries(pictures))
  await writePicture(
    "overfitting",
    `test-loss-${file}.svg`,
    lineChart(Object.fromEntries(["none", ...names].map((n) => [n, outcomes[n].testLoss])), {
      ...size,
      yLabel: "test loss",
    }),
  );
